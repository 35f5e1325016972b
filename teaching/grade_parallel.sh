#!/bin/bash
# Grades a class on several machines: GNU parallel hands them parts of it over ssh.
#
#     bash teaching/grade_parallel.sh SUBMISSIONS OUT [PARTS [MACHINE,MACHINE...]]
#
# Each machine has dlcourse and bubblewrap, and both folders under the same path (as with NFS).
# Typed again after a stop, it goes on where it was. Without machines, this one does it all.
# Run on 2026-11-28 on one machine, against local folders; over ssh: not run here.
set -eu
submissions=$(realpath "$1") out=$(realpath -m "$2") parts=${3:-8} machines=${4:-:}
mkdir -p "$out"
[ -s "$out/seed" ] || shuf -i 1-2147483646 -n 1 > "$out/seed"  # one for the class, unknown before

seq "$parts" | parallel --sshlogin "$machines" --jobs 1 --tag \
  dlcourse grade "$submissions" --out "$out" --shard "{}/$parts" --seed "$(cat "$out/seed")"
dlcourse grade merge --out "$out"

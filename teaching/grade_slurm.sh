#!/bin/bash
# Grades a class on a cluster with Slurm: an array of jobs, each of which grades a part of it.
# Not run here: there was no cluster. The part of a job is that of teaching/grade_parallel.sh.
#
#     shuf -i 1-2147483646 -n 1 > seed          # one for the class, unknown before
#     sbatch --wait teaching/grade_slurm.sh SUBMISSIONS OUT "$(cat seed)"
#     dlcourse grade merge --out OUT
#
# All nodes have dlcourse and bubblewrap, and both folders. Submitted again with the same seed, it
# goes on where it was.
#SBATCH --job-name=grade
#SBATCH --array=1-40
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=01:00:00
dlcourse grade "$1" --out "$2" --seed "$3" --jobs "$SLURM_CPUS_PER_TASK" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"

"""The jail of a process that runs a submission: what it can no longer see, use or reach.

Covers: namespaces, disks, limits, rights and open files, step by step; `inside` takes the steps.
Does not cover: the box around the server (`box`), which system calls are refused (`forbidden`).
"""

import ctypes
import os
import resource
import signal

from dlcourse.grading.forbidden import forbid

_NEW_NAMESPACES = 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_NOSUID, _NODEV, _NOEXEC, _READ_ONLY = 2, 4, 8, 1
_PRIVATE, _RECURSIVE = 0x40000, 0x4000
_SET_PARENT_DEATH_SIGNAL = 1
_CAPABILITY_VERSION = 0x20080522
_MEMORY_DISK = b"size=64m,mode=1777"

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Let this process end when the one that started it does."""
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _require(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def leave_namespaces() -> None:
    """Leave the server's namespaces: users, mounts, processes, messages, network."""
    user, group = os.getuid(), os.getgid()
    _require(_libc.unshare(_NEW_NAMESPACES), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - no more than that
            file.write(text)


def address_space() -> int:
    """Return how many bytes of addresses this process has: Python and PyTorch take most."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no more than that
        return int(file.read().split()[0]) * resource.getpagesize()


def hide_disks() -> None:
    """Give the process fresh, small disks of its own: nothing passes to the next submission."""
    _require(_libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None), "private")
    for place in (b"/tmp", b"/dev/shm"):
        flags = _NOSUID | _NODEV
        _require(_libc.mount(b"tmpfs", place, b"tmpfs", flags, _MEMORY_DISK), place.decode())
    flags = _NOSUID | _NODEV | _NOEXEC
    if _libc.mount(b"proc", b"/proc", b"proc", flags, None) != 0:  # hide what we may not renew
        flags |= _READ_ONLY
        _require(_libc.mount(b"tmpfs", b"/proc", b"tmpfs", flags, b"size=4k"), "/proc")


def limit(limits: dict[str, int], size: int) -> None:
    """Limit what this process may use: time, memory beyond the `size` it has, files, processes."""
    for kind, most in (
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_AS, size + limits["memory"]),  # shared memory counts, too
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NPROC, limits["threads"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def give_up_rights() -> None:
    """Drop all rights that root has, and some of what all have, for all that may be started."""

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("process", ctypes.c_int))

    class Data(ctypes.Structure):
        _fields_ = tuple(
            (name, ctypes.c_uint32) for name in ("effective", "permitted", "inherited")
        )

    header, none = Header(_CAPABILITY_VERSION, 0), (Data * 2)()
    _require(_libc.capset(ctypes.byref(header), none), "capset")
    forbid()


def keep_only(out: int) -> None:
    """Close every file but the pipe; stand in a folder of one's own."""
    os.chdir("/tmp")  # noqa: S108 - a disk that this process alone sees
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, out)
    os.closerange(out + 1, 1024)

"""System calls that nobody needs who answers an exercise, refused by the kernel from then on.

Without them a process makes no other process, no namespaces, and no disks or files of its own in
memory (which no limit would count); it debugs no other, and reaches little of the kernel. It may
have threads. Filters: man 2 seccomp.

Covers: Linux on x86-64 and ARM (64 bits).
Does not cover: what a process may do with the calls that are left (`inside`).
"""

import ctypes
import errno
import platform

_AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBERS = {  # of each call on x86-64, on ARM
    "umount2": (166, 39),
    "mount": (165, 40),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),  # memory that no limit counts, as the next
    "shmget": (29, 194),
}
_FORKS = {"x86_64": (57, 58), "aarch64": ()}  # fork and vfork; ARM has clone alone
_CLONE, _CLONE3 = (56, 220), 435
_NEW_NAMESPACES = 0x7E020000  # all flags of clone that make one
_THREAD = 0x00010000  # the flag without which clone makes a process
_OTHER_ABI = 0x40000000  # x32: the same calls under other numbers

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # places in what the filter is shown
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def forbid() -> None:
    """Forbid the calls to this process and all that it starts; that cannot be undone.

    Raises:
        OSError: if the kernel does not allow it, or the machine is of another kind.
    """
    steps = _steps(platform.machine())
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0),
        (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def _steps(machine: str) -> list[_Step]:
    """Return the filter: calls of these numbers fail, and so does a clone that makes no thread."""
    if machine not in _AUDIT_ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no filter of system calls is known for {machine}")
    column = list(_AUDIT_ARCHITECTURES).index(machine)
    refused, unknown = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS
    steps = [
        _Step(_LOAD, 0, 0, _ARCHITECTURE),
        _Step(_EQUAL, 1, 0, _AUDIT_ARCHITECTURES[machine]),
        _Step(_RETURN, 0, 0, _KILL),
        _Step(_LOAD, 0, 0, _NUMBER),
        *_if(_AT_LEAST, _OTHER_ABI, refused),
        *_if(_EQUAL, _CLONE3, unknown),  # whose flags no filter can see; libc then takes clone
    ]
    for number in (*(one[column] for one in _NUMBERS.values()), *_FORKS[machine]):
        steps += _if(_EQUAL, number, refused)
    return [
        *steps,
        _Step(_EQUAL, 0, 5, _CLONE[column]),
        _Step(_LOAD, 0, 0, _FIRST_ARGUMENT),
        *_if(_ANY_BIT, _NEW_NAMESPACES, refused),
        _Step(_ANY_BIT, 1, 0, _THREAD),
        _Step(_RETURN, 0, 0, refused),
        _Step(_RETURN, 0, 0, _ALLOW),
    ]


def _if(comparison: int, value: int, result: int) -> tuple[_Step, _Step]:
    """Return the steps that end the filter with `result` where a comparison holds."""
    return _Step(comparison, 0, 1, value), _Step(_RETURN, 0, 0, result)

"""Writes a file wholly or not at all, and says in a line why it could not.

Covers: replacing a file, making one that must not exist yet, a second name for a file; a full disk,
a crash, several processes at once.
Does not cover: what is written, and where: `places` and the commands know that.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from dlcourse.errors import CourseError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_atomically(path: Path, content: bytes) -> None:
    """Make `content` what is in the file `path`: all of it or, if that fails, nothing.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    with told_in_a_line(path), temporary_beside(path, content) as temporary:
        temporary.replace(path)


def write_new(path: Path, content: bytes) -> bool:
    """Write `path`, all or nothing, unless something has that name; return whether it was written.

    Raises:
        CourseError: if it could not be written.
    """
    with told_in_a_line(path), temporary_beside(path, content) as temporary:
        try:
            give_second_name(temporary, path)
        except FileExistsError:  # another process was faster
            return False
    return True


@contextlib.contextmanager
def temporary_beside(path: Path, content: bytes) -> Iterator[Path]:
    """Write `content` to a file beside `path`; in the end, remove it if it is still there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a crash of the machine could leave an empty file
        if path.exists():
            shutil.copymode(path, temporary)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def give_second_name(old: Path, new: Path) -> None:
    """Let the file `old` be called `new` as well; FileExistsError if something has that name."""
    try:
        new.hardlink_to(old)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a file system without second names, such as that of a USB stick
        if new.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new)) from None
        old.rename(new)


@contextlib.contextmanager
def told_in_a_line(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write `path` into a CourseError that says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        msg = (
            f"{path} could not be written ({reason}), and nothing was lost: {write_remedy(error)}."
        )
        raise CourseError(msg) from error


def write_remedy(error: OSError) -> str:
    """Return what to do about the system's refusal to write, as a clause."""
    if error.errno in NO_ROOM:
        return "make room on the disk"
    if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}:
        return "something else has this name; move it away"
    return "see who may write there"

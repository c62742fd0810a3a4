"""What a process may no longer do, by a filter on its system calls: connect, write, start programs. Linux only.

A filter is set by the process on itself, needs no rights, cannot be taken off again and holds for what the process
starts. Where the system knows none, nothing is taken away, and the functions here say so.

Source: Documentation/userspace-api/seccomp_filter.rst of Linux; the numbers are those of its system call tables.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from typing import NamedTuple

# struct sock_filter: code, instructions to skip if so, if not, operand.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_ARGUMENTS = 16  # of the first; eight bytes each, the low half first
_OF_X32 = 0x40000000  # a second set of numbers that x86-64 may know

_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1  # prctl option; seccomp operation and flag

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0) & ~0o200000

# socket and socketpair; io_uring_setup, which does what others are kept from; execve, execveat, ptrace, kill,
# pidfd_send_signal, process_vm_writev; rename, unlink, link, symlink, mkdir, rmdir, mknod, truncate, chmod, chown,
# utime, setxattr, mount in all their forms; openat2, whose flags lie in memory that a filter does not see.
_X86_64 = (
    *(41, 42, 44, 46, 49, 50, 53, 307, 425, 59, 322, 101, 62, 424, 311, 76, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93),
    *(94, 132, 133, 165, 188, 189, 190, 235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 316, 437, 452),
)
_AARCH64 = (
    *(198, 199, 200, 201, 203, 206, 211, 269, 425, 221, 281, 117, 129, 424, 271, 45, 33, 34, 35, 36, 37, 38, 52, 53),
    *(54, 55, 5, 6, 7, 40, 88, 276, 437, 452),
)


class _System(NamedTuple):
    """Of one kind of processor: its mark, the number of seccomp, what is refused, and where open has its flags."""

    mark: int
    seccomp: int
    socket: int
    refused: tuple[int, ...]
    opening: dict[int, int]  # number: which argument holds the flags


_SYSTEMS = {
    "x86_64": _System(0xC000003E, 317, 41, _X86_64, {2: 1, 257: 2}),
    "aarch64": _System(0xC00000B7, 277, 198, _AARCH64, {56: 2}),
}


def only_read() -> bool:
    """From now on this process opens files to read them and computes; all else is refused with EPERM.

    Returns:
        Whether the system does that.
    """
    system = _system()
    if system is None:
        return False
    rules = [rule for number in system.refused for rule in _refuse(number)]
    for number, argument in system.opening.items():
        rules += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
            (_ANY_BIT, 0, 1, _WRITING),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    return _set(system, rules)


def without_network() -> bool:
    """From now on this process, with all that runs in it, opens no connection over IP; the rest is as before.

    Returns:
        Whether the system does that.
    """
    system = _system()
    if system is None:
        return False
    families = [socket.AF_INET, socket.AF_INET6]
    rules = [(_EQUAL, 0, 2 * len(families) + 1, system.socket), (_LOAD, 0, 0, _ARGUMENTS)]
    rules += [rule for family in families for rule in _refuse(family)]
    return _set(system, rules)


def _system() -> _System | None:
    if sys.platform != "linux" or sys.byteorder != "little":
        return None
    return _SYSTEMS.get(os.uname().machine)


def _refuse(value: int) -> list[tuple[int, int, int, int]]:
    return [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE)]


def _set(system: _System, rules: list[tuple[int, int, int, int]]) -> bool:
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, system.mark),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OF_X32),
        (_RETURN, 0, 0, _REFUSE),
        *rules,
        (_RETURN, 0, 0, _ALLOW),
    ]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *rule) for rule in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(packed)))  # struct sock_fprog
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
        library.syscall.argtypes = [ctypes.c_long, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p]
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            return False
        return bool(library.syscall(system.seccomp, _SET_FILTER, _ALL_THREADS, head) == 0)
    except (OSError, AttributeError):
        return False

"""PostgreSQL refuses to run as root. Two ways around, tried in this order:

1. a user namespace in which our own user is number 1000 (files keep their owner);
2. the user `nobody` with just CAP_DAC_OVERRIDE, so that a clone below a private folder such as
   /root stays reachable (containers often forbid user namespaces).

An ordinary user needs neither.
"""

import ctypes
import functools
import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cvm_platform.local.process import (
    LocalServerError,
    _libc,
    check_libc,
    die_with_parent,
    prctl,
)

_CLONE_NEWUSER = 0x10000000
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_INSIDE_ID = 1000


@dataclass(frozen=True)
class RunAs:
    """How to start a program that must not see itself as root. `owner`: who owns its files."""

    name: str
    owner: tuple[int, int]
    enter: Callable[[], None]

    def preexec(self, death_signal: int) -> Callable[[], None]:
        parent_pid = os.getpid()

        def prepare() -> None:
            self.enter()
            die_with_parent(parent_pid, death_signal)

        return prepare


def as_is() -> RunAs:
    return RunAs("ordinary user", (os.getuid(), os.getgid()), lambda: None)


def user_namespace() -> RunAs:
    # Read before unshare: afterwards both would be the overflow id.
    uid, gid = os.geteuid(), os.getegid()

    def enter() -> None:
        check_libc(_libc.unshare(_CLONE_NEWUSER), "unshare")
        # The kernel takes gid_map only after setgroups is denied.
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{_INSIDE_ID} {uid} 1"),
            ("gid_map", f"{_INSIDE_ID} {gid} 1"),
        ):
            descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
            os.write(descriptor, line.encode())
            os.close(descriptor)

    return RunAs("user namespace", (uid, gid), enter)


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def nobody() -> RunAs:
    entry = pwd.getpwnam("nobody")
    bit = 1 << _CAP_DAC_OVERRIDE
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapData * 2)(_CapData(bit, bit, bit), _CapData(0, 0, 0))

    def enter() -> None:
        prctl(_PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
        os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
        check_libc(_libc.capset(ctypes.byref(header), data), "capset")
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)

    return RunAs("nobody", (entry.pw_uid, entry.pw_gid), enter)


def _works(way: RunAs, program: Path, folder: Path) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own binary
            [program, "--version"],
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=way.enter,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


@functools.cache
def choose_run_as(program: Path, folder: Path) -> RunAs:
    """The first way in which `program` starts and reaches `folder`."""
    if os.geteuid() != 0:
        return as_is()
    for make in (user_namespace, nobody):
        way = make()
        if _works(way, program, folder):
            return way
    raise LocalServerError(
        "PostgreSQL does not run as root, and this machine allows neither a user namespace nor "
        f"the user nobody with {program} and {folder}. Run the command as an ordinary user."
    )

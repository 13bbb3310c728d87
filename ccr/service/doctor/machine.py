"""This machine: versions, files, disk."""

import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ccr import __version__
from ccr.config import files
from ccr.service.doctor.finding import Finding, Surroundings, ok, problem, skipped, warning
from ccr.service.keeper import STATE

MB = 1024 * 1024
LEAST_FREE = 50 * MB  # below it logs and state cannot be relied on
LITTLE_FREE = 500 * MB
FOR_OTHERS = 0o077
WRITTEN_BY_OTHERS = 0o022


def versions(here: Surroundings) -> Iterator[Finding]:
    yield ok(
        "versions", f"ccr {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def permissions(here: Surroundings) -> Iterator[Finding]:
    """Files that hold keys are for their owner alone."""
    home = files.state_dir(here.env)
    held = [home / "key", home / STATE]
    config = None if here.elsewhere or here.router is None else here.router.file()
    fine = True
    for path in (*([config] if config else ()), *held):
        for finding in _file(path, holds_keys=path != config or _holds_keys(here)):
            fine = False
            yield finding
    if here.elsewhere:
        yield skipped("permissions", "the configuration is not here")
    elif fine:
        yield ok("permissions", "files with keys are for this user alone")


def _holds_keys(here: Surroundings) -> bool:
    """As plain text; a broken file may."""
    if here.configured is None:
        return True
    return here.config.server.key is not None or any(each.key and not each.key_source for each in here.config.providers)


def _file(path: Path, *, holds_keys: bool) -> Iterator[Finding]:
    try:
        seen = path.stat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(seen.st_mode)
    if seen.st_uid not in (os.geteuid(), 0):
        yield problem("permissions", f"{path} belongs to another user ({seen.st_uid})", f"sudo chown $USER {path}")
    elif mode & WRITTEN_BY_OTHERS:
        yield problem("permissions", f"{path} can be changed by others ({mode:04o})", f"chmod 600 {path}")
    elif holds_keys and mode & FOR_OTHERS:
        yield problem("permissions", f"{path} holds keys and can be read by others ({mode:04o})", f"chmod 600 {path}")


def home(here: Surroundings) -> Iterator[Finding]:
    """Where state and logs go can be written."""
    wanted = files.state_dir(here.env)
    unwritable = [*_unwritable(wanted, "CCR_HOME")]
    if not unwritable and not here.elsewhere:
        unwritable = [*_unwritable(files.request_log(here.env).parent, "CCR_LOGS")]
    yield from unwritable or [ok("home", f"{wanted} can be {'written' if wanted.exists() else 'made'}")]


def _unwritable(wanted: Path, variable: str) -> Iterator[Finding]:
    folder = next(each for each in (wanted, *wanted.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
    except OSError as fault:
        yield problem(
            "home",
            f"{folder} cannot be written: {fault.strerror}",
            f"make that possible, or set {variable} to a folder that can be",
        )


def disk(
    here: Surroundings, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> Iterator[Finding]:
    wanted = files.state_dir(here.env)
    folder = next(each for each in (wanted, *wanted.parents) if each.exists())
    left = free(folder)
    if left < LEAST_FREE:
        yield problem(
            "disk", f"{left // MB} MB are free at {folder}", "make room: the router cannot keep its state and log"
        )
    elif left < LITTLE_FREE:
        yield warning("disk", f"{left // MB} MB are free at {folder}", "make room soon")
    else:
        yield ok("disk", f"{left / MB / 1024:.1f} GB are free at {folder}")

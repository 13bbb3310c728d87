"""Runs a program in this one's place, or as its child with the same terminal and the same signals."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from ccr.errors import ServiceProblem

FORWARDED = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


def run(argv: Sequence[str], env: Mapping[str, str], *, silent_input: bool = False) -> int:
    """The exit code, as a shell would give it: 128 + n for signal n."""
    waiting: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        waiting.append(number)

    # What is ignored (nohup, a background job) stays ignored, for the child too.
    heeded = [number for number in FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, keep) for number in heeded}
    try:
        with _spawn(argv, env, silent_input) as child:

            def forward(number: int, _: FrameType | None) -> None:
                # Ctrl-C reaches the whole foreground group: passing it on would be a second one.
                if number not in FROM_THE_TERMINAL or not _in_foreground():
                    child.send_signal(number)

            for number in heeded:
                signal.signal(number, forward)
            for missed in waiting:
                forward(missed, None)
            code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def become(argv: Sequence[str], env: Mapping[str, str], *, silent_input: bool = False) -> NoReturn:
    if silent_input:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execve(argv[0], list(argv), dict(env))
    except OSError as error:
        raise _cannot_run(argv[0], error) from error


def _spawn(argv: Sequence[str], env: Mapping[str, str], silent_input: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(list(argv), env=dict(env), stdin=subprocess.DEVNULL if silent_input else None)
    except OSError as error:
        raise _cannot_run(argv[0], error) from error


def _cannot_run(path: str, error: OSError) -> ServiceProblem:
    return ServiceProblem(f"cannot run {path}: {error.strerror}")


def _in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)

"""Bytes from one place to another: what commands and tunnels over SSH are made of."""

import contextlib
import os
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import paramiko

BLOCK = 32 * 1024
FAULTS = (OSError, EOFError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Streams:
    """File descriptors on this side of a command. Without stdin the command gets an empty one."""

    stdin: int | None = 0
    stdout: int = 1
    stderr: int = 2


class Pump(threading.Thread):
    """Copies until there is no more, or one side is gone; then says so to the side that it wrote to."""

    def __init__(
        self, read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__(daemon=True)  # a read of our stdin may never return
        self._read, self._write, self._end = read, write, end
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while data := self._read(BLOCK):
                self._write(data)
        except FAULTS as fault:
            self.fault = fault
        with contextlib.suppress(*FAULTS):
            self._end()


def from_descriptor(descriptor: int | None) -> Callable[[int], bytes]:
    return lambda size: b"" if descriptor is None else os.read(descriptor, size)


def to_descriptor(descriptor: int, failed: Callable[[], object]) -> Callable[[bytes], None]:
    """`failed` is called when nobody reads there any more."""

    def write(data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:
            failed()
            raise

    return write


@contextlib.contextmanager
def closing(channel: paramiko.Channel) -> Iterator[None]:
    """Whether there is still somebody to be told or not."""
    try:
        yield
    finally:
        with contextlib.suppress(*FAULTS):
            channel.close()


def size(terminal: int) -> tuple[int, int]:
    """Columns and lines."""
    columns, lines = os.get_terminal_size(terminal)
    return columns, lines


@contextlib.contextmanager
def raw(terminal: int) -> Iterator[None]:
    """Every key goes through as it is, Ctrl-C included."""
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextlib.contextmanager
def resizing(channel: paramiko.Channel, terminal: int) -> Iterator[None]:
    """The terminal there keeps the size of ours."""

    def resize(_number: int, _frame: object) -> None:
        with contextlib.suppress(*FAULTS):
            channel.resize_pty(*size(terminal))

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)

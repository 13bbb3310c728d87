import fcntl
import os
import signal
import struct
import termios
from collections.abc import Iterator

import paramiko
import pytest

from ccr.service.remote import streams
from ccr.service.remote.streams import Pump


@pytest.fixture
def terminal() -> Iterator[int]:
    leader, follower = os.openpty()
    yield follower
    os.close(leader)
    os.close(follower)


def enlarge(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class Channel(paramiko.Channel):
    """Hears of sizes."""

    def __init__(self) -> None:
        super().__init__(0)
        self.sizes: list[tuple[int, int]] = []

    def resize_pty(self, width: int = 80, height: int = 24, width_pixels: int = 0, height_pixels: int = 0) -> None:
        self.sizes.append((width, height))


def test_a_pump_copies_until_there_is_no_more_and_says_so() -> None:
    said = iter([b"a", b"b", b""])
    heard: list[bytes | str] = []
    Pump(lambda _: next(said), heard.append, lambda: heard.append("end")).run()
    assert heard == [b"a", b"b", "end"]


def test_a_pump_keeps_its_fault_and_says_that_it_ended() -> None:
    heard: list[str] = []

    def read(_size: int) -> bytes:
        raise ConnectionResetError

    pump = Pump(read, lambda _: None, lambda: heard.append("end"))
    pump.run()
    assert (type(pump.fault), heard) == (ConnectionResetError, ["end"])


def test_no_stdin_is_an_empty_one() -> None:
    assert streams.from_descriptor(None)(10) == b""


def test_what_nobody_reads_is_told_to_the_other_side() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    heard: list[str] = []
    with pytest.raises(BrokenPipeError):
        streams.to_descriptor(writing, lambda: heard.append("failed"))(b"x")
    os.close(writing)
    assert heard == ["failed"]


def test_a_terminal_is_raw_for_a_while(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    with streams.raw(terminal):
        assert not termios.tcgetattr(terminal)[3] & termios.ISIG
    assert termios.tcgetattr(terminal) == before


def test_a_terminal_is_put_right_after_a_fault(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    with pytest.raises(KeyError), streams.raw(terminal):
        raise KeyError
    assert termios.tcgetattr(terminal) == before


def test_a_new_size_is_passed_on(terminal: int) -> None:
    channel = Channel()
    with streams.resizing(channel, terminal):
        enlarge(terminal, 120, 40)
        os.kill(os.getpid(), signal.SIGWINCH)
    assert channel.sizes == [(120, 40)]
    assert signal.getsignal(signal.SIGWINCH) is signal.SIG_DFL

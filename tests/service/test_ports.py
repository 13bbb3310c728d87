import errno
import os
import socket
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import ports


def test_a_free_port_is_not_refused() -> None:
    assert ports.refuse_taken("127.0.0.1", 0) is None  # type: ignore[func-returns-value]


def test_a_taken_port_names_its_owner_and_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceProblem, match=rf"port {port} is taken by pid {os.getpid()}: .*--port"):
            ports.refuse_taken("127.0.0.1", port)


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(ServiceProblem, match="HOST 'nowhere.invalid' is no address"):
        ports.refuse_taken("nowhere.invalid", 3456)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EACCES, "only be opened by root"), (errno.EADDRNOTAVAIL, "cannot listen on 192.0.2.1:80: not here")],
)
def test_every_reason_is_a_sentence(number: int, said: str) -> None:
    assert said in ports.reason("192.0.2.1", 80, OSError(number, "not here"))


def test_an_owner_that_is_not_seen_is_said_to_be_hidden(tmp_path: Path) -> None:
    said = ports.reason("127.0.0.1", 80, OSError(errno.EADDRINUSE, ""), proc=tmp_path)
    assert "by a process that cannot be seen from here" in said


def test_an_owner_that_cannot_be_seen_is_none(tmp_path: Path) -> None:
    assert ports.owner(3456, proc=tmp_path) is None


def test_only_the_first_words_of_a_command_are_shown(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\n 0: 0100007F:0D80 00000000:0000 0A 0:0 0:0 0 0 0 77 1\n")
    (tmp_path / "12" / "fd").mkdir(parents=True)
    (tmp_path / "12" / "fd" / "3").symlink_to("socket:[77]")
    (tmp_path / "12" / "cmdline").write_bytes(b"node\0server.js\0--key\0sk-secret\0")
    assert str(ports.owner(3456, proc=tmp_path)) == "pid 12: node server.js --key"


def test_a_program_that_is_written_out_is_cut(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\n 0: 0100007F:0D80 00000000:0000 0A 0:0 0:0 0 0 0 77 1\n")
    (tmp_path / "12" / "fd").mkdir(parents=True)
    (tmp_path / "12" / "fd" / "3").symlink_to("socket:[77]")
    (tmp_path / "12" / "cmdline").write_bytes(b"python\0-c\0import x; y()\n" + b"z" * 900)
    found = ports.owner(3456, proc=tmp_path)
    assert found
    assert found.command.startswith("python -c import x; y() zzz")
    assert len(found.command) == ports.SHORT


def test_an_owner_whose_command_is_hidden_is_still_named(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp6").write_text("head\n 0: 00:0D80 00:0000 0A 0:0 0:0 0 0 0 77 1\n")
    (tmp_path / "12" / "fd").mkdir(parents=True)
    (tmp_path / "12" / "fd" / "3").symlink_to("socket:[77]")
    (tmp_path / "13").mkdir()
    assert str(ports.owner(3456, proc=tmp_path)) == "pid 12: ?"

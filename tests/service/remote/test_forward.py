import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service.remote import ssh
from ccr.service.remote.forward import forward, listening
from ccr.service.remote.ssh import Person
from tests.support.ssh_server import Server, made, public
from tests.support.ssh_server import listening as ssh_listening

MUCH = bytes(range(256)) * 8000  # 2 MB: more than a channel's window holds


class Echo:
    """Answers what it is sent, after the other side has said that there is no more: it needs the half-close."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                line = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            line.sendall(read_all(line)[::-1])


@dataclass(frozen=True, slots=True)
class Here:
    """The near end of a tunnel."""

    port: int
    server: Server
    warned: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def asked(self, text: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(text)
            line.shutdown(socket.SHUT_WR)
            return read_all(line)


def read_all(line: socket.socket) -> bytes:
    said = b""
    while data := line.recv(65536):
        said += data
    return said


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with ssh_listening(Server(made(tmp_path / "host"), users_key=made(tmp_path / "identity"))) as server:
        yield server


@pytest.fixture
def here(server: Server, echo: Echo, tmp_path: Path) -> Iterator[Here]:
    remote, known = server.remote(tmp_path / "identity"), [public(server.host_key)]
    with listening(0) as listener, ssh.connected(remote, known, tmp_path, Person(tmp_path)) as connection:
        here = Here(listener.getsockname()[1], server)

        def run() -> None:
            try:
                forward(connection, listener, echo.port, here.warned.append)
            except ServiceProblem as problem:
                here.ended.append(problem.message)

        thread = threading.Thread(target=run)
        thread.start()
        yield here
        connection.transport.close()
        thread.join(5)
        assert not thread.is_alive()


def test_what_is_said_here_is_answered_there(here: Here) -> None:
    assert here.asked(b"abc") == b"cba"


def test_much_goes_through_whole(here: Here) -> None:
    assert here.asked(MUCH) == MUCH[::-1]


def test_many_connections_at_a_time_do_not_mix(here: Here) -> None:
    texts = [bytes([number]) * 50_000 for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(here.asked, texts)) == texts


def test_one_who_does_not_read_holds_up_nobody(here: Here) -> None:
    with socket.create_connection(("127.0.0.1", here.port), timeout=20) as slow:
        slow.sendall(MUCH[:1_000_000])
        slow.shutdown(socket.SHUT_WR)
        assert here.asked(b"abc") == b"cba"


def test_one_who_hangs_up_harms_nobody(here: Here) -> None:
    line = socket.create_connection(("127.0.0.1", here.port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    line.sendall(b"abc")
    line.close()
    assert here.asked(b"abc") == b"cba"


def test_when_nobody_listens_there_the_connection_ends_and_the_reason_is_told(here: Here, echo: Echo) -> None:
    echo.close()
    assert _hears_nothing(here)
    assert here.warned == [f"box: nothing answers on port {echo.port} there; `ccr remote status box` says what runs"]


def test_when_the_host_allows_no_tunnel_the_reason_is_told(here: Here) -> None:
    here.server.tunnels = False
    assert _hears_nothing(here)
    assert "the host allows no tunnel" in here.warned[0]


def _hears_nothing(here: Here) -> bool:
    with socket.create_connection(("127.0.0.1", here.port), timeout=20) as line:
        return line.recv(1) == b""


def test_when_the_host_goes_it_ends_with_a_reason(here: Here) -> None:
    with socket.create_connection(("127.0.0.1", here.port), timeout=20) as line:
        line.sendall(b"abc")
        time.sleep(0.1)
        here.server.hang_up()
        assert line.recv(1) == b""
    here.server.until(lambda: here.ended)
    assert here.ended[0].startswith("box: the connection broke")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceProblem, match=f"port {port} is taken"), listening(port):
            pass

"""EGRESS=router: the router reaches the world, developer reaches loopback and nothing else, and nobody inside can change that."""

import contextlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from tests.image.conftest import Image, StartContainer
from tests.support import chat
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import text

NET_ADMIN, SETPCAP = 1 << 12, 1 << 8


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        upstream.play(lambda _: chat.stream(text("from outside")))
        yield upstream


def start(start: StartContainer, address: str, **more: str) -> Container:
    provider = {"name": "scripted", "api_base_url": f"{address}/v1", "api_key": "k", "models": ["m"]}
    return start(
        "router", config={"Providers": [provider], "Router": {"default": "scripted,m"}}, EGRESS="router", **more
    )


@pytest.fixture(scope="module")
def closed(shared_container: StartContainer, model: Outside) -> Container:
    return start(shared_container, model.url)


class Names:
    """A name server that gives every name the same address, and keeps what it was asked."""

    def __init__(self, bound: socket.socket) -> None:
        self.address = socket.inet_aton(bound.getsockname()[0])
        self.asked: list[str] = []
        self.socket = bound
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                asked, client = self.socket.recvfrom(512)
                if not asked:  # the socket was shut
                    return
                name, end = labels(asked)
                self.asked.append(name)
                kind = asked[end : end + 2]
                found = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + self.address if kind == b"\0\1" else b""
                head = asked[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1 if found else 0, 0, 0)
                self.socket.sendto(head + asked[12 : end + 4] + found, client)


def labels(asked: bytes) -> tuple[str, int]:
    """The name of a question (RFC 1035, 4.1.2), and where its type begins."""
    parts, place = [], 12
    while size := asked[place]:
        parts.append(asked[place + 1 : place + 1 + size].decode())
        place += size + 1
    return ".".join(parts), place + 1


@pytest.fixture
def names(engine: Engine) -> Iterator[Names]:
    with socket.socket(type=socket.SOCK_DGRAM) as bound:
        try:
            bound.bind((engine.gateway(), 53))
        except OSError as error:
            pytest.skip(f"no name server can listen where containers ask ({error}).")
        yield Names(bound)
        with contextlib.suppress(OSError):
            bound.shutdown(socket.SHUT_RDWR)


TRY = """
import socket, sys
kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
protocol = socket.IPPROTO_ICMP if kind == "ping" else 0
with socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM, proto=protocol) as out:
    out.settimeout(3)
    try:
        out.connect((host, port))
        out.send(bytes([8, 0, 0, 0, 0, 1, 0, 1]) if kind == "ping" else b"out")
        print("sent")
    except OSError as error:
        print(type(error).__name__)
"""


def tried(container: Container, kind: str, host: str, port: int) -> str:
    return container.ssh("python3", "-", kind, host, str(port), text=TRY).stdout.strip()


def test_the_router_answers_developer_from_outside(closed: Container) -> None:
    assert closed.ssh("claude", "-p", "hi").stdout == "from outside\n"


def test_the_router_finds_providers_by_name_and_developer_finds_nobody(
    container: StartContainer, model: Outside, names: Names
) -> None:
    servers = f"--dns {socket.inet_ntoa(names.address)}"
    running = start(container, f"http://provider.example:{model.port}", CCR_ENGINE_ARGS=servers)
    assert running.ssh("claude", "-p", "hi").stdout == "from outside\n"
    assert set(names.asked) == {"provider.example"}
    done = running.ssh(
        "timeout 5 getent hosts secret-in-a-name.example; timeout 5 getent hosts provider.example", check=False
    )
    assert done.stdout == ""
    assert set(names.asked) == {"provider.example"}


def test_developer_does_not_connect_to_what_the_router_reaches(closed: Container, model: Outside) -> None:
    assert tried(closed, "tcp", model.name, model.port) == "ConnectionRefusedError"
    assert tried(closed, "tcp", "127.0.0.1", 2222) == "sent"


@pytest.mark.parametrize(("kind", "port"), [("udp", 53), ("udp", 40_000), ("ping", 0)])
def test_developer_sends_nothing_to_this_machine(closed: Container, engine: Engine, kind: str, port: int) -> None:
    assert tried(closed, kind, engine.gateway(), port) == "PermissionError"
    assert tried(closed, kind, "127.0.0.1", port) == "sent"


def test_developer_does_not_ask_the_engines_resolver(closed: Container) -> None:
    assert tried(closed, "udp", "127.0.0.11", 53) == "PermissionError"


def test_nobody_outside_fetches_from_a_port_of_developers(closed: Container, engine: Engine, model: Outside) -> None:
    closed.ssh(
        "nohup python3 -m http.server 8000 >/dev/null 2>&1 & sleep 1; curl -sf -o /dev/null http://127.0.0.1:8000"
    )
    networks = engine.inspect(closed.name)["NetworkSettings"]["Networks"]
    address = networks[closed.name]["IPAddress"]
    ask = ["--rm", "--network", closed.name, "--entrypoint", "curl", closed.image, "-sS", "--max-time", "3"]
    assert engine.run("run", *ask, f"http://{address}:8000/", check=False).returncode == 28  # timed out


def test_a_forward_over_ssh_leads_to_loopback_only(closed: Container, model: Outside) -> None:
    assert closed.ssh("-W", "127.0.0.1:2222").stdout.startswith("SSH-2.0-")
    connections = model.connections
    assert "open failed" in closed.ssh("-W", f"{model.name}:{model.port}", check=False).stderr
    assert model.connections == connections


@contextlib.contextmanager
def listening(host: str) -> Iterator[int]:
    """A port there; the address of a new network is free to use after a second or two."""
    with socket.socket(socket.AF_INET6) as server:
        until = time.monotonic() + 10
        while True:
            try:
                server.bind((host, 0))
                break
            except OSError:
                assert time.monotonic() < until, f"{host} is not this machine's"
                time.sleep(0.2)
        server.listen()
        yield server.getsockname()[1]


def test_over_ipv6_the_router_reaches_the_world_and_developer_does_not(
    engine: Engine, container: StartContainer
) -> None:
    name, network = f"ccr-test-{os.getpid()}-six", f"fd00:{random.randrange(1 << 16):x}:{os.getpid() & 0xFFFF:x}"
    ours = ("--label", f"ccr.instance={name}")
    engine.run("network", "create", "--ipv6", "--subnet", f"{network}::/64", *ours, name)
    running = container(name=name, EGRESS="router")
    with listening(f"{network}::1") as port:
        ask = ["timeout", "10", "bash", "-c", f"echo >/dev/tcp/{network}::1/{port}"]
        assert "Connection refused" in running.execute(*ask, user="developer", check=False).stderr
        assert running.execute(*ask, user="router", check=False).stderr == ""


def test_developer_cannot_take_the_rules_away(closed: Container, model: Outside) -> None:
    done = closed.ssh("/usr/sbin/nft", "flush", "ruleset", check=False)
    assert "Operation not permitted" in done.stderr
    assert tried(closed, "tcp", model.name, model.port) == "ConnectionRefusedError"


@pytest.mark.parametrize("process", ["^s6-svscan", "sshd.*listener", "ccr start --foreground"])
def test_whoever_runs_inside_can_never_be_given_the_capability_to_do_it(closed: Container, process: str) -> None:
    pid = closed.execute("pgrep", "-o", "-f", process).stdout.strip()
    status = dict(line.split(":\t") for line in closed.execute("cat", f"/proc/{pid}/status").stdout.splitlines())
    assert int(status["CapBnd"], 16) & (NET_ADMIN | SETPCAP) == 0


def test_without_the_rules_there_is_no_container(engine: Engine, image: Image) -> None:
    hardened = ["--rm", "--read-only", "--tmpfs", "/run", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    own = [word for name in ("CHOWN", "SETUID", "SETGID") for word in ("--cap-add", name)]
    done = engine.run("run", *hardened, *own, "-e", "EGRESS=router", image("router"), check=False)
    assert done.returncode == 1
    assert "EGRESS=router: the rules cannot be set" in done.stderr
    assert "NET_ADMIN and SETPCAP" in done.stderr

"""The router as a process: listen, serve, reload, drain, end."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from ccr.assemble import Assembly
from ccr.config.schema import Config
from ccr.errors import ServiceProblem
from ccr.gateway.runtime import Current
from ccr.server.app import app
from ccr.server.protocol import BoundedHttp, lift_limit
from ccr.server.watchdog import watched

Ready = Callable[[str, int], None]

# Seconds that streams under way may last once the router is told to stop; then they are told so, and have a moment to
# get away. A second signal means that the moment is now.
DRAIN = 25
MOMENT = 3
# Seconds for which a router that was replaced still takes requests on connections that it has.
LINGER = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a router has from its keeper (service/keeper.py)."""

    line: socket.socket  # says that we listen; is told to leave, or ends with the keeper
    listener: socket.socket | None = None  # of the router before this one

    def listens(self, listener: socket.socket) -> None:
        new = [] if listener is self.listener else [listener.fileno()]
        with contextlib.suppress(OSError):  # the keeper is gone: the line's end is heard in a moment
            socket.send_fds(self.line, [b"!"], new)


def serve(
    config_path: Path | None,
    env: Mapping[str, str],
    host: str | None,
    port: int | None,
    verbose: bool,
    ready: Ready,
    reloaded: Callable[[Config], None] = lambda config: None,
    kept: Kept | None = None,
) -> int:
    """Blocks until stopped. Raises ConfigInvalid or ServiceProblem when it cannot begin."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assembly = Assembly(config_path, env, host, port, verbose=verbose, reloaded=reloaded)
        return runner.run(_serve(assembly, ready, kept))


async def _serve(assembly: Assembly, ready: Ready, kept: Kept | None) -> int:
    lift_limit()
    current = await assembly.begin()
    server = current.runtime.config.server
    listener = listen(server.host, server.port, kept.listener if kept else None)
    host, port = listener.getsockname()[:2]

    def listening() -> None:
        ready(host, port)
        if kept:
            kept.listens(listener)

    reloads = asyncio.create_task(assembly.follow(current))
    uvicorns = uvicorn.Config(
        app(current),
        lifespan="off",
        http=BoundedHttp,
        ws="none",
        log_config=None,
        log_level="error",  # what is wrong with a request is told to who sent it
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=MOMENT,  # it is told to shut down when the time is over
    )
    try:
        async with watched(say):
            await Uvicorn(uvicorns, listening, current, kept.line if kept else None).serve(sockets=[listener])
    finally:
        reloads.cancel()
        await asyncio.gather(reloads, return_exceptions=True)
        await assembly.close()
    return 0


def say(text: str) -> None:
    print(f"ccr: {text}", file=sys.stderr)  # noqa: T201


class Uvicorn(uvicorn.Server):
    """Uvicorn, but told to stop it goes on listening until all that was under way has ended: who comes meanwhile hears
    why he is not served. A signal ends it by returning, so that what comes after gets its turn."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], current: Current, line: socket.socket | None = None
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._current = current
        self._line = line
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
        if self._line:
            asyncio.get_running_loop().add_reader(self._line, self._told, self._line)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._drain)
        yield

    def _drain(self) -> None:
        if self._current.draining:
            self._current.over.set()
            return
        self._current.draining = True
        self._bound()
        self._ending = asyncio.create_task(self._ended())

    async def _ended(self) -> None:
        over = asyncio.create_task(self._current.over.wait())
        while self.server_state.tasks and not over.done():
            await asyncio.wait({*self.server_state.tasks, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        self.should_exit = True

    def _told(self, line: socket.socket) -> None:
        """By the keeper: that another router listens in our place, or, by its silence, that the keeper has ended."""
        asyncio.get_running_loop().remove_reader(line)
        try:
            said = line.recv(16)
        except OSError:  # the keeper ended before it had read all that we said
            said = b""
        if not said:
            self._drain()
            return
        for server in self.servers:
            server.close()
        with contextlib.suppress(OSError):
            line.send(b"!")
        self._bound()
        self._ending = asyncio.create_task(self._parted())

    async def _parted(self) -> None:
        """Connections end with the answer that says so. One whose answer had begun before, or that has no request, is closed
        when it has been idle for a while: the next may be on its way."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self.server_state.connections and not self._current.over.is_set():
            for each in list(self.server_state.connections):
                if isinstance(each, BoundedHttp) and min(each.idle, loop.time() - began) >= LINGER:
                    each.shutdown()
            await asyncio.sleep(LINGER / 10)
        self.should_exit = True

    def _bound(self) -> None:
        self._current.parting = True
        asyncio.get_running_loop().call_later(DRAIN, self._current.over.set)


def listen(host: str, port: int, before: socket.socket | None = None) -> socket.socket:
    """Bound here and not by uvicorn, so that a taken port is an error of ours with a remedy. What listened there `before`
    goes on."""
    with contextlib.ExitStack() as undo:
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            if before and before.family == family and _is(before.getsockname(), address):
                return before
            listener = undo.enter_context(socket.socket(family, kind, proto))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as failure:
            remedy = "choose another with --host, --port or HOST and PORT in the configuration"
            raise ServiceProblem(f"cannot listen on {host}:{port}: {failure.strerror}; {remedy}") from None
        undo.pop_all()
    listener.set_inheritable(False)
    return listener


def _is(bound: tuple[str, int], wanted: tuple[Any, ...]) -> bool:
    """Whether that is the place; port 0 is any."""
    return bound[0] == wanted[0] and wanted[1] in (0, bound[1])

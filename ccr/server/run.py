"""The router as a process: listen, serve, reload, drain, end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import uvicorn
import uvloop

from ccr.assemble import Assembly
from ccr.config.schema import Config
from ccr.errors import ServiceProblem
from ccr.gateway.runtime import Current
from ccr.server.app import app
from ccr.server.protocol import BoundedHttp

Ready = Callable[[str, int], None]

# Seconds that streams under way may last once the router is told to stop; then they are told so, and have a moment to
# get away.
DRAIN = 25
MOMENT = 3


def serve(
    config_path: Path | None,
    env: Mapping[str, str],
    host: str | None,
    port: int | None,
    verbose: bool,
    ready: Ready,
    reloaded: Callable[[Config], None] = lambda config: None,
) -> int:
    """Blocks until stopped. Raises ConfigInvalid or ServiceProblem when it cannot begin."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(Assembly(config_path, env, host, port, verbose=verbose, reloaded=reloaded), ready))


async def _serve(assembly: Assembly, ready: Ready) -> int:
    current = await assembly.begin()
    server = current.runtime.config.server
    listener = listen(server.host, server.port)
    address = listener.getsockname()
    reloads = asyncio.create_task(assembly.follow(current))
    try:
        await Uvicorn(
            uvicorn.Config(
                app(current),
                lifespan="off",
                http=BoundedHttp,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=DRAIN + MOMENT,
            ),
            lambda: ready(address[0], address[1]),
            current,
        ).serve(sockets=[listener])
    finally:
        reloads.cancel()
        await asyncio.gather(reloads, return_exceptions=True)
        await assembly.close()
    return 0


class Uvicorn(uvicorn.Server):
    """Uvicorn, but a signal ends it by returning, so that what comes after gets its turn."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], current: Current) -> None:
        super().__init__(config)
        self._ready = ready
        self._current = current

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._drain, each)
        yield

    def _drain(self, sent: signal.Signals) -> None:
        if not self._current.draining:
            self._current.draining = True
            asyncio.get_running_loop().call_later(DRAIN, self._current.over.set)
        self.handle_exit(sent, None)


def listen(host: str, port: int) -> socket.socket:
    """Bound here and not by uvicorn, so that a taken port is an error of ours with a remedy."""
    with contextlib.ExitStack() as undo:
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listener = undo.enter_context(socket.socket(family, kind, proto))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as failure:
            remedy = "choose another with --host, --port or HOST and PORT in the configuration"
            raise ServiceProblem(f"cannot listen on {host}:{port}: {failure.strerror}; {remedy}") from None
        undo.pop_all()
    listener.set_inheritable(False)
    return listener

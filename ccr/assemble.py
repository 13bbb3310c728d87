"""Config -> Runtime. The only place that knows all concrete classes."""

import asyncio
import contextlib
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ccr.config.files import client_key, default_path, find, load, request_log
from ccr.config.schema import Config, LogLevel, Notice, Secret
from ccr.config.show import settings
from ccr.config.watch import watch
from ccr.errors import ConfigInvalid
from ccr.gateway.agents import Agents
from ccr.gateway.calibration import Calibration
from ccr.gateway.runtime import Current, Runtime
from ccr.gateway.seats import Seats
from ccr.gateway.sessions import Sessions
from ccr.observe.requestlog import RequestLog
from ccr.policy.standing import Standing
from ccr.providers.guide import guide
from ccr.providers.resolve import Upstream, logins, resolve
from ccr.routing.bpe import data_path, encoder
from ccr.routing.counting import Counting
from ccr.routing.decision import Table
from ccr.routing.script import LIMIT, Script
from ccr.routing.script import load as load_script
from ccr.upstream.guide import Guided
from ccr.upstream.http import Http
from ccr.upstream.ollama import offered
from ccr.upstream.proxies import named, proxies
from ccr.upstream.signing import Signing
from ccr.upstream.trust import trusted


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()  # noqa: TID251 - this is where the clock comes from

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Assembly:
    """Builds one generation after the other; what is here outlives them."""

    def __init__(
        self,
        config_path: Path | None,
        env: Mapping[str, str],
        host: str | None = None,
        port: int | None = None,
        *,
        verbose: bool = False,
        reloaded: Callable[[Config], None] = lambda config: None,
    ) -> None:
        self._named = config_path
        self._env = dict(env)
        if host is not None:
            self._env["CCR_HOST"] = host
        if port is not None:
            self._env["CCR_PORT"] = str(port)
        if verbose:
            self._env["CCR_LOG_LEVEL"] = "debug"
        self._verbose = verbose
        self._reloaded = reloaded
        self._clock = SystemClock()
        self._instance = secrets.token_hex(8)
        self._http = Http(proxies(lambda: self._config.proxy, env), trusted(env))
        self._transport = Guided(Signing(self._http.send, self._env).send, guide(contained="CCR_LOCALHOST" in env))
        self._counting = Counting(lambda: encoder(data_path(), self._report))
        self._sessions = Sessions()
        self._agents = Agents()
        self._calibration = Calibration()
        self._standing = Standing()
        self._seats = Seats()
        self._config = Config()
        self._log = RequestLog(request_log(env), self._config.log)
        self._ollama: tuple[str, ...] = ()
        self._current: Current | None = None
        self._first: Config | None = None  # by which it listens
        self._newest = self._config  # also one that was refused: its files may be mended
        self._place = default_path(self._env)
        self._leaving: set[asyncio.Task[None]] = set()

    async def begin(self) -> Current:
        """The first generation. Raises ConfigInvalid: there is no earlier one to go on with."""
        path = self._path()
        if path is None:
            self._ollama = await offered(self._env)
        current = self._current = Current(self._build(*self._resolved(path)), problems=self.problems)
        self._first = current.runtime.config
        self._note("info", "start", config=current.runtime.config.source)
        self._tell(current.runtime.notices)
        await self._counting.warm()
        return current

    async def follow(self, current: Current, interval: float = 1.0) -> None:
        """Reloads after each change of the file; a broken one changes nothing but what /health says."""

        def refused(cause: ConfigInvalid) -> None:
            current.rejected = cause
            self._note("error", "reload refused", cause=cause.message)

        async def changed() -> None:
            try:
                # Beside the loop: thousands of providers take a second.
                runtime = self._build(*await asyncio.to_thread(self._resolved, self._path()))
            except ConfigInvalid as rejected:
                refused(rejected)
                return
            except Exception as fault:  # noqa: BLE001 - of ours; the next change may be without it
                refused(ConfigInvalid(f"a fault in ccr itself: {type(fault).__name__}: {fault}"))
                return
            old = current.runtime
            current.swap(runtime)
            self._reloaded(runtime.config)
            self._note("info", "reload", config=runtime.config.source, generation=str(current.generation))
            self._tell(notice for notice in runtime.notices if notice not in old.notices)
            if isinstance(old.script, Script):
                self._leaving.add(asyncio.create_task(self._leave(old.script)))

        await watch(self._watched, changed, interval)

    def _watched(self) -> Iterator[Path]:
        """A script sees to itself."""
        with contextlib.suppress(ConfigInvalid):  # a file that is named may be gone for a moment
            self._place = self._path() or default_path(self._env)
        yield self._place
        yield from (Path(each.path) for each in self._newest.transformers)

    async def _leave(self, script: Script) -> None:
        """Requests of the generation before may be asking it."""
        try:
            await asyncio.sleep(LIMIT)
        finally:
            await script.close()

    def problems(self) -> tuple[str, ...]:
        """What is not as it should be, and stops no request."""
        log = f"the log {self._log.path} cannot be written: {self._log.broken}" if self._log.broken else None
        return tuple(filter(None, (log, self._moved())))

    def _moved(self) -> str | None:
        assert self._first
        before, now = self._first.server, self._config.server
        if (before.host, before.port) == (now.host, now.port):
            return None
        return f"HOST and PORT are {now.host}:{now.port} by now; `ccr restart` makes them hold"

    async def close(self) -> None:
        self._note("info", "stop")
        for each in self._leaving:
            each.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._current and isinstance(self._current.runtime.script, Script):
            await self._current.runtime.script.close()
        await self._http.close()
        self._log.close()

    def _path(self) -> Path | None:
        return find(self._env, str(self._named) if self._named else None)

    def _read(self, path: Path | None) -> Config:
        config = load(path, self._env, ollama=self._ollama)
        if config.server.key:
            return config
        return replace(config, server=replace(config.server, key=Secret(client_key(self._env))))

    def _resolved(self, path: Path | None) -> tuple[Config, tuple[Upstream, ...], tuple[Notice, ...]]:
        config = self._newest = self._read(path)
        return config, *resolve(config)

    def _build(self, config: Config, upstreams: tuple[Upstream, ...], notices: tuple[Notice, ...]) -> Runtime:
        plain = settings(replace(config, chains={}, groups={}))  # to scripts for CCR a target is a text
        script = load_script(config.custom_router, plain, self._report) if config.custom_router else None
        self._config = config
        self._log.configure(config.log)
        self._standing.configure(config.breaker, upstreams)
        self._seats.configure(config.concurrency, {each.name: each.concurrency for each in upstreams}, config.queue)
        return Runtime(
            config=config,
            upstreams={upstream.name: upstream for upstream in upstreams},
            table=Table(
                routes=config.routes,
                providers={upstream.name: upstream.models for upstream in upstreams},
                aliases=config.aliases,
                fallback=config.fallback,
                chains=config.chains,
                groups=config.groups,
                searching=frozenset(upstream.name for upstream in upstreams if upstream.dialect.searches),
                engines=tuple(upstream.name for upstream in upstreams if upstream.dialect.name == "search"),
            ),
            transport=self._transport,
            counter=self._counting,
            script=script,
            sessions=self._sessions,
            observers=(self._log, self._sessions),
            clock=self._clock,
            instance=self._instance,
            hidden=tuple(each for proxy in named(self._env) for each in logins(proxy)),
            notices=(*config.notices, *notices),
            agents=self._agents,
            calibration=self._calibration,
            standing=self._standing,
            seats=self._seats,
            chance=random.random,
        )

    def _tell(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._report(str(notice))

    def _report(self, text: str) -> None:
        self._note("warn", "notice", text=text)

    def _note(self, level: LogLevel, event: str, **fields: str) -> None:
        self._log.note(level, event, self._clock.time(), **fields)
        if self._verbose or level == "error":
            print(f"ccr: {event}", *fields.values(), file=sys.stderr)  # noqa: T201

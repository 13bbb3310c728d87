"""start, stop, restart, status."""

import contextlib
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ccr import __version__, env
from ccr.cli import output
from ccr.cli.output import Exit
from ccr.config import files
from ccr.config.schema import Config as Configuration
from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.service import ports, process, sessions, state
from ccr.service.keeper import STATE
from ccr.service.process import Options
from ccr.service.router import used
from ccr.service.state import State
from ccr.service.status import Status

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this configuration.")]
Host = Annotated[str | None, typer.Option("--host", help="Listen on this address.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Listen on this port; 0 picks one.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Log more, and to stderr too.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    for command in (start, stop, restart):
        app.command()(command)
    app.command("status")(show_status)


def start(
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, until a signal ends it.")] = False,
    verbose: Verbose = False,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    for_sessions: Annotated[bool, typer.Option(sessions.FOR_SESSIONS, hidden=True)] = False,
    line: Annotated[int | None, typer.Option("--line", hidden=True)] = None,
    listener: Annotated[int | None, typer.Option("--listener", hidden=True)] = None,
) -> int:
    """Start the router, and return when it answers; it is started again when it crashes.

    With --foreground it is not: that is for whoever supervises it.
    """
    options = Options(config, host, port, verbose)
    if foreground:
        return _serve(options, _handed(line), _handed(listener), for_sessions=for_sessions)
    router = used(env.current())
    fresh = router.start(options, output.warn)
    _report(router.status(now()), already=not fresh)
    return Exit.OK


def stop(
    now: Annotated[bool, typer.Option("--now", help="End open streams, and tell them so.")] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds that open streams may take.")
    ] = process.PATIENCE,
) -> int:
    """Stop the router, after open streams have ended."""
    match used(env.current()).stop(wait, now=now):
        case None:
            output.say("the router is not running")
        case process.Stopped(pid, how="drained"):
            output.say(f"stopped (pid {pid})")
        case process.Stopped(pid, how="cut"):
            output.say(f"stopped (pid {pid})" + ("" if now else f": what was under way after {wait:g} s was ended"))
        case process.Stopped(pid):
            output.say(f"killed (pid {pid})" + ("" if now else f": it had not ended after {wait:g} s"))
    return Exit.OK


def restart(verbose: Verbose = False, config: Config = None, host: Host = None, port: Port = None) -> int:
    """Put a new router in the place of the one that runs.

    As it was started before, unless options say otherwise. What cannot start leaves the running one alone.
    """
    router = used(env.current())
    router.restart(Options(config, host, port, verbose))
    _report(router.status(now()))
    return Exit.OK


def show_status(as_json: Json = False) -> int:
    """Say what runs, and how.

    Exit codes: 0 it runs; 3 it does not; 4 its process is there and does not answer.
    """
    found = used(env.current()).status(now())
    if as_json:
        output.show_json(found.as_json())
    else:
        _show(found)
    match found.condition:
        case "running":
            return Exit.OK
        case "not running":
            return Exit.NOT_RUNNING
        case "unhealthy":
            return Exit.UNHEALTHY


def _show(found: Status) -> None:
    details = found.details
    if found.condition == "not running":
        output.say(output.styled("not running", "bad"), f"; {found.remedy}")
        return
    condition = output.styled(found.condition, "good" if found.condition == "running" else "bad")
    rows = [
        (found.name, output.joined([condition, *_place(found)], ", ")),
        ("uptime", output.duration(found.uptime) if found.uptime is not None else ""),
        ("config", found.config),
        *(("rejected", output.styled(line, "bad")) for line in (details.rejected or "").splitlines()),
        *(("problem", output.styled(problem, "bad")) for problem in details.problems),
        *(("passed over", each) for each in details.passed_over),
        *(("waiting", each) for each in details.waiting),
        ("remedy", found.remedy or ""),
    ]
    output.table(row for row in rows if row[1])
    _section("routes", details.routes.items())
    _section("providers", ((each.name, f"key {each.key}", each.url) for each in details.providers))
    if details.notices:
        output.say(f"{output.counted(len(details.notices), 'note')}: `ccr config validate`")


def _place(found: Status) -> list[str]:
    return [f"pid {found.pid}", found.address] if found.pid else [found.address]


def _section(title: str, rows: Iterable[tuple[str, ...]]) -> None:
    listed = list(rows)
    if listed:
        output.say(title)
        output.table(listed, indent="  ")


def _notes(notices: Iterable[object]) -> None:
    for notice in notices:
        output.warn(f"note: {notice}")


def _report(found: Status, *, already: bool = False) -> None:
    address, *pid = reversed(_place(found))
    output.say(
        f"the {found.name} is {'already ' if already else ''}running at {address}" + "".join(f" ({it})" for it in pid)
    )
    if found.config:
        output.say(f"configuration: {found.config}")
    _notes(found.details.notices)


def _handed(descriptor: int | None) -> socket.socket | None:
    """A socket of the keeper's; no program that we start is to have it too."""
    if descriptor is None:
        return None
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _serve(options: Options, line: socket.socket | None, listener: socket.socket | None, *, for_sessions: bool) -> int:
    from ccr.server.run import Kept, serve  # late: it costs half a second

    environment = env.current()
    home = files.state_dir(environment)
    source = files.find(environment, str(options.config) if options.config else None)
    config = _configuration(source, options, environment)
    pid = os.getpid()
    keeper = state.Process(os.getppid(), state.born(os.getppid())) if line else None

    def ready(host: str, port: int) -> None:
        before = state.running(home)
        router = State(
            pid=pid,
            born=state.born(pid),
            host=host,
            port=port,
            started=now(),
            config=str(source) if source else "the environment",
            version=__version__,
            arguments=options.arguments(),
            for_sessions=before.for_sessions if before and keeper and before.keeper == keeper else for_sessions,
            keeper=keeper,
            key=config.server.key.reveal() if config.server.key else files.client_key(environment),
        )
        try:
            state.write(home, router)
        except (OSError, ServiceProblem):
            output.warn(f"{home / STATE} cannot be written: `ccr status` and `ccr stop` do not find this router")
        output.write(f"the router listens at {router.address} ({router.config})\n")

    def reloaded(config: Configuration) -> None:
        found = state.running(home)
        if found and found.pid == pid and config.server.key:
            with contextlib.suppress(OSError, ServiceProblem):  # a full disk: then the state is older than the router
                state.write(home, replace(found, config=config.source, key=config.server.key.reveal()))

    with contextlib.nullcontext() if keeper else _claimed(home):  # the keeper has claimed it already
        if not listener:
            ports.refuse_taken(config.server.host, config.server.port)
        _notes(config.notices)
        process.bound_output()
        process.lose_output()
        kept = Kept(line, listener) if line else None
        try:
            return serve(
                options.config, environment, options.host, options.port, options.verbose, ready, reloaded, kept
            )
        finally:
            if not keeper:  # which may start it again
                state.clear(home, pid)


@contextlib.contextmanager
def _claimed(home: Path) -> Iterator[None]:
    """Where nothing can be written, a router in the foreground needs nothing written."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(state.claim(home))
        except state.Unwritten as fault:
            output.warn(str(fault))
        yield


def _configuration(source: Path | None, options: Options, environment: Mapping[str, str]) -> Configuration:
    """Raises ConfigInvalid, which blames the file only for what the file says."""
    try:
        return files.load(source, {**environment, **options.overrides()})
    except ConfigInvalid as fault:
        by = "--host" if options.host else "CCR_HOST"
        host = options.host or environment.get("CCR_HOST")
        plain = {**environment, **replace(options, host=None).overrides()}
        if host and _loads(source, {name: value for name, value in plain.items() if name != "CCR_HOST"}):
            lack = fault.message.rpartition("HOST: ")[2].partition(": set ")[0]
            remedy = f"set CCR_API_KEY, or APIKEY in the configuration, or leave {by} out"
            raise ConfigInvalid(f"{by} {lack}; {remedy}") from None
        raise


def _loads(source: Path | None, environment: Mapping[str, str]) -> bool:
    try:
        files.load(source, environment)
    except ConfigInvalid:
        return False
    return True


def now() -> float:
    return time.time()  # noqa: TID251 - the commands are where the clock comes from

"""Claude, and shells, with the router running for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccr.config.zero import GUIDE
from ccr.errors import ServiceProblem
from ccr.routing.rules import SCENARIOS
from ccr.service import arguments, client, program, settings, state, terminal
from ccr.service.configured import Configured
from ccr.service.outdated import Tell
from ccr.service.router import used
from ccr.service.sessions import Session


@dataclass(frozen=True, slots=True)
class Run:
    """A program to run for a session."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    silent_input: bool = False
    needs_files: bool = False  # that lie in the session's folder


def code(words: Sequence[str], env: Mapping[str, str], tell: Tell) -> int:
    """Runs claude with these arguments; its exit code."""
    asked = arguments.understand(words)
    router = used(env)
    before = router.configured()
    _refuse_unknown(asked.context, before)
    claude = client.find_claude(before.config, env)
    _warn(before, tell)
    with router.session(tell) as session:
        run = _claude(claude, asked, session, router.configured(), env)
        if (session.router and session.router.for_sessions) or run.needs_files:
            return program.run(run.argv, run.env, silent_input=run.silent_input)
    return program.become(run.argv, run.env, silent_input=run.silent_input)


def _refuse_unknown(context: str | None, here: Configured) -> None:
    """The router would refuse it too, but with claude running, and for every request again."""
    routes = here.config.routes.targets
    if context is not None and _plain(context) not in map(_plain, (*routes, *SCENARIOS)):
        raise ServiceProblem(f"--context {context}: no route is named so; there are {', '.join(routes) or 'none'}")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _claude(
    claude: Path, asked: arguments.Arguments, session: Session, here: Configured, env: Mapping[str, str]
) -> Run:
    given = settings.given(asked.claude)
    files = [settings.read(path) for path in settings.files(env, Path.cwd())]
    said = settings.environment_in([*files, given.settings if given else None])
    ours = client.environment(here.config, here.address, here.key, {**env, **said}, asked.context)
    words = asked.claude
    again = settings.overlay(said, ours)
    if again:
        path = session.folder / "settings.json"
        whole = settings.with_environment(given.settings if given else {}, again)
        state.replace(path, json.dumps(whole).encode())
        words = (settings.OPTION, str(path), *(given.others if given else words))
    return Run((str(claude), *words), ours.applied(env), here.config.non_interactive, needs_files=bool(again))


def _warn(here: Configured, tell: Tell) -> None:
    if here.warning:
        tell(here.warning)


def shell(env: Mapping[str, str], tell: Tell, command: str | None = None) -> int:
    """Opens the user's shell, or has it run a command that was written for it; its exit code."""
    router = used(env)
    _warn(router.configured(), tell)
    shell = terminal.user_shell(env)
    with router.session(tell) as session:
        here = router.configured()
        ours = client.for_shell(here.config, here.address, here.key, env)
        if command is not None:
            return program.run((shell, "-c", command), ours.applied(env))
        tell(_greeting(here))
        opening = terminal.opening(shell, ours, session.folder, env)
        return program.run(opening.argv, {**ours.applied(env), **opening.env})


def _greeting(here: Configured) -> str:
    target = here.config.routes.get("default")
    if here.models:
        return f"claude -> {here.address}; exit leaves"
    if here.config.providers == (GUIDE,) or target is None:
        return "no provider yet: claude will say how to get one; exit leaves"
    return f"claude -> {target}; exit leaves"

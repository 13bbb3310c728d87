"""Claude, and shells, with the router running for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccr.config.problems import folded
from ccr.config.zero import GUIDE
from ccr.errors import ServiceProblem
from ccr.routing.rules import SCENARIOS
from ccr.service import arguments, client, conflicts, menu, onboarding, program, settings, state, terminal, windows
from ccr.service.configured import Configured
from ccr.service.conflicts import Conflict
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
    env = _prepared(env, asked.isolated, asked.trust, tell)
    with router.session(tell) as session:
        run = _claude(claude, asked, session, router.configured(), env, tell)
        if (session.router and session.router.for_sessions) or run.needs_files:
            return program.run(run.argv, run.env, silent_input=run.silent_input)
    return program.become(run.argv, run.env, silent_input=run.silent_input)


def _refuse_unknown(context: str | None, here: Configured) -> None:
    """The router would refuse it too, but with claude running, and for every request again."""
    routes = here.config.routes.targets
    if context is not None and folded(context) not in map(folded, (*routes, *SCENARIOS)):
        raise ServiceProblem(f"--context {context}: no route is named so; there are {', '.join(routes) or 'none'}")


def _prepared(env: Mapping[str, str], isolated: bool, trust: bool, tell: Tell) -> Mapping[str, str]:
    """The user's environment, with claude's first questions answered as far as that was asked for."""
    if isolated:
        env = {**env, "CLAUDE_CONFIG_DIR": str(onboarding.own_folder(env))}
    if isolated or trust:
        onboarding.answer(onboarding.file(env), tell, Path.cwd() if trust else None)
    return env


def _claude(
    claude: Path, asked: arguments.Arguments, session: Session, here: Configured, env: Mapping[str, str], tell: Tell
) -> Run:
    given = settings.given(asked.claude)
    own = given.settings if given else None
    layers = [*map(settings.read, settings.files(env, Path.cwd())), own]
    said = settings.environment_in(layers)
    ours = client.with_programs(here.config, here.address, here.key, {**env, **said}, asked.context)
    menu.write(here.config, here.address, env)
    _tell_conflicts(conflicts.conflicts(env, Path.cwd(), here, own), "code", tell)
    words = asked.claude
    again = settings.overlay(said, ours)
    helped = settings.helped(layers)
    line = settings.status_line(layers) if here.config.status_line.enabled else {}
    needed = bool(again or helped or line)
    if needed:
        path = session.folder / "settings.json"
        whole = {**settings.with_environment(own or {}, again), **({settings.HELPER: ""} if helped else {}), **line}
        state.replace(path, json.dumps(whole).encode())
        words = (settings.OPTION, str(path), *(given.others if given else words))
    return Run((str(claude), *words), ours.applied(env), here.config.non_interactive, needs_files=needed)


def _tell_conflicts(found: Sequence[Conflict], healer: conflicts.Healer, tell: Tell) -> None:
    for conflict in conflicts.remaining(found, healer):
        tell(conflict.line)


def _warn(here: Configured, tell: Tell) -> None:
    for warning in (*filter(None, [here.warning]), *windows.warnings(here.config)):
        tell(warning)


def shell(
    env: Mapping[str, str], tell: Tell, command: str | None = None, *, isolated: bool = False, trust: bool = False
) -> int:
    """Opens the user's shell, or has it run a command that was written for it; its exit code."""
    router = used(env)
    _warn(router.configured(), tell)
    shell = terminal.user_shell(env)
    env = _prepared(env, isolated, trust, tell)
    with router.session(tell) as session:
        here = router.configured()
        ours = client.with_programs(here.config, here.address, here.key, env)
        menu.write(here.config, here.address, env)
        _tell_conflicts(conflicts.conflicts(env, Path.cwd(), here), "activate", tell)
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

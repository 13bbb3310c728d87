"""The real claude, a router of its own, a scripted provider: one question, one tool call, one answer."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ccr.config.schema import Config
from ccr.errors import ServiceProblem
from ccr.service import client, process, settings, state
from ccr.service.doctor.finding import Finding, Surroundings, ok, problem, skipped
from ccr.service.doctor.scripted import TOOL, Scripted
from ccr.service.state import State

TITLE = "end to end"
WITHIN = 30.0  # seconds for claude
ROUTER_WITHIN = 15.0
MOST_SHOWN = 300  # characters of what claude said
# What the user has set for claude and for the router is not what is tried here.
OTHERS = ("ANTHROPIC_", "CLAUDE", "CCR_", "DISABLE_")
QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_MAX_RETRIES": "1"}
# -P: what lies in the current folder is not ours to import.
ROUTER = (sys.executable, "-P", "-m", "ccr", "start", "--foreground")


def end_to_end(here: Surroundings, managed: Path = settings.MANAGED) -> Iterator[Finding]:
    if bound := _bound(managed):
        other = "`ccr doctor --live` asks the providers, and `claude -p hello` goes the whole way"
        yield skipped(TITLE, f"managed settings bind claude to {bound}: a router of its own is out of its reach", other)
        return
    try:
        claude = client.find_claude(here.config if here.configured else Config(), here.env)
    except ServiceProblem as missing:
        yield problem(TITLE, *missing.message.split(": ", 1))
        return
    with tempfile.TemporaryDirectory(prefix="ccr-doctor-", ignore_cleanup_errors=True) as folder:
        yield _tried(claude, Path(folder).resolve(), here.env)


def _bound(managed: Path) -> str | None:
    """The address that an administrator gives claude, as our container does."""
    layers = [settings.read(path) for path in settings.managed_files(managed)]
    return settings.environment_in(layers).get("ANTHROPIC_BASE_URL")


def _tried(claude: Path, folder: Path, env: Mapping[str, str]) -> Finding:
    word = secrets.token_hex(6)
    work = folder / "work"
    work.mkdir()
    (work / "note.txt").write_text(f"{word}\n")
    plain = {name: value for name, value in env.items() if not name.startswith(OTHERS)}
    plain |= {"HOME": str(folder), "TMPDIR": str(folder)}  # claude leaves its sockets there
    begin = time.monotonic()
    with Scripted(work / "note.txt", word) as script:
        try:
            with _router(folder / "router", script.url, plain) as router:
                started = time.monotonic()
                ended = _asked(claude, work, _environment(router, folder, plain))
        except ServiceProblem as cause:
            return problem(
                TITLE, f"a router of its own does not start: {cause.message}", "`ccr start --foreground` says more"
            )
        done = time.monotonic()
    if fault := _fault(ended, script):
        return fault
    figures = {"router_seconds": started - begin, "claude_seconds": done - started}
    seen = f"claude read a file by a tool call and answered, in {done - started:.1f} s (router up in {started - begin:.1f} s)"
    return ok(TITLE, seen, figures)


@contextlib.contextmanager
def _router(home: Path, provider: str, env: Mapping[str, str]) -> Iterator[State]:
    """With a state of its own, beside whatever else runs."""
    config = {
        "Providers": [{"name": "scripted", "api_base_url": provider, "api_key": "none-needed", "models": ["scripted"]}],
        "Router": {"default": "scripted,scripted"},
    }
    state.replace(state.folder(home) / "config.json", json.dumps(config).encode())
    argv = (*ROUTER, "--port", "0")
    try:
        with state.turn(home):
            started = process.start(home, argv, {**env, "CCR_HOME": str(home)}, ROUTER_WITHIN)
        yield started.state
    finally:
        process.stop(home, now=True)


def _environment(router: State, folder: Path, plain: Mapping[str, str]) -> dict[str, str]:
    ours = client.environment(Config(), router.address, router.key, plain)
    return {**ours.applied(plain), **QUIET, "CLAUDE_CONFIG_DIR": str(folder / "claude")}


Ended = tuple[int | None, str]  # the exit code, None where it had to be ended; what it printed


def _asked(claude: Path, work: Path, env: Mapping[str, str]) -> Ended:
    """In a session of its own, so that nothing of it stays: neither after its time nor after Ctrl-C."""
    argv = (str(claude), "-p", "What does note.txt say?", "--allowedTools", TOOL, "--max-turns", "4")
    try:
        child = subprocess.Popen(
            argv,
            cwd=work,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as broken:
        return 126, f"{claude} cannot be run: {broken.strerror}"
    try:
        said, _ = child.communicate(timeout=WITHIN)
        return child.returncode, said.decode(errors="replace").strip()
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def _fault(ended: Ended, script: Scripted) -> Finding | None:
    """Where it failed, the farthest point first."""
    code, said = ended
    shown = f": {said[:MOST_SHOWN]}" if said else ""
    if script.requests == 0:
        seen = "claude sent the router nothing" + (f" within {WITHIN:g} s" if code is None else shown)
        return problem(TITLE, seen, "is a proxy or a managed setting in its way? `ccr doctor --only conflicts`")
    if not script.offered:
        return problem(TITLE, f"claude did not offer its tool {TOOL}{shown}", "is it denied by a managed setting?")
    if script.came_back is None:
        seen = f"claude was asked to call {TOOL} and did not{shown}"
        return problem(TITLE, seen, "`ccr doctor --only claude` looks at its version")
    if script.word not in script.came_back:
        seen = f"the call of {TOOL} failed: {script.came_back[:MOST_SHOWN]}"
        return problem(TITLE, seen, "is the tool denied by a managed setting?")
    if code is None:
        return problem(
            TITLE, f"claude did not end within {WITHIN:g} s of its answer", "`claude -p hello` by hand may show why"
        )
    if code != 0 or script.word not in said:
        return problem(TITLE, f"claude ended with exit code {code} and without the answer{shown}", "see what it said")
    return None

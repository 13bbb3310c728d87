"""The claude program, and what in the surroundings would keep it from the router."""

import re
import subprocess
from collections.abc import Iterator

from ccr.config.schema import Config
from ccr.errors import ServiceProblem
from ccr.service import client, settings
from ccr.service import conflicts as between
from ccr.service.doctor.finding import Finding, Surroundings, ok, problem, warning

# The router's answers are tested with these and what lies between: tests/support/clients.py
OLDEST = (2, 1, 197)
NEWEST = (2, 1, 329)
UPDATE = "`claude update`, or npm install -g @anthropic-ai/claude-code"
STALE = "this shell"
STARTS = 10.0  # seconds


def claude(here: Surroundings) -> Iterator[Finding]:
    try:
        path = client.find_claude(here.config if here.configured else Config(), here.env)
    except ServiceProblem as missing:
        yield problem("claude", *missing.message.split(": ", 1))
        return
    try:
        said = _version(str(path), dict(here.env))
    except subprocess.TimeoutExpired:
        yield problem("claude", f"{path} --version does not end", UPDATE)
        return
    except OSError as broken:
        yield problem("claude", f"{path} cannot be run: {broken.strerror}", UPDATE)
        return
    found = re.match(r"(\d+)\.(\d+)\.(\d+)\b", said)
    if not found:
        yield problem(
            "claude", f"{path} does not say its version as Claude Code does", "set CLAUDE_PATH to Claude Code"
        )
        return
    version = tuple(map(int, found.groups()))
    if version < OLDEST:
        seen = f"{path} is version {found[0]}; the oldest that is tested is {_dotted(OLDEST)}"
        yield warning("claude", f"{seen}: it may not recover from all errors", UPDATE)
        return
    newer = f", newer than those tested ({_dotted(NEWEST)})" if version > NEWEST else ""
    yield ok("claude", f"{path}, version {found[0]}{newer}")


def _version(path: str, env: dict[str, str]) -> str:
    quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    done = subprocess.run(
        (path, "--version"),
        env={**env, **quiet},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=STARTS,
        check=False,
    )
    return done.stdout.decode(errors="replace")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def conflicts(here: Surroundings) -> Iterator[Finding]:
    """What `ccr code` or an activated shell does not heal by itself is a warning."""
    assert here.configured is not None
    found = between.conflicts(here.changed, here.folder, here.configured)
    broken = [
        path for path in settings.files(here.changed, here.folder) if path.exists() and not settings.readable(path)
    ]
    for path in broken:
        yield warning("conflicts", f"{path} cannot be read as JSON", "correct it: what it says does not count")
    for each in found:
        stale = each.place == STALE  # healed by doing it anew, and until then claude fails in it
        if set(between.BOTH) <= set(each.healed_by) and not stale:
            yield ok("conflicts", f"{each.place} {each.effect}; `ccr code` and an activated shell see to it")
        else:
            only = f" (not in `ccr {each.healed_by[0]}`)" if each.healed_by and not stale else ""
            yield warning("conflicts", f"{each.place} {each.effect}{only}", each.remedy)
    if not found and not broken:
        yield ok("conflicts", "nothing here leads claude past the router")

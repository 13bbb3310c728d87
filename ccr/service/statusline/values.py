"""What there is to show: the router's figures of this session, and what Claude Code says of itself."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from ccr.service.nearby import Object, at_once

FOREGROUND = ("main", "other")  # classes of requests that a person waits for
DEEPEST = 64  # folders above this one
LONGEST = 80  # characters of a name


class Values(NamedTuple):
    """None, and an empty text: not known."""

    model: str = ""
    provider: str = ""
    rule: str = ""
    status: int | None = None  # of the last answer, where it was an error
    tries: int = 0
    prompt: int | None = None
    output: int | None = None
    estimated: bool = False
    window: int | None = None
    first_token: float | None = None
    speed: float | None = None
    all_input: int = 0
    all_output: int = 0
    cache_share: float | None = None
    cost: float | None = None
    partial: bool = False  # the cost is that of some models only
    session: str = ""
    folder: str = ""
    version: str = ""
    milliseconds: float | None = None
    added: int | None = None
    removed: int | None = None

    @property
    def used(self) -> int | None:
        """Tokens of the window."""
        return None if self.prompt is None else self.prompt + (self.output or 0)

    @property
    def fullness(self) -> float | None:
        return self.used / self.window if self.used is not None and self.window else None


def values(page: Object, said: Object) -> Values:
    """`page` is the router's, `said` Claude Code's; either may hold anything."""
    last = _last(_object(page, "last"))
    tokens, own = _object(page, "tokens"), _object(last, "tokens")
    read, written, plain = (_count(tokens, name) or 0 for name in ("cache_read", "cache_write", "input"))
    cost, prompt = _object(said, "cost"), read + written + plain
    target = _text(last, "target") or _asked(said) or _text(page, "default")
    attempts = last.get("attempts")
    return Values(
        model=_clean(target.partition(",")[2]),
        provider=_clean(target.partition(",")[0]),
        rule=_clean(_text(last, "rule")),
        status=_count(last, "status") if last.get("error") else None,
        tries=len(attempts) if isinstance(attempts, list) else 0,
        prompt=_count(last, "prompt"),
        output=_count(own, "output"),
        estimated=last.get("estimated") is True,
        window=_count(last, "window"),
        first_token=_number(last, "first_token"),
        speed=_number(last, "speed"),
        all_input=prompt,
        all_output=_count(tokens, "output") or 0,
        cache_share=read / prompt if prompt else None,
        cost=_number(page, "cost"),
        partial=bool(page.get("unpriced")) or bool(page.get("estimated")),
        session=session(said),
        folder=_text(_object(said, "workspace"), "current_dir") or _text(said, "cwd"),
        version=_clean(_text(said, "version")),
        milliseconds=_number(cost, "total_duration_ms"),
        added=_count(cost, "total_lines_added"),
        removed=_count(cost, "total_lines_removed"),
    )


def _asked(said: Object) -> str:
    """The target that the user has chosen, as `/model provider,model` does."""
    name = _text(_object(said, "model"), "id").removesuffix("[1m]")
    return name if "," in name else ""


def session(said: Object) -> str:
    return _clean(_text(said, "session_id"), 256)


def variables(seen: Values) -> dict[str, str]:
    """What a template may name, but for the branch. Empty: not known."""
    net = None if seen.added is None or seen.removed is None else seen.added - seen.removed
    return {
        "workDirName": _clean(os.path.basename(seen.folder)),
        "model": seen.model,
        "provider": seen.provider,
        "rule": seen.rule,
        "inputTokens": tokens(seen.prompt),
        "outputTokens": tokens(seen.output),
        "totalInputTokens": tokens(seen.all_input or None),
        "totalOutputTokens": tokens(seen.all_output or None),
        "cacheShare": percent(seen.cache_share),
        "contextPercent": percent(seen.fullness),
        "contextWindowSize": tokens(seen.window),
        "cost": dollars(seen),
        "tokenSpeed": "" if seen.speed is None else f"{seen.speed:.0f}",
        "timeToFirstToken": "" if seen.first_token is None else f"{seen.first_token * 1000:.0f}",
        "duration": duration(seen.milliseconds),
        "linesAdded": _shown(seen.added),
        "linesRemoved": _shown(seen.removed),
        "netLines": "" if net is None else f"{net:+d}",
        "version": seen.version,
        "sessionId": seen.session,
    }


def tokens(number: int | None) -> str:
    """950, 12k, 1.2M: three figures at most."""
    if number is None:
        return ""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return (
                f"{number / size:.1f}".removesuffix(".0") + letter
                if number < 10 * size
                else f"{number // size}{letter}"
            )
    return str(number)


def percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.0f}%"


def dollars(seen: Values) -> str:
    """With a + where some of it is not known."""
    if seen.cost is None:
        return ""
    shown = f"${seen.cost:.2f}" if seen.cost >= 0.1 else f"${seen.cost:.3f}" if seen.cost >= 0.001 else "<$0.001"
    return f"{shown}+" if seen.partial else shown


def duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(int(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"


def branch(folder: str) -> str:
    """The branch of git that is checked out, read from its files; of no branch, the commit."""
    at = folder
    for _ in range(min(DEEPEST, folder.count("/") + 1) if os.path.isabs(folder) else 0):
        if head := _head(os.path.join(at, ".git")):
            name = head.partition("ref: refs/heads/")[2]
            return _clean(name or head[:7])
        at = os.path.dirname(at)
    return ""


def _head(git: str) -> str:
    pointer = _line(git)  # of a worktree and of a submodule it is a file
    if pointer.startswith("gitdir: "):
        git = os.path.join(os.path.dirname(git), pointer.removeprefix("gitdir: "))
    return _line(os.path.join(git, "HEAD"))


def _line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace", opener=at_once) as file:
            return file.readline(4096).strip()
    except (OSError, ValueError):
        return ""


def _last(by_class: Object) -> Object:
    """The answer that a person waited for; the newest of its class comes last."""
    for name in FOREGROUND:
        if found := _object(by_class, name):
            return found
    return {}


def _object(owner: Object, name: str) -> Object:
    found = owner.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(owner: Object, name: str) -> str:
    found = owner.get(name)
    return found if isinstance(found, str) else ""


def _number(owner: Object, name: str) -> float | None:
    found = owner.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _count(owner: Object, name: str) -> int | None:
    found = _number(owner, name)
    return int(found) if found is not None and abs(found) < 1e15 else None


def _clean(text: str, most: int = LONGEST) -> str:
    """Nothing that a terminal or a shell's prompt would take for an order."""
    return "".join(letter for letter in text[:most] if letter.isprintable() and letter not in "%$`\\")


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)

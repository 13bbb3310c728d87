"""The only printer: texts, tables, JSON, errors; and what the exit codes mean."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Literal

from ccr import env


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    UNHEALTHY = 4
    INTERRUPTED = 130


EXIT_CODES: Mapping[Exit, str] = {
    Exit.OK: "done; `ccr status`: the router runs and answers; `ccr doctor`: no problems, warnings perhaps",
    Exit.FAILED: "it could not be done; stderr says why; `ccr doctor` and `ccr provider test`: there are problems",
    Exit.USAGE: "the command was not understood",
    Exit.NOT_RUNNING: "`ccr status`: no router runs",
    Exit.UNHEALTHY: "`ccr status`: the router's process is there and does not answer",
    Exit.INTERRUPTED: "ended by Ctrl-C",
}

Style = Literal["good", "bad", "dim", "bold"]

CODES: Mapping[Style, str] = {"good": "32", "bad": "31", "dim": "2", "bold": "1"}


class Styled(str):
    """What `styled` made: no other text gives the terminal orders."""

    __slots__ = ()


def say(*parts: str) -> None:
    print(joined(parts))


def joined(parts: Iterable[str], by: str = "") -> Styled:
    return Styled(by.join(part if isinstance(part, Styled) else plain(part) for part in parts))


def plain(text: str) -> str:
    """Nothing in it gives a terminal orders: names and errors are written by others."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else _harmless(letter) for letter in text)


def _harmless(letter: str) -> str:
    return " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def write(text: str) -> None:
    """As it is, and at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def warn(text: str) -> None:
    """A line for people on stderr: notes and errors alike."""
    print(f"ccr: {plain(text)}", file=sys.stderr)


def note(text: str) -> None:
    """A further line on stderr, below a warning."""
    print(plain(text), file=sys.stderr)


def show_json(value: object) -> None:
    import json

    print(escaped(json.dumps(value, indent=2, ensure_ascii=False)))


def escaped(text: str) -> str:
    """The same JSON, and nothing in it gives a terminal orders."""
    import json

    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)


def styled(text: str, style: Style) -> Styled:
    text = plain(text)
    bare = not sys.stdout.isatty() or env.current().get("NO_COLOR") or env.current().get("TERM") == "dumb"
    return Styled(text if bare else f"\033[{CODES[style]}m{text}\033[0m")


def table(rows: Iterable[Sequence[str]], *, head: Sequence[str] = (), indent: str = "") -> None:
    """Columns as wide as their widest cell; the last one is not padded."""
    lines = [[joined([cell]) for cell in row] for row in ([head, *rows] if head else rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        text = indent + "  ".join(padded).rstrip()
        say(styled(text, "dim") if head and number == 0 else Styled(text))


def duration(seconds: float) -> str:
    """61 -> 1 min; the largest unit that says enough."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit == "min"):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"

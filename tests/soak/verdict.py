"""What a request's answer must hold, and what it means if it does not: the judge of the soak.

Every answer counts its request's number in numbered words, so that one word too few, too many, or of another request
shows.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tests.support.outcomes import Content, Told
from tests.support.parts import Part, text, thinking, tool, usage

NUMBER = re.compile(r"answer request (\d+)")

Verdict = Literal["right", "refused", "truncated", "mixed up", "garbled"]


def question(number: int) -> str:
    return f"Please answer request {number}."


def number_in(said: str) -> int:
    """Whose request it is; -1: nobody's."""
    found = NUMBER.findall(said)
    return int(found[-1]) if found else -1


def content(number: int) -> Content:
    """The one right answer."""
    random = Random(number)
    words = " ".join(f"{number}.{place}é" for place in range(random.randrange(3, 40)))
    thoughts = f"thought {number}" if random.random() < 0.3 else ""
    calls = (("Bash", {"command": f"echo {number}"}),) if random.random() < 0.4 else ()
    return Content(thoughts, words, calls)


def parts(number: int) -> tuple[Part, ...]:
    """The same, for an upstream to say."""
    right = content(number)
    thoughts = [thinking(right.thoughts)] if right.thoughts else []
    calls = [tool(name, arguments, f"call_{number}") for name, arguments in right.calls]
    return (*thoughts, text(right.text), *calls, usage(number, 3))


def judge(number: int, told: Told) -> Verdict:
    """Of an answer that has ended, in whatever way."""
    right, got = content(number), told.content
    if foreign(number, got):
        return "mixed up"
    if told.error:
        return "refused" if right.text.startswith(got.text) else "garbled"
    if got == right:
        return "right"
    return "truncated" if right.text.startswith(got.text) and right.calls[: len(got.calls)] == got.calls else "garbled"


def foreign(number: int, got: Content) -> bool:
    """Whether anything in it was said to somebody else."""
    said = f"{got.text} {got.calls} {got.thoughts}"
    return any(int(each) != number for each in re.findall(r"(?:(?<=echo )|(?<=thought )|\b)(\d+)(?=\.\d+é|'|$)", said))


@dataclass(slots=True)
class Tally:
    """What became of all requests."""

    requests: int = 0
    right: int = 0
    tries: int = 0
    aborted: int = 0
    lost: list[str] = field(default_factory=list)  # no right answer in as many tries as Claude Code has
    wrong: list[str] = field(default_factory=list)  # truncated, mixed up, garbled: never, in no try
    failures: Counter[str] = field(default_factory=Counter)  # what was told in between, or by whom a try was cut
    ids: set[str] = field(default_factory=set)  # of requests that were read to their end, as the router names them

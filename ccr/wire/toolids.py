"""Ids of tool calls: unique within a conversation, and of the characters that Anthropic takes."""

import hashlib
import re
from collections.abc import Iterable

_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


class ToolIds:
    """Renames what does not fit; the same calls in the same order get the same ids every time."""

    def __init__(self, used: Iterable[str] = ()) -> None:
        self._used = set(used)
        self._numbers: dict[str, int] = {}  # the last one that was put behind a name

    def fit(self, id: str) -> str:
        name = plain = clean(id)
        while name in self._used:
            number = self._numbers[plain] = self._numbers.get(plain, 1) + 1
            name = f"{plain}_{number}"
        self._used.add(name)
        return name


def clean(id: str) -> str:
    """The id itself where it fits; otherwise with a digest, so that two ids do not become one."""
    if id and not _FOREIGN.search(id):
        return id
    return f"{_FOREIGN.sub('_', id) or 'toolu'}_{hashlib.sha256(id.encode()).hexdigest()[:8]}"

"""Whether Markdown shows what comes next as quoted: in a fence of another language, inline code, or after a `>`."""

import re

_PARTS = re.compile(r"\n|`+|[^`\n]+")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([^`\s]*)[^`]*")
_MOST_HELD = 300  # characters of a line in which a fence or a quotation shows
# Fences that models put around calls.
_OURS = frozenset({"", "json", "tool_call", "tool_calls"})


class Quoting:
    """Reads a text as it comes. A call is none where it stands quoted."""

    def __init__(self) -> None:
        self._line = ""  # its beginning
        self._run = 0  # backticks just now
        self._code = 0  # backticks that opened inline code
        self._fence = ""  # that is open
        self._language = ""

    def read(self, text: str) -> None:
        for part in _PARTS.findall(text):
            if len(self._line) < _MOST_HELD and part != "\n":
                self._line += part[:_MOST_HELD]
            if part[0] == "`":
                self._run += len(part)
                continue
            self._code, self._run = self._inline(), 0
            if part == "\n":
                self._end_line()

    @property
    def quoted(self) -> bool:
        if self._fence and self._language not in _OURS:
            return True
        return bool(self._inline()) or self._line.lstrip().startswith(">")

    def _inline(self) -> int:
        if not self._run or self._code not in (0, self._run):
            return self._code
        return 0 if self._code else self._run

    def _end_line(self) -> None:
        found = _FENCE.fullmatch(self._line)
        if found and not self._fence:
            self._fence, self._language = found[1], found[2].lower()
        elif found and found[1].startswith(self._fence) and not found[2]:
            self._fence = ""
        self._line, self._code = "", 0

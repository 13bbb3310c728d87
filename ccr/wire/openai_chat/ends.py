"""Where an object ends whose JSON comes in pieces. Each piece is looked at once, however many there are."""

import re

_MARKS = re.compile(r'["{}]|\\(?s:.)|\\\Z')


class Ends:
    """Finds the brace that closes the first one, or the quote that closes a string around it all. Whether what lies
    between is JSON is not known here."""

    def __init__(self) -> None:
        self.met = False
        self._depth = 0
        self._quoted = False
        self._escape = ""  # a backslash whose character is in the next piece

    def within(self, piece: str) -> bool:
        """Whether it is in this piece."""
        found = _MARKS.findall(self._escape + piece)
        self._escape = found.pop() if found and found[-1] == "\\" else ""
        for mark in found:
            if mark == '"':
                self._quoted = not self._quoted
            elif not self._quoted:
                self._depth += {"{": 1, "}": -1}.get(mark, 0)
            if mark in '"}' and not self._quoted and self._depth <= 0:
                self.met = True
        return self.met

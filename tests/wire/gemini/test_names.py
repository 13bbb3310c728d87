import re

import pytest

from ccr.messages.request import Request, Tool
from ccr.wire.gemini.names import called, originals
from tests.wire.gemini import reading

LEGAL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


@pytest.mark.trap(81)
@pytest.mark.parametrize("name", ["Bash", "mcp__x__y", "_x", "1st", "-x", "a.b", "ümlaut", "n" * 65, "9" * 80, ""])
def test_a_name_is_legal(name: str) -> None:
    assert LEGAL.fullmatch(called(name))
    assert (called(name) == name) is bool(LEGAL.fullmatch(name))


def test_a_changed_name_is_unlike_the_others() -> None:
    assert len({called(name) for name in ("1st", "_1st", "-1st", "9" * 64, "9" * 63)}) == 5


def test_changed_names_are_told_back_also_those_of_the_history() -> None:
    request = Request("m", (reading.assistant(reading.called("a", "2nd")),), tools=(Tool("1st"), Tool("Bash")))
    assert originals(request) == {called("1st"): "1st", called("2nd"): "2nd"}

import re

import pytest

from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.names import originals, shortened
from tests.wire.openai_chat.reading import assistant, called

LONG = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_far_too_long_for_the_wire"


def test_a_legal_name_stays() -> None:
    assert shortened("mcp__git__log-2") == "mcp__git__log-2"


@pytest.mark.trap(81)
def test_a_long_name_keeps_55_characters_and_gets_a_hash() -> None:
    short = shortened(LONG)
    assert len(short) == 64
    assert short.startswith(LONG[:55] + "_")
    assert short == shortened(LONG)


def test_names_that_differ_late_stay_apart() -> None:
    assert shortened(LONG + "a") != shortened(LONG + "b")


def test_illegal_characters_are_replaced() -> None:
    assert re.fullmatch(r"git_log_[0-9a-f]{8}", shortened("git.log"))


def test_what_was_shortened_can_be_found_again() -> None:
    request = Request(
        "m", (assistant(called("c", "old.tool")),), tools=(Tool(LONG), Tool("Bash"), BuiltinTool("x_1", "x", {}))
    )
    assert originals(request) == {shortened(LONG): LONG, shortened("old.tool"): "old.tool"}

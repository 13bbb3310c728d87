from dataclasses import replace

import pytest

from ccr.messages.blocks import Opaque, Text
from ccr.messages.json import Json
from ccr.messages.request import AnyTool, BuiltinTool, Format, Reasoning, Request, Tool, Turn
from ccr.wire.anthropic.doors import (
    BINDS_THINKING,
    CHANGES_TOOLS,
    EDITS_CONTEXT,
    SEARCHES_TOOLS,
    TURNS_CONTROL,
    TURNS_EFFORT,
    Door,
    admitted,
    marked,
)

DOOR = Door((EDITS_CONTEXT, SEARCHES_TOOLS, BINDS_THINKING))
HI = Request("x", (Turn("user", (Text("hi"),)),))


@pytest.mark.trap(88)
def test_betas_go_by_the_names_that_the_cloud_knows() -> None:
    asked = ("advanced-tool-use-2025-11-20", "oauth-2025-04-20", SEARCHES_TOOLS, EDITS_CONTEXT)
    assert DOOR.opened(asked) == (SEARCHES_TOOLS, EDITS_CONTEXT)
    assert admitted(replace(HI, betas=asked), DOOR).betas == (SEARCHES_TOOLS, EDITS_CONTEXT)


@pytest.mark.trap(88)
def test_a_betas_field_goes_with_its_name_alone() -> None:
    edits: Json = {"edits": []}
    asked = replace(HI, extra={"context_management": edits, "speed": "fast"})
    assert admitted(asked, DOOR).extra == {}
    assert admitted(replace(asked, betas=(EDITS_CONTEXT,)), DOOR).extra == {"context_management": edits}


def test_so_does_what_binds_thinking() -> None:
    asked = replace(HI, reasoning=Reasoning("adaptive", extra={"display": "omitted", "block_binding": {}}))
    assert admitted(asked, DOOR).reasoning == Reasoning("adaptive", extra={"display": "omitted"})
    assert admitted(replace(asked, betas=(BINDS_THINKING,)), DOOR).reasoning == asked.reasoning


@pytest.mark.trap(87)
def test_a_form_goes_where_it_is_known() -> None:
    asked = replace(HI, format=Format({}))
    assert admitted(asked, DOOR).format is None
    assert admitted(asked, replace(DOOR, format=True)).format == Format({})


def builtin(type: str) -> BuiltinTool:
    return BuiltinTool(type, "n", {"type": type})


@pytest.mark.parametrize(
    ("tool", "door", "betas", "left"),
    [
        (builtin("bash_20250124"), DOOR, (), builtin("bash_20250124")),
        (builtin("memory_20250818"), DOOR, (), builtin("memory_20250818")),
        (builtin("web_search_20250305"), DOOR, (), None),
        (builtin("web_search_20250305"), Door((), web_search=True), (), builtin("web_search_20250305")),
        (builtin("code_execution_20250825"), DOOR, (), None),
        (builtin("tool_search_tool_bm25"), DOOR, (), None),
        (builtin("tool_search_tool_bm25"), DOOR, (SEARCHES_TOOLS,), builtin("tool_search_tool_bm25")),
        (Tool("f", extra={"type": "custom", "defer_loading": True}), DOOR, (), Tool("f")),
        (Tool("f", extra={"defer_loading": True}), DOOR, (SEARCHES_TOOLS,), Tool("f", extra={"defer_loading": True})),
    ],
)
def test_tools_that_only_anthropics_servers_run_are_left_out(
    tool: AnyTool, door: Door, betas: tuple[str, ...], left: AnyTool | None
) -> None:
    assert admitted(replace(HI, tools=(tool,), betas=betas), door).tools == ((left,) if left else ())


@pytest.mark.trap(88)
@pytest.mark.parametrize(
    ("betas", "fields", "blocks"),
    [
        ((), set(), ["text"]),
        ((TURNS_CONTROL,), {"output_config", "clear_at"}, ["text"]),
        ((TURNS_EFFORT,), {"output_config"}, ["text"]),
        ((CHANGES_TOOLS,), set(), ["text", "tool_addition"]),
    ],
)
def test_a_system_turn_sets_what_the_cloud_lets_it(betas: tuple[str, ...], fields: set[str], blocks: list[str]) -> None:
    content = (Text("note"), Opaque({"type": "tool_addition", "tool": {}}))
    turn = Turn("system", content, {"output_config": {"effort": "low"}, "clear_at": "x"})
    door = Door((TURNS_CONTROL, TURNS_EFFORT, CHANGES_TOOLS))
    user, system = admitted(replace(HI, turns=(*HI.turns, turn), betas=betas), door).turns
    assert user is HI.turns[0]
    assert system.extra.keys() == fields
    assert [block.type if isinstance(block, Opaque) else "text" for block in system.content] == blocks


def test_marks_say_what_every_cloud_knows_and_a_tools_input_is_let_alone() -> None:
    mark: Json = {"type": "ephemeral", "ttl": "1h", "scope": "global"}
    own: Json = {"cache_control": mark}
    kept: Json = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert marked({"system": [own], "input": own, "cache_control": None}) == {
        "system": [kept],
        "input": own,
        "cache_control": None,
    }

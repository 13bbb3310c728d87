from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ccr.messages.blocks import Base64, Block, Image, Opaque, Text, ToolResult
from ccr.messages.json import JsonObject
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Role, Tool, ToolChoice, Turn
from ccr.routing.decision import Facts
from ccr.routing.facts import Look, betas_of, look, session_of
from ccr.routing.tokens import TokenCount

PICTURE = Image(Base64("image/png", "iVBORw0KGgo="))
TAG = "<CCR-SUBAGENT-MODEL>openrouter,qwen/qwen3</CCR-SUBAGENT-MODEL>"
BILLING = "x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=cli;"
CLAUDE = {"user-agent": "claude-cli/2.1.197 (external, cli)"}


def user(*content: Block | str, role: Role = "user") -> Turn:
    return Turn(role, tuple(Text(block) if isinstance(block, str) else block for block in content))


def asking(*turns: Turn, **fields: Any) -> Request:
    return Request("claude-opus-4-8", turns or (user("reminder", "hello"),), **fields)


def seen(request: Request, headers: Mapping[str, str] | None = None) -> Look:
    return look(request, headers=headers or {}, tokens=TokenCount(12, True))


def facts(request: Request, headers: Mapping[str, str] | None = None) -> Facts:
    return seen(request, headers).facts


def test_a_plain_request_shows_nothing_and_is_left_as_it_is() -> None:
    request = asking()
    assert seen(request) == Look(Facts("claude-opus-4-8", tokens=12, exact=True), request)
    assert seen(request).request is request


def test_what_is_known_from_elsewhere_is_taken_over() -> None:
    found = look(asking(), headers={}, tokens=TokenCount(7, False), last_input=9, scripted="a,b").facts
    assert (found.tokens, found.exact, found.last_input, found.scripted) == (7, False, 9, "a,b")


# --- the subagent tag


def test_a_tag_in_the_system_prompt_is_found_and_taken_out() -> None:
    found = seen(asking(system=(Text("one"), Text(f"{TAG}You review code.", {"cache_control": {}}))))
    assert found.facts.tagged == "openrouter,qwen/qwen3"
    assert found.request.system == (Text("one"), Text("You review code.", {"cache_control": {}}))
    assert found.removed == (TAG,)


def test_a_tag_in_the_middle_of_the_first_user_turn_is_found() -> None:
    found = seen(asking(user("reminder", f"Look: {TAG} please")))
    assert found.facts.tagged == "openrouter,qwen/qwen3"
    assert found.request.turns == (user("reminder", "Look:  please"),)


def test_a_tag_is_found_in_the_second_user_turn_but_no_later() -> None:
    turns = (user("a"), user("b", role="assistant"), user(TAG + "c"), user("d", role="assistant"))
    assert facts(asking(*turns)).tagged
    assert not facts(asking(user("0"), *turns)).tagged


def test_of_several_tags_the_first_counts_and_all_go() -> None:
    other = TAG.replace("qwen3", "qwen4")
    found = seen(asking(user(f"{other}go"), system=(Text(f"{TAG}be"),)))
    assert found.facts.tagged == "openrouter,qwen/qwen3"
    assert found.removed == (TAG, other)
    assert found.request == asking(user("go"), system=(Text("be"),))


def test_a_block_that_was_only_a_tag_goes_with_it() -> None:
    assert seen(asking(user(f"{TAG}\n", "hello"))).request.turns == (user("hello"),)


def test_a_tag_in_a_tool_result_is_somebody_elses_text() -> None:
    assert not facts(asking(user(ToolResult("1", (Text(TAG),))))).tagged


@pytest.mark.parametrize("character", ["\r", "\n", "\t", "\x00", "\x1b", "\x7f", "\x85"])
def test_a_tag_with_a_control_character_is_text(character: str) -> None:
    assert not seen(asking(user(TAG.replace("qwen3", f"qwen{character}3")))).removed


def test_a_tag_without_content_is_text() -> None:
    assert not seen(asking(user("<CCR-SUBAGENT-MODEL></CCR-SUBAGENT-MODEL>"))).removed


# --- the caller's route


def test_the_context_field_names_a_route_and_is_taken_out() -> None:
    found = seen(asking(extra={"context": " background ", "safeguards": {}}))
    assert found.facts.route == "background"
    assert found.request.extra == {"safeguards": {}}


def test_the_header_names_a_route_too() -> None:
    assert facts(asking(), {"x-ccr-route": "think"}).route == "think"


def test_the_context_field_goes_before_the_header() -> None:
    assert facts(asking(extra={"context": "a"}), {"x-ccr-route": "b"}).route == "a"


def test_a_context_field_that_is_no_text_is_the_apis_own() -> None:
    found = seen(asking(extra={"context": {"edits": []}}))
    assert (found.facts.route, found.request.extra) == (None, {"context": {"edits": []}})


def test_an_empty_header_names_nothing() -> None:
    assert facts(asking(), {"x-ccr-route": " "}).route is None


# --- images, tools, thinking


@pytest.mark.parametrize("block", [PICTURE, ToolResult("1", (Text("see"), PICTURE))], ids=["as it is", "in a result"])
def test_an_image_in_the_last_user_turn_is_seen(block: Block) -> None:
    assert facts(asking(user("old"), user("ok", role="assistant"), user(block), user("hint", role="system"))).has_image


def test_an_earlier_image_is_not_seen() -> None:
    assert not facts(asking(user(PICTURE), user("ok", role="assistant"), user("and now?"))).has_image


def test_no_user_turn_no_image() -> None:
    assert not facts(asking(user("hint", role="system"))).has_image


def test_tools_are_seen() -> None:
    found = facts(asking(tools=(Tool("Read"),)))
    assert (found.has_tools, found.has_web_search, found.has_editing_tools) == (True, False, False)


SEARCH = BuiltinTool("web_search_20250305", "web_search", {})


def test_codex_offers_its_search_with_every_request() -> None:
    assert not facts(asking(tools=(SEARCH, Tool("exec_command")), dialect="responses")).has_web_search
    assert facts(asking(tools=(SEARCH,), dialect="responses")).has_web_search
    assert not facts(asking(dialect="responses")).has_web_search


def test_a_web_search_tool_is_seen() -> None:
    assert facts(asking(tools=(SEARCH,))).has_web_search
    assert not facts(asking(tools=(Tool("web_search"),))).has_web_search


@pytest.mark.parametrize(
    ("tools", "only"),
    [((), False), ((SEARCH,), True), ((SEARCH, Tool("Read")), False), ((Tool("web_search"),), False)],
)
def test_a_request_that_only_searches_is_seen(tools: tuple[Tool | BuiltinTool, ...], only: bool) -> None:
    assert facts(replace(asking(tools=tools), tool_choice=ToolChoice("any"))).only_searches == only


def test_who_merely_offers_a_search_asks_the_model() -> None:
    asked = asking(tools=(SEARCH,))
    words = Turn("user", (Text("Perform a web search for the query: rain"),))
    assert not facts(asked).only_searches
    assert not facts(replace(asked, tool_choice=ToolChoice("auto"))).only_searches
    assert facts(replace(asked, turns=(words,))).only_searches


@pytest.mark.parametrize("tool", [Tool("Edit"), BuiltinTool("text_editor_20250728", "str_replace_based_edit_tool", {})])
def test_tools_that_edit_are_seen(tool: Tool | BuiltinTool) -> None:
    assert facts(asking(tools=(tool,))).has_editing_tools


@pytest.mark.parametrize(
    ("reasoning", "thinks"),
    [(Reasoning("enabled", 1024), True), (Reasoning("adaptive"), True), (Reasoning("disabled"), False), (None, False)],
)
def test_thinking_is_enabled_or_adaptive(reasoning: Reasoning | None, thinks: bool) -> None:
    assert facts(asking(reasoning=reasoning, effort="high")).thinks is thinks


# --- what kind of request it is

HINTED = CLAUDE | {"x-claude-code-request-class": "auxiliary"}
TITLE: JsonObject = {"type": "object", "properties": {"title": {"type": "string"}}}
JUDGED = user("<transcript>\n", '{"Bash":"rm -rf /"}\n', "</transcript>\n", "What now?")

# What Claude Code's requests look like, and what they are: the same with hint headers (which say "auxiliary") and without.
SHAPES: Mapping[str, tuple[Request, str]] = {
    "the judge of a risky command": (asking(JUDGED, stop=("</severity>",), max_tokens=64), "safety"),
    "its second stage": (asking(JUDGED, max_tokens=8192, reasoning=Reasoning("disabled")), "safety"),
    "what a command does": (
        asking(tools=(Tool("explain"),), tool_choice=ToolChoice("tool", "explain_command")),
        "safety",
    ),
    "a search": (
        asking(user("Perform a web search for the query: rain"), tools=(SEARCH,), tool_choice=ToolChoice("auto")),
        "search",
    ),
    "a model tried": (asking(user("Hi"), max_tokens=1), "probe"),
    "a title": (asking(format=Format(TITLE), stream=True), "auxiliary"),
    "a page's summary": (asking(user("a page"), stream=True, reasoning=Reasoning("disabled")), "auxiliary"),
}


@pytest.mark.parametrize("headers", [CLAUDE, HINTED], ids=["without hints", "with hints"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_request_shows_what_it_is(name: str, headers: Mapping[str, str]) -> None:
    request, kind = SHAPES[name]
    assert facts(request, headers).request_class == kind


@pytest.mark.parametrize("name", SHAPES)
def test_other_clients_requests_of_these_shapes_are_no_such_thing(name: str) -> None:
    assert facts(SHAPES[name][0], {"user-agent": "curl/8"}).request_class is None


@pytest.mark.parametrize("name", ["the judge of a risky command", "a page's summary"])
def test_what_a_subagent_asks_on_the_side_is_not_the_subagent(name: str) -> None:
    request, kind = SHAPES[name]
    assert facts(request, CLAUDE | {"x-claude-code-agent-id": "a0123456789abcdef"}).request_class == kind


def test_claude_code_says_what_a_request_is() -> None:
    assert facts(asking(), {"x-claude-code-request-class": " Compaction "}).request_class == "compaction"
    assert facts(asking(), {"x-claude-code-request-class": "x" * 1000}).request_class == "x" * 64
    assert facts(asking(), {"x-claude-code-request-class": "\x9b2Jx"}).request_class is None
    assert facts(asking(), {"x-claude-code-agent-type": "\x9b2Jx"}).agent is None
    assert facts(asking(), {"x-claude-code-request-class": "probe"}).request_class is None, "it shows none"


def test_background_work_that_has_no_shape_is_what_claude_code_says() -> None:
    request = asking(user("a", "b"), stream=True)
    assert facts(request, HINTED).request_class == "auxiliary"
    assert facts(request, CLAUDE).request_class == "main"


@pytest.mark.parametrize(
    "request_",
    [
        asking(stream=True, tools=(Tool("Read"),), reasoning=Reasoning("adaptive")),
        asking(user("Is this safe?"), stream=False),
    ],
    ids=["/btw: with the whole conversation", "in one piece: perhaps a judge"],
)
def test_not_all_that_claude_code_calls_auxiliary_is_background_work(request_: Request) -> None:
    assert facts(request_, HINTED).request_class == "side_reply"


def test_claude_code_is_known_by_its_header_or_its_first_system_block() -> None:
    assert facts(asking(), CLAUDE).request_class == "main"
    assert facts(asking(system=(Text(BILLING),))).request_class == "main"
    assert facts(asking(system=(Opaque({"type": "new"}),))).request_class is None


def test_a_subagent_shows_by_its_header() -> None:
    assert facts(asking(), CLAUDE | {"x-claude-code-agent-id": "a0123456789abcdef"}).request_class == "subagent"


def test_a_subagent_shows_by_the_first_system_block() -> None:
    assert facts(asking(system=(Text(f"{BILLING} cc_is_subagent=true;"),))).request_class == "subagent"


def test_a_subagents_type_is_what_its_parent_called_it_or_what_the_client_says() -> None:
    said = {"x-claude-code-agent-type": "custom"}
    assert facts(asking(), said).agent == "custom"
    assert look(asking(), headers=said, tokens=TokenCount(1, True), agent="reviewer").facts.agent == "reviewer"
    assert facts(asking()).agent is None


def test_a_compaction_shows_by_its_beginning() -> None:
    turns = (user("hello"), user("CRITICAL: Respond with TEXT ONLY. Sum up."), user("hint", role="system"))
    assert facts(asking(*turns), CLAUDE).request_class == "compaction"


def test_a_turn_without_text_is_no_compaction() -> None:
    assert facts(asking(user(PICTURE, PICTURE)), CLAUDE).request_class == "main"
    assert facts(asking(user("hint", role="system")), CLAUDE).request_class == "main"


@pytest.mark.parametrize("form", [Format(None), Format({"properties": {"title": {}, "year": {}}}), Format({})])
def test_other_structured_output_is_no_title(form: Format) -> None:
    assert facts(asking(format=form), CLAUDE).request_class == "main"


@pytest.mark.parametrize(
    "request_",
    [
        asking(user("page"), stream=True, tools=(Tool("Read"),)),
        asking(user("page"), stream=False),
        asking(user("a"), user("b"), stream=True),
        asking(user("a", "b"), stream=True),
        asking(user("a"), stream=True, reasoning=Reasoning("adaptive")),
        asking(user("Hi"), max_tokens=2),
        asking(user("Ho"), max_tokens=1),
        asking(JUDGED, stream=True),
        asking(user("x", "<transcript>")),
        asking(JUDGED, tools=(Tool("Read"),)),
    ],
    ids=str,
)
def test_what_is_not_quite_such_a_request_is_the_users_own(request_: Request) -> None:
    assert facts(request_, CLAUDE).request_class == "main"


@pytest.mark.parametrize(
    "asked", ["prov,m[1m]", "prov,m[1M]", "prov,m [1m]", "claude:prov,m", "claude:prov,m[1m]", "prov,m"]
)
def test_neither_the_wish_for_a_large_window_nor_the_menus_mark_is_part_of_a_models_name(asked: str) -> None:
    assert facts(replace(asking(), model=asked)).asked_for == "prov,m"


@pytest.mark.parametrize(
    ("said", "more", "seen"),
    [
        ('{"request_kind":"turn"}', {}, "main"),
        ('{"request_kind":"compaction"}', {}, "compaction"),
        ('{"request_kind":"turn"}', {"x-openai-subagent": "collab_spawn"}, "subagent"),
        ('{"request_kind":"turn","parent_thread_id":"t"}', {}, "subagent"),
        ('"turn"', {}, None),
        ("{", {}, None),
        ("[" * 100_000, {}, None),
    ],
)
def test_codex_says_what_its_turn_is(said: str, more: dict[str, str], seen: str | None) -> None:
    assert facts(asking(), {"x-codex-turn-metadata": said, **more}).request_class == seen


# --- the session


def test_the_session_is_in_the_header() -> None:
    assert session_of(asking(user="x_session_old"), {"x-claude-code-session-id": "new"}) == "new"


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        ('{"device_id":"d","session_id":"s-1"}', "s-1"),
        ("user_0a1b_account__session_s-2", "s-2"),
        ('{"session_id":7}', None),
        ('{"device_id":"d"}', None),
        ('{"session', None),
        ('{"session_id":' + "[" * 100_000, None),
        ('{"session_id":"\\ud800"}', None),
        ("user_session_" + "s" * 256, "s" * 256),
        ("user_session_" + "s" * 257, None),
        ("somebody", None),
        (None, None),
    ],
)
def test_the_session_is_in_the_user_id(user_id: str | None, session: str | None) -> None:
    assert session_of(asking(user=user_id), {}) == session


def test_a_thread_of_codex_is_a_session() -> None:
    assert session_of(asking(), {"session-id": "s", "thread-id": "t"}) == "t"
    assert session_of(asking(), {"session_id": "s"}) == "s"


@pytest.mark.parametrize("session", ["s" * 257, "a\tb"], ids=["too long", "with a control character"])
def test_a_header_that_can_be_no_session_is_none(session: str) -> None:
    assert session_of(asking(), {"x-claude-code-session-id": session}) is None


@pytest.mark.parametrize(
    ("headers", "betas"), [({}, ()), ({"anthropic-beta": "a, b,,c "}, ("a", "b", "c")), ({"anthropic-beta": ""}, ())]
)
def test_betas_are_named_in_a_header(headers: dict[str, str], betas: tuple[str, ...]) -> None:
    assert betas_of(headers) == betas

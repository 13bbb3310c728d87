"""What is translated keeps its meaning: back in its own dialect it is what it was, and any request goes out anywhere."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import (
    Base64,
    Block,
    Blocks,
    Document,
    FileId,
    Image,
    Opaque,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import Json
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from ccr.wire.openai_responses import ResponsesClient, ResponsesUpstream
from ccr.wire.origin import Origin
from tests.wire.fuzz.hosts import HOSTS
from tests.wire.fuzz.requests import CLIENTS, encoded, goes_out_or_is_refused, odd_body

CLAUDE = Target(ProviderName("claude"), ModelName("claude-opus-4-8"))
GPT = Target(ProviderName("acme"), ModelName("gpt-5.5"))
HISTORIES = ("messages", "contents", "input")  # what a dialect calls the turns

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
names = st.sampled_from(["Read", "Bash", "mcp__a__b", "x" * 70, "wörter und mehr"])
ids = st.sampled_from(["toolu_1", "toolu_2", "call_1", "functions.Bash:0", "x" * 70, "", "é"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(words, values, max_size=3)

# --- a right conversation, in Anthropic's words: what Claude Code sends

told = words.map(lambda text: {"type": "text", "text": f"said {text}"})
picture = st.just({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}})
thought = words.map(lambda text: {"type": "thinking", "thinking": text, "signature": "c2lnbmVk"})
outcomes = st.one_of(words.map(lambda text: f"out {text}"), st.lists(told | picture, min_size=1, max_size=2))


@st.composite
def rounds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A question, and rounds of calls with their results."""
    turns: list[dict[str, Any]] = [{"role": "user", "content": draw(st.lists(told | picture, min_size=1, max_size=2))}]
    for number in range(draw(st.integers(0, 4))):
        calls: list[dict[str, Any]] = [
            {"type": "tool_use", "id": f"toolu_{number}_{place}", "name": "Read", "input": draw(objects)}
            for place in range(draw(st.integers(0, 2)))
        ]
        said = [*draw(st.lists(thought, max_size=1)), draw(told), *calls]
        results = [
            {
                "type": "tool_result",
                "tool_use_id": call["id"],
                "content": draw(outcomes),
                "is_error": draw(st.booleans()),
            }
            for call in calls
        ]
        turns += [{"role": "assistant", "content": said}, {"role": "user", "content": [*results, draw(told)]}]
    return turns


def asking(turns: list[dict[str, Any]]) -> dict[str, Any]:
    tool = {"name": "Read", "description": "Reads.", "input_schema": {"type": "object", "properties": {}}}
    return {"model": "m", "max_tokens": 9, "stream": True, "system": "Be brief.", "messages": turns, "tools": [tool]}


def claude(body: dict[str, Any]) -> Request:
    return AnthropicClient().decode(json.dumps(body).encode())


@given(turns=rounds())
def test_a_conversation_comes_back_from_anthropics_own_dialect_as_it_was(turns: list[dict[str, Any]]) -> None:
    request = claude(asking(turns))
    again = AnthropicUpstream().encode(request, CLAUDE).body
    assert claude(json.loads(msgspec.json.encode(again))) == replace(request, model=CLAUDE.model)


@given(turns=rounds())
def test_all_that_was_said_called_and_answered_reaches_every_host(turns: list[dict[str, Any]]) -> None:
    request = claude(asking(turns))
    texts = [
        text.text
        for turn in request.turns
        for block in turn.content
        for text in ([block] if isinstance(block, Text) else block.content if isinstance(block, ToolResult) else [])
        if isinstance(text, Text)
    ]
    calls = [block for turn in request.turns for block in turn.content if isinstance(block, ToolUse)]
    for name, host in HOSTS.items():
        if name == "search":
            continue
        sent = encoded(host, request)
        assert sent
        found = list(strings(json.loads(sent)))
        for text in texts:
            assert any(text in each for each in found), (name, text)
        if "toolprompt" not in host.quirks:
            assert sum(each == "Read" for each in found) >= len(calls) + 1, name


def strings(value: Json) -> Any:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from strings(each)
        case dict():
            for name, each in value.items():
                yield name
                yield from strings(each)
        case _:
            pass


@pytest.mark.parametrize("name", [name for name in HOSTS if name != "search"])
@given(turns=rounds())
def test_a_grown_conversation_repeats_what_it_sent(name: str, turns: list[dict[str, Any]]) -> None:
    before: list[bytes] = []
    for length in range(1, len(turns) + 1, 2):
        sent = encoded(HOSTS[name], claude(asking(turns[:length])))
        assert sent
        body = json.loads(sent)
        (history,) = (body[key] for key in HISTORIES if key in body)
        items = [msgspec.json.encode(item) for item in history]
        assert items[: len(before)] == before
        before = items


# --- a client of one of OpenAI's dialects, and a host of the same


@pytest.mark.parametrize(
    ("client", "host", "history"),
    [(ChatClient(), ChatUpstream(), "messages"), (ResponsesClient(), ResponsesUpstream(), "input")],
    ids=["chat", "responses"],
)
@given(turns=rounds())
def test_what_a_host_was_sent_comes_back_from_a_client_s_hands_the_same(
    client: Any, host: Any, history: str, turns: list[dict[str, Any]]
) -> None:
    first = json.loads(msgspec.json.encode(host.encode(claude(asking(turns)), GPT).body))
    again = host.encode(client.decode(json.dumps(first).encode()), GPT).body
    assert json.loads(msgspec.json.encode(again))[history] == first[history]


# --- any request at all

media = st.sampled_from(["image/png", "application/pdf", "text/plain", "audio/wav", ""])
encoded_data = st.builds(Base64, media, st.sampled_from(["aGk=", "", "not base64"]))
sources = encoded_data | st.builds(Url, words) | st.builds(FileId, words)
signatures = st.one_of(
    st.sampled_from(["", "c2lnbmVk", "ccr1.", "ccr1.bm9uc2Vuc2U", "ccr1.é"]),
    st.builds(
        lambda field, state, there: Origin(there, field, state).sign(),
        st.sampled_from(["reasoning_content", "reasoning", "reasoning_details", "thoughtSignature", "encrypted", ""]),
        st.sampled_from(["", "x", "{}", "[]", '{"id":1}', "[[", '[{"type":"reasoning.encrypted"}]']),
        st.sampled_from([*(host.target for host in HOSTS.values()), GPT]),
    ),
)
raw = st.fixed_dictionaries(
    {"type": st.sampled_from(["server_tool_use", "web_search_tool_result", "tool_reference", "compaction", "new", ""])},
    optional={"id": values, "name": values, "input": values, "content": values, "tool_use_id": values, "text": values},
)
flat: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, words),
    st.builds(Image, sources),
    st.builds(Document, sources | st.builds(PlainText, words), st.none() | words),
    st.builds(ToolUse, ids, names, objects),
    st.builds(Thinking, words, signatures),
    st.builds(RedactedThinking, signatures),
    st.builds(Opaque, raw),
)
flats = st.lists(flat, max_size=3).map(tuple)
blocks = st.one_of(
    flat, st.builds(ToolResult, ids, flats, st.booleans()), st.builds(Document, st.builds(Blocks, flats), st.none())
)
turns_at_all = st.builds(
    Turn, st.sampled_from(["user", "assistant", "system"]), st.lists(blocks, max_size=4).map(tuple)
)
tools = st.one_of(
    st.builds(Tool, names, words, objects, st.none() | st.booleans()),
    st.builds(
        lambda type, name, more: BuiltinTool(type, name, {**more, "type": type, "name": name}),
        st.sampled_from(["web_search_20250305", "bash_20250124", "text_editor_20250728", "local_shell", "new_1"]),
        names,
        objects,
    ),
)
requests = st.builds(
    Request,
    model=st.just("m"),
    turns=st.lists(turns_at_all, max_size=6).map(tuple),
    system=st.lists(st.builds(Text, words), max_size=2).map(tuple),
    max_tokens=st.none() | st.integers(0, 10**6),
    tools=st.lists(tools, max_size=3).map(tuple),
    tool_choice=st.none()
    | st.builds(ToolChoice, st.sampled_from(["auto", "any", "none", "tool"]), st.none() | names, st.booleans()),
    reasoning=st.none()
    | st.builds(Reasoning, st.sampled_from(["enabled", "adaptive", "disabled"]), st.none() | st.integers(0, 99_999)),
    effort=st.none() | st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
    format=st.none() | st.builds(Format, st.none() | objects, words),
    stop=st.lists(words, max_size=6).map(tuple),
    temperature=st.none() | st.floats(0, 2),
    top_k=st.none() | st.integers(0, 500),
    stream=st.booleans(),
    user=st.none() | words,
    session=st.none() | words,
    dialect=st.sampled_from(["anthropic", "openai", "responses"]),
    extra=objects,
)


@given(request=requests)
def test_any_request_goes_out_to_every_host_and_the_same_each_time(request: Request) -> None:
    for host in HOSTS.values():
        encoded(host, request)


@pytest.mark.parametrize("name", CLIENTS)
@given(random=st.randoms(use_true_random=False))
def test_any_body_becomes_a_request_that_goes_out_or_is_refused_in_words(name: str, random: Random) -> None:
    client, body = CLIENTS[name]
    goes_out_or_is_refused(client, odd_body(body, random))

from typing import Any

import pytest

from ccr.messages.blocks import Text, ToolUse
from ccr.messages.request import Request, Tool, Turn
from ccr.wire.dialect import Payload
from ccr.wire.quirks import QUIRKS
from ccr.wire.quirks.params import cleancache, customparams, groq, openrouter, sampling, streamoptions, vercel
from tests.support.quirks import HI, TARGET, sent_by

BODY: dict[str, Any] = {"model": "m", "messages": []}
ASKED = Request("m", (HI,), max_tokens=32_000, stream=True)


def body(name: str, given: dict[str, Any], **options: Any) -> Any:
    return QUIRKS[name](options).finished(Payload(given), ASKED, TARGET, "openai").body


def test_sampling_is_said_in_the_words_of_every_dialect() -> None:
    quirk = sampling({"temperature": 0.25, "top_p": 0.5, "top_k": 7})
    assert quirk.request(ASKED, TARGET) == Request(
        "m", (HI,), max_tokens=32_000, stream=True, temperature=0.25, top_p=0.5, top_k=7
    )
    for dialect in ("openai", "anthropic", "gemini"):
        assert all(figure in str(sent_by(quirk, dialect)) for figure in ("0.25", "0.5", "7")), dialect


def test_sampling_wins_over_the_request_and_leaves_what_it_does_not_name() -> None:
    asked = sampling({"temperature": 0, "max_tokens": 100}).request(
        Request("m", (), max_tokens=900, temperature=1.0, top_p=0.9, top_k=3), TARGET
    )
    assert (asked.temperature, asked.top_p, asked.top_k, asked.max_tokens) == (0, 0.9, 3, 100)


def test_what_the_hub_does_not_know_goes_to_hosts_of_chat_completions_only() -> None:
    quirk = sampling({"repetition_penalty": 1.5})
    assert sent_by(quirk, "openai")["repetition_penalty"] == 1.5
    for dialect in ("anthropic", "gemini", "responses"):
        assert "1.5" not in str(sent_by(quirk, dialect))


def test_customparams_fill_in_and_do_not_overrule() -> None:
    given = {"temperature": 1, "provider": {"order": ["a"]}}
    found = body("customparams", given, temperature=0, seed=7, provider={"order": ["b"], "sort": "price"})
    assert found == {"temperature": 1, "seed": 7, "provider": {"order": ["a"], "sort": "price"}}
    assert given == {"temperature": 1, "provider": {"order": ["a"]}}


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "responses"])
def test_customparams_are_fields_of_every_dialects_body(dialect: str) -> None:
    assert sent_by(customparams({"labels": {"team": "a"}}), dialect)["labels"] == {"team": "a"}


@pytest.mark.parametrize("make", [openrouter, vercel])
def test_a_gateways_options_are_fields_of_the_body(make: Any) -> None:
    assert sent_by(make({"provider": {"only": ["x"]}}), "openai")["provider"] == {"only": ["x"]}


def test_cleancache_removes_the_mark_and_spares_the_callers_own_fields() -> None:
    mark = {"type": "ephemeral"}
    given: dict[str, Any] = {
        "cache_control": mark,
        "system": [{"type": "text", "text": "s", "cache_control": mark}],
        "messages": [{"content": [{"type": "tool_use", "input": {"cache_control": 1}, "cache_control": mark}]}],
        "tools": ({"name": "t", "input_schema": {"properties": {"cache_control": {}}}, "cache_control": mark},),
    }
    assert cleancache({}).body(given) == {
        "system": [{"type": "text", "text": "s"}],
        "messages": [{"content": [{"type": "tool_use", "input": {"cache_control": 1}}]}],
        "tools": [{"name": "t", "input_schema": {"properties": {"cache_control": {}}}}],
    }


@pytest.mark.trap(53, 54)
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "responses"])
def test_no_dialect_has_a_mark_left(dialect: str) -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    request = Request("m", (Turn("user", (Text("hi", mark),)),), system=(Text("s", mark),), extra=mark)
    assert "cache_control" not in str(sent_by(cleancache({}), dialect, request))


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "responses"])
def test_a_tools_own_argument_of_the_marks_name_stays(dialect: str) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"cache_control": {"type": "string"}}}
    call = Turn("assistant", (ToolUse("t1", "Set", {"cache_control": "no-store"}),))
    request = Request("m", (HI, call), tools=(Tool("Set", "", schema),))
    found = str(sent_by(cleancache({}), dialect, request))
    assert "no-store" in found
    assert found.count("cache_control") == 2


@pytest.mark.trap(93)
def test_streamoptions_asks_for_usage_in_streams() -> None:
    asked = {"include_usage": True}
    assert body("streamoptions", {"stream": True}) == {"stream": True, "stream_options": asked}
    assert "stream_options" not in sent_by(streamoptions({}), "openai")
    assert "stream_options" not in sent_by(streamoptions({}), "anthropic", stream=True)


def test_groq_gets_no_schema_declaration_and_no_mark() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    given = {"tools": [{"function": {"parameters": schema}}], "messages": [{"$schema": 1, "cache_control": {}}]}
    assert body("groq", given) == {
        "tools": [{"function": {"parameters": {"type": "object"}}}],
        "messages": [{"$schema": 1}],
    }
    assert groq({"x": 1}).notes == ("does not know x; it takes no options",)


def test_cerebras_gets_no_reasoning() -> None:
    assert body("cerebras", {**BODY, "reasoning": {"effort": "low"}}) == BODY

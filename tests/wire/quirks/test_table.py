from dataclasses import replace
from typing import Any

import pytest

from ccr.messages.blocks import Text
from ccr.messages.request import Request, Turn
from ccr.wire.quirks import PENDING, QUIRKS, Quirk

ASKED = Request("m", (Turn("user", (Text("hi"),)),), max_tokens=32_000)
BODY: dict[str, Any] = {"model": "m", "messages": []}


def quirk(name: str, **options: Any) -> Quirk:
    return QUIRKS[name](options)


def body(name: str, given: dict[str, Any], **options: Any) -> Any:
    return quirk(name, **options).body(given)


def test_a_quirk_without_functions_changes_nothing() -> None:
    assert Quirk("none").request(ASKED) is ASKED
    assert Quirk("none").body(BODY) is BODY


@pytest.mark.parametrize(
    ("name", "options"), [("maxtoken", {"max_tokens": 8192}), ("deepseek", {}), ("sampling", {"max_tokens": 8192})]
)
def test_a_cap_lowers_and_never_raises_or_sets(name: str, options: dict[str, Any]) -> None:
    cap = quirk(name, **options).request
    assert cap(ASKED).max_tokens == 8192
    assert cap(replace(ASKED, max_tokens=100)).max_tokens == 100
    assert cap(replace(ASKED, max_tokens=None)).max_tokens is None


def test_maxcompletiontokens_renames() -> None:
    assert body("maxcompletiontokens", {"max_tokens": 5, "n": 1}) == {"max_completion_tokens": 5, "n": 1}


def test_sampling_sets_what_it_is_told() -> None:
    found = body("sampling", {**BODY, "temperature": 1}, temperature=0.2, top_k=5, repetition_penalty=1.1)
    assert found == {**BODY, "temperature": 0.2, "top_k": 5, "repetition_penalty": 1.1}
    assert quirk("sampling", top_p=0.5).request(ASKED) is ASKED


def test_customparams_fill_in_and_do_not_overrule() -> None:
    given = {"temperature": 1, "provider": {"order": ["a"]}}
    found = body("customparams", given, temperature=0, seed=7, provider={"order": ["b"], "sort": "price"})
    assert found == {"temperature": 1, "seed": 7, "provider": {"order": ["a"], "sort": "price"}}
    assert given == {"temperature": 1, "provider": {"order": ["a"]}}


def test_openrouters_options_are_fields_of_the_body() -> None:
    assert body("openrouter", BODY, provider={"only": ["x"]}) == {**BODY, "provider": {"only": ["x"]}}


def test_cleancache_removes_the_mark_and_spares_the_callers_own_fields() -> None:
    mark = {"type": "ephemeral"}
    given = {
        "cache_control": mark,
        "system": [{"type": "text", "text": "s", "cache_control": mark}],
        "messages": [{"content": [{"type": "tool_use", "input": {"cache_control": 1}, "cache_control": mark}]}],
        "tools": ({"name": "t", "input_schema": {"properties": {"cache_control": {}}}, "cache_control": mark},),
    }
    assert body("cleancache", given) == {
        "system": [{"type": "text", "text": "s"}],
        "messages": [{"content": [{"type": "tool_use", "input": {"cache_control": 1}}]}],
        "tools": [{"name": "t", "input_schema": {"properties": {"cache_control": {}}}}],
    }


def test_streamoptions_asks_for_usage_in_streams() -> None:
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    assert body("streamoptions", {"stream": True}) == asked
    assert body("streamoptions", BODY) == BODY


def test_groq_gets_no_schema_declaration() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    found = body("groq", {"tools": [{"function": {"parameters": schema}}], "messages": [{"$schema": 1}]})
    assert found == {"tools": [{"function": {"parameters": {"type": "object"}}}], "messages": [{"$schema": 1}]}


def test_cerebras_gets_no_reasoning() -> None:
    assert body("cerebras", {**BODY, "reasoning": {"effort": "low"}}) == BODY


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("maxtoken", {}, "needs max_tokens, a whole number above 0"),
        ("maxtoken", {"max_tokens": "8k"}, "needs max_tokens, a whole number above 0"),
        ("maxtoken", {"max_tokens": True}, "needs max_tokens, a whole number above 0"),
        ("maxtoken", {"max_tokens": 0}, "needs max_tokens, a whole number above 0"),
        ("sampling", {"temperature": "hot"}, "takes a number as temperature"),
        ("sampling", {"temperature": True}, "takes a number as temperature"),
        ("sampling", {"heat": 1}, "does not know heat; it takes temperature, top_p"),
    ],
)
def test_bad_options_are_named(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quirk(name, **options)


def test_names_are_lower_case_and_either_known_or_pending() -> None:
    assert all(name == name.lower() for name in {*QUIRKS, *PENDING})
    assert not PENDING & QUIRKS.keys()
    assert {"gemini", "tooluse", "enhancetool", "reasoning", "openai-responses", "vercel"} <= PENDING

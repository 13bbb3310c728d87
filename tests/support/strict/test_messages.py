"""The strict host is strict: each of its rules refuses what breaks it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.strict.messages import fault, lookalike_fault

Json = dict[str, Any]
HEADERS = {"anthropic-version": "2023-06-01"}
MARK = {"cache_control": {"type": "ephemeral"}}
OLDER = "claude-sonnet-4-5"


def good() -> Json:
    thought = {"type": "thinking", "thinking": "hm", "signature": "issued"}
    call = {"type": "tool_use", "id": "t1", "name": "A", "input": {}}
    body = {
        "model": "claude-opus-5-5",
        "max_tokens": 4000,
        "system": [{"type": "text", "text": "Be.", **MARK}],
        "tools": [
            {"name": "A", "input_schema": {"type": "object"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        "tool_choice": {"type": "auto"},
        "thinking": {"type": "adaptive"},
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "system", "content": "note"},
            {"role": "assistant", "content": [thought, call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}, {"type": "text", "text": "on"}]},
        ],
    }
    copy: Json = json.loads(json.dumps(body))
    return copy


def plain() -> Json:
    body = good()
    del body["messages"][1], body["tool_choice"], body["tools"][1]
    body["thinking"] = {"type": "enabled"}
    return body


def words(found: tuple[int, Json] | None) -> str:
    assert found is not None
    return str(found[1]["error"]["message"])


def test_good_requests_are_taken() -> None:
    assert fault("/v1/messages", good(), HEADERS, {"issued"}) is None
    assert lookalike_fault("/v1/messages", plain(), HEADERS, {"issued"}) is None


def message(place: int, **fields: Any) -> Callable[[Json], Any]:
    return lambda body: body["messages"][place].update(fields)


def block(place: int, index: int, **fields: Any) -> Callable[[Json], Any]:
    return lambda body: body["messages"][place]["content"][index].update(fields)


def top(**fields: Any) -> Callable[[Json], Any]:
    return lambda body: body.update(fields)


def extended(content: Json) -> Callable[[Json], Any]:
    return lambda body: body["messages"][-1]["content"].append(content)


RESULT = {"type": "tool_result", "tool_use_id": "t1"}
SEARCH = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"encrypted_content": ""}]}
CITED = {"type": "text", "text": "t", "citations": [{"encrypted_index": ""}]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (top(other=1), "other: Extra inputs are not permitted"),
        (top(context_management={}), "context_management: Extra inputs"),
        (lambda body: body.pop("max_tokens"), "max_tokens: Field required"),
        (top(messages=[]), "at least one message"),
        (message(0, name="x"), "messages.0.name: Extra inputs"),
        (message(0, role="tool"), "messages.0.role"),
        (message(0, content=" "), "must be non-empty"),
        (extended({"type": "text", "text": " "}), "must be non-empty"),
        (extended({"type": "text", "text": "", **MARK}), "cannot be set for empty text blocks"),
        (extended({"type": "thinking"}), "Input tag 'thinking'"),
        (extended({"type": "text", "text": "x", "id": "y"}), "text.id: Extra inputs"),
        (lambda body: body["messages"][-1].update(content=[RESULT] + [{"type": "text", "text": "x", **MARK}] * 4), "Found 5"),
        (block(2, 1, id="a.b"), "should match pattern '^[a-zA-Z0-9_-]+$'"),
        (block(2, 1, name="a b"), "tool_use.name"),
        (block(2, 1, input=""), "valid dictionary"),
        (message(2, content=[{"type": "server_tool_use", "id": "srvtoolu_ccr_1"}]), "srvtoolu_"),
        (message(2, content=[SEARCH]), "Invalid `encrypted_content`"),
        (message(2, content=[CITED]), "Invalid `encrypted_index`"),
        (lambda body: body["tools"][0].update(cache=1), "tools.0.custom.cache: Extra inputs"),
        (lambda body: body["tools"][0].update(name="a b"), "tools.0.custom.name"),
        (lambda body: body["tools"][0].update(input_schema={}), "input_schema.type: Field required"),
        (lambda body: body["tools"].append(body["tools"][0]), "names must be unique"),
        (lambda body: body.pop("tools"), "`tool_choice` may only be specified"),
        (top(tool_choice={"type": "tool", "name": "B"}), "Tool 'B' not found"),
        (lambda body: body["messages"][2]["content"].append(body["messages"][2]["content"][1]), "ids must be unique"),
        (block(3, 0, tool_use_id="t2"), "unexpected `tool_use_id`"),
        (extended(RESULT), "Found multiple"),
        (lambda body: body["messages"][3]["content"].reverse(), "immediately after: t1"),
        (lambda body: body["messages"].pop(), "immediately after: t1"),
        (top(model=OLDER), "role 'system' is not supported"),
        (lambda body: body["messages"].reverse(), "unexpected `tool_use_id`"),
        (lambda body: body["messages"].pop(0), "top-level 'system' parameter"),
        (lambda body: body["messages"].insert(2, {"role": "user", "content": "x"}), "must follow a user message"),
        (extended({"type": "text", "text": "x"}), None),
        (lambda body: body["messages"].append({"role": "assistant", "content": "I"}), "prefill"),
        (block(2, 0, signature="other"), "Invalid `signature` in `thinking` block"),
        (lambda body: body["messages"][2]["content"].insert(0, {"type": "redacted_thinking", "data": "x"}), "Invalid `data`"),
        (top(thinking={"type": "enabled", "budget_tokens": 2000}), "`thinking.type.enabled` is not supported"),
        (top(model="claude-fable-5", thinking={"type": "disabled"}), "disabled"),
        (top(temperature=1), "`temperature` is deprecated"),
        (top(stop_sequences=[" "]), "non-whitespace"),
    ],
)  # fmt: skip
def test_each_rule_refuses_what_breaks_it(change: Callable[[Json], Any], said: str | None) -> None:
    body = good()
    change(body)
    found = fault("/v1/messages", body, HEADERS, {"issued"})
    assert (found is None) if said is None else said in words(found)


BUDGET = {"type": "enabled", "budget_tokens": 2000}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (top(thinking={"type": "adaptive"}), "adaptive thinking is not supported"),
        (top(thinking={**BUDGET, "budget_tokens": 1}), "greater than or equal to 1024"),
        (top(thinking=BUDGET, max_tokens=2000), "must be greater than `thinking.budget_tokens`"),
        (top(thinking=BUDGET, tool_choice={"type": "any"}), "forces tool use"),
        (lambda body: (body.update(thinking=BUDGET), body["messages"][1]["content"].pop(0)), "must start with a thinking block"),
        (top(temperature=2), "range: 0..1"),
    ],
)  # fmt: skip
def test_older_models_have_rules_of_their_own(change: Callable[[Json], Any], said: str) -> None:
    body = {**plain(), "model": OLDER, "thinking": BUDGET}
    assert fault("/v1/messages", body, HEADERS, {"issued"}) is None
    change(body)
    assert said in words(fault("/v1/messages", body, HEADERS, {"issued"}))


def test_address_and_version_are_looked_at() -> None:
    assert fault("/v1/other", good(), HEADERS, set()) == (
        404,
        {"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}},
    )
    assert "anthropic-version" in words(fault("/v1/messages", good(), {}, set()))
    assert "Not Found" in words(lookalike_fault("/", plain(), HEADERS, set()))
    beta = {**HEADERS, "anthropic-beta": "context-management-2025-06-27"}
    assert fault("/v1/messages", {**good(), "context_management": {}}, beta, {"issued"}) is None
    assert "anthropic-beta" in words(lookalike_fault("/v1/messages", plain(), beta, set()))


def test_a_system_turn_may_set_what_a_beta_opens() -> None:
    change = {"type": "tool_addition", "tool": {"name": "B"}}
    asked = {**HEADERS, "anthropic-beta": "per-turn-control-2026-07-01,mid-conversation-tool-changes-2026-07-01"}
    body = good()
    body["messages"][1] = {"role": "system", "content": [change], "output_config": {"effort": "low"}}
    assert fault("/v1/messages", body, asked, {"issued"}) is None
    assert "messages.1.output_config: Extra inputs" in words(fault("/v1/messages", body, HEADERS, {"issued"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (top(metadata2={}), "Extra inputs"),
        (top(output_config={"format": {}}), "output_config.format"),
        (lambda body: body["system"][0]["cache_control"].update(ttl="1h"), "1h is not supported"),
        (lambda body: body["tools"][0].update(type="custom"), "unknown variant `custom`"),
        (top(system="x-anthropic-billing-header: cch=1"), "another line each time"),
        (message(0, role="system"), "System message must be at the beginning"),
        (block(1, 0, signature="EqQB"), "invalid thinking signature"),
        (lambda body: body["messages"][1]["content"].pop(0), "must be passed back to the API"),
        (top(tool_choice={"type": "any"}), "does not support this tool_choice"),
    ],
)
def test_a_lookalike_refuses_more(change: Callable[[Json], Any], said: str) -> None:
    body = plain()
    change(body)
    assert said in words(lookalike_fault("/v1/messages", body, HEADERS, {"issued"}))

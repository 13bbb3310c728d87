"""The same dialect on both sides."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import BadRequest
from ccr.ids import ModelName, ProviderName, Target
from ccr.wire.origin import Origin
from ccr.wire.passthrough import forwarded, renamed, rewrite, strip_foreign_thoughts

TAG = "<CCR-SUBAGENT-MODEL>p,m</CCR-SUBAGENT-MODEL>"
OURS = Origin(Target(ProviderName("p"), ModelName("m")), "reasoning").sign()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def body(**fields: object) -> bytes:
    return json.dumps({"model": "a", **fields}).encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"model":"a","x":1}', b'{"model":"b","x":1}'),
        (b' {\n "x" : [ 1 ,2 ],\r\n\t"model" :  "a" , "y":null}\n', b' {\n "x" : [ 1 ,2 ],\r\n\t"model" :  "b" , "y":null}\n'),
        (rb'{"mod\u0065l":"a","s":"\u00e4\/"}', rb'{"mod\u0065l":"b","s":"\u00e4\/"}'),
        (b'{"x":{"model":"a"},"s":"\\"model\\":\\"a\\"","model":"a"}', b'{"x":{"model":"a"},"s":"\\"model\\":\\"a\\"","model":"b"}'),
        (b'{"a\\"b":1,"model":"a","n":1.0,"big":123456789012345678901234567890}', b'{"a\\"b":1,"model":"b","n":1.0,"big":123456789012345678901234567890}'),
    ],
    ids=["plain", "white space", "escapes", "other models", "numbers"],
)  # fmt: skip
def test_only_the_model_changes(before: bytes, after: bytes) -> None:
    assert rewrite(before, "b") == after


def test_an_answers_first_model_name_is_replaced() -> None:
    assert (
        renamed(b'{"a":1,"model" : "x\\"y","of":{"model":"x"}}', 'p"') == b'{"a":1,"model" : "p\\"","of":{"model":"x"}}'
    )
    assert renamed(b"{}", "p") == b"{}"


def test_of_a_whole_answer_no_other_model_is_renamed() -> None:
    call = b'{"content":[{"type":"tool_use","input":{"model":"x"}}]'
    assert renamed(call + b', "model": "a"}\n', "p") == call + b', "model": "p"}\n'
    assert renamed(call + b"}", "p") == call + b"}"


def test_in_a_frame_the_first_model_is_renamed() -> None:
    frame = b'event: x\ndata: {"type":"x","message":{"model":"a","content":[{"model":"b"}]}}\n\n'
    assert renamed(frame, "p") == frame.replace(b'"a"', b'"p"')


def test_a_model_name_is_escaped() -> None:
    assert json.loads(rewrite(body(), 'p"\\ä')) == {"model": 'p"\\ä'}


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans(), st.sampled_from([None, 1]))
def test_all_else_keeps_its_value(fields: dict[str, object], ascii: bool, indent: int | None) -> None:
    whole = {**fields, "model": "a"}
    before = json.dumps(whole, ensure_ascii=ascii, indent=indent).encode()
    assert json.loads(rewrite(before, "b")) == {**whole, "model": "b"}


@pytest.mark.parametrize(
    "exotic", [b'{"model":"a","x":1,"model":"c"}', b'{"model":"a","x":1,"model":"a"}', rb'{"x":1,"model":"\ud83d"}']
)
def test_a_body_that_cannot_be_cut_is_written_anew(exotic: bytes) -> None:
    assert json.loads(rewrite(exotic, "b")) == {"model": "b", "x": 1}


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"model":"a"', b'{"model":"a"} x', b"[" * 100_000])
def test_what_is_no_object_is_a_bad_request(broken: bytes) -> None:
    with pytest.raises(BadRequest):
        rewrite(broken, "b")


def test_fields_can_be_dropped_by_name() -> None:
    before = b'{"model": "a",  "x": 1, "metadata": {"x": 2}, "messages": [ ] }'
    assert rewrite(before, "b", dropped=("x", "absent")) == b'{"model":"b","metadata":{"x": 2},"messages":[ ]}'
    assert rewrite(before, "b", dropped=("absent",)) == before.replace(b'"a"', b'"b"')


def test_tags_are_removed_from_the_prompt_and_from_what_the_user_says() -> None:
    before = body(
        system=[{"type": "text", "text": f"be brief {TAG}", "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": f"{TAG}hi"}, {"role": "system", "content": [{"type": "text", "text": f"x{TAG}"}]}],
    )  # fmt: skip
    assert json.loads(rewrite(before, "b", (TAG,))) == {
        "model": "b",
        "system": [{"type": "text", "text": "be brief ", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "hi"}, {"role": "system", "content": [{"type": "text", "text": "x"}]}],
    }


def test_what_held_nothing_but_a_tag_goes_with_it() -> None:
    alone = {"type": "text", "text": TAG}
    kept = {"type": "text", "text": ""}
    before = body(
        system=[alone], messages=[{"role": "user", "content": [alone]}, {"role": "user", "content": [alone, kept]}]
    )
    after = json.loads(rewrite(before, "b", (TAG,)))
    assert after == {"model": "b", "system": [], "messages": [{"role": "user", "content": [kept]}]}


def test_an_escaped_tag_is_removed_too() -> None:
    before = b'{"model":"a","system":"x\\u003cCCR-SUBAGENT-MODEL\\u003ep,m\\u003c/CCR-SUBAGENT-MODEL\\u003e"}'
    assert rewrite(before, "b", (TAG,)) == b'{"model":"b","system":"x"}'


def test_messages_without_the_tag_keep_their_bytes() -> None:
    untouched = [
        '{ "role" : "assistant", "content" : "' + TAG + '" }',
        '{"content":"\\u00e4","role":"user"}',
        '{"role":"user", "content":[{"type":"image"}, {"type":"text"}, 7]}',
        '{"role":"user", "content":null}',
    ]
    before = '{"model":"a","messages":[{"role":"user","content":"' + TAG + 'x"},' + ",".join(untouched) + "]}"
    after = '{"model":"b","messages":[{"role":"user","content":"x"},' + ",".join(untouched) + "]}"
    assert rewrite(before.encode(), "b", (TAG,)).decode() == after


@pytest.mark.parametrize("fields", [{}, {"system": None, "messages": None}, {"messages": "x"}])
def test_there_may_be_nothing_to_remove_tags_from(fields: dict[str, object]) -> None:
    assert json.loads(rewrite(body(**fields), "b", (TAG,))) == {"model": "b", **fields}


@pytest.mark.trap(62)
def test_thoughts_that_we_signed_are_taken_out() -> None:
    ours = {"type": "thinking", "thinking": "hm", "signature": OURS}
    theirs = {"type": "thinking", "thinking": "hm", "signature": "EqQBCkYI"}
    text = {"type": "text", "text": OURS}
    before = body(
        messages=[
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [ours, theirs, text]},
            {"role": "assistant", "content": [ours]},
        ]
    )
    after = json.loads(strip_foreign_thoughts(before))
    assert after["messages"] == [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [theirs, text]}]


@pytest.mark.parametrize("content", [f'he said "{OURS}"', [{"type": "text", "text": OURS}]])
def test_who_only_quotes_a_signature_keeps_the_bytes(content: object) -> None:
    message = json.dumps({"role": "user", "content": content}, indent=1)
    before = f'{{"model":"a","messages":[{message}]}}'.encode()
    assert strip_foreign_thoughts(before) == before


@pytest.mark.parametrize("fields", [{}, {"x": OURS}, {"messages": OURS}])
def test_without_such_thoughts_the_bytes_stay(fields: dict[str, object]) -> None:
    before = json.dumps({"model": "a", **fields}, indent=1).encode()
    assert strip_foreign_thoughts(before) == before


def test_tags_are_removed_from_a_responses_request() -> None:
    before = body(
        instructions=f"be brief {TAG}",
        input=[
            {"role": "developer", "content": f"{TAG}x"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": f"hi{TAG}"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TAG}]},
            {"type": "function_call_output", "call_id": "c", "output": TAG},
        ],
    )
    assert json.loads(rewrite(before, "b", (TAG,))) == {
        "model": "b",
        "instructions": "be brief ",
        "input": [
            {"role": "developer", "content": "x"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "function_call_output", "call_id": "c", "output": TAG},
        ],
    }
    assert rewrite(body(input=f"{TAG}hi"), "b", (TAG,)) == b'{"model": "b", "input": "hi"}'


@pytest.mark.trap(62)
def test_reasoning_items_that_we_signed_are_taken_out() -> None:
    theirs = {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": OURS}
    quoted = {"type": "message", "role": "user", "content": OURS}
    seals = (OURS, "ccr1.signed.EqQB", "ccr1.redacted.EqQB")
    ours = [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal} for seal in seals]
    before = body(input=[*ours, theirs, call, quoted])
    assert json.loads(strip_foreign_thoughts(before))["input"] == [theirs, call, quoted]


def test_the_clients_headers_go_on() -> None:
    headers = {
        "Anthropic-Beta": "a,b",
        "anthropic-version": "2026-10-21",
        "User-Agent": "claude-cli/2.1",
        "X-Claude-Code-Session-Id": "s",
        "Content-Type": "application/json",
    }
    assert forwarded(headers) == {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    "name",
    ["Host", "Content-Length", "Authorization", "X-Api-Key", "Cookie", "Accept-Encoding", "Transfer-Encoding", "TE",
     "X-CCR-Route", "X-Forwarded-For", "Forwarded", "Via", "Origin", "CF-Connecting-IP", "Connection", "X-Hop"],
)  # fmt: skip
@pytest.mark.trap(111)
def test_what_is_between_client_and_router_stays_there(name: str) -> None:
    assert forwarded({"Connection": "keep-alive, x-hop", name: "x", "a": "b"}) == {"a": "b"}


def stripped(*blocks: object) -> object:
    message = {"role": "assistant", "content": [*blocks, {"type": "text", "text": "a"}]}
    return json.loads(strip_foreign_thoughts(body(messages=[message])))["messages"][0]["content"]


LAST = {"type": "text", "text": "a"}


@pytest.mark.trap(62)
def test_what_a_lookalike_redacted_goes_and_what_anthropic_did_stays() -> None:
    own = {"type": "redacted_thinking", "data": "EmwK"}
    assert stripped({"type": "redacted_thinking", "data": OURS}, own) == [own, LAST]


def test_a_search_that_anthropic_did_not_run_is_told_in_words() -> None:
    call = {"type": "server_tool_use", "id": "srvtoolu_ccr_1", "name": "web_search", "input": {"query": "x"}}
    hit = {"type": "web_search_result", "url": "https://a.test", "title": "A", "encrypted_content": ""}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_ccr_1", "content": [hit]}
    nothing = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_ccr_1", "content": []}
    assert stripped(call, found, nothing) == [
        {"type": "text", "text": '[web_search: {"query":"x"}]'},
        {"type": "text", "text": "A\nhttps://a.test"},
        LAST,
    ]


def test_citations_of_it_go_and_anthropics_own_stay() -> None:
    ours = {"type": "web_search_result_location", "url": "u", "encrypted_index": ""}
    own = {"type": "web_search_result_location", "url": "u", "encrypted_index": "Eo8B"}
    both, mine = ({"type": "text", "text": "t", "citations": cited} for cited in ([ours, own], [ours]))
    assert stripped(both, mine) == [{**both, "citations": [own]}, {"type": "text", "text": "t"}, LAST]


@pytest.mark.parametrize("content", ["srvtoolu_ccr_1", ["srvtoolu_ccr_1"]])
def test_what_only_looks_like_ours_stays_to_the_byte(content: object) -> None:
    same = body(messages=[{"role": "user", "content": content}, {"role": "user", "text": "ccr1.x"}])
    assert strip_foreign_thoughts(same) == same


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_a_longer_answer_than_can_be_is_not_asked_for(name: str) -> None:
    before = b'{"model": "a", "%s": 128000, "x":  1}' % name.encode()
    assert rewrite(before, "b", most=64_000) == before.replace(b"128000", b"64000").replace(b'"a"', b'"b"')
    assert rewrite(before, "b", most=128_000) == before.replace(b'"a"', b'"b"')


@pytest.mark.parametrize("value", [b"null", b'"many"', b"-1", b"1.5"])
def test_a_length_that_is_none_stays(value: bytes) -> None:
    before = b'{"model":"b","max_tokens":%s}' % value
    assert rewrite(before, "b", most=1) == before


def test_a_thinking_budget_stays_below_the_answers_length() -> None:
    asked = b'{"model":"b","max_tokens":%d,"thinking":%s}'
    thinking = b'{"type":"enabled","budget_tokens": %d,"display":"x"}'
    lowered = asked % (5_000, b'{"type":"enabled","budget_tokens":4999,"display":"x"}')
    assert rewrite(asked % (10_000, thinking % 9_000), "b", most=5_000) == lowered
    for fine in (thinking % 4_999, b'{"type":"adaptive"}', b"null"):
        assert rewrite(asked % (10_000, fine), "b", most=5_000) == asked % (5_000, fine)


def test_a_budget_above_the_answers_length_is_the_clients_to_say() -> None:
    """With interleaved thinking it may be: https://platform.claude.com/docs/en/build-with-claude/extended-thinking"""
    asked = b'{"model":"b","max_tokens":1000,"thinking":{"type":"enabled","budget_tokens": 9000}}'
    assert rewrite(asked, "b", most=1_000) == asked

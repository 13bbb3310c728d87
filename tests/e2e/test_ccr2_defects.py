"""What Claude Code Router 2.0.0 gets wrong, done right. Each test names the behaviour, and the defect by its number."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat, messages, upstream
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import Person, Router
from tests.support.sides import Side
from tests.support.upstream import FIN, HANG, RST, Upstream, stream

HI = [{"role": "user", "content": "hi"}]
FIGURES = chat.tokens(usage(50, 9, cached=20))
BASH = {"name": "Bash", "description": "Runs.", "input_schema": {"type": "object", "properties": {}}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def after_call(*content: dict[str, Any]) -> list[dict[str, Any]]:
    """A history in which the model called a tool, and what the client says next."""
    return [*HI, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": list(content)}]


def test_usage_that_comes_with_the_finish_in_one_read_is_counted(router: Router, chat_upstream: Upstream) -> None:
    """Defect 1."""
    chat_upstream.play([stream(chat.body(text("hi"), usage(50, 9, cached=20)))])
    answer = router.hear({"model": "chat,m", "messages": HI})
    assert answer.usage["input_tokens"] == 30
    assert answer.usage["cache_read_input_tokens"] == 20
    assert answer.usage["output_tokens"] == 9


@pytest.mark.parametrize("provider", ["chat", "deepseek", "reasoning", "tooluse"])
def test_a_finish_and_usage_in_a_chunk_with_an_empty_delta_count(
    router: Router, chat_upstream: Upstream, provider: str
) -> None:
    """Defect 2."""
    call = chat.called(0, id="call_1", name="Bash", arguments='{"command":"ls"}')
    chat_upstream.play([chat.streamed(call, {**chat.delta(finish="tool_calls"), "usage": FIGURES})])
    answer = router.hear({"model": f"{provider},m", "messages": HI, "tools": [BASH]})
    assert answer.stop_reason == "tool_use"
    assert answer.usage["output_tokens"] == 9
    assert [call["input"] for call in answer.calls] == [{"command": "ls"}]


@pytest.mark.parametrize("provider", ["chat", "reasoning", "deepseek"])
def test_a_call_that_follows_a_thought_is_sent_once(router: Router, chat_upstream: Upstream, provider: str) -> None:
    """Defect 3."""
    call = chat.called(0, id="call_1", name="Bash", arguments='{"p":1}')
    chat_upstream.play([chat.streamed(chat.delta(reasoning_content="hm"), call, chat.delta(finish="tool_calls"))])
    answer = router.hear({"model": f"{provider},m", "messages": HI, "tools": [BASH]})
    assert [call["input"] for call in answer.calls] == [{"p": 1}]


@pytest.mark.parametrize("provider", ["chat", "enhancetool"])
def test_parallel_calls_that_arrive_interleaved_leave_one_after_the_other(
    router: Router, chat_upstream: Upstream, provider: str
) -> None:
    """Defect 4."""
    chunks = [
        chat.called(0, id="a", name="Bash", arguments=""),
        chat.called(1, id="b", name="Bash", arguments=""),
        chat.called(0, arguments='{"x'),
        chat.called(1, arguments='{"y'),
        chat.called(0, arguments='":1}'),
        chat.called(1, arguments='":2}'),
        chat.delta(finish="tool_calls"),
    ]
    chat_upstream.play([chat.streamed(*chunks)])
    answer = router.hear({"model": f"{provider},m", "messages": HI, "tools": [BASH]})
    assert [call["input"] for call in answer.calls] == [{"x": 1}, {"y": 2}]


def test_a_thought_before_a_call_is_signed_and_goes_back_in_the_next_turn(
    router: Router, chat_upstream: Upstream
) -> None:
    """Defect 5."""
    call = tool("Bash", {"command": "ls"})
    chat_upstream.play([chat.stream(thinking("let me see"), call, usage(1, 1))])
    answer = router.hear({"model": "deepseek,m", "messages": HI, "tools": [BASH]})
    assert answer.thoughts == "let me see"
    assert answer.blocks[0]["signature"]

    chat_upstream.play([chat.stream(text("done"), usage(1, 1))])
    result = {"type": "tool_result", "tool_use_id": answer.calls[0]["id"], "content": "out"}
    history = [*HI, {"role": "assistant", "content": answer.blocks}, {"role": "user", "content": [result]}]
    router.hear({"model": "deepseek,m", "messages": history, "tools": [BASH]})
    said = next(m for m in chat_upstream.only.json["messages"] if m["role"] == "assistant")
    assert said["reasoning_content"] == "let me see"


def test_a_thought_in_a_whole_answer_is_kept(router: Router, chat_upstream: Upstream) -> None:
    """Defect 6."""
    chat_upstream.play([chat.reply(thinking("let me see"), text("hi"), usage(1, 1))])
    content = router.messages({"model": "chat,m", "max_tokens": 9, "messages": HI}).json()["content"]
    assert [block["type"] for block in content] == ["thinking", "text"]
    assert content[0]["thinking"] == "let me see"


def test_an_error_in_mid_stream_is_an_error_event_and_the_last_one(router: Router, side: Side) -> None:
    """Defect 7."""
    failure = b'data: {"error":{"message":"the model fell over","type":"server_error"}}\n\n'
    if side.path == "/v1/messages":
        said: messages.Json = {"type": "error", "error": {"type": "api_error", "message": "the model fell over"}}
        failure = messages.frame(said)
    side.upstream.play([stream(*half(side), failure)])
    answer = router.hear({"model": side.model, "messages": HI})
    assert answer.text == "so far"
    assert answer.error is not None
    assert "the model fell over" in answer.error["message"]
    assert not answer.whole


@pytest.mark.parametrize("end", [FIN, RST])
def test_a_stream_that_is_cut_ends_in_an_error_event(router: Router, side: Side, end: Any) -> None:
    """Defect 8."""
    side.upstream.play([stream(*half(side), end)])
    answer = router.hear({"model": side.model, "messages": HI})
    assert answer.text == "so far"
    assert answer.error is not None
    assert answer.error["type"] == "api_error"
    assert not answer.whole


def half(side: Side) -> list[bytes]:
    """The beginning of an answer."""
    if side.path == "/v1/messages":
        return [messages.frame(event) for event in messages.events(text("so far"))[:4]]
    return [chat.frame(chat.delta(role="assistant", content="so far"))]


def test_a_stream_that_just_stops_is_not_taken_for_an_end(router: Router, side: Side) -> None:
    """Defect 8: the connection ends well, the answer does not."""
    side.upstream.play([stream(*half(side))])
    answer = router.hear({"model": side.model, "messages": HI})
    assert answer.error is not None
    assert not answer.whole


@pytest.mark.trap(15)
def test_a_client_that_leaves_a_stream_ends_the_upstream_s(router: Router, side: Side) -> None:
    """Defect 9."""
    side.upstream.play([stream(*half(side), HANG)])
    body = {"model": side.model, "max_tokens": 9, "stream": True, "messages": HI}
    with router.client as client, client.stream("POST", "/v1/messages", json=body) as answer:
        assert b"message_start" in next(answer.iter_raw())
        assert not side.upstream.only.gone.is_set()
    assert side.upstream.only.gone.wait(1)


@pytest.mark.parametrize("streaming", [True, False])
def test_a_client_that_leaves_before_anything_came_ends_the_upstream_s_request(
    router: Router, side: Side, streaming: bool
) -> None:
    """Defect 9."""
    side.upstream.play([upstream.raw(HANG)])
    body = {"model": side.model, "max_tokens": 9, "stream": streaming, "messages": HI}
    with router.client as client, pytest.raises(httpx.ReadTimeout):
        client.post("/v1/messages", json=body, timeout=0.5)
    assert side.upstream.only.gone.wait(1)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_a_dead_upstream_is_named_without_a_stack_trace(router: Router, path: str) -> None:
    """Defect 10."""
    answer = router.post(path, {"model": "dead,m", "max_tokens": 9, "messages": HI})
    assert answer.status_code == 502
    message = answer.json()["error"]["message"]
    assert "dead" in message
    for trace in ("Traceback", ".py", "Error("):
        assert trace not in message


def test_a_dead_upstream_s_request_goes_to_the_fallback(start_router: StartRouter, chat_upstream: Upstream) -> None:
    """Defect 10."""
    router = start_router({"Router": {"default": "dead,m"}, "fallback": {"default": ["chat,m"]}})
    chat_upstream.play([chat.stream(text("here I am"), usage(1, 1))])
    assert router.hear({"model": "claude-opus-5-5", "messages": HI}).text == "here I am"


def test_an_image_in_a_tool_result_is_an_image(router: Router, chat_upstream: Upstream) -> None:
    """Defect 11."""
    picture = {"type": "image", "source": PNG}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "see"}, picture]}
    sent = sent_for(router, chat_upstream, after_call(result))
    images = [part for m in sent for part in parts_of(m) if part["type"] == "image_url"]
    assert [image["image_url"]["url"] for image in images] == ["data:image/png;base64,iVBORw0KGgo="]
    assert "iVBOR" not in json.dumps([m for m in sent if m["role"] == "tool"])


def test_a_document_is_not_lost(router: Router, chat_upstream: Upstream) -> None:
    """Defect 11."""
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
    note = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain words"}}
    sent = json.dumps(sent_for(router, chat_upstream, [{"role": "user", "content": [pdf, note]}]))
    assert "JVBERi0=" in sent
    assert "plain words" in sent


def test_a_failed_tool_is_seen_as_failed(router: Router, chat_upstream: Upstream) -> None:
    """Defect 11."""
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no such file", "is_error": True}
    sent = sent_for(router, chat_upstream, after_call(result))
    content = str(next(m for m in sent if m["role"] == "tool")["content"])
    assert "no such file" in content
    assert "error" in content.lower()


def test_what_a_user_says_keeps_its_place_beside_tool_results(router: Router, chat_upstream: Upstream) -> None:
    """Defect 11: results must come first for OpenAI; words that were said before a call's turn stay before it."""
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "out"}
    sent = sent_for(router, chat_upstream, after_call(result, {"type": "text", "text": "and now?"}))
    assert [m["role"] for m in sent] == ["user", "assistant", "tool", "user"]
    assert "and now?" in str(sent[-1]["content"])


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Bash"}, {"type": "function", "function": {"name": "Bash"}}),
    ],
)
def test_tool_choice_is_said_in_openai_s_words(
    router: Router, chat_upstream: Upstream, choice: dict[str, str], expected: object
) -> None:
    """Defect 12."""
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    router.hear({"model": "chat,m", "messages": HI, "tools": [BASH], "tool_choice": choice})
    assert chat_upstream.only.json["tool_choice"] == expected


def test_thinking_that_is_disabled_neither_routes_nor_reasons(
    start_router: StartRouter, chat_upstream: Upstream
) -> None:
    """Defect 13."""
    router = start_router({"Router": {"default": "chat,m", "think": "chat,deep"}})
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))] * 3)
    for thinks in ({"type": "disabled"}, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2000}):
        router.hear({"model": "claude-opus-5-5", "messages": HI, "thinking": thinks, "max_tokens": 4000})
    off, adaptive, enabled = chat_upstream.requests
    assert [r.json["model"] for r in (off, adaptive, enabled)] == ["m", "deep", "deep"]
    assert "reasoning" not in off.json
    assert off.json.get("reasoning_effort", "none") == "none"


def test_a_strict_openai_server_sees_no_field_of_another_api(router: Router, chat_upstream: Upstream) -> None:
    """Defect 14."""
    marked = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    body = {
        "model": "chat,m",
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [marked]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, CALL]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [marked]}]},
        ],
        "tools": [{**BASH, "cache_control": {"type": "ephemeral"}, "eager_input_streaming": True}],
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": []},
        "metadata": {"user_id": "u"},
    }
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    router.hear(body)
    sent = chat_upstream.only
    known = {
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "max_tokens", "max_completion_tokens",
        "reasoning_effort", "user", "safety_identifier", "prompt_cache_key", "parallel_tool_calls",
    }  # fmt: skip
    assert set(sent.json) <= known
    for name in ("cache_control", "thinking", "reasoning", "eager_input_streaming", "signature"):
        assert f'"{name}"'.encode() not in sent.body
    for message in sent.json["messages"]:
        assert set(message) <= {"role", "content", "tool_calls", "tool_call_id", "name"}


def test_answers_have_ids_of_their_own_and_an_input_count_from_the_start(
    router: Router, chat_upstream: Upstream
) -> None:
    """Defect 15."""
    chat_upstream.play([chat.stream(text("ok"), usage(40, 1))] * 5)
    answers = [router.hear({"model": "chat,m", "messages": HI}) for _ in range(5)]
    assert len({answer.id for answer in answers}) == 5
    assert all(answer.id.startswith("msg_") for answer in answers)
    assert all(answer.started_with["input_tokens"] > 0 for answer in answers)


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """A program in claude's place, that writes down its arguments."""
    program = tmp_path / "claude"
    program.write_text(
        '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done > "$HOME/argv"\nenv -0 > "$HOME/env"\nexit 3\n'
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "arguments",
    [
        ["fix `touch pwned` and $HOME, \"quoted\" 'twice' \\ ; rm -rf . && echo $(id)"],
        ["mcp", "list"],
        ["-p", "a prompt", "--add-dir", "/a", "--add-dir", "/b"],
        ["--", "--help"],
        ["--model", "x", "-c", ""],
        ["two\nlines", "ümlaut", "*"],
    ],
    ids=["shell", "subcommand", "repeated", "dashes", "empty", "odd"],
)
def test_arguments_reach_claude_as_they_were_typed(person: Person, recorder: Path, arguments: list[str]) -> None:
    """Defect 16."""
    ran = person.ccr("code", *arguments, CLAUDE_PATH=str(recorder))
    assert ran.code == 3, "claude's exit code is ours"
    words = (person.home / "argv").read_text().split("\0")[:-1]
    assert contains(words, [word for word in arguments if word != "--"])
    assert not (person.work / "pwned").exists()


def contains(words: list[str], wanted: list[str]) -> bool:
    """All of them, in their order; the launcher may add some of its own, such as --settings."""
    rest = iter(words)
    return all(word in rest for word in wanted)


def test_options_given_to_a_transformer_are_taken(router: Router, chat_upstream: Upstream) -> None:
    """Defect 17."""
    for provider, limit in (("capped", 123), ("capped-model", 321)):
        chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
        assert router.hear({"model": f"{provider},m", "messages": HI}).text == "ok"
        sent = chat_upstream.only.json
        assert sent.get("max_tokens", sent.get("max_completion_tokens")) == limit


def test_a_provider_with_an_empty_key_is_a_keyless_one(router: Router, chat_upstream: Upstream) -> None:
    """Defect 18."""
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    assert router.hear({"model": "keyless,m", "messages": HI}).text == "ok"
    assert "authorization" not in chat_upstream.only.headers


@pytest.mark.parametrize("model", ["CHAT,m", "Chat,m", "chat, m", "chat/m"])
def test_a_provider_is_found_however_it_is_written(router: Router, chat_upstream: Upstream, model: str) -> None:
    """Defect 19."""
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    assert router.hear({"model": model, "messages": HI}).text == "ok"
    assert chat_upstream.only.json["model"] == "m"


def test_a_model_s_own_spelling_is_kept(router: Router, chat_upstream: Upstream) -> None:
    """Defect 19: providers are ours to name, models are theirs."""
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    router.hear({"model": "Chat,Qwen/Qwen3-Coder:Free", "messages": HI})
    assert chat_upstream.only.json["model"] == "Qwen/Qwen3-Coder:Free"


def sent_for(router: Router, chat_upstream: Upstream, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that an OpenAI upstream gets for a history."""
    chat_upstream.play([chat.stream(text("ok"), usage(1, 1))])
    router.hear({"model": "chat,m", "messages": history, "tools": [BASH]})
    sent: list[dict[str, Any]] = chat_upstream.only.json["messages"]
    return sent


def parts_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else []

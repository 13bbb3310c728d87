"""Both dialects together: what Claude Code sends reaches an OpenAI host, and the answer comes back, turn after turn."""

import json
from typing import Any

import msgspec
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from ccr.errors import UpstreamCut
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.events import Grammar
from ccr.messages.fold import Fold
from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from tests.support import chat, messages
from tests.support.chat import called, delta, used
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage

TARGET = Target(ProviderName("acme"), ModelName("m"))
CLAUDE, HOST = AnthropicClient(), ChatUpstream()
MARK = {"type": "ephemeral"}
BASH = {
    "name": "Bash",
    "description": "Runs a command.",
    "input_schema": {"$schema": "s", "type": "object", "properties": {"command": {"type": "string"}}},
}


def ask(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request of the shape that Claude Code sends."""
    return {
        "model": "acme,m",
        "max_tokens": 32_000,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.0.abc; cc_entrypoint=cli;"},
            {"type": "text", "text": "You help with code.", "cache_control": MARK},
            {"type": "text", "text": "Be careful.", "cache_control": MARK},
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Today is Friday."},
                    {"type": "text", "text": "List the files.", "cache_control": MARK},
                ],
            },
            {"role": "system", "content": "Two agents are available."},
            *turns,
        ],
        "tools": [BASH],
        "metadata": {"user_id": json.dumps({"device_id": "0" * 64, "session_id": "s"})},
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
        "stream": True,
        **more,
    }


def sent(body: dict[str, Any], host: ChatUpstream = HOST) -> Any:
    return host.encode(CLAUDE.decode(json.dumps(body).encode()), TARGET).body


def answered(body: dict[str, Any], *pieces: bytes) -> list[Any]:
    """The SSE frames that Claude Code gets for a host's bytes, checked by the official types."""
    request = CLAUDE.decode(json.dumps(body).encode())
    reader, writer, grammar = HOST.reader(request, TARGET), CLAUDE.writer(request), Grammar()
    data = b"".join(writer.write(grammar.check(event)) for piece in pieces for event in reader.feed(piece))
    data += b"".join(writer.write(grammar.check(event)) for event in reader.close())
    frames = [json.loads(frame.partition("data: ")[2]) for frame in data.decode().split("\n\n") if "data: " in frame]
    checked: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)
    for frame in frames:
        checked.validate_python(frame)
    return frames


def content(frames: list[Any]) -> list[dict[str, Any]]:
    """The assistant's content as the client keeps it and sends it again."""
    blocks: list[dict[str, Any]] = []
    for frame in frames:
        match frame:
            case {"type": "content_block_start", "content_block": block}:
                blocks.append({**block, "json": ""})
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": piece}}:
                blocks[-1]["text"] += piece
            case {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": piece}}:
                blocks[-1]["thinking"] += piece
            case {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": signature}}:
                blocks[-1]["signature"] = signature
            case {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": piece}}:
                blocks[-1]["json"] += piece
            case _:
                pass
    for block in blocks:
        written = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(written or "{}")
    return blocks


def test_a_first_request_of_claude_code() -> None:
    parameters = {"$schema": "s", "type": "object", "properties": {"command": {"type": "string"}}}
    function = {"name": "Bash", "description": "Runs a command.", "parameters": parameters}
    said = "Today is Friday.\n\nList the files.\n\nSystem note: Two agents are available."
    assert sent(ask()) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You help with code.\n\nBe careful."},
            {"role": "user", "content": said},
        ],
        "tools": [{"type": "function", "function": function}],
        "max_tokens": 32_000,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_turn_with_tools_comes_round() -> None:
    figures = {"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 64}}
    stream = [
        delta(reasoning_content="Two calls."),
        delta(content="Looking."),
        called(0, id="functions.Bash:0", name="Bash", arguments=""),
        called(1, id="functions.Bash:1", name="Bash", arguments=""),
        called(1, arguments='{"command":"pwd"}'),
        called(0, arguments='{"command":"ls"}'),
        delta(finish="stop"),
        used(figures),
    ]
    frames = answered(ask(), *map(chat.frame, stream))
    assert frames[-2]["delta"]["stop_reason"] == "tool_use"
    assert frames[-2]["usage"]["input_tokens"] == 36
    assert frames[-2]["usage"]["cache_read_input_tokens"] == 64

    said = content(frames)
    assert [block["type"] for block in said] == ["thinking", "text", "tool_use", "tool_use"]
    first, second = said[2]["id"], said[3]["id"]
    results = [
        {"type": "tool_result", "tool_use_id": second, "content": "/work", "is_error": False},
        {"type": "tool_result", "tool_use_id": first, "content": "Exit code 2", "is_error": True},
    ]
    again = sent(ask({"role": "assistant", "content": said}, {"role": "user", "content": results}))
    call = {"id": first, "type": "function", "function": {"name": "Bash", "arguments": '{"command":"ls"}'}}
    other = {"id": second, "type": "function", "function": {"name": "Bash", "arguments": '{"command":"pwd"}'}}
    assert again["messages"][:2] == sent(ask())["messages"]
    assert again["messages"][2:] == [
        {
            "role": "assistant",
            "content": "Looking.",
            "reasoning_content": "Two calls.",
            "tool_calls": [call, other],
        },
        {"role": "tool", "tool_call_id": first, "content": "Error: Exit code 2"},
        {"role": "tool", "tool_call_id": second, "content": "/work"},
    ]


def test_the_thoughts_of_this_turn_go_to_no_other_provider() -> None:
    said = content(answered(ask(), chat.body(thinking("hm"), text("a"))))
    body = ask({"role": "assistant", "content": said}, {"role": "user", "content": "more"})
    elsewhere = HOST.encode(CLAUDE.decode(json.dumps(body).encode()), Target(ProviderName("other"), TARGET.model))
    assert b"hm" not in msgspec.json.encode(elsewhere.body)


def test_a_grown_conversation_repeats_the_bytes_of_the_shorter_one() -> None:
    def grown(length: int) -> bytes:
        turns: list[dict[str, Any]] = []
        for number in range(length):
            use = {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {"command": str(number)}}
            result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": "ok"}
            marked = {**result, "cache_control": MARK} if number == length - 1 else result
            turns += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [marked]}]
        return msgspec.json.encode(sent(ask(*turns))["messages"])

    for length in range(4):
        assert grown(length + 1).startswith(grown(length).removesuffix(b"]"))
        assert grown(length) == grown(length)


def test_an_image_that_a_tool_read_reaches_the_model_as_an_image() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    use = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [image]}
    found = sent(ask({"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}))["messages"]
    assert [message["role"] for message in found[2:]] == ["assistant", "tool", "user"]
    assert "aGk=" not in found[3]["content"]
    assert found[4]["content"][1]["image_url"]["url"] == "data:image/png;base64,aGk="


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"type": "any", "disable_parallel_tool_use": True}, "required"),
        ({"type": "tool", "name": "Bash"}, {"type": "function", "function": {"name": "Bash"}}),
    ],
)
def test_a_forced_choice_is_put_in_the_hosts_words(choice: object, said: object) -> None:
    found = sent(ask(tool_choice=choice))
    assert found["tool_choice"] == said
    assert ("parallel_tool_calls" in found) == (said == "required")


@pytest.mark.parametrize(
    "host", [HOST, ChatUpstream(reasoning="reasoning_effort"), ChatUpstream(reasoning="reasoning")]
)
def test_thinking_that_is_off_says_nothing(host: ChatUpstream) -> None:
    found = sent(ask(thinking={"type": "disabled"}, output_config={}), host)
    assert not found.keys() & {"reasoning", "reasoning_effort", "thinking"}


def test_a_title_request_asks_for_its_schema() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    found = sent(ask(output_config={"format": {"type": "json_schema", "schema": schema}}, tools=[]))
    assert found["response_format"]["json_schema"]["schema"] == schema
    assert "tools" not in found


def test_a_web_search_that_the_host_cannot_do_is_left_to_the_model() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
    found = sent(ask(tools=[search], tool_choice={"type": "tool", "name": "web_search"}))
    assert not found.keys() & {"tools", "tool_choice"}


@pytest.mark.parametrize("cut", CUTS)
def test_chunk_borders_mean_nothing(cut: Cut) -> None:
    data = chat.body(thinking("思考"), text("Grüße"), tool("Bash", {"command": "ls"}, "c"), usage(10, 3))
    assert content(answered(ask(), *cut(data))) == content(answered(ask(), data))


def test_a_cut_stream_gets_no_invented_end() -> None:
    with pytest.raises(UpstreamCut):
        answered(ask(), chat.frame(delta(content="a")))


def test_a_whole_answer_for_a_client_that_did_not_ask_for_a_stream() -> None:
    body = ask(stream=False)
    request = CLAUDE.decode(json.dumps(body).encode())
    reader, fold = HOST.reader(request, TARGET), Fold()
    for event in [*reader.feed(chat.body(thinking("hm"), tool("Bash", {"command": "ls"}))), *reader.close()]:
        fold.add(event)
    found = Message.model_validate_json(CLAUDE.reply(fold.reply()))
    assert [block.type for block in found.content] == ["thinking", "tool_use"]
    assert found.stop_reason == "tool_use"


def test_an_openai_client_talks_to_an_anthropic_host() -> None:
    client, host = ChatClient(), AnthropicUpstream()
    body = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "ok"},
        ],
        "tools": [{"type": "function", "function": {"name": "Bash", "parameters": {"type": "object"}}}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": 7,
    }
    request = client.decode(json.dumps(body).encode())
    found: Any = host.encode(request, TARGET).body
    assert [message["role"] for message in found["messages"]] == ["user", "assistant", "user"]
    assert not found.keys() & {"seed", "stream_options"}

    reader, writer = host.reader(request, TARGET), client.writer(request)
    stream = messages.body(thinking("hm"), text("done"), tool("Bash", {"command": "ls"}, "d"), usage(10, 3, cached=4))
    data = b"".join(writer.write(event) for event in [*reader.feed(stream), *reader.close()])
    assert b'"reasoning_content":"hm"' in data
    assert b'"prompt_tokens":10' in data
    assert data.endswith(b"data: [DONE]\n\n")

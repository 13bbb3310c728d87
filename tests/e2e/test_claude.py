"""The real claude in a tool loop: straight to a scripted upstream, and the same through the router."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.support import chat, messages
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import Person, Router
from tests.support.upstream import Answer, Received, Upstream, reply

PROMPT = "make the file and check it"
ANSWER = "The file says forty-two."


def turns(person: Person) -> list[Sequence[Part]]:
    """Bash, Write, Read, two tools at once, and an answer."""
    note, list_file = str(person.work / "note.txt"), str(person.work / "list.txt")
    return [
        [text("First a look."), tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"}), usage(100, 10)],
        [tool("Write", {"file_path": note, "content": "forty-two\n"}), usage(200, 20)],
        [text("Now I read it."), tool("Read", {"file_path": note}), usage(300, 30)],
        [
            tool("Bash", {"command": f"ls {person.work} > {list_file}; echo one-done", "description": "List"}),
            tool("Bash", {"command": "echo two-done", "description": "Say"}),
            usage(400, 40, cached=300),
        ],
        [text(ANSWER), usage(500, 50)],
    ]


def assert_done(person: Person, out: str) -> None:
    assert out.strip() == ANSWER
    assert (person.work / "note.txt").read_text() == "forty-two\n"
    assert "note.txt" in (person.work / "list.txt").read_text()


def anthropic_results(request: Received) -> dict[str, str]:
    """Tool results of the whole conversation, as an Anthropic upstream sees them."""
    blocks = [
        block
        for message in request.json["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    return {b["tool_use_id"]: flat(b["content"]) for b in blocks if b["type"] == "tool_result"}


def chat_results(request: Received) -> dict[str, str]:
    """The same, as an OpenAI upstream sees them."""
    return {m["tool_call_id"]: flat(m["content"]) for m in request.json["messages"] if m["role"] == "tool"}


def flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def assert_results(found: dict[str, str]) -> None:
    assert len(found) == 5, "one result for each call, and each call has an id of its own"
    for needle in ("sea-42", "forty-two", "one-done", "two-done"):
        assert any(needle in result for result in found.values()), needle


def test_the_scripts_are_right_the_real_client_understands_them_without_a_router(
    person: Person, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.stream(*turn) for turn in turns(person)])
    ran = person.claude("-p", PROMPT, "--dangerously-skip-permissions", url=messages_upstream.url)
    assert (ran.code, ran.err) == (0, "")
    assert_done(person, ran.out)
    assert len(messages_upstream.requests) == 5
    assert_results(anthropic_results(messages_upstream.requests[-1]))


@pytest.mark.trap(107)
def test_a_tool_loop_through_an_openai_upstream(person: Person, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(*turn) for turn in turns(person)])
    ran = person.claude("-p", PROMPT, "--dangerously-skip-permissions", url=router.url)
    assert ran.code == 0
    assert_done(person, ran.out)
    requests = chat_upstream.requests
    assert [(r.method, r.path) for r in requests] == [("POST", "/v1/chat/completions")] * 5
    assert_results(chat_results(requests[-1]))
    assert all(r.headers["authorization"] == "Bearer chat-key" for r in requests)
    assert all(r.json["model"] == "m" for r in requests)
    assert all(r.json["stream"] for r in requests)


@pytest.mark.trap(53)
def test_an_openai_upstream_gets_what_every_openai_server_takes(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.stream(*turn) for turn in turns(person)])
    person.claude("-p", PROMPT, "--dangerously-skip-permissions", url=router.url)
    assert len(chat_upstream.requests) == 5
    for request in chat_upstream.requests:
        assert b"x-anthropic-billing-header" not in request.body, "the attribution block defeats prompt caches"
        for name in ("cache_control", "defer_loading", "context_management", "output_config", "metadata"):
            assert f'"{name}"'.encode() not in request.body
        roles = [message["role"] for message in request.json["messages"]]
        assert roles[0] == "system"
        assert "system" not in roles[1:], "system messages in the middle are folded into the turns"
        assert all(message.get("content") or message.get("tool_calls") for message in request.json["messages"])


def test_a_conversation_s_beginning_goes_out_as_the_same_values_in_every_turn(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.stream(*turn) for turn in turns(person)])
    person.claude("-p", PROMPT, "--dangerously-skip-permissions", url=router.url)
    histories = [request.json["messages"] for request in chat_upstream.requests]
    for before, after in zip(histories, histories[1:], strict=False):
        assert after[: len(before)] == before
    tools = [request.json["tools"] for request in chat_upstream.requests]
    assert tools == [tools[0]] * 5


def test_a_tool_that_claude_finds_by_search_reaches_an_openai_upstream(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    search = tool("ToolSearch", {"query": "select:WebFetch"})
    chat_upstream.play([chat.stream(search, usage(1, 1)), chat.stream(text("found"), usage(1, 1))])
    ran = person.claude("-p", "search", url=router.url)
    assert (ran.code, ran.out) == (0, "found\n")
    second = chat_upstream.requests[1]
    assert "WebFetch" in [entry["function"]["name"] for entry in second.json["tools"]]
    assert "WebFetch" in chat_results(second)[search.id]


def test_a_tool_loop_through_an_anthropic_upstream(person: Person, router: Router, messages_upstream: Upstream) -> None:
    messages_upstream.play([messages.stream(thinking("hm"), *turn) for turn in turns(person)])
    ran = person.claude("-p", PROMPT, "--dangerously-skip-permissions", "--model", "claude,opus", url=router.url)
    assert ran.code == 0
    assert_done(person, ran.out)
    assert len(messages_upstream.requests) == 5
    assert_results(anthropic_results(messages_upstream.requests[-1]))


@pytest.mark.trap(49, 52, 59)
def test_an_anthropic_upstream_gets_the_client_s_own_bytes(
    person: Person, router: Router, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.stream(thinking("hm"), *turn) for turn in turns(person)])
    with Upstream(lambda request: forwarded(request, router)) as recorder:
        ran = person.claude("-p", PROMPT, "--dangerously-skip-permissions", "--model", "claude,opus", url=recorder.url)
        assert ran.code == 0
        given, got = recorder.requests, messages_upstream.requests
    assert len(given) == len(got) == 5
    for client, upstream in zip(given, got, strict=True):
        assert upstream.body == client.body.replace(b'"model":"claude,opus"', b'"model":"opus"', 1)
        assert upstream.target == client.target == "/v1/messages?beta=true"
        for name in ("anthropic-beta", "anthropic-version", "x-claude-code-session-id", "user-agent", "x-app"):
            assert upstream.headers[name] == client.headers[name]
        assert upstream.headers["x-api-key"] == "claude-key"
        assert "test-key" not in str(upstream.headers), "the router's own key is for the router alone"


def forwarded(request: Received, router: Router) -> Answer:
    """Stands between client and router, to see what the client sent."""
    headers = {n: v for n, v in request.headers.items() if n not in {"host", "content-length", "connection"}}
    headers["accept-encoding"] = "identity"
    answer = httpx.post(f"{router.url}{request.target}", content=request.body, headers=headers)
    return reply(answer.status_code, answer.content, {"content-type": answer.headers["content-type"]})


@pytest.mark.trap(11)
def test_a_stream_that_breaks_is_healed_by_the_client_s_own_second_request(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    cut = chat.streamed(chat.delta(role="assistant", content="half an ans"), "FIN", done=False)
    chat_upstream.play([cut, chat.reply(text(ANSWER), usage(10, 5))])
    ran = person.claude("-p", "say it", url=router.url)
    assert (ran.code, ran.out.strip()) == (0, ANSWER)
    assert [bool(request.json.get("stream")) for request in chat_upstream.requests] == [True, False]


def test_an_upstream_s_refusal_is_shown_to_the_user_with_provider_and_model(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    # After a 400 the client tries again with fewer of its newer features: it is refused each time.
    chat_upstream.play(lambda request: chat.error(400, "not on a Friday"))
    ran = person.claude("-p", "say hi", url=router.url)
    assert ran.code == 1
    assert "not on a Friday" in ran.out
    assert "chat,m" in ran.out


def test_usage_reaches_the_client(person: Person, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("hi"), usage(1000, 7, cached=900))])
    figures = person.claude("-p", "say hi", "--output-format", "json", url=router.url).result["usage"]
    assert (figures["input_tokens"], figures["cache_read_input_tokens"], figures["output_tokens"]) == (100, 900, 7)


def test_without_config_and_keys_claude_is_answered_by_the_guide(person: Person) -> None:
    ran = person.ccr("code", "-p", "say hi")
    assert ran.code == 0, ran.err
    assert "API_KEY" in ran.out, "it says which key to set"
    assert "ccr config init" in ran.out


def test_ccr_code_starts_the_router_and_stops_it_at_the_end(person: Person) -> None:
    assert person.ccr("code", "-p", "say hi").code == 0
    assert person.ccr("status").code != 0


def test_a_picture_that_claude_reads_reaches_an_openai_upstream_as_a_picture(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    (person.work / "dot.png").write_bytes(DOT)
    read = tool("Read", {"file_path": str(person.work / "dot.png")})
    chat_upstream.play([chat.stream(read, usage(1, 1)), chat.stream(text("a dot"), usage(1, 1))])
    ran = person.claude("-p", "what is it", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "a dot\n")
    content = [m["content"] for m in chat_upstream.requests[1].json["messages"] if m["role"] == "user"]
    pictures = [part for parts in content if isinstance(parts, list) for part in parts if part["type"] == "image_url"]
    assert len(pictures) == 1
    assert pictures[0]["image_url"]["url"].startswith("data:image/")


DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)

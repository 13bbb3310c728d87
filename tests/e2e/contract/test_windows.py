"""Conversations that outgrow a model's window, and the figures by which the client knows."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import Part, text, tool, usage
from tests.support.running import Ran, Router
from tests.support.upstream import Answer, Received, Upstream

WINDOW = 131_072
ROUTES = {"default": "chat,m", "compaction": "chat,sums", "background": "chat,cheap"}
UNATTENDED = ("--dangerously-skip-permissions", "--output-format", "stream-json", "--verbose")


def overflow(had: int, limit: int = WINDOW) -> Answer:
    """In OpenAI's words."""
    words = f"maximum context length is {limit} tokens. However, your messages resulted in {had} tokens."
    return chat.error(400, f"This model's {words} Please reduce the length of the messages.", "context_length_exceeded")


def conversation(*figures: int | Answer) -> Callable[[Received], Answer]:
    """A model that goes on calling until its figures are used up, each the tokens of a prompt. What sums up the
    conversation is asked by another name; a refusal stands until it has."""
    left = list(figures)

    def answer(request: Received) -> Answer:
        if request.json["model"] != "m":
            left.clear()
            return chat.stream(text("<summary>They count.</summary>"), usage(500, 9))
        match left[:1]:
            case [int(used)]:
                del left[0]
                return chat.stream(tool("Bash", {"command": f"echo {used}", "description": "Count"}), usage(used, 5))
            case [Answer() as refusal]:
                return refusal
            case _:
                return chat.stream(text("done"), usage(900, 5))

    return answer


def asked_of(upstream: Upstream, model: str) -> list[Received]:
    return [request for request in upstream.requests if request.json["model"] == model]


def shown(ran: Ran) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def compactions(ran: Ran) -> list[Mapping[str, Any]]:
    return [each["compact_metadata"] for each in shown(ran) if each.get("subtype") == "compact_boundary"]


def went_on(ran: Ran) -> bool:
    """The user sees an answer and nothing of what was between."""
    last = shown(ran)[-1]
    return ran.code == 0 and last["result"] == "done" and not last["is_error"] and "too long" not in ran.err


def local(upstream: Upstream, **more: object) -> dict[str, Any]:
    provider = {"name": "chat", "api_base_url": f"{upstream.url}/v1", "api_key": "k", "models": ["m"], **more}
    return {"Providers": [provider], "Router": ROUTES}


@pytest.mark.contract("10", "a conversation that overflows a model of 128k, in OpenAI's words")
def test_the_client_compacts_and_goes_on_without_the_user_noticing(
    client: Client, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    chat_upstream.play(conversation(20_000, 50_000, 80_000, 110_000, 130_000, overflow(140_000)))
    ran = client.claude("-p", "count", *UNATTENDED, url=start_router({"Router": ROUTES}).url)
    assert went_on(ran), ran.out
    assert [each["trigger"] for each in compactions(ran)] == ["auto"]
    assert len(asked_of(chat_upstream, "sums")) == 1
    *_, refused, after = asked_of(chat_upstream, "m")
    assert len(after.json["messages"]) < len(refused.json["messages"])


def launched(client: Client, upstream: Upstream, window: int, *arguments: str, **variables: str) -> Ran:
    """By `ccr code`, with a window that the configuration tells."""
    folder = client.home / ".claude-code-router"
    folder.mkdir(parents=True, exist_ok=True)
    config = local(upstream, limits={"m": window, "sums": 1_000_000})
    (folder / "config.json").write_text(json.dumps({**config, "PORT": client.port}))
    words = ("code", "-p", "count", *UNATTENDED, *arguments)
    return client.ccr(*words, seconds=60, CLAUDE_CODE_MAX_RETRIES="1", **variables)


def used_before_compaction(upstream: Upstream, figures: Iterable[int]) -> int:
    """What the last answer before the summary had reported."""
    models = [request.json["model"] for request in upstream.requests if request.json["model"] in ("m", "sums")]
    return list(figures)[models.index("sums") - 1]


NEAR = (60_000, 97_000, 99_000)


@pytest.mark.contract("10", "a conversation that comes near to the end of 128k, started by `ccr code`")
def test_the_client_compacts_33_000_tokens_before_the_end_and_no_request_fails(
    client: Client, chat_upstream: Upstream
) -> None:
    chat_upstream.play(conversation(*NEAR))
    ran = launched(client, chat_upstream, WINDOW)
    assert went_on(ran), ran.out + ran.err
    assert used_before_compaction(chat_upstream, NEAR) == 99_000
    assert len(compactions(ran)) == 1


@pytest.mark.contract("10", "a model of 64k, started by `ccr code`")
def test_the_client_compacts_at_seven_tenths_of_a_window_smaller_than_it_can_be_told(
    client: Client, chat_upstream: Upstream
) -> None:
    figures = (30_000, 45_000, 46_000)
    chat_upstream.play(conversation(*figures))
    ran = launched(client, chat_upstream, 65_536)
    assert went_on(ran), ran.out + ran.err
    assert used_before_compaction(chat_upstream, figures) == 46_000
    assert "CLAUDE_CODE_AUTO_COMPACT_WINDOW" not in ran.err


@pytest.mark.contract("10", "a window that the user sets in the environment")
def test_the_client_goes_by_what_the_user_says(client: Client, chat_upstream: Upstream) -> None:
    chat_upstream.play(conversation(*NEAR))
    ran = launched(client, chat_upstream, WINDOW, CLAUDE_CODE_AUTO_COMPACT_WINDOW="200000")
    assert went_on(ran), ran.out + ran.err
    assert compactions(ran) == []


@pytest.mark.contract("10", "a model's name that the client does not know, started by `ccr code`")
def test_the_client_assumes_no_window_and_compacts_by_the_one_that_it_is_told(
    client: Client, chat_upstream: Upstream
) -> None:
    chat_upstream.play(conversation(*NEAR))
    ran = launched(client, chat_upstream, WINDOW, "--model", "gpt-x")
    assert went_on(ran), ran.out + ran.err
    assert used_before_compaction(chat_upstream, NEAR) == 99_000
    assert "assumes a context window" not in ran.err


@pytest.mark.contract("10", "a prompt that a local server would cut without a word")
def test_the_client_compacts_before_the_server_is_asked(
    client: Client, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    much = {"command": "seq 1 7000 | head -c 29000", "description": "Count"}  # some 14,000 tokens
    left = [chat.stream(tool("Bash", much)) for _ in range(3)]

    def answer(request: Received) -> Answer:
        if request.json["model"] != "m":
            left.clear()
        return left.pop() if left else chat.stream(text("done"))

    chat_upstream.play(answer)
    router = start_router(local(chat_upstream, limits={"m": 48_000, "*": 1_000_000}))
    ran = client.claude("-p", "count", *UNATTENDED, url=router.url)
    assert went_on(ran), ran.out
    assert len(compactions(ran)) == 1


@pytest.mark.contract("10", "a model whose longest answer is shorter than what the client asks for")
def test_the_client_gets_its_answer_and_asks_nothing_twice(
    client: Client, start_router: StartRouter, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.stream(text("hi"), usage(10, 2))])
    provider = {
        "name": "claude",
        "api_base_url": f"{messages_upstream.url}/v1/messages",
        "api_key": "k",
        "models": ["haiku"],
        "limits": {"haiku": {"context": 200_000, "output": 20_000}},
    }
    router = start_router({"Providers": [provider], "Router": {"default": "claude,haiku"}})
    ran = client.claude("-p", "hi", url=router.url)
    assert (ran.code, ran.out) == (0, "hi\n")
    assert [request.json["max_tokens"] for request in messages_upstream.requests] == [20_000]


def counted(ran: Ran) -> tuple[int, int, int]:
    """What the client took for input, output and cached."""
    (used,) = ran.result["modelUsage"].values()
    return used["inputTokens"], used["outputTokens"], used["cacheReadInputTokens"]


@pytest.mark.contract("7", "usage with a part that came out of a cache")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (usage(1000, 7), (1000, 7, 0)),
        (usage(1000, 7, cached=600), (400, 7, 600)),
        (usage(1000, 7, cached=1000), (1, 7, 999)),
    ],
    ids=["none", "a part", "all"],
)
def test_the_client_adds_up_what_the_provider_reports(
    client: Client, router: Router, chat_upstream: Upstream, told: Part, expected: tuple[int, int, int]
) -> None:
    chat_upstream.play([chat.stream(text("hi"), told)])
    ran = client.claude("-p", "hi", "--output-format", "json", url=router.url)
    assert counted(ran) == expected


@pytest.mark.contract("7", "a provider that reports no usage")
def test_the_client_goes_by_an_estimate(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("four words are these"))])
    ran = client.claude("-p", "hi", "--output-format", "json", url=router.url)
    given, gotten, _ = counted(ran)
    assert 8_000 < given < 30_000, "its own prompt"
    assert gotten == 5


@pytest.mark.contract("7", "a file that is too large for one look: the client asks how many tokens it has")
def test_the_client_shows_the_model_no_more_than_it_allows(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    large = client.work / "large.txt"
    large.write_text("".join(f"line {number} of many words that nobody needs\n" for number in range(3_500)))
    chat_upstream.play(
        [chat.stream(tool("Read", {"file_path": str(large)}), usage(10, 2)), chat.stream(text("done"), usage(10, 2))]
    )
    ran = client.claude("-p", "read it", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    (result,) = [each for each in chat_upstream.requests[-1].json["messages"] if each["role"] == "tool"]
    assert "line 1000 of" in str(result["content"])
    assert "line 3000 of" not in str(result["content"])

"""Answers that break off, and go on elsewhere: what claude and the official SDKs make of them."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat, messages
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import KEY, Person, Router
from tests.support.sse import frames, heard
from tests.support.upstream import FIN, HANG, RST, Answer, Break, Received, Upstream, Wait, raw

WORDS = (
    "Three things are to be done. First the list is read, line by line; then each line is split at its comma, and the "
    "pieces are counted.\n\n    for line in lines:\n        pieces = line.split(',')\n\nLast of all the sum is written down."
)
HI: Any = [{"role": "user", "content": "hi"}]
GOES_ON = {"recovery": "continue", "retries": 0, "fallback": {"chat,m": "claude,opus", "claude,opus": "chat,m"}}


@pytest.fixture
def router(start_router: StartRouter) -> Iterator[Router]:
    router = start_router(GOES_ON)
    yield router
    assert "Traceback" not in router.said, router.said


def broken(answer: Answer, share: float, how: Break = FIN) -> Answer:
    """So much of it, and half of a piece."""
    size = int(len(answer.steps) * share)
    half = answer.steps[size]
    assert isinstance(half, bytes)
    return raw(*answer.steps[:size], half[: len(half) // 2], how)


def goes_on(stream: Callable[..., Answer], *others: Part, repeats: bool = True) -> Callable[[Received], Answer]:
    """Somebody who does as asked; or who repeats nothing."""

    def answer(request: Received) -> Answer:
        *_, so_far, wish = request.json["messages"]
        said, wish = spoken(so_far), spoken(wish)
        found = re.search(r"<last_words>(.*)</last_words>", wish, re.DOTALL)
        assert found, wish
        assert WORDS.startswith(said)
        return stream(
            text((found[1] if repeats else "") + WORDS[len(said.rstrip() if repeats else said) :]),
            *others,
            usage(50, 20),
        )

    return answer


def spoken(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@pytest.mark.parametrize("how", [FIN, RST])
def test_claude_prints_the_whole_text_and_no_word_twice(
    person: Person, router: Router, chat_upstream: Upstream, messages_upstream: Upstream, how: Break
) -> None:
    chat_upstream.play([broken(chat.stream(thinking("hm"), text(WORDS), usage(10, 99)), 0.5, how)])
    messages_upstream.play(goes_on(messages.stream))
    ran = person.claude("-p", "what is to be done?", "--model", "chat,m", url=router.url)
    assert (ran.code, ran.out) == (0, f"{WORDS}\n"), ran.err
    assert len(chat_upstream.requests) == len(messages_upstream.requests) == 1


def test_claude_runs_a_call_once_that_broke_off_in_its_middle(
    person: Person, router: Router, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    command = "echo once >> note.txt; echo and that is the end of a rather long line"
    call = tool("Bash", {"command": command, "description": "Writes a note"})
    done = chat.stream(text("It is written."), usage(9, 9))
    chat_upstream.play([broken(chat.stream(text(WORDS), call, usage(10, 99)), 0.85), done])
    messages_upstream.play(goes_on(messages.stream, call))
    ran = person.claude("-p", "write it", "--dangerously-skip-permissions", "--model", "chat,m", url=router.url)
    assert (ran.code, ran.out) == (0, "It is written.\n"), ran.err
    assert (person.work / "note.txt").read_text() == "once\n"
    assert len(messages_upstream.requests) == 1


def test_claude_goes_on_from_the_calls_that_are_whole(
    person: Person, router: Router, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    first, second = (
        tool("Bash", {"command": f"echo {word} >> note.txt", "description": "Writes"}) for word in ("one", "two")
    )
    done = messages.stream(text("Both are written."), usage(9, 9))
    messages_upstream.play([broken(messages.stream(first, second, usage(10, 99)), 0.6), messages.stream(second), done])
    ran = person.claude("-p", "write it", "--dangerously-skip-permissions", "--model", "claude,opus", url=router.url)
    assert (ran.code, ran.out) == (0, "Both are written.\n"), ran.err
    assert (person.work / "note.txt").read_text() == "one\ntwo\n"
    assert len(messages_upstream.requests) == 3
    assert not chat_upstream.requests


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("model", ["chat,m", "claude,opus"])
def test_the_anthropic_sdk_gathers_one_message(
    router: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str, repeats: bool
) -> None:
    answers: dict[str, tuple[Upstream, Callable[..., Answer]]] = {
        "chat,m": (chat_upstream, chat.stream),
        "claude,opus": (messages_upstream, messages.stream),
    }
    (first, breaks), (second, whole) = answers.pop(model), *answers.values()
    first.play([broken(breaks(text(WORDS), usage(10, 99)), 0.6)])
    second.play(goes_on(whole, tool("Bash", {"command": "ls"}), repeats=repeats))
    with (
        anthropic.Anthropic(base_url=router.url, api_key=KEY, max_retries=0) as client,
        client.messages.stream(model=model, max_tokens=900, messages=HI) as stream,
    ):
        message = stream.get_final_message()
    said, call = message.content
    assert (said.text, call.input, message.stop_reason) == (WORDS, {"command": "ls"}, "tool_use")  # type: ignore[union-attr]
    assert message.usage.output_tokens > 20


@pytest.mark.parametrize("model", ["chat,m", "claude,opus"])
def test_the_openai_sdk_gathers_one_completion(
    router: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str
) -> None:
    answers: dict[str, tuple[Upstream, Callable[..., Answer]]] = {
        "chat,m": (chat_upstream, chat.stream),
        "claude,opus": (messages_upstream, messages.stream),
    }
    (first, breaks), (second, whole) = answers.pop(model), *answers.values()
    first.play([broken(breaks(text(WORDS), usage(10, 99)), 0.6)])
    second.play(goes_on(whole))
    with (
        openai.OpenAI(base_url=f"{router.url}/v1", api_key=KEY, max_retries=0) as client,
        client.chat.completions.stream(model=model, messages=HI) as stream,
    ):
        whole_answer = stream.get_final_completion()
    assert (whole_answer.choices[0].message.content, whole_answer.choices[0].finish_reason) == (WORDS, "stop")


def test_the_openai_sdk_gathers_one_response(
    router: Router, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    chat_upstream.play([broken(chat.stream(text(WORDS), usage(10, 99)), 0.6)])
    messages_upstream.play(goes_on(messages.stream, tool("Bash", {"command": "ls"})))
    with (
        openai.OpenAI(base_url=f"{router.url}/v1", api_key=KEY, max_retries=0) as client,
        client.responses.stream(model="chat,m", input="hi") as stream,
    ):
        assert [event.type for event in stream].count("response.created") == 1
        whole = stream.get_final_response()
    assert whole.output_text == WORDS
    assert [item.type for item in whole.output] == ["message", "function_call"]


def test_the_same_provider_may_go_on_and_after_silence_another(
    start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    router = start_router({**GOES_ON, "retries": 1, "timeouts": {"idle": 0.3, "head": 0.1}})
    script: list[Callable[[Received], Answer]] = [
        lambda request: raw(Wait(0.3), *broken(chat.stream(text(WORDS)), 0.3).steps),
        lambda request: broken(goes_on(chat.stream)(request), 0.6, HANG),
    ]
    asked = iter(script)
    chat_upstream.play(lambda request: next(asked)(request))
    messages_upstream.play(goes_on(messages.stream))
    body = {"model": "chat,m", "max_tokens": 900, "stream": True, "messages": HI}
    written = router.messages(body).content
    assert heard(written).text == WORDS
    assert [name for name, _ in frames(written)].count("message_start") == 1
    assert router.is_up()
    log = router.home / ".claude-code-router" / "logs" / "ccr.log"
    (said,) = [each for each in map(json.loads, log.read_text().splitlines()) if each["event"] == "request"]
    assert [(tried["target"], tried.get("kind"), tried.get("broke")) for tried in said["attempts"]] == [
        ("chat,m", "cut", True),
        ("chat,m", "timeout", True),
        ("claude,opus", None, None),
    ]

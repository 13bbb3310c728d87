"""A stream that begins before its content is here, as the official SDKs take it; and who waits and goes away."""

import signal

import anthropic
import openai
import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat, messages, responses
from tests.support.parts import text, thinking, usage
from tests.support.running import KEY, Router
from tests.support.sse import frames, heard
from tests.support.upstream import Answer, Gate, Upstream, Wait, raw, reply

ANSWER = (text("here it is"), usage(1000, 7, cached=400))
HI = [{"role": "user", "content": "hi"}]


def late(answer: Answer) -> Answer:
    return raw(Wait(0.5), *answer.steps)


@pytest.mark.parametrize("model", ["chat,m", "claude,opus"])
def test_the_anthropic_sdk_gathers_the_same_message(
    hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str
) -> None:
    chat_upstream.play([late(chat.stream(thinking("hm"), *ANSWER))])
    messages_upstream.play([late(messages.stream(thinking("hm"), *ANSWER))])
    with (
        anthropic.Anthropic(base_url=hasty.url, api_key=KEY, max_retries=0) as client,
        client.messages.stream(model=model, max_tokens=9, messages=[{"role": "user", "content": "hi"}]) as stream,
    ):
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (message.content[1].text, message.stop_reason) == ("here it is", "end_turn")  # type: ignore[union-attr]
    used = message.usage
    assert (used.input_tokens, used.cache_read_input_tokens, used.output_tokens) == (600, 400, 7)


@pytest.mark.parametrize("model", ["chat,m", "claude,opus"])
def test_the_openai_sdk_reads_chat_completions(
    hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str
) -> None:
    chat_upstream.play([late(chat.stream(*ANSWER))])
    messages_upstream.play([late(messages.stream(*ANSWER))])
    with (
        openai.OpenAI(base_url=f"{hasty.url}/v1", api_key=KEY, max_retries=0) as client,
        client.chat.completions.stream(model=model, messages=[{"role": "user", "content": "hi"}]) as stream,
    ):
        whole = stream.get_final_completion()
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("here it is", "stop")


@pytest.mark.parametrize("model", ["chat,m", "claude,opus", "oai,m"])
def test_the_openai_sdk_reads_responses(
    hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str
) -> None:
    chat_upstream.play([late((responses if model == "oai,m" else chat).stream(*ANSWER))])
    messages_upstream.play([late(messages.stream(*ANSWER))])
    with (
        openai.OpenAI(base_url=f"{hasty.url}/v1", api_key=KEY, max_retries=0) as client,
        client.responses.stream(model=model, input="hi") as stream,
    ):
        assert [event.type for event in stream].count("response.created") == 1
        whole = stream.get_final_response()
    assert whole.output_text == "here it is"
    assert whole.usage
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (1000, 7)


def test_the_openai_sdk_reads_a_failure_of_responses(hasty: Router, chat_upstream: Upstream) -> None:
    """Its stream() takes an error before response.created for a fault of its own."""
    chat_upstream.play([late(reply(400, {"error": {"message": "no such thing"}})) for _ in range(2)])
    with openai.OpenAI(base_url=f"{hasty.url}/v1", api_key=KEY, max_retries=0) as client:
        with client.responses.stream(model="chat,m", input="hi") as stream:
            gathered = [event.type for event in stream]
        events = list(client.responses.create(model="chat,m", input="hi", stream=True))
    assert gathered == [event.type for event in events]
    assert gathered == ["response.created", "response.in_progress", "error", "response.failed"]
    assert "no such thing" in events[-2].message  # type: ignore[union-attr]


def test_a_client_that_leaves_while_it_waits_lets_the_provider_go(hasty: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([raw(Gate())])
    body = {"model": "chat,m", "max_tokens": 9, "stream": True, "messages": HI}
    with hasty.client as client, client.stream("POST", "/v1/messages", json=body) as answer:
        assert frames(next(answer.iter_raw()))[0][0] == "message_start"
        assert "x-ccr-model" not in answer.headers
    assert chat_upstream.requests[0].gone.wait(5)


def test_a_router_that_stops_lets_those_who_wait_have_their_answer(
    start_router: StartRouter, chat_upstream: Upstream
) -> None:
    router, gate = start_router({"timeouts": {"head": 0.1}}), Gate()
    chat_upstream.play([raw(gate, *chat.stream(*ANSWER).steps)])
    body = {"model": "chat,m", "max_tokens": 9, "stream": True, "messages": HI}
    with router.client as client, client.stream("POST", "/v1/messages", json=body) as answer:
        arriving = answer.iter_raw()
        got = next(arriving)
        router.process.send_signal(signal.SIGTERM)
        gate.open()
        got += b"".join(arriving)
    assert heard(got).text == "here it is"
    assert router.process.wait(5) == 0

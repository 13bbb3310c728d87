"""The router in front of OpenAI's Responses API, as strict as the real one."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.e2e.conftest import StartRouter
from tests.support import responses
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import KEY, Person, Router
from tests.support.strict.responses import fault
from tests.support.upstream import Answer, Received, Upstream, reply

MODEL = "gpt-5.5"
CALL = tool("Bash", {"command": "echo one", "description": "Say"})
SEARCH = tool("WebSearch", {"query": "where do red pandas live"}, "call_search")


@pytest.fixture
def host() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def router(start_router: StartRouter, host: Upstream) -> Router:
    provider = {"name": "oai", "api_base_url": f"{host.url}/v1/responses", "api_key": "oai-key", "models": [MODEL]}
    return start_router({"Providers": [{**provider, "dialect": "responses"}], "Router": {"default": f"oai,{MODEL}"}})


def said(person: Person, router: Router) -> str:
    ran = person.claude("-p", "do it", "--dangerously-skip-permissions", url=router.url)
    assert ran.code == 0, f"{ran.out}\n{ran.err}"
    return ran.out.strip()


def strict(*answers: Answer) -> Any:
    """Says its answers in turn, unless a request breaks the rules."""
    left = list(answers)

    def answer(request: Received) -> Answer:
        refused = fault(request.path, request.json)
        return reply(*refused) if refused else left.pop(0)

    return answer


@pytest.mark.trap(62)
def test_claude_goes_on_without_the_thoughts_that_the_host_refuses(
    person: Person, router: Router, host: Upstream
) -> None:
    def answer(request: Received) -> Answer:
        if len(host.requests) == 1:
            return responses.stream(thinking("hm"), CALL, usage(10, 3), model=MODEL)
        if '"encrypted_content":' in request.body.decode():
            message = "The encrypted content gAAA...DQ== could not be verified."
            return responses.error(400, message, "invalid_encrypted_content")
        return responses.stream(text("It is done."), usage(10, 3), model=MODEL)

    host.play(answer)
    assert said(person, router) == "It is done."
    assert [item["type"] for item in host.requests[-1].json["input"][-2:]] == ["function_call", "function_call_output"]


def test_claude_searches_with_the_hosts_own_search(person: Person, router: Router, host: Upstream) -> None:
    found = responses.search("red pandas", "https://zoo.test/pandas")
    link = {
        "type": "url_citation",
        "url": "https://zoo.test/pandas",
        "title": "Pandas",
        "start_index": 0,
        "end_index": 1,
    }
    words = {"type": "output_text", "text": "In the Himalayas.", "annotations": [link]}
    host.play(
        strict(
            responses.stream(SEARCH, usage(1, 1), model=MODEL),
            responses.streamed(*responses.events(found, responses.message("", content=[words]), model=MODEL)),
            responses.stream(text("In Asia."), usage(1, 1), model=MODEL),
        )
    )
    assert said(person, router) == "In Asia."
    assert host.requests[1].json["tools"] == [{"type": "web_search"}]
    result = json.dumps(host.requests[2].json["input"][-1])
    assert "https://zoo.test/pandas" in result
    assert "In the Himalayas." in result


@pytest.mark.trap(83)
def test_an_answer_ends_at_a_stop_sequence_that_the_host_knows_nothing_of(router: Router, host: Upstream) -> None:
    answers = (text("<block>yes</block> and so on"), usage(10, 9))
    host.play(strict(responses.stream(*answers, model=MODEL), responses.reply(*answers, model=MODEL)))
    asked: dict[str, Any] = {
        "model": "claude-opus-5-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "May I?"}],
        "stop_sequences": ["</block>"],
    }
    with anthropic.Anthropic(base_url=router.url, api_key=KEY, max_retries=0) as client:
        with client.messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
        created = client.messages.create(**asked)
    for message in (streamed, created):
        assert [block.to_dict() for block in message.content] == [{"type": "text", "text": "<block>yes"}]
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "</block>")

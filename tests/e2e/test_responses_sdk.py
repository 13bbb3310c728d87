"""The official OpenAI SDK as a client of Responses, in front of every kind of upstream that the tests script."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

from tests.support import chat, gemini, messages, responses
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import KEY, Router, running_router
from tests.support.sides import Side, streams
from tests.support.upstream import Upstream

BASH: Any = {
    "type": "function",
    "name": "Bash",
    "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    "strict": False,
}
PATCH: Any = {"type": "custom", "name": "apply_patch", "description": "Changes files."}


class City(BaseModel):
    name: str


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, Upstream]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(Upstream()) for name in ("chat", "claude", "gemini", "oai", "quirky")}


@pytest.fixture(scope="module")
def _router(hosts: dict[str, Upstream], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """`oai` gets the client's bytes; `quirky` speaks the same, but what it is told is adjusted first."""
    addresses = {
        "chat": "/v1/chat/completions",
        "claude": "/v1/messages",
        "gemini": "/v1beta/models/",
        "oai": "/v1/responses",
        "quirky": "/v1/responses",
    }
    more: dict[str, dict[str, Any]] = {
        "claude": {"transformer": {"use": ["Anthropic"]}},
        "gemini": {"transformer": {"use": ["gemini"]}},
        "quirky": {"transformer": {"use": [["maxtoken", {"max_tokens": 123}]]}},
    }
    providers: list[dict[str, Any]] = [
        {
            "name": name,
            "api_base_url": host.url + addresses[name],
            "api_key": "k",
            "models": ["m"],
            **more.get(name, {}),
        }
        for name, host in hosts.items()
    ]
    dead = {"name": "dead", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "dead-key", "models": ["m"]}
    config = {"Providers": [*providers, dead], "Router": {"default": "chat,m"}}
    with running_router(config, tmp_path_factory.mktemp("router")) as router:
        yield router


@pytest.fixture
def chat_upstream(hosts: dict[str, Upstream]) -> Upstream:
    return hosts["chat"]


@pytest.fixture
def messages_upstream(hosts: dict[str, Upstream]) -> Upstream:
    return hosts["claude"]


@pytest.fixture(params=["chat", "claude", "gemini", "oai", "quirky"])
def side(request: pytest.FixtureRequest, hosts: dict[str, Upstream]) -> Side:
    speak: dict[str, Any] = {"chat": chat, "claude": messages, "gemini": gemini}
    said = speak.get(request.param, responses)
    return Side(f"{request.param},m", "k", hosts[request.param], said.stream, said.reply, "")


@pytest.fixture
def client(router: Router) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


def ask(client: openai.OpenAI, model: str, *, streaming: bool, **more: Any) -> Response:
    fields: dict[str, Any] = {"model": model, "input": "hi", "store": False, **more}
    if not streaming:
        whole: Response = client.responses.create(**fields)
        return whole
    with client.responses.stream(**fields) as stream:
        numbers = [event.sequence_number for event in stream]
        assert numbers == list(range(len(numbers)))
        return stream.get_final_response()


def sent_back(answer: Response) -> list[Any]:
    """The output as a client sends it again."""
    return [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]


@streams
def test_text_and_usage(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    side.script(text("Hello, you there."), usage(100, 7, cached=60), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming)
    assert answer.output_text == "Hello, you there."
    assert answer.status == "completed"
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (100, 7, 107)
    assert answer.usage.input_tokens_details.cached_tokens == 60


@pytest.mark.trap(39)
@streams
def test_thoughts_parallel_tools_and_their_results(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    calls = tool("Bash", {"command": "ls"}), tool("Bash", {"command": "pwd"})
    side.script(thinking("let me see"), text("Two calls."), *calls, usage(10, 5), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming, tools=[BASH])
    # Gemini's signature stands before its first call, in a thought without words.
    told = [item for item in sent_back(answer) if item["type"] != "reasoning" or item["summary"]]
    assert [item["type"] for item in told] == ["reasoning", "message", "function_call", "function_call"]
    reasoning, _, *asked = told
    assert reasoning["summary"][0]["text"] == "let me see"
    assert reasoning["encrypted_content"]
    assert [json.loads(call["arguments"]) for call in asked] == [{"command": "ls"}, {"command": "pwd"}]

    side.script(text("Done."), usage(20, 2), streaming=streaming)
    results = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": f"out {place}"}
        for place, call in enumerate(asked)
    ]
    history = [{"role": "user", "content": "hi"}, *sent_back(answer), *results]
    assert ask(client, side.model, streaming=streaming, tools=[BASH], input=history).output_text == "Done."
    body = side.upstream.only.body
    for call in asked:
        id = call["call_id"].removeprefix("gemini_")  # with which the router shows whose it is
        assert body.count(f'"{id}"'.encode()) == 2
    back = gemini.ANY_MODEL if side.model == "gemini,m" else "let me see"
    assert back.encode() in body, "the thought did not come back to who had it"


@pytest.mark.parametrize("side", ["chat", "claude", "gemini", "quirky"], indirect=True)
@streams
def test_a_tool_that_takes_free_text(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    side.script(tool("apply_patch", {"input": "*** Begin\n+ä"}), usage(10, 5), streaming=streaming)
    *thoughts, call = sent_back(ask(client, side.model, streaming=streaming, tools=[PATCH]))
    assert (call["type"], call["name"], call["input"]) == ("custom_tool_call", "apply_patch", "*** Begin\n+ä")

    side.script(text("ok"), usage(1, 1), streaming=streaming)
    result = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "patched"}
    history = [{"role": "user", "content": "x"}, *thoughts, call, result]
    ask(client, side.model, streaming=streaming, tools=[PATCH], input=history)
    assert b"patched" in side.upstream.only.body


@pytest.mark.trap(90)
def test_an_image_in_a_tools_output_reaches_the_model(client: openai.OpenAI, side: Side) -> None:
    side.script(text("A cat."), usage(1, 1), streaming=False)
    shot = {"type": "input_image", "image_url": "data:image/png;base64,aGk="}
    history = [
        {"role": "user", "content": "look"},
        {"type": "function_call", "call_id": "c1", "name": "Bash", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "here"}, shot]},
    ]
    ask(client, side.model, streaming=False, input=history, tools=[BASH])
    body = side.upstream.only.body
    assert body.count(b"aGk=") == 1
    assert b'"image' in body


def test_a_structured_answer(client: openai.OpenAI, side: Side) -> None:
    side.script(text('{"name": "Rome"}'), usage(1, 1), streaming=False)
    answer = client.responses.parse(model=side.model, input="Which city?", text_format=City)
    assert answer.output_parsed == City(name="Rome")
    assert b"additionalProperties" in side.upstream.only.body, "the schema is not there"


@streams
def test_an_answer_that_is_cut_by_the_limit_is_incomplete(
    client: openai.OpenAI, messages_upstream: Upstream, streaming: bool
) -> None:
    scripted = messages.stream if streaming else messages.reply
    messages_upstream.play([scripted(text("half"), usage(1, 1), stop="max_tokens")])
    if streaming:
        events: Any = client.responses.create(model="claude,m", input="hi", stream=True)
        answer = list(events)[-1].response
    else:
        answer = ask(client, "claude,m", streaming=False)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert answer.output_text == "half"


def test_instructions_and_limits_reach_an_anthropic_upstream(
    client: openai.OpenAI, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.reply(text("ok"), usage(1, 1))])
    said = [{"role": "developer", "content": "Say it in Latin."}, {"role": "user", "content": "hi"}]
    ask(client, "claude,m", streaming=False, instructions="Be brief.", input=said, max_output_tokens=55)
    body = messages_upstream.only.json
    assert [block["text"] for block in body["system"]] == ["Be brief.", "Say it in Latin."]
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert body["max_tokens"] == 55


def test_between_the_same_dialect_bytes_pass_but_for_what_this_router_signed(
    router: Router, hosts: dict[str, Upstream]
) -> None:
    theirs = '{ "type":"reasoning","summary":[],"encrypted_content":"gAAA" }'
    ours = '{"type":"reasoning","summary":[],"encrypted_content":"ccr1.signed.EqQB"},'
    hi = '{"role":"user", "content":"hi\\u00e4"}'
    body = '{"input":[%s%s, %s], "model": "%s", "future": 1.0}'
    answer = responses.reply(text("ok"))
    hosts["oai"].play([answer])
    got = router.post("/v1/responses", (body % (ours, hi, theirs, "oai,m")).encode())
    whole = answer.steps[0]
    assert isinstance(whole, bytes)
    assert whole.endswith(got.content)
    sent = hosts["oai"].only.body.decode()
    assert sent == (body % ("", hi, theirs, "m")).replace(", " + theirs, "," + theirs)


def test_what_lives_on_openais_servers_is_refused_with_the_remedy(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="send all items in `input`"):
        ask(client, "chat,m", streaming=False, previous_response_id="resp_1")


@streams
def test_an_unknown_provider_is_answered_with_the_known_ones(client: openai.OpenAI, streaming: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "nobody,m", streaming=streaming)
    for name in ("nobody", "chat", "claude", "dead"):
        assert name in caught.value.message


def test_a_wrong_key(router: Router) -> None:
    with (
        openai.OpenAI(base_url=f"{router.url}/v1", api_key="wrong-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        ask(client, "chat,m", streaming=False)


@pytest.mark.trap(8)
def test_a_stream_cut_short_fails_in_words(client: openai.OpenAI, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.streamed(chat.delta(role="assistant", content="half"), "FIN", done=False)])
    events: Any = client.responses.create(model="chat,m", input="hi", stream=True)
    *_, error, last = list(events)
    assert (error.type, last.type, last.response.status) == ("error", "response.failed", "failed")
    assert last.response.error.message.startswith("provider chat")


def test_tokens_can_be_counted_before(client: openai.OpenAI) -> None:
    counted = client.responses.input_tokens.count(model="chat,m", input="Hello, you there.")
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens > 3

"""LiteLLM, as the image has it, as an upstream of the router in each dialect that it speaks, and as a client of the router.

The router is this checkout's, on this machine; LiteLLM and the real claude are in one container. Whom LiteLLM asks are
upstreams as strict as the vendors they stand for.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.image.conftest import Image
from tests.support import chat, gemini, messages, responses
from tests.support.containers import Engine, Outside, address_from_inside
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import KEY, Router, free_port, running_router
from tests.support.sides import streams
from tests.support.strict import chat as strict_chat
from tests.support.strict import gemini as strict_gemini
from tests.support.strict import messages as strict_messages
from tests.support.strict import responses as strict_responses
from tests.support.upstream import Answer, Received, reply

Json = dict[str, Any]
Fault = tuple[int, Json]

SIGNED = "Y2xhdWRlLXNpZ25lZA=="  # the one signature that the Anthropic here knows
LITELLM_KEY = "sk-litellm"
SERVE = (
    'cd /tmp && printf %s "$CONFIG" >litellm.yaml && exec /opt/litellm/bin/litellm --config litellm.yaml --port 4000'
)
QUIET = (
    "LITELLM_LOCAL_MODEL_COST_MAP=True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS=True",
    "LITELLM_LOG=ERROR",
    "LITELLM_USE_CHAT_COMPLETIONS_URL_FOR_ANTHROPIC_MESSAGES=true",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
    "DISABLE_TELEMETRY=1",
)
BASH = {
    "name": "Bash",
    "description": "Runs a command.",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}

HI = [{"role": "user", "content": "hi"}]
FUNCTION = {"name": "Bash", "description": "Runs a command.", "parameters": BASH["input_schema"]}
TOO_LONG_FOR_DEEPSEEK = (
    "This model's maximum context length is 65536 tokens. However, you requested 70010 tokens (70000 in the messages, "
    "10 in the completion). Please reduce the length of the messages or completion."
)
LIMITED = messages.error(429, "rate_limit_error", "Too many requests", {"retry-after": "7"})
TOO_LONG = messages.error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
WAYS = {"chat": "openai", "messages": "anthropic", "responses": "responses"}


@dataclass
class Vendor:
    """An upstream that says its turns, unless a request breaks the vendor's rules."""

    model: str
    speak: Callable[..., Answer]
    whole: Callable[..., Answer]
    check: Callable[[Received], Fault | None]
    upstream: Outside
    faults: list[Fault] = field(default_factory=list)

    def play(self, *turns: tuple[Part, ...] | Answer) -> None:
        left = iter(turns)
        self.faults.clear()

        def answer(request: Received) -> Answer:
            if fault := self.check(request):
                self.faults.append(fault)
                return reply(*fault)
            turn = next(left)
            if isinstance(turn, Answer):
                return turn
            streaming = "stream" in request.path or request.json.get("stream")
            return (self.speak if streaming else self.whole)(*turn, model=self.model)

        self.upstream.play(answer)


def of_google(request: Received) -> Fault | None:
    """Who thought what must come back as it was issued; in all else LiteLLM's own spelling and order are its business."""
    model = request.path.rpartition("/models/")[2].partition(":")[0]
    try:
        strict_gemini.signatures(model, spelt(request.json["contents"]))
    except strict_gemini.Wrong as wrong:
        return 400, {"error": {"code": 400, "message": str(wrong), "status": "INVALID_ARGUMENT"}}
    return None


def spelt(value: Any) -> Any:
    names = {"function_call": "functionCall", "function_response": "functionResponse", "inline_data": "inlineData"}
    match value:
        case list():
            return [spelt(each) for each in value]
        case dict():
            return {names.get(name, name): spelt(each) for name, each in value.items()}
        case _:
            return value


def of_openai(request: Received) -> Fault | None:
    """OpenAI's rules, save that LiteLLM leaves out what has a default."""
    tools = [{**each, "strict": each.get("strict") or False} for each in request.json.get("tools", [])]
    return strict_responses.fault(request.path, {**request.json, "tools": tools})


def of_deepseek(request: Received) -> Fault | None:
    """DeepSeek's rules, save for a field that LiteLLM adds to messages. From Chat to Chat the router leaves it there."""
    own = [
        {name: value for name, value in each.items() if name != "thinking_blocks"} for each in request.json["messages"]
    ]
    return strict_chat.fault(request.path, {**request.json, "messages": own}, "deepseek")


def vendors(engine: Engine) -> dict[str, Vendor]:
    return {
        "claude": Vendor(
            "claude-opus-5-5",
            messages.stream,
            messages.reply,
            lambda request: strict_messages.fault(request.path, request.json, request.headers, {SIGNED}),
            Outside(engine),
        ),
        "gemini": Vendor("gemini-3-pro-preview", gemini.stream, gemini.reply, of_google, Outside(engine)),
        "deepseek": Vendor(
            "deepseek-reasoner",
            chat.stream,
            chat.reply,
            of_deepseek,
            Outside(engine),
        ),
        "gpt": Vendor("gpt-5.5", responses.stream, responses.reply, of_openai, Outside(engine)),
    }


@dataclass(frozen=True)
class Lab:
    """Everything that runs. The router's providers: LiteLLM once per dialect, and two vendors without it."""

    engine: Engine
    name: str  # of the container
    port: int
    router: Router
    router_outside: str  # its address from within the container
    vendors: dict[str, Vendor]

    def claude(self, url: str, key: str, model: str) -> str:
        """The real one, in the container."""
        variables = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": key, "CLAUDE_CODE_MAX_RETRIES": "1"}
        given = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        command = ("claude", "-p", "do it", "--dangerously-skip-permissions", "--model", model)
        return self.engine.run("exec", *given, self.name, *command, check=False).stdout.strip()

    def is_asked_in(self, dialect: str, seconds: float = 2) -> bool:
        """Whether the router's last request was in this one, by its log, which may be a moment behind."""
        log, until = self.router.home / ".claude-code-router" / "logs" / "ccr.log", time.monotonic() + seconds
        while True:
            lines = map(json.loads, log.read_text().splitlines())
            if [line["client"] for line in lines if line["event"] == "request"][-1:] == [dialect]:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.05)

    def litellm(self, path: str, body: Json) -> httpx.Response:
        headers = {"authorization": f"Bearer {LITELLM_KEY}"}
        return httpx.post(f"http://127.0.0.1:{self.port}{path}", json=body, headers=headers, timeout=30)


def providers(port: int, vendors: dict[str, Vendor]) -> list[Json]:
    own = {"api_key": LITELLM_KEY, "models": [vendor.model for vendor in vendors.values()]}
    lite = f"http://127.0.0.1:{port}"
    return [
        {"name": "litellm", "api_base_url": f"{lite}/v1", **own},
        {"name": "litellm-messages", "api_base_url": lite, "dialect": "anthropic", **own},
        {"name": "litellm-responses", "api_base_url": f"{lite}/v1", "dialect": "responses", **own},
        *(
            {
                "name": name,
                "api_base_url": f"{here(vendors[name].upstream)}{path}",
                "api_key": "k",
                "dialect": dialect,
                "models": [vendors[name].model],
            }
            for name, path, dialect in (("gemini", "/v1beta", "gemini"), ("deepseek", "/v1", "openai"))
        ),
    ]


def here(upstream: Outside) -> str:
    """Its address on this machine."""
    return f"http://{'127.0.0.1' if upstream.host == '0.0.0.0' else upstream.host}:{upstream.port}"


def models(vendors: dict[str, Vendor], router: str) -> Iterator[Json]:
    """LiteLLM's list: the vendors, and those of the router in each dialect that LiteLLM asks in."""
    ways = {"claude": ("anthropic", ""), "gemini": ("gemini", "/v1beta"), "deepseek": ("deepseek", "/v1")}
    for name, (prefix, path) in {**ways, "gpt": ("openai/responses", "/v1")}.items():
        vendor = vendors[name]
        yield entry(vendor.model, f"{prefix}/{vendor.model}", f"{vendor.upstream.url}{path}", "k")
    for name in ("gemini", "deepseek"):
        model = vendors[name].model
        yield entry(f"chat-{name}", f"openai/{name},{model}", f"{router}/v1", KEY)
        yield entry(f"messages-{name}", f"anthropic/{name},{model}", router, KEY)
        # Spelt otherwise: LiteLLM knows one mode for all entries of one model.
        found = entry(f"responses-{name}", f"openai/{name}/{model}", f"{router}/v1", KEY)
        yield {**found, "model_info": {"mode": "responses"}}


def entry(name: str, model: str, base: str, key: str) -> Json:
    return {"model_name": name, "litellm_params": {"model": model, "api_base": base, "api_key": key}}


@pytest.fixture(scope="module")
def lab(engine: Engine, image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    found, name, port = vendors(engine), f"ccr-test-{uuid.uuid4().hex[:8]}", free_port()
    with ExitStack() as stack:
        for vendor in found.values():
            stack.enter_context(vendor.upstream)
        config = {"HOST": "0.0.0.0", "Providers": providers(port, found), "Router": {"default": "litellm,gpt-5.5"}}
        router = stack.enter_context(running_router(config, tmp_path_factory.mktemp("router")))
        outside = f"http://{address_from_inside(engine)[1]}:{router.port}"
        stack.callback(engine.run, "rm", "--force", name, check=False)
        start = ("run", "--detach", "--name", name, "--publish", f"127.0.0.1:{port}:4000", "--user", "1000")
        variables = (*QUIET, "HOME=/tmp", f"CONFIG={json.dumps(settings(found, outside))}")
        given = [word for each in variables for word in ("--env", each)]
        engine.run(*start, *given, "--entrypoint", "bash", image("litellm"), "-c", SERVE)
        lab = Lab(engine, name, port, router, outside, found)
        wait_until_up(lab)
        yield lab
        assert "Traceback" not in router.said, router.said


def settings(vendors: dict[str, Vendor], router: str) -> Json:
    return {
        "model_list": list(models(vendors, router)),
        "litellm_settings": {"drop_params": True, "disable_anthropic_gemini_context_caching_transform": True},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        # Without it /v1/responses ends with "No module named 'nacl'", which the image does not have.
        "general_settings": {"master_key": LITELLM_KEY, "disable_responses_id_security": True},
    }


def wait_until_up(lab: Lab, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{lab.port}/health/liveliness", timeout=2).status_code == 200:
                return
        if time.monotonic() > until:
            said = lab.engine.run("logs", "--tail", "40", lab.name, check=False)
            raise AssertionError(f"LiteLLM is not up after {seconds} s\n{said.stdout}{said.stderr}")
        time.sleep(0.2)


def looped(word: str) -> list[tuple[Part, ...]]:
    """Three requests: a thought and a call, a thought and two calls, an answer."""

    def say(what: str) -> Part:
        return tool("Bash", {"command": f"echo {word}-$((1))-{what}", "description": "Say"})

    return [
        (thinking(f"{word}: first I look", SIGNED), text("Let me look."), say("one"), usage(100, 10)),
        (thinking(f"{word}: now both", SIGNED), say("two"), say("three"), usage(200, 20, cached=100)),
        (thinking(f"{word}: done", SIGNED), text(f"{word} is done."), usage(300, 30, cached=200)),
    ]


def conversed(vendor: Vendor, word: str) -> str:
    """The last request, in which the results of all calls are."""
    assert vendor.faults == []
    assert len(vendor.upstream.requests) == 3
    last = vendor.upstream.requests[-1].body.decode()
    for said in ("one", "two", "three"):
        assert f"{word}-1-{said}" in last
    return last


@dataclass(frozen=True)
class Said:
    """An answer in the words of Chat Completions."""

    thoughts: str
    text: str
    calls: tuple[str, ...]  # their arguments, without white space
    finish: str
    input: int
    cached: int
    output: int


def whole(answer: Json) -> Said:
    (choice,) = answer["choices"]
    message = choice["message"]
    calls = [call["function"]["arguments"] for call in message.get("tool_calls") or []]
    return said(message.get("reasoning_content"), message["content"], calls, choice["finish_reason"], answer["usage"])


def joined(stream: str) -> Said:
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: {")]
    chunks = [json.loads(line) for line in lines]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    deltas = [choice["delta"] for choice in choices]
    calls: dict[int, str] = {}
    for call in (call for delta in deltas for call in delta.get("tool_calls") or []):
        calls[call["index"]] = calls.get(call["index"], "") + (call["function"].get("arguments") or "")
    thoughts, words = ("".join(delta.get(name) or "" for delta in deltas) for name in ("reasoning_content", "content"))
    finish = next(choice["finish_reason"] for choice in choices if choice.get("finish_reason"))
    return said(thoughts, words, list(calls.values()), finish, chunks[-1]["usage"])


def said(thoughts: str | None, words: str | None, calls: list[str], finish: str, used: Json) -> Said:
    plain = tuple(json.dumps(json.loads(call), separators=(",", ":")) for call in calls)
    cached = used["prompt_tokens_details"]["cached_tokens"]
    figures = used["prompt_tokens"], cached, used["completion_tokens"]
    return Said(thoughts or "", words or "", plain, finish, *figures)


# LiteLLM as the upstream. Where it forgets thoughts, or cannot serve a vendor in a dialect, docs/litellm.md says so.


@pytest.mark.parametrize(
    ("provider", "name", "remembers"),
    [
        ("litellm", "claude", True),
        ("litellm", "gemini", True),
        ("litellm", "deepseek", True),
        ("litellm", "gpt", False),
        ("litellm-messages", "claude", True),
        ("litellm-messages", "gemini", True),
        ("litellm-responses", "claude", False),
        ("litellm-responses", "gpt", True),
    ],
)
def test_claude_runs_a_tool_conversation_with_thoughts_through_router_and_litellm(
    lab: Lab, provider: str, name: str, remembers: bool
) -> None:
    vendor = lab.vendors[name]
    vendor.play(*looped(name))
    assert lab.claude(lab.router_outside, KEY, f"{provider},{vendor.model}") == f"{name} is done."
    assert (f"{name}: first I look" in conversed(vendor, name)) == remembers


@streams
@pytest.mark.parametrize("provider", ["litellm", "litellm-messages", "litellm-responses"])
def test_a_call_arrives_with_its_arguments_and_what_it_cost(lab: Lab, provider: str, streaming: bool) -> None:
    vendor = lab.vendors["claude"]
    vendor.play((text("So."), tool("Bash", {"command": "ls"}), usage(100, 7, cached=60)))
    body = {"model": f"{provider},{vendor.model}", "messages": HI, "tools": [BASH], "max_tokens": 100}
    if streaming:
        heard = lab.router.hear(body)
        blocks, used = heard.blocks, heard.usage
    else:
        answer = lab.router.messages(body).json()
        blocks, used = answer["content"], answer["usage"]
    assert [block.get("input") for block in blocks if block["type"] == "tool_use"] == [{"command": "ls"}]
    assert (used["input_tokens"], used["cache_read_input_tokens"], used["output_tokens"]) == (40, 60, 7)


@streams
@pytest.mark.parametrize("provider", ["litellm", "litellm-messages", "litellm-responses"])
def test_a_limit_and_an_overflow_arrive_as_claude_code_knows_them(lab: Lab, provider: str, streaming: bool) -> None:
    vendor = lab.vendors["claude"]
    body = {"model": f"{provider},{vendor.model}", "messages": HI, "max_tokens": 100, "stream": streaming}
    vendor.play(*[LIMITED] * 9)
    limited = lab.router.messages(body)
    assert (limited.status_code, limited.json()["error"]["type"]) == (429, "rate_limit_error")
    vendor.play(*[TOO_LONG] * 9)
    overflow = lab.router.messages(body)
    assert overflow.status_code == 400
    assert "prompt is too long: 210000 tokens > 200000 maximum" in overflow.json()["error"]["message"]


# LiteLLM as the client


@pytest.mark.parametrize("way", ["chat", "messages", "responses"])
@pytest.mark.parametrize("name", ["gemini", "deepseek"])
def test_claude_runs_a_tool_conversation_through_litellm_and_router(lab: Lab, way: str, name: str) -> None:
    vendor = lab.vendors[name]
    vendor.play(*looped(name))
    assert lab.claude("http://127.0.0.1:4000", LITELLM_KEY, f"{way}-{name}") == f"{name} is done."
    conversed(vendor, name)
    assert lab.is_asked_in(WAYS[way])


@streams
@pytest.mark.parametrize("way", ["chat", "messages", "responses"])
@pytest.mark.parametrize("name", ["gemini", "deepseek"])
def test_litellm_gets_thoughts_calls_and_usage_of_the_router(lab: Lab, way: str, name: str, streaming: bool) -> None:
    calls = [tool("Bash", {"command": "ls"}), tool("Bash", {"command": "pwd"})]
    lab.vendors[name].play((thinking("hm"), text("Two."), *calls, usage(100, 7, cached=60)))
    answer = lab.litellm(
        "/v1/chat/completions",
        {
            "model": f"{way}-{name}",
            "messages": HI,
            "tools": [{"type": "function", "function": FUNCTION}],
            "reasoning_effort": "low",
            "stream": streaming,
            **({"stream_options": {"include_usage": True}} if streaming else {}),
        },
    )
    assert answer.status_code == 200, answer.text
    said = joined(answer.text) if streaming else whole(answer.json())
    assert said == Said("hm", "Two.", ('{"command":"ls"}', '{"command":"pwd"}'), "tool_calls", 100, 60, 7)
    assert lab.is_asked_in(WAYS[way])


@pytest.mark.parametrize("way", ["chat", "messages", "responses"])
def test_litellm_gets_an_overflow_as_one(lab: Lab, way: str) -> None:
    lab.vendors["deepseek"].play(chat.error(400, TOO_LONG_FOR_DEEPSEEK, "invalid_request_error"))
    answer = lab.litellm("/v1/chat/completions", {"model": f"{way}-deepseek", "messages": HI})
    assert answer.status_code == 400
    assert "ContextWindowExceeded" in answer.text

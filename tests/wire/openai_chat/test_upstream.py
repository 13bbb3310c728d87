import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.ids import ModelName
from ccr.messages.blocks import Text
from ccr.messages.request import Format, Reasoning, Request, Tool
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.openai_chat import ChatUpstream
from tests.wire.openai_chat.reading import HI, TARGET, body

EFFORT = ChatUpstream(reasoning="reasoning_effort")
ROUTER = ChatUpstream(reasoning="reasoning")
SWITCH = ChatUpstream(reasoning="thinking")
ON = Reasoning("adaptive")
OFF = Reasoning("disabled")


def sent(host: ChatUpstream | None = None, **fields: Any) -> Any:
    return body(replace(HI, **fields), host)


def test_it_is_an_upstream_dialect() -> None:
    upstream: UpstreamDialect = ChatUpstream()
    assert upstream.name == "openai"


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://g.test/v1beta/openai/", "https://g.test/v1beta/openai/chat/completions"),
        ("https://a.test/v1/chat/completions", "https://a.test/v1/chat/completions"),
        ("https://a.test/v1/chat/completions/", "https://a.test/v1/chat/completions"),
        (
            "https://a.test/openai/deployments/x?api-version=1",
            "https://a.test/openai/deployments/x/chat/completions?api-version=1",
        ),
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
    ],
)
def test_a_base_or_the_endpoint_itself_both_reach_it(url: str, endpoint: str) -> None:
    assert ChatUpstream().endpoint(url) == endpoint


def test_a_plain_request() -> None:
    assert sent() == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_a_strict_host_gets_no_field_that_is_not_standard() -> None:
    found = sent(
        max_tokens=32_000, reasoning=ON, effort="high", top_k=5, user="u", stream=True,
        tools=(Tool("Bash", extra={"cache_control": {}}),),
        extra={"context_management": {}, "betas": [], "service_tier": "auto", "thinking": {}},
        system=(Text("s", {"cache_control": {"type": "ephemeral"}}),),
    )  # fmt: skip
    assert found.keys() == {"model", "messages", "tools", "max_tokens", "stream", "stream_options"}
    assert b"cache_control" not in json.dumps(found).encode()


def test_a_client_of_this_wire_gets_its_own_fields_through() -> None:
    extra = {"seed": 7, "stream_options": {"include_usage": False}, "prompt_cache_key": "mine"}
    found = sent(ChatUpstream(user_fields=("prompt_cache_key",)), user="u", dialect="openai", extra=extra)
    assert (found["seed"], found["prompt_cache_key"]) == (7, "mine")
    assert "stream_options" not in found


def test_the_same_request_is_the_same_bytes() -> None:
    request = Request("m", HI.turns, tools=(Tool("a"), Tool("b")), max_tokens=1, stop=("x",), stream=True)
    assert json.dumps(body(request)) == json.dumps(body(request))


@pytest.mark.trap(85)
def test_the_answers_limit_has_two_names() -> None:
    assert sent(max_tokens=5)["max_tokens"] == 5
    assert sent(ChatUpstream(max_tokens_field="max_completion_tokens"), max_tokens=5)["max_completion_tokens"] == 5


@pytest.mark.trap(83)
def test_stop_is_a_list_of_at_most_four() -> None:
    assert sent(stop=("a", "", "b", "c", "d", "e"))["stop"] == ["a", "b", "c", "d"]
    assert "stop" not in sent(stop=("",))


@pytest.mark.trap(86)
def test_sampling_is_sent_unless_the_model_is_told_to_think() -> None:
    thinker = ChatUpstream(reasoning="reasoning_effort")
    assert sent(temperature=0.0, top_p=0.5, top_k=3).items() >= {"temperature": 0.0, "top_p": 0.5}.items()
    assert not sent(thinker, temperature=1.0, top_p=0.5, reasoning=ON).keys() & {"temperature", "top_p"}
    assert sent(thinker, temperature=1.0, reasoning=OFF)["temperature"] == 1.0
    assert sent(temperature=1.0, reasoning=ON)["temperature"] == 1.0


@pytest.mark.trap(93)
def test_a_stream_asks_for_usage_where_that_is_understood() -> None:
    assert sent(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(ChatUpstream(include_usage=False), stream=True)
    assert "stream_options" not in sent()


@pytest.mark.trap(100)
def test_a_long_user_is_hashed_and_a_short_one_stays() -> None:
    host = ChatUpstream(user_fields=("user", "prompt_cache_key"))
    long = json.dumps({"device_id": "0" * 64, "session_id": "s"})
    assert len(sent(host, user=long)["user"]) == 64
    assert sent(host, user=long)["user"] == sent(host, user=long)["prompt_cache_key"]
    assert sent(host, user="me")["user"] == "me"
    assert "user" not in sent(host)


# --- thinking ---


@pytest.mark.parametrize(
    ("reasoning", "effort", "said"),
    [
        (ON, "high", "high"),
        (ON, None, "medium"),
        (ON, "max", "high"),
        (None, "minimal", "low"),
        (Reasoning("enabled", 1024), None, "low"),
        (Reasoning("enabled", 4096), None, "medium"),
        (Reasoning("enabled", 31_999), None, "high"),
        (Reasoning("enabled"), None, "medium"),
    ],
)
def test_how_much_to_think(reasoning: Reasoning | None, effort: Any, said: str) -> None:
    assert sent(EFFORT, reasoning=reasoning, effort=effort)["reasoning_effort"] == said


def test_a_host_may_know_more_efforts() -> None:
    host = replace(EFFORT, efforts=("minimal", "low", "medium", "high", "xhigh"))
    assert sent(host, effort="max")["reasoning_effort"] == "xhigh"
    assert sent(host, effort="minimal")["reasoning_effort"] == "minimal"


def test_openrouter_takes_an_effort_or_a_budget() -> None:
    assert sent(ROUTER, reasoning=ON, effort="low")["reasoning"] == {"effort": "low"}
    assert sent(ROUTER, effort="low")["reasoning"] == {"effort": "low"}
    assert sent(ROUTER, reasoning=Reasoning("enabled", 2000), effort="high")["reasoning"] == {"max_tokens": 2000}


def test_some_hosts_have_a_switch() -> None:
    assert sent(SWITCH, reasoning=ON)["thinking"] == {"type": "enabled"}


@pytest.mark.parametrize("host", [ChatUpstream(), EFFORT, ROUTER, SWITCH])
@pytest.mark.parametrize("wish", [{"reasoning": OFF}, {"reasoning": OFF, "effort": "high"}, {"effort": "none"}, {}])
@pytest.mark.trap(69)
def test_no_thinking_says_nothing(host: ChatUpstream, wish: dict[str, Any]) -> None:
    assert sent(host, **wish).keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (EFFORT, {"reasoning_effort": "none"}),
        (ROUTER, {"reasoning": {"effort": "none"}}),
        (SWITCH, {"thinking": {"type": "disabled"}}),
        (ChatUpstream(), {}),
    ],
)
def test_or_says_so_in_so_many_words(host: ChatUpstream, said: dict[str, Any]) -> None:
    host = replace(host, says_off=True)
    assert sent(host, reasoning=OFF) == {**sent(), **said}
    assert sent(host) == sent()


# --- structured output ---


def test_a_schema_is_a_response_format() -> None:
    schema = {"type": "object"}
    assert sent(format=Format(schema))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema},
    }
    named = sent(format=Format(schema, "title", True))["response_format"]["json_schema"]
    assert named == {"name": "title", "schema": schema, "strict": True}


def test_any_object_and_hosts_without_schemas() -> None:
    assert sent(format=Format(None))["response_format"] == {"type": "json_object"}
    assert sent(ChatUpstream(format="json_object"), format=Format({}))["response_format"] == {"type": "json_object"}
    assert "response_format" not in sent(ChatUpstream(format=None), format=Format({}))


def test_a_refusal_says_what_the_host_said() -> None:
    said = ChatUpstream().refusal(429, b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}')
    assert (said.status, said.code, said.message) == (429, "rate_limit_exceeded", "slow down")


def test_the_target_names_the_model() -> None:
    assert body(replace(HI, model="asked,for"))["model"] == TARGET.model


# --- what differs by model, by session, by address ---


def test_the_first_pattern_in_a_models_name_says_how_it_differs() -> None:
    host = ChatUpstream(models=(("think", ChatUpstream(sampling=False)), ("m", ChatUpstream(most_tokens=5))))
    target = replace(TARGET, model=ModelName("M-Think"))
    assert "temperature" not in body(replace(HI, temperature=0.5), host, target)
    assert sent(host, max_tokens=9)["max_tokens"] == 5
    assert sent(host, max_tokens=3)["max_tokens"] == 3
    assert host.for_model("x") is host


def test_a_session_goes_where_caches_are_kept_by_it_and_tells_nothing() -> None:
    host = ChatUpstream(session_fields=("prompt_cache_key",), session_headers=("x-session",))
    payload = host.encode(replace(HI, session="alice-7"), TARGET)
    assert payload.headers == {"x-session": payload.body["prompt_cache_key"]}
    assert "alice" not in json.dumps(payload.body)
    assert payload == host.encode(replace(HI, session="alice-7"), TARGET)
    assert payload != host.encode(replace(HI, session="alice-8"), TARGET)
    assert host.encode(HI, TARGET).headers == {}
    assert "prompt_cache_key" not in sent(host)


def test_arguments_stream_where_that_is_asked_for() -> None:
    host = ChatUpstream(tool_stream=True)
    assert sent(host, tools=(Tool("a"),), stream=True)["tool_stream"] is True
    assert "tool_stream" not in sent(host, stream=True)
    assert "tool_stream" not in sent(host, tools=(Tool("a"),))


def test_what_stands_in_every_body_stands_in_every_body() -> None:
    assert sent(ChatUpstream(extras={"drop_params": True}))["drop_params"] is True


def test_structured_output_may_have_to_stand_alone() -> None:
    host, asked = ChatUpstream(format_alone=True), Format({"type": "object"})
    assert "response_format" in sent(host, format=asked)
    assert "response_format" not in sent(host, format=asked, stream=True)
    assert "response_format" not in sent(host, format=asked, tools=(Tool("a"),))


def test_a_host_may_refuse_stop() -> None:
    assert "stop" not in sent(ChatUpstream(stops=False), stop=("x",))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://x.test/openai/v1", "https://x.test/openai/v1/chat/completions"),
        (
            "https://x.test/openai/deployments",
            "https://x.test/openai/deployments/a%2Fb/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://x.test/openai/deployments/mine/",
            "https://x.test/openai/deployments/mine/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://x.test/openai/deployments/mine/chat/completions?api-version=7",
            "https://x.test/openai/deployments/mine/chat/completions?api-version=7",
        ),
    ],
)
def test_azures_deployments_are_models_and_have_a_version(url: str, address: str) -> None:
    host = ChatUpstream()
    assert host.address(host.endpoint(url), replace(TARGET, model=ModelName("a/b")), stream=True) == address

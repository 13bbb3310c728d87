import pytest

from ccr.messages.blocks import Image, Text, Url
from ccr.messages.json import JsonObject
from ccr.messages.request import BuiltinTool, Effort, Format, Reasoning, Request, Tool
from ccr.wire.openai_responses import ResponsesUpstream
from tests.wire.openai_responses.reading import HI, TARGET, at, body, note, user

LOOK = BuiltinTool("web_search_20250305", "web_search", {})
GPT, OLD = at("gpt-5.4"), at("gpt-4.1")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/responses", "https://api.openai.com/v1/responses"),
        ("https://x.openai.azure.com/openai/v1?api-version=1", "https://x.openai.azure.com/openai/v1/responses?api-version=1"),
    ],
)  # fmt: skip
def test_the_endpoint_is_found_from_any_form_of_the_url(url: str, endpoint: str) -> None:
    host = ResponsesUpstream()
    assert host.endpoint(url) == endpoint
    assert host.address(endpoint, TARGET, stream=True) == endpoint


def test_it_is_a_peer_that_searches() -> None:
    host = ResponsesUpstream()
    assert (host.name, host.verbatim, host.searches) == ("responses", True, True)
    assert not ResponsesUpstream(web_search=None).searches


def test_the_host_keeps_nothing_and_gives_thoughts_to_keep() -> None:
    sent = body(HI)
    assert sent["store"] is False
    assert sent["include"] == ["reasoning.encrypted_content"]
    assert "stream" not in sent
    assert "include" not in body(HI, ResponsesUpstream(encrypted=False))


def test_a_stream_is_asked_for() -> None:
    assert body(Request("m", HI.turns, stream=True))["stream"] is True


@pytest.mark.trap(47, 48)
def test_the_prompt_is_one_text_without_the_attribution_line() -> None:
    prompt = (Text("x-anthropic-billing-header: cc_version=1; cch=ab12"), Text("You are."), Text("Be brief."))
    assert body(Request("m", HI.turns, system=prompt))["instructions"] == "You are.\n\nBe brief."
    assert "instructions" not in body(HI)


def test_a_picture_in_the_prompt_is_passed_over() -> None:
    assert body(Request("m", HI.turns, system=(Image(Url("https://x")), Text("a"))))["instructions"] == "a"


@pytest.mark.trap(85)
def test_the_limit_has_a_name_of_its_own_and_is_not_below_the_least() -> None:
    assert body(Request("m", HI.turns, max_tokens=1000))["max_output_tokens"] == 1000
    assert body(Request("m", HI.turns, max_tokens=1))["max_output_tokens"] == 16
    assert "max_output_tokens" not in body(HI)


@pytest.mark.parametrize(
    ("model", "wish", "reasoning"),
    [
        ("gpt-5.4", Request("m", HI.turns, effort="max"), {"effort": "xhigh", "summary": "auto"}),
        ("gpt-5.4", Request("m", HI.turns, reasoning=Reasoning("adaptive")), {"effort": "medium", "summary": "auto"}),
        ("gpt-5.4", Request("m", HI.turns, reasoning=Reasoning("disabled")), {"effort": "none"}),
        ("gpt-5", Request("m", HI.turns, effort="none"), {"effort": "minimal"}),
        ("o3", Request("m", HI.turns, effort="none"), None),
        ("o3", Request("m", HI.turns, effort="minimal"), {"effort": "low", "summary": "auto"}),
        ("o3", HI, None),
        ("gpt-4.1", Request("m", HI.turns, effort="high"), None),
        ("scripted", Request("m", HI.turns, effort="max"), {"effort": "high", "summary": "auto"}),
        ("scripted", Request("m", HI.turns, effort="none"), None),
    ],
)
def test_a_model_is_told_to_think_in_a_way_that_it_takes(model: str, wish: Request, reasoning: object) -> None:
    assert body(wish, target=at(model)).get("reasoning") == reasoning


@pytest.mark.trap(69)
def test_nothing_is_asked_of_hosts_that_know_no_efforts_or_summaries() -> None:
    wish = Request("m", HI.turns, effort="high")
    assert body(wish, ResponsesUpstream(efforts=()))["reasoning"] == {"summary": "auto"}
    assert body(wish, ResponsesUpstream(summary=False))["reasoning"] == {"effort": "high"}
    assert "reasoning" not in body(wish, ResponsesUpstream(efforts=(), summary=False))


@pytest.mark.trap(86)
def test_a_temperature_goes_to_models_that_do_not_think() -> None:
    warm = Request("m", HI.turns, temperature=0.5, top_p=0.9)
    assert {"temperature": 0.5, "top_p": 0.9}.items() <= body(warm, target=OLD).items()
    assert not {"temperature", "top_p"} & body(warm, target=GPT).keys()


def test_a_model_that_does_not_think_is_not_asked_for_thoughts() -> None:
    assert "include" not in body(HI, target=OLD)


def test_unknown_models_get_a_temperature_only_where_they_are_not_told_to_think() -> None:
    host = ResponsesUpstream()
    assert "temperature" in host.encode(Request("m", HI.turns, temperature=0.5), TARGET).body
    assert "temperature" not in host.encode(Request("m", HI.turns, temperature=0.5, effort="low"), TARGET).body


def test_a_search_brings_its_pages_and_thinks_more_than_minimally() -> None:
    look = Request("m", HI.turns, tools=(LOOK,), effort="none")
    assert body(look, target=at("gpt-5")).get("reasoning") is None
    assert body(look)["include"] == ["reasoning.encrypted_content", "web_search_call.action.sources"]
    assert "include" not in body(look, ResponsesUpstream(sources=False, encrypted=False))


@pytest.mark.trap(100)
def test_users_and_sessions_are_hashed() -> None:
    sent = body(Request("m", HI.turns, user='{"account": "' + "x" * 100, session="s-1"))
    assert len(sent["safety_identifier"]) == len(sent["prompt_cache_key"]) == 64
    assert sent["prompt_cache_key"] == body(Request("m", (*HI.turns, *HI.turns), session="s-1"))["prompt_cache_key"]
    host = ResponsesUpstream(user_field=None, session_field=None)
    assert (
        not {"safety_identifier", "prompt_cache_key"} & body(Request("m", HI.turns, user="u", session="s"), host).keys()
    )


def test_structured_output_has_a_name() -> None:
    schema: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}
    sent = body(Request("m", HI.turns, format=Format(schema, strict=True)))
    assert sent["text"] == {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}
    assert body(Request("m", HI.turns, format=Format(schema)))["text"]["format"]["strict"] is False
    assert body(Request("m", HI.turns, format=Format(schema, "a title")))["text"]["format"]["name"].startswith(
        "a_title_"
    )
    assert body(Request("m", HI.turns, format=Format(None)))["text"] == {"format": {"type": "json_object"}}


@pytest.mark.trap(83)
def test_stop_sequences_are_not_sent() -> None:
    assert "stop" not in body(Request("m", HI.turns, stop=("x",)))


def test_unknown_fields_go_on_from_a_client_of_the_same_wire_only() -> None:
    extra: JsonObject = {
        "service_tier": "flex",
        "include": ["reasoning.encrypted_content"],
        "text": {"verbosity": "low"},
    }
    assert body(Request("m", HI.turns, extra=extra)) == body(HI)
    sent = (
        ResponsesUpstream()
        .encode(Request("m", HI.turns, extra=extra, dialect="responses", format=Format(None)), TARGET)
        .body
    )
    assert sent["service_tier"] == "flex"
    assert sent["include"] == ["reasoning.encrypted_content"]
    assert sent["text"] == {"verbosity": "low", "format": {"type": "json_object"}}


def asked(extra: JsonObject, model: str = TARGET.model, effort: Effort | None = "low") -> JsonObject:
    """By a client of this wire."""
    request = Request("m", HI.turns, extra=extra, dialect="responses", effort=effort)
    return ResponsesUpstream().encode(request, at(model)).body


def test_what_both_ask_for_is_asked_for_once() -> None:
    sent = asked({"include": ["web_search_call.results"], "reasoning": {"summary": "detailed", "context": "all_turns"}})
    assert sent["include"] == ["reasoning.encrypted_content", "web_search_call.results"]
    assert sent["reasoning"] == {"effort": "low", "summary": "detailed", "context": "all_turns"}
    assert asked({"reasoning": {"summary": "auto"}}, effort=None)["reasoning"] == {"summary": "auto"}


def test_a_model_that_does_not_think_is_not_asked_by_the_client_either() -> None:
    sent = asked({"include": ["reasoning.encrypted_content"], "reasoning": {"summary": "auto"}}, "gpt-4.1")
    assert sent["include"] == []
    assert "reasoning" not in sent


def test_what_varies_stands_behind_what_repeats() -> None:
    tool = Tool("Bash")
    names = list(
        body(Request("m", (*HI.turns, note("x"), user(Text("y"))), tools=(tool,), system=(Text("s"),), session="a"))
    )
    assert names[:4] == ["model", "instructions", "tools", "input"]


def test_an_error_answer_is_read() -> None:
    said = ResponsesUpstream().refusal(429, b'{"error": {"message": "slow", "code": "rate_limit_exceeded"}}')
    assert (said.message, said.status, said.code) == ("slow", 429, "rate_limit_exceeded")

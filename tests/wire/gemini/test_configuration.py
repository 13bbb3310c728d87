import pytest

from ccr.messages.json import JsonObject
from ccr.messages.request import Format, Reasoning, Request, Tool
from ccr.wire.gemini.configuration import configuration
from ccr.wire.gemini.families import family

PLAIN = Request("m", ())
OLDER, NEWER = family("gemini-2.5-flash"), family("gemini-3-pro")


def test_nothing_asked_nothing_sent() -> None:
    assert configuration(PLAIN, OLDER) == {}


def test_sampling_goes_through_also_beside_thinking() -> None:
    request = Request("m", (), temperature=0.0, top_p=0.9, top_k=4, reasoning=Reasoning("adaptive"))
    thinks = {"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}}
    assert configuration(request, OLDER) == {"temperature": 0.0, "topP": 0.9, "topK": 4, **thinks}


@pytest.mark.trap(84)
def test_more_tokens_than_there_can_be_are_not_asked_for() -> None:
    many = Request("m", (), max_tokens=128_000)
    assert configuration(many, OLDER) == {"maxOutputTokens": 65536}
    assert configuration(many, family("alias")) == {"maxOutputTokens": 128_000}


@pytest.mark.trap(83)
def test_five_stop_sequences_are_taken() -> None:
    assert configuration(Request("m", (), stop=("", *"abcdef")), OLDER) == {"stopSequences": list("abcde")}


def test_a_format_is_json_by_a_schema() -> None:
    schema: JsonObject = {"type": "object", "properties": {"title": {"type": "string"}}, "$schema": "x"}
    made = configuration(Request("m", (), format=Format(schema)), OLDER)
    assert made["responseMimeType"] == "application/json"
    assert made["responseJsonSchema"] == {"type": "object", "properties": {"title": {"type": "string"}}}
    assert configuration(Request("m", (), format=Format(None)), OLDER) == {"responseMimeType": "application/json"}


def test_before_gemini_3_tools_and_a_format_do_not_go_together() -> None:
    request = Request("m", (), format=Format(None), tools=(Tool("Grep"),))
    assert configuration(request, OLDER) == {}
    assert configuration(request, NEWER) == {"responseMimeType": "application/json"}

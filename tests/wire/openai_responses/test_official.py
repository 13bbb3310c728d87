"""The official SDK's types as the judge: of what is sent, and of the scripted answers that the other tests read."""

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter, ValidationError

from ccr.messages.blocks import Base64, Document, Image, Text
from ccr.messages.fold import fold
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice
from ccr.wire.openai_responses import ResponsesUpstream
from tests.support import responses
from tests.support.parts import usage
from tests.wire.openai_responses.reading import TARGET, assistant, body, called, events, note, result, thought, user

PARAMS: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

PICTURE = Image(Base64("image/png", "aWE="))
PAPER = Document(Base64("application/pdf", "JVBERi0="), "a.pdf")
ITEM = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "g",
}
LOOK = BuiltinTool("web_search_20250305", "web_search", {"allowed_domains": ["a.org"]})


def everything() -> Request:
    return Request(
        "m",
        (
            user(Text("look"), PICTURE, PAPER),
            assistant(thought("hm", ITEM, phase="commentary"), Text("so"), called("a"), called("b")),
            user(result("a", Text("x"), PICTURE, PAPER), result("b", is_error=True)),
            note("mind"),
            assistant(Text("done")),
            user(Text("go on")),
        ),
        system=(Text("You are."),),
        max_tokens=1000,
        tools=(Tool("Bash", "Run.", {"type": "object", "properties": {}}), LOOK),
        tool_choice=ToolChoice("tool", "Bash", parallel=False),
        reasoning=Reasoning("adaptive"),
        effort="max",
        format=Format({"type": "object", "properties": {}}, "title"),
        user="u",
        session="s",
    )


def test_a_request_has_the_form_that_the_sdk_sends() -> None:
    sent = json.loads(json.dumps(dict(ResponsesUpstream().encode(everything(), TARGET).body)))
    checked = PARAMS.validate_python(sent)
    assert set(checked) == set(sent)
    assert len(list(checked["tools"])) == 2  # they are looked at one by one


def test_the_judge_judges() -> None:
    sent = body(Request("m", (user(Text("a")),), tools=(Tool("A"),)))
    del sent["tools"][0]["parameters"]
    with pytest.raises(ValidationError):
        list(PARAMS.validate_python(sent)["tools"])
    with pytest.raises(ValidationError):
        PARAMS.validate_python({**sent, "input": [{"type": "function_call", "name": "A"}]})


OUTPUT = (
    responses.thought("a", "b", seal="g"),
    responses.search("q", "https://a"),
    responses.message("so", phase="commentary"),
    responses.refusal("no"),
    responses.call("Bash", '{"a": 1}', "c1"),
    {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "***"},
)


def test_scripted_answers_are_of_the_sdks_types_and_written_by_it_they_read_the_same() -> None:
    script = responses.events(*OUTPUT, used=responses.tokens(usage(5, 2)))
    typed = [EVENT.validate_python(event) for event in script]
    assert {type(event).__name__ for event in typed} >= {
        "ResponseCompletedEvent",
        "ResponseFunctionCallArgumentsDeltaEvent",
    }
    again = [b"data: " + event.model_dump_json(by_alias=True).encode() + b"\n\n" for event in typed]
    assert fold(events(again)) == fold(events(map(responses.frame, script)))


def test_a_whole_answer_is_of_the_sdks_type_and_reads_the_same() -> None:
    whole = responses.whole(*OUTPUT, used=responses.tokens(usage(5, 2)))
    typed = Response.model_validate(whole)
    assert fold(events([typed.model_dump_json(by_alias=True).encode()])) == fold(events([json.dumps(whole).encode()]))

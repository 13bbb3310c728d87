"""Transformers on the way through the gateway: what goes out, what comes back, and whose fault is told."""

import json
from typing import Any

import pytest

from ccr.config.schema import Secret, TransformerFile
from ccr.messages.json import JsonObject
from ccr.providers.custom import custom
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.quirks import QUIRKS, Quirk
from tests.support import chat, messages
from tests.support.asking import STREAMED, error_of
from tests.support.canned import canned
from tests.support.cuts import CUTS, Cut
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.wiring import Wired, read, upstream_at

WHOLE = STREAMED | {"stream": False}
TOOLS = {"tools": [{"name": "Bash", "input_schema": {"type": "object"}}]}
SHOUTS = """
def answer(event, context):
    if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
        event["delta"]["text"] = event["delta"]["text"].upper()
    return event
"""


def own(source: str, options: JsonObject | None = None) -> Quirk:
    return custom(TransformerFile("/cfg/mine.py", {}, source)).quirk(options or {})


def wired(
    *answers: list[bytes], quirks: tuple[Quirk, ...], dialect: UpstreamDialect | None = None, **more: Any
) -> Wired:
    upstream = upstream_at("http://acme.test/x", dialect or ChatUpstream(), quirks=quirks, **more)
    return Wired(*(canned(pieces) for pieces in answers), upstreams=[upstream])


async def asked(wired: Wired, body: dict[str, Any] = STREAMED) -> Any:
    """The answer, or the events of one that is streamed."""
    answer = await wired.ask(body)
    written = await read(answer)
    if not body["stream"]:
        return json.loads(written)
    return [json.loads(line[6:]) for line in written.decode().splitlines() if line.startswith("data: ")]


def said(frames: list[Any], kind: str = "text") -> str:
    return "".join(frame["delta"].get(kind, "") for frame in frames if frame["type"] == "content_block_delta")


def answers(*parts: Part) -> list[tuple[UpstreamDialect, bytes]]:
    return [(ChatUpstream(), chat.body(*parts)), (AnthropicUpstream(), messages.body(*parts))]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("dialect", "data"), answers(thinking("hm"), text("hi there"), usage(10, 3)))
async def test_a_file_of_ones_own_changes_a_streamed_answer(dialect: UpstreamDialect, data: bytes, cut: Cut) -> None:
    router = wired(cut(data), quirks=(own(SHOUTS),), dialect=dialect)
    frames = await asked(router)
    assert (said(frames), said(frames, "thinking")) == ("HI THERE", "hm")
    assert router.seen.only.usage.output == 3
    assert not router.seen.only.estimated


async def test_it_changes_an_answer_that_came_whole_too() -> None:
    found = await asked(wired([chat.body(text("hi"), usage(10, 3))], quirks=(own(SHOUTS),)), WHOLE)
    assert found["content"] == [{"type": "text", "text": "HI"}]
    assert found["usage"]["output_tokens"] == 3


async def test_usage_that_was_not_reported_is_still_estimated() -> None:
    router = wired([chat.body(text("hi"))], quirks=(own(SHOUTS),))
    await asked(router)
    assert router.seen.only.estimated


async def test_it_changes_what_goes_out_and_sees_no_key() -> None:
    source = (
        "def request(body, context):\n"
        "    assert 'sk-1' not in str(context) + str(body)\n"
        "    context.headers['x-tag'] = context.options['tag']\n"
        "    context.headers['anthropic-beta'] = 'mine'\n"
        "    body['tagged'] = context.session\n"
    )
    router = wired(
        [messages.body(text("hi"))],
        quirks=(own(source, {"tag": "blue"}),),
        dialect=AnthropicUpstream(),
        key=Secret("sk-1"),
    )
    answer = await router.ask(STREAMED, anthropic_beta="theirs", authorization="Bearer ours")
    await read(answer)
    (sent,) = router.sent
    assert (sent.headers["x-tag"], sent.headers["anthropic-beta"]) == ("blue", "mine")
    assert sent.headers["authorization"] == "Bearer sk-1"
    assert "tagged" in json.loads(sent.body)


async def test_where_no_key_is_set_it_may_sign_in_by_itself() -> None:
    source = "def request(body, context): context.headers['authorization'] = 'Bearer made'"
    router = wired([chat.body(text("hi"))], quirks=(own(source),))
    await asked(router)
    assert router.sent[0].headers["authorization"] == "Bearer made"


async def test_who_changed_the_request_last_sees_the_answer_first() -> None:
    def marks(mark: str) -> Quirk:
        return own(
            f"def request(body, context): body['marks'] = body.get('marks', '') + '{mark}'\n"
            "def answer(event, context):\n"
            "    if event['type'] == 'content_block_delta':\n"
            f"        event['delta']['text'] += '{mark}'\n"
            "    return event\n"
        )

    router = wired([chat.body(text("hi"))], quirks=(marks("1"), marks("2")))
    assert said(await asked(router)) == "hi21"
    assert json.loads(router.sent[0].body)["marks"] == "12"


async def test_a_request_that_it_breaks_is_refused_in_one_sentence_and_tried_nowhere_else() -> None:
    router = wired(quirks=(own("def request(body, context): return body['none']"),))
    answer = await router.ask(STREAMED)
    status, kind, words = error_of(answer)
    assert (status, kind) == (500, "api_error")
    assert words == "the transformer \"mine\" failed: KeyError: 'none' (in request, /cfg/mine.py:1)"
    assert (answer.headers["x-should-retry"], router.sent) == ("false", [])


@pytest.mark.parametrize("cut", CUTS)
async def test_an_answer_that_it_breaks_in_the_middle_ends_with_its_name(cut: Cut) -> None:
    source = (
        "def answer(event, context):\n    return [event, event] if event['type'] == 'content_block_stop' else event"
    )
    frames = await asked(wired(cut(chat.body(text("hi"))), quirks=(own(source),)))
    assert said(frames) == "hi"
    assert frames[-1]["type"] == "error"
    assert frames[-1]["error"]["message"] == (
        'the transformer "mine" breaks the order of events: BlockStop while between (in answer, /cfg/mine.py:1)'
    )


def exits(words: str) -> Part:
    return tool("ExitTool", {"response": words}, "t1")


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("dialect", "data"), answers(exits('All "done".'), usage(10, 3)))
async def test_tooluses_exit_is_a_streamed_text(dialect: UpstreamDialect, data: bytes, cut: Cut) -> None:
    router = wired(cut(data), quirks=(QUIRKS["tooluse"]({}),), dialect=dialect)
    frames = await asked(router, STREAMED | TOOLS)
    assert said(frames) == 'All "done".'
    assert frames[-2]["delta"]["stop_reason"] == "end_turn"
    assert "tool_use" not in str(frames)


@pytest.mark.trap(22)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    ("dialect", "data"), answers(text("<reasoning_content>Two and two.</reasoning_content>\n\nFour."), usage(10, 3))
)
async def test_forced_thoughts_are_streamed_thinking(dialect: UpstreamDialect, data: bytes, cut: Cut) -> None:
    frames = await asked(wired(cut(data), quirks=(QUIRKS["forcereasoning"]({}),), dialect=dialect))
    assert (said(frames, "thinking"), said(frames)) == ("Two and two.", "Four.")


@pytest.mark.parametrize("cut", CUTS)
async def test_thinking_before_a_call_is_one_thought_and_the_call_comes_once(cut: Cut) -> None:
    """CCR's `reasoning` sent a call's first chunk twice, and its `groq` gave each chunk another id."""
    data = chat.body(thinking("hm"), tool("Bash", {"command": "ls -la /tmp"}, "call_1"), usage(10, 3))
    quirks = (QUIRKS["reasoning"]({}), QUIRKS["groq"]({}))
    frames = await asked(wired(cut(data), quirks=quirks), STREAMED | TOOLS)
    starts = [frame["content_block"] for frame in frames if frame["type"] == "content_block_start"]
    assert [start["type"] for start in starts] == ["thinking", "tool_use"]
    assert json.loads(said(frames, "partial_json")) == {"command": "ls -la /tmp"}


async def test_thinking_is_in_an_answer_that_came_whole() -> None:
    """CCR's `reasoning` put it at the top, where nobody looked."""
    found = await asked(wired([chat.body(thinking("hm"), text("hi"))], quirks=(QUIRKS["reasoning"]({}),)), WHOLE)
    assert [block["type"] for block in found["content"]] == ["thinking", "text"]


async def test_with_deepseek_the_end_and_the_usage_of_an_empty_last_chunk_count() -> None:
    """CCR's `deepseek` dropped chunks without content, and with them the reason and the figures."""
    router = wired([chat.body(text("hi"), usage(10, 3))], quirks=(QUIRKS["deepseek"]({}),))
    frames = await asked(router)
    assert frames[-2]["delta"]["stop_reason"] == "end_turn"
    assert frames[-2]["usage"]["output_tokens"] == 3


async def test_bytes_do_not_pass_by_a_transformer() -> None:
    quirk = own(SHOUTS)
    router = wired([messages.body(text("hi"))], quirks=(quirk,), dialect=AnthropicUpstream())
    assert said(await asked(router)) == "HI"


@pytest.mark.parametrize("cut", CUTS)
async def test_the_exit_is_known_to_who_reads_calls_from_text(cut: Cut) -> None:
    written = '<tool_call>\n{"name": "ExitTool", "arguments": {"response": "All done."}}\n</tool_call>'
    router = wired(cut(chat.body(text(written))), quirks=(QUIRKS["tooluse"]({}), QUIRKS["toolprompt"]({})))
    frames = await asked(router, STREAMED | TOOLS)
    assert said(frames) == "All done."
    assert "ExitTool" in router.sent[0].body.decode()
    assert "tools" not in json.loads(router.sent[0].body)

"""Every cell of the support table: dialect × feature."""

import json
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from ccr.errors import ContextOverflow, UpstreamLimited
from ccr.ids import ProviderName, Target
from ccr.messages.blocks import Base64, Document, Image, Text, Thinking, ToolResult, ToolUse
from ccr.messages.events import Grammar
from ccr.messages.fold import fold
from ccr.messages.json import JsonObject
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, Turn
from ccr.policy.failures import classify
from tests.support.parts import Part, text, thinking, tool, usage
from tests.wire.matrix import FEATURES, KINDS, Kind

PNG = Base64("image/png", "iVBORw0KGgoAAAANSUhEUg==")
PDF = Base64("application/pdf", "JVBERi0xLjcKJcOkw7zDtsOf")
BASH = Tool(
    "Bash",
    "Runs a command.",
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"], "additionalProperties": False},
)  # fmt: skip
CITY: JsonObject = {"type": "object", "properties": {"capital_city": {"type": "string"}}, "required": ["capital_city"], "additionalProperties": False}  # fmt: skip
HI = Request("m", (Turn("user", (Text("hi"),)),), max_tokens=4096, stream=True)


def sent(kind: Kind, request: Request, target: Target | None = None) -> str:
    """The body that leaves, which the upstream takes."""
    body = msgspec.json.encode(kind.upstream.encode(request, target or kind.target).body)
    assert kind.fault(kind.path, json.loads(body)) is None
    return body.decode()


def answered(kind: Kind, request: Request, *parts: Part) -> Reply:
    reader, grammar = kind.upstream.reader(request, kind.target), Grammar()
    data = kind.body(*parts)
    events = [*reader.feed(data[:100]), *reader.feed(data[100:]), *reader.close()]
    return fold([grammar.check(event) for event in events])


def went_on(request: Request, reply: Reply, *results: ToolResult) -> Request:
    """The next turn, as a client sends it."""
    told = Turn("user", results or (Text("go on"),))
    return replace(request, turns=(*request.turns, Turn("assistant", reply.content), told))


def texts(kind: Kind) -> None:
    request = replace(HI, system=(Text("Be brief."),))
    assert "Be brief." in sent(kind, request)
    assert answered(kind, request, text("hello"), usage(3, 1)).content == (Text("hello"),)


def tools(kind: Kind) -> None:
    request = replace(HI, tools=(BASH,))
    body = sent(kind, request)
    assert '"Bash"' in body
    assert '"command"' in body
    reply = answered(kind, request, tool("Bash", {"command": "ls"}), usage(3, 1))
    assert reply.stop_reason == "tool_use"
    (call,) = calls(reply)
    assert (call.name, call.input) == ("Bash", {"command": "ls"})
    body = sent(kind, went_on(request, reply, ToolResult(call.id, (Text("a.txt"),))))
    assert "a.txt" in body


def parallel_tools(kind: Kind) -> None:
    request = replace(HI, tools=(BASH,))
    reply = answered(kind, request, tool("Bash", {"command": "one"}), tool("Bash", {"command": "two"}), usage(3, 1))
    first, second = calls(reply)
    assert first.id != second.id
    late, early = ToolResult(second.id, (Text("from two"),)), ToolResult(first.id, (Text("from one"),))
    body = sent(kind, went_on(request, reply, late, early))
    assert "from one" in body
    assert "from two" in body


def images(kind: Kind) -> None:
    assert PNG.data in sent(kind, replace(HI, turns=(Turn("user", (Text("look"), Image(PNG))),)))


def images_in_results(kind: Kind) -> None:
    request = replace(HI, tools=(BASH,))
    reply = answered(kind, request, tool("Bash", {"command": "show"}), usage(3, 1))
    (call,) = calls(reply)
    assert PNG.data in sent(kind, went_on(request, reply, ToolResult(call.id, (Text("here"), Image(PNG)))))


def documents(kind: Kind) -> None:
    assert PDF.data in sent(kind, replace(HI, turns=(Turn("user", (Text("read"), Document(PDF, "a.pdf"))),)))


def thinks(kind: Kind) -> None:
    request = replace(HI, tools=(BASH,), reasoning=Reasoning("adaptive"), effort="high")
    sent(kind, request)
    reply = answered(kind, request, thinking("let me see"), tool("Bash", {"command": "ls"}), usage(3, 1))
    thoughts = [block for block in reply.content if isinstance(block, Thinking)]
    assert "let me see" in "".join(thought.text for thought in thoughts)
    (call,) = calls(reply)
    more = went_on(request, reply, ToolResult(call.id, (Text("a.txt"),)))
    assert kind.sees in sent(kind, more), "the provider gets its thought back"
    if kind is not KINDS["anthropic"]:  # whose signatures hold with every provider of its models
        assert kind.sees not in sent(kind, more, Target(ProviderName("other"), kind.target.model))


def structured_output(kind: Kind) -> None:
    assert "capital_city" in sent(kind, replace(HI, format=Format(CITY)))


def web_search(kind: Kind) -> None:
    assert kind.upstream.searches
    raw = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
    assert "search" in sent(kind, replace(HI, tools=(BuiltinTool(raw["type"], raw["name"], raw),))).lower()  # type: ignore[arg-type]


def errors(kind: Kind) -> None:
    for (status, body), expected in ((kind.limited, UpstreamLimited), (kind.overflow, ContextOverflow)):
        said = kind.upstream.refusal(status, json.dumps(body).encode())
        assert type(classify(said, kind.target)) is expected


def usages(kind: Kind) -> None:
    reply = answered(kind, HI, text("hello"), usage(100, 10, cached=60))
    found = reply.usage
    assert (found.input, found.cache_read, found.output) == (40, 60, 10)
    assert Usage(input=40, cache_read=60).prompt == found.prompt


def calls(reply: Reply) -> list[ToolUse]:
    return [block for block in reply.content if isinstance(block, ToolUse)]


CHECKS: dict[str, Callable[[Kind], None]] = dict(
    zip(
        FEATURES,
        (texts, tools, parallel_tools, images, images_in_results, documents, thinks, structured_output, web_search, errors, usages),
        strict=True,
    )
)  # fmt: skip


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("name", KINDS)
def test_a_cell_of_the_support_table_holds(name: str, feature: str) -> None:
    kind = KINDS[name]
    if kind.how[feature].startswith("–"):
        with pytest.raises(AssertionError):
            CHECKS[feature](kind)
    else:
        CHECKS[feature](kind)


@pytest.mark.parametrize("name", KINDS)
def test_the_table_says_how_every_feature_travels(name: str) -> None:
    assert tuple(KINDS[name].how) == FEATURES

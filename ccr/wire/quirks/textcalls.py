"""Tool calls that a model writes as text, where its server does not read them.

Read are the forms of Hermes and Qwen (`<tool_call>` with JSON), of Qwen3-Coder and GLM (with tags in it), of Llama
(`<|python_tag|>`), Mistral (`[TOOL_CALLS]`) and DeepSeek, and fenced JSON. Only a tool that is offered can be called:
everything else that looks like a call is text, and leaves as it came.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ccr.ids import Target
from ccr.messages.blocks import Text, ToolUse
from ccr.messages.events import (
    CUT_SHORT,
    ENDED,
    BlockStart,
    BlockStop,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    Ping,
    Start,
    TextDelta,
)
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request
from ccr.wire.callids import Ids
from ccr.wire.names import shortened
from ccr.wire.quirks.mending import described, mended
from ccr.wire.wording import compact

_MOST_HELD = 4 * 1024 * 1024  # characters of what may be a call
_MOST_TRIES = 20  # per block, to read one: a text about calls has many that are none

_XML = re.compile(r"<function=([^>\s<]{1,200})>(.*?)(</function>|\Z)", re.S)
_NAMED = re.compile(r"\s*+([\w.:/-]++)\s*+(?:\[CALL_ID\]\w++\s*+)?+(?:\[ARGS\]\s*+)?+(\{.*)", re.S)

Tools = Mapping[str, tuple[str, JsonObject]]  # what a model may call it -> the tool's name and schema


@dataclass(frozen=True, slots=True)
class Said:
    """A call as it was found."""

    name: str
    input: JsonObject | str


Reads = Callable[[str], Iterable[Said | None]]


@dataclass(frozen=True, slots=True)
class Form:
    closer: str  # "": the answer's end
    reads: Reads
    first: str  # the characters that it can begin with
    named: bool = False  # or else with a tool's name


def _tagged(text: str) -> Iterator[Said | None]:
    if "<function=" in text:
        yield from _functions(text)
    elif "<arg_key>" in text:
        name, *pairs = text.split("<arg_key>")
        yield Said(name.strip(), dict(map(_pair, pairs)))
    else:
        yield _object(text)


def _functions(text: str) -> Iterator[Said | None]:
    for name, inner, closed in _XML.findall(text):
        parameters = inner.split("<parameter=")[1:]
        yield Said(name, dict(map(_parameter, parameters))) if parameters or closed else None


def _parameter(text: str) -> tuple[str, str]:
    name, _, rest = text.partition(">")
    value = rest.partition("</parameter>")[0]
    return name, value.removeprefix("\n").removesuffix("\n")


def _pair(text: str) -> tuple[str, str]:
    name, _, rest = text.partition("</arg_key>")
    return name, rest.partition("<arg_value>")[2].rpartition("</arg_value>")[0]


def _function(text: str) -> Iterator[Said | None]:
    return _functions(f"<function={text}")


def _object(text: str) -> Said | None:
    value = mended(text)
    return _said(value) if value else None


def _said(value: Json) -> Said | None:
    match value:
        case {"function": dict() as inner}:
            return _said(inner)
        case (
            {"name": str(name), "arguments": dict() | str() as input}
            | {"name": str(name), "parameters": dict() | str() as input}
            | {"name": str(name), "input": dict() | str() as input}
            | {"tool": str(name), "parameters": dict() | str() as input}
            | {"tool": str(name), "arguments": dict() | str() as input}
            | {"function": str(name), "arguments": dict() | str() as input}
            | {"function": str(name), "parameters": dict() | str() as input}
        ):
            return Said(name, input)
        case _:
            return None


def _whole(text: str) -> Iterator[Said | None]:
    yield _object(text)


def _mistral(text: str) -> Iterator[Said | None]:
    if text.lstrip().startswith("["):
        calls = (mended(f'{{"calls":{text.strip()}}}') or {}).get("calls")
        yield from map(_said, calls) if isinstance(calls, list) and calls else (None,)
        return
    for part in text.split("[TOOL_CALLS]"):
        found = _NAMED.fullmatch(part)
        yield Said(found[1], found[2]) if found else None


def _deepseek(text: str) -> Iterator[Said | None]:
    """V3 writes `function`, the separator, the name and fenced JSON; V3.1 the name, the separator and JSON."""
    for part in text.split("<｜tool▁call▁begin｜>")[1:]:
        name, _, rest = part.partition("<｜tool▁call▁end｜>")[0].partition("<｜tool▁sep｜>")
        if name.strip() == "function":
            name, _, rest = rest.partition("\n")
        yield Said(name.strip(), rest)


FORMS: Mapping[str, Form] = {
    "<tool_call>": Form("</tool_call>", _tagged, "{<`", named=True),
    "<function=": Form("</function>", _function, "", named=True),
    "<|python_tag|>": Form("", _whole, "{"),
    "[TOOL_CALLS]": Form("", _mistral, "[", named=True),
    "<｜tool▁calls▁begin｜>": Form("<｜tool▁calls▁end｜>", _deepseek, "<"),
    "```json": Form("```", _whole, "{"),
}
_STRAY = "</tool_call>"  # Qwen3-Coder closes what it has not opened
_OPENERS = re.compile("|".join(map(re.escape, (*FORMS, _STRAY))))
_BEGINNINGS = frozenset(opener[:size] for opener in (*FORMS, _STRAY) for size in range(1, len(opener)))
_LONGEST = max(map(len, _BEGINNINGS))
_WORD = re.compile(r"[\w.:/-]*")
_HEAD = 300  # characters in which a call's beginning shows


def offered(request: Request) -> Tools:
    found: dict[str, tuple[str, JsonObject]] = {}
    for tool in filter(None, map(described, request.tools)):
        found[tool.name] = found[shortened(tool.name)] = (tool.name, tool.schema)
    return found


class TextCalls:
    """The stage. Text streams until something begins that may be a call."""

    def __init__(self, request: Request, target: Target) -> None:
        self._tools = offered(request)
        self._ids = Ids(request)
        self._answer = ""
        self._start: BlockStart | None = None  # of the text block that is being read
        self._shown = False  # the client has a text block open
        self._blank = ""  # white space that may belong to a text, or to nothing
        self._tail = ""  # the beginning of an opener, perhaps
        self._opener = ""
        self._held: list[str] = []  # from the opener on
        self._size = 0
        self._tries = 0
        self._called = False
        self._ended = False  # the block has; whether the answer was cut there, the next event says

    def take(self, event: Event) -> Iterator[Event]:
        if self._ended and not isinstance(event, Ping):
            yield from self._end(cut=isinstance(event, Finish) and event.reason in CUT_SHORT)
        match event:
            case Start(id):
                self._answer = id
                yield event
            case BlockStart(Text()):
                self._start, self._tries = event, 0
            case TextDelta(text) if self._start:
                yield from list(self._hear(text)) or (Ping(),)
            case OpaqueDelta() if self._start:
                yield from self._show()
                yield event
            case BlockStop() if self._start:
                self._ended = True
                if not self._opener:
                    yield from self._end(cut=False)
            case BlockStart(ToolUse(id)):
                self._ids.fresh(id, "")
                yield event
            case Finish(reason) if self._called and reason in ENDED:
                yield replace(event, reason="tool_use", stop_sequence=None)
            case _:
                yield event

    def _hear(self, text: str) -> Iterator[Event]:
        while text:
            if self._opener:
                text = yield from self._gather(text)
                continue
            text, self._tail = self._tail + text, ""
            found = _OPENERS.search(text) if self._tools and self._tries < _MOST_TRIES else None
            if not found:
                self._tail = _beginning(text) if self._tools else ""
                yield from self._say(text[: len(text) - len(self._tail)])
                return
            yield from self._say(text[: found.start()])
            text = text[found.end() :]
            if found[0] != _STRAY:
                self._opener, self._held, self._size = found[0], [], 0
            elif self._shown or not self._called:
                yield from self._say(_STRAY)

    def _gather(self, text: str) -> Generator[Event, None, str]:
        """Up to the closer; what comes after it is returned."""
        closer = FORMS[self._opener].closer
        before = "".join(self._held[-len(closer) :])[1 - len(closer) :] if closer else ""
        self._held.append(text)
        self._size += len(text)
        if self._size > _MOST_HELD:
            self._tries = _MOST_TRIES  # nothing more is looked for
        if self._size > _MOST_HELD or not self._may_begin():
            return (yield from self._give_up())
        if not closer or closer not in before + text:
            return ""
        held = "".join(self._held)
        end = held.index(closer, len(held) - len(text) - len(before)) + len(closer)
        self._tries += 1
        if calls := self._read(held[:end]):
            yield from self._call(calls)
        elif self._tries >= _MOST_TRIES:
            return (yield from self._give_up())
        else:  # that closer was quoted, perhaps
            self._held, self._size = [held[:end]], end
        return held[end:]

    def _may_begin(self) -> bool:
        """Whether a call can begin so, as far as it is here."""
        if self._size - len(self._held[-1]) > _HEAD:
            return True
        form, text = FORMS[self._opener], "".join(self._held)[: 2 * _HEAD].lstrip()
        if not text or text[0] in form.first:
            return True
        found = _WORD.match(text)
        word = found[0] if found and form.named else ""
        return any(name.startswith(word) if word == text else name == word for name in self._tools)

    def _give_up(self) -> Generator[Event, None, str]:
        """It was text."""
        held, opener = "".join(self._held), self._opener
        self._opener, self._held = "", []
        yield from self._say(opener)
        return held

    def _read(self, text: str) -> list[ToolUse]:
        """The calls, if all of them are such."""
        calls: list[ToolUse] = []
        for said in FORMS[self._opener].reads(text):
            name, schema = self._tools.get(said.name, ("", {})) if said else ("", {})
            if not said or not name:
                return []
            input = mended(said.input if isinstance(said.input, str) else compact(said.input), schema)
            if input is None:
                return []
            calls.append(ToolUse("", name, input))
        return calls

    def _call(self, calls: Iterable[ToolUse]) -> Iterator[Event]:
        if self._shown:
            yield BlockStop()
        self._shown, self._called, self._blank = False, True, ""
        self._opener, self._held = "", []
        for call in calls:
            yield BlockStart(ToolUse(self._ids.fresh("", f"text {self._answer}"), call.name))
            yield JsonDelta(compact(call.input))
            yield BlockStop()

    def _show(self) -> Iterator[Event]:
        if not self._shown:
            self._shown = True
            yield self._start if self._start and not self._called else BlockStart(Text(""))

    def _say(self, text: str) -> Iterator[Event]:
        if not self._shown:
            text = self._blank = self._blank + text
            if len(text) < _HEAD and not text.strip():
                return
            self._blank = ""
        if text:
            yield from self._show()
            yield TextDelta(text)

    def _end(self, *, cut: bool) -> Iterator[Event]:
        while self._opener:
            self._tries += 1
            calls = self._read("".join(self._held)) if not cut and self._tries <= _MOST_TRIES else []
            if calls:
                yield from self._call(calls)
            else:
                yield from self._hear((yield from self._give_up()))
        tail, self._tail = self._tail, ""
        yield from self._say(tail)
        if not self._called:
            yield from self._show()
            if self._blank:
                yield TextDelta(self._blank)
        if self._shown:
            yield BlockStop()
        self._start, self._shown, self._blank, self._ended = None, False, "", False


def _beginning(text: str) -> str:
    """What an opener may have begun with, at the end of a text."""
    return next((text[-size:] for size in range(_LONGEST, 0, -1) if text[-size:] in _BEGINNINGS), "")

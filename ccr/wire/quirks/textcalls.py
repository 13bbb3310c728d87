"""Tool calls that a model writes as text, where its server does not read them.

Read are the forms of Hermes and Qwen (`<tool_call>` with JSON), of Qwen3-Coder and GLM (with tags in it), of Llama
(`<|python_tag|>`), Mistral (`[TOOL_CALLS]`) and DeepSeek, and fenced JSON. Only a tool that is offered can be called,
and not where Markdown shows the call as quoted: all else that looks like a call is text, and leaves as it came.
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
from ccr.wire.quirks.quoting import Quoting
from ccr.wire.quirks.tagged import calls, is_tagged
from ccr.wire.wording import compact

_MOST_HELD = 4 * 1024 * 1024  # characters of what may be a call
_MOST_TRIES = 20  # per block, to read one: a text about calls has many that are none

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
    "<tool_call>": Form("</tool_call>", _whole, "{<`", named=True),
    "<function=": Form("</function>", _whole, "", named=True),
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
_NAME = re.compile(
    r"""[\s\[]*+(?:<function=|(?:```json\s*+)?+\{\s*+["'](?:name|tool|function)["']\s*+:\s*+["'])?+([\w.:/-]++)"""
)


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
        self._quoting = Quoting()
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
                self._start, self._tries, self._quoting = event, 0, Quoting()
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
            found = self._opener_in(text)
            if not found:
                self._tail = _beginning(text) if self._tools else ""
                yield from self._say(text[: len(text) - len(self._tail)])
                return
            yield from self._say(text[: found.start()])
            text = text[found.end() :]
            if found[0] != _STRAY:
                self._opener, self._held, self._size = found[0], [], 0
            elif self._shown or not self._called:
                self._quoting.read(_STRAY)
                yield from self._say(_STRAY)

    def _opener_in(self, text: str) -> re.Match[str] | None:
        """The first that is not quoted."""
        if not self._tools or self._tries >= _MOST_TRIES:
            return None
        at = 0
        for found in _OPENERS.finditer(text):
            self._quoting.read(text[at : found.start()])
            at = found.start()
            if not self._quoting.quoted:
                return found
        self._quoting.read(text[at : len(text) - len(_beginning(text))])
        return None

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
        if found := self._read(held[:end]):
            yield from self._call(found)
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

    def _names_a_tool(self, held: str) -> bool:
        found = _NAME.match(held)
        return bool(found and found[1] in self._tools)

    def _give_up(self) -> Generator[Event, None, str]:
        """It was text."""
        held, opener = "".join(self._held), self._opener
        self._opener, self._held = "", []
        self._quoting.read(opener)
        yield from self._say(opener)
        return held

    def _read(self, text: str, *, ended: bool = False) -> list[ToolUse]:
        """The calls, if all of them are such."""
        found: list[ToolUse] = []
        for said in self._said(text, ended):
            name, schema = self._tools.get(said.name, ("", {})) if said else ("", {})
            if not said or not name:
                return []
            input = mended(said.input if isinstance(said.input, str) else compact(said.input), schema)
            if input is None:
                return []
            found.append(ToolUse("", name, input))
        return found

    def _said(self, text: str, ended: bool) -> Iterable[Said | None]:
        whole = f"<function={text}" if self._opener == "<function=" else text
        if self._opener in ("<function=", "<tool_call>") and is_tagged(whole):
            schemas = {name: schema for name, (_, schema) in self._tools.items()}
            return [Said(name, input) for name, input in calls(whole, schemas, ended=ended)]
        return FORMS[self._opener].reads(text)

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
            held = "".join(self._held)
            found = self._read(held, ended=True) if not cut and self._tries <= _MOST_TRIES else []
            if found:
                yield from self._call(found)
            else:
                if self._names_a_tool(held):  # what stands in a call that cannot be read is not called instead
                    self._tries = _MOST_TRIES
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

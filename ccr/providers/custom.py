"""A user's own transformer: a Python file whose functions change requests and answers. See docs/transformers.md.

It runs within the router. Its faults are told in one sentence with file and line, never as the provider's.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import CodeType, ModuleType, TracebackType
from typing import Any

import msgspec

from ccr.config.provider import HEADER_NAME
from ccr.config.schema import TransformerFile
from ccr.errors import ConfigInvalid, RequestProblem, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import BlockStart, End, Event, Grammar, Ping, State
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.anthropic import decode_event, encode_event
from ccr.wire.dialect import Payload
from ccr.wire.quirks import Quirk

LONGEST = 300  # characters of what an exception says

# How a request is cut up and carried: with another's say in it, the body would be read otherwise than it is written.
FRAMING = frozenset(
    {
        "connection", "content-encoding", "content-length", "expect", "host", "keep-alive", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip

# What is missing where an answer ends too early.
NEXT: Mapping[State, str] = {
    "new": "message_start",
    "between": "message_delta",
    "in_block": "content_block_stop",
    "finished": "message_stop",
}

Function = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What a function is told beside the body or the event."""

    provider: str
    model: str
    options: dict[str, Any]
    session: str | None
    stream: bool
    headers: dict[str, str] = field(default_factory=dict)  # that go out; for `request` alone
    state: dict[str, Any] = field(default_factory=dict)  # a place to remember things, for as long as one answer lasts


def custom(file: TransformerFile) -> "Custom":
    """Raises ConfigInvalid."""
    assert file.source is not None
    return Custom(file.path, file.options, _loaded(file.path, file.source))


class Custom:
    """A file that was loaded."""

    def __init__(self, path: str, options: JsonObject, names: Mapping[str, Any]) -> None:
        self.path = path
        self._options = options
        name = names.get("NAME", path.rpartition("/")[2].removesuffix(".py"))
        if not isinstance(name, str) or not name.strip():
            raise self.invalid("NAME is no text; give the transformer a name")
        self.name = name.strip()
        self._request, self._answer = self._function(names, "request"), self._function(names, "answer")
        if not (self._request or self._answer):
            raise self.invalid("has neither request(body, context) nor answer(event, context); write one of them")

    def invalid(self, text: str, line: int | None = None) -> ConfigInvalid:
        return _invalid(self.path, text, line)

    def quirk(self, options: JsonObject) -> Quirk:
        """Options beside the name win over those beside the path."""
        use = Use(self.path, self.name, {**self._options, **options})
        quirk = Quirk(self.name)
        if request := self._request:
            quirk = replace(quirk, payload=lambda payload, asked, to: use.sent(request, payload, asked, to))
        if answer := self._answer:
            quirk = replace(quirk, stage=lambda asked, to: Answering(use, answer, asked, to))
        return quirk

    def _function(self, names: Mapping[str, Any], name: str) -> Function | None:
        found = names.get(name)
        if found is None:
            return None
        line = found.__code__.co_firstlineno if inspect.isfunction(found) else None
        if not callable(found) or inspect.iscoroutinefunction(found):
            raise self.invalid(f"{name} must be a plain function, not async", line)
        try:
            inspect.signature(found).bind(None, None)
        except (TypeError, ValueError):
            raise self.invalid(f"{name} must take two arguments, the second being the context", line) from None
        checked: Function = found
        return checked


@dataclass(frozen=True, slots=True)
class Use:
    """A transformer with the options of one place where it is named."""

    path: str
    name: str
    options: JsonObject

    def context(self, request: Request, target: Target, headers: Mapping[str, str] | None = None) -> Context:
        options = msgspec.json.decode(msgspec.json.encode(self.options))
        return Context(
            target.provider, target.model, options, request.session, request.stream, headers=dict(headers or {})
        )

    def sent(self, function: Function, payload: Payload, request: Request, target: Target) -> Payload:
        """The function gets a copy, and may change it or give out another."""
        context = self.context(request, target, payload.headers)
        body = msgspec.json.decode(msgspec.json.encode(payload.body))
        answer = self.asked(function, body, context)
        body = body if answer is None else answer
        if not isinstance(body, dict):
            raise self.fault(function, f"gave out {_kind(body)}; expected the body, a dict")
        for name, value in context.headers.items():
            if not _is_header(name, value):
                raise self.fault(function, f"set the header {ascii(name)[:60]} to what a header cannot hold")
            if name.lower() in FRAMING:
                raise self.fault(function, f"set the header {ascii(name)}, which is the router's own; leave it out")
        headers = {name.lower(): value for name, value in context.headers.items()}  # one of each, whatever its case
        return replace(payload, body=self.plain(function, body), headers=headers)

    def asked(self, function: Function, value: object, context: Context) -> object:
        try:
            return function(value, context)
        except BaseException as broken:  # noqa: BLE001 - the file's: a request is only ever cancelled where it waits
            line = _line(self.path, broken.__traceback__)
            raise self.fault(function, f"failed: {_words(broken)}", line) from None

    def plain(self, function: Function, value: object) -> Any:
        """As JSON has it: tuples become lists, and what has no form in JSON is a fault."""
        try:
            return msgspec.json.decode(msgspec.json.encode(value))
        except Exception as broken:  # noqa: BLE001 - objects of the file's own may run its code here
            raise self.fault(function, f"gave out what is not JSON: {_words(broken)}") from None

    def fault(self, function: Function, text: str, line: int | None = None) -> RequestProblem:
        if line is None and inspect.isfunction(function):
            line = function.__code__.co_firstlineno
        name = getattr(function, "__name__", "a function")
        where = self.path if line is None else f"{self.path}:{line}"
        return RequestProblem(f'the transformer "{self.name}" {text} (in {name}, {where})', retry=False)


class Answering:
    """The stage of one answer: each event as a dict, and what the function makes of it as events again."""

    def __init__(self, use: Use, function: Function, request: Request, target: Target) -> None:
        self._use = use
        self._function = function
        self._context = use.context(request, target)
        self._index = -1
        self._came, self._given = Grammar(), Grammar()  # what is wrong in the one is the provider's fault

    def take(self, event: Event) -> Iterator[Event]:
        self._came.check(event)
        if not isinstance(event, Ping):
            yield from self._checked(self._transformed(event))
        elif self._given.state != "done":
            yield event
        if isinstance(event, End) and (missing := NEXT.get(self._given.state)):
            raise self._use.fault(self._function, f"breaks the order of events: {missing} is missing; give it out")

    def _transformed(self, event: Event) -> Iterator[Event]:
        if isinstance(event, BlockStart):
            self._index += 1
        raw = encode_event(event, self._index)
        for each in self._list(self._use.asked(self._function, raw, self._context)):
            try:
                yield from decode_event(self._use.plain(self._function, each))
            except UpstreamGarbled as garbled:
                raise self._use.fault(self._function, f"gave out no event: {garbled.message}") from None

    def _list(self, answer: object) -> Iterable[object]:
        match answer:
            case None:
                return ()
            case dict():
                return (answer,)
            case list() | tuple() if all(isinstance(each, dict) for each in answer):
                return answer
            case _:
                raise self._use.fault(
                    self._function, f"gave out {_kind(answer)}; expected an event, a list of events, or None"
                )

    def _checked(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            try:
                yield self._given.check(event)
            except UpstreamGarbled as garbled:
                raise self._use.fault(self._function, f"breaks the order of events: {garbled.message}") from None


@lru_cache(maxsize=64)
def _loaded(path: str, source: str) -> Mapping[str, Any]:
    """The file's names. One that has not changed is not run again, and keeps what it remembers."""
    module = ModuleType(f"transformer {path}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # where dataclasses look for it
    try:
        code: CodeType = compile(source, path, "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except SyntaxError as broken:
        raise _invalid(path, f"{broken.msg}; correct it, or take it out of transformers", broken.lineno) from None
    except BaseException as broken:  # noqa: BLE001 - whatever it is, it is the file's
        line = _line(path, broken.__traceback__)
        raise _invalid(path, f"{_words(broken)}; correct it, or take it out of transformers", line) from None
    return module.__dict__


def _invalid(path: str, text: str, line: int | None) -> ConfigInvalid:
    return ConfigInvalid(f"{path if line is None else f'{path}:{line}'}: {text}")


def _line(path: str, trace: TracebackType | None) -> int | None:
    """The last line of the file itself on the way to the fault."""
    line = None
    while trace:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _words(broken: BaseException) -> str:
    try:
        said = " ".join(str(broken).split())[:LONGEST]
    except BaseException:  # noqa: BLE001 - the file's exceptions may fail in saying what they are
        said = ""
    return f"{type(broken).__name__}: {said}" if said else type(broken).__name__


def _kind(value: object) -> str:
    return f"a value of type {type(value).__name__}"


def _is_header(name: object, value: object) -> bool:
    if not isinstance(name, str) or not isinstance(value, str):
        return False
    return bool(HEADER_NAME.fullmatch(name)) and value.isascii() and value.isprintable()

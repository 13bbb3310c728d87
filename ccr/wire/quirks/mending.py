"""A tool's input as weak models write it, mended where it has one reading; valid JSON passes to the byte.

Mended: control characters in strings, a comma before a closer, closers missing at the end, what stands around the
object (fences, words, the same object again), an object written as a string, and Python's spelling. Not mended, since
that were guessing: quotes inside a text, missing values, a second object that says something else.

What is certain streams on at once; what the next character may still change waits.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from ccr.errors import UpstreamGarbled
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
    Ping,
    TextDelta,
    tool_input,
)
from ccr.messages.json import DEEPEST, NOTHING, Json, JsonObject, read
from ccr.messages.request import AnyTool, Request, Tool
from ccr.wire.taught import taught

MOST = 32 * 1024 * 1024  # characters of one input
_LONGEST_ATOM = 400

_BLANK = re.compile(r"[ \t\r\n]*")
_ATOM = re.compile(r"[^ \t\r\n,:{}\[\]\"']*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_HEX = re.compile(r"[0-9a-fA-F]*")
_FENCE = re.compile(r"```[a-zA-Z0-9]*\s*")
# The inside of a string as far as nothing is wrong with it, by the quote around it. Most pieces are such from end to end.
_FINE = {
    quote: re.compile(rf'[^\x00-\x1f"\\{quote}]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}})[^\x00-\x1f"\\{quote}]*+)*+')
    for quote in "\"'"
}
_LITERALS = {"true": "true", "false": "false", "null": "null", "True": "true", "False": "false", "None": "null"}
_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_AROUND = " \t\r\n\ufeff"
_CLOSERS = {"{": "}", "[": "]"}
# JSON does not know these; nobody writes one but for the backslash itself, in regular expressions above all.
_KEPT = frozenset("dDsSwW.()[]{}|?*+^-&#!%@=<>:;,~ ")
_CODES = {"u": 4, "x": 2}  # escapes by number, and how many digits they have

_NUMBERS = {"integer": _INTEGER, "number": _NUMBER}
_COERCED = frozenset({*_NUMBERS, "boolean", "array", "object"})

Want = Literal["key", "first key", "colon", "value", "first value", "more"]
_VALUES = ("value", "first value")
_KEYS = ("key", "first key")

Step = Callable[[str, int], int]


class Mender:
    """Takes one input by pieces. Every step takes at least a character or changes what the next one is."""

    def __init__(self, schema: JsonObject = NOTHING) -> None:
        self._properties = _objects(schema.get("properties"))
        self._schema = schema
        required = schema.get("required")
        self._required = frozenset(filter(_is_text, required if isinstance(required, list) else ()))
        self._step: Step = self._before
        self._size = 0
        self._out: list[str] = []  # certain, not yet given out
        self._given: list[str] = []
        self._head = ""  # before the object, or what is no object
        self._rest: list[str] = []  # after it
        self._open: list[str] = []  # the brackets
        self._want: Want = "value"
        self._held = ""  # given out unless a closer follows: the opening brace, or a comma; and the blanks after it
        self._quote = '"'
        self._inside: re.Pattern[str] | None = None  # in a string that streams: what passes as it is
        self._token: list[str] | None = None  # of a string that must be whole before it is given out
        self._escape = ""
        self._atom = ""
        self._key = ""  # of the outermost object
        self._seen: set[str] = set()

    def feed(self, piece: str) -> str:
        """What is certain now."""
        self._size += len(piece)
        if self._size > MOST:
            self._break()
        elif self._inside and (found := self._inside.match(piece)) and found.end() == len(piece):
            self._given.append(piece)
            return piece
        self._take(piece)
        return self._flushed()

    def close(self, *, cut: bool = False) -> str | None:
        """What is left to say, or None: it cannot be mended. A call that was `cut` short is never made whole."""
        if self._step == self._before or self._step == self._gather:
            return self._other(cut)
        if self._step == self._atoms and self._atom in _LITERALS:  # half a number looks like a number
            self._end_atom()
        if self._step == self._after:
            return self._ended()
        if cut or self._step != self._structure or self._want != "more" or not self._required <= self._seen:
            return None
        self._out += [_CLOSERS[bracket] for bracket in reversed(self._open)]
        return self._flushed()

    @property
    def whole(self) -> bool:
        """The object has been closed."""
        return self._step == self._after

    def _take(self, text: str) -> None:
        at, end = 0, len(text)
        while at < end:
            at = self._step(text, at)

    def _flushed(self) -> str:
        if not self._out:
            return ""
        text = "".join(self._out)
        self._out.clear()
        self._given.append(text)
        return text

    def _break(self) -> None:
        self._step, self._inside = self._broken, None

    def _broken(self, piece: str, at: int) -> int:
        return len(piece)

    # before the object

    def _before(self, piece: str, at: int) -> int:
        self._head += piece[at:]
        head = self._head.lstrip(_AROUND)
        if fence := _FENCE.match(head):
            head = head[fence.end() :]
        if head.startswith("{"):
            self._step = self._structure
            self._take(head)
        elif (head and not head.startswith("`")) or len(self._head) > _LONGEST_ATOM:
            self._step = self._gather
            self._rest.append(self._head)
        return len(piece)

    def _gather(self, piece: str, at: int) -> int:
        self._rest.append(piece[at:])
        return len(piece)

    def _other(self, cut: bool) -> str | None:
        """No object so far: nothing at all, or an object inside a string."""
        text = ("".join(self._rest) or self._head).strip(_AROUND)
        if fence := _FENCE.match(text):
            text = text[fence.end() :].removesuffix("```").strip()
        if text in ("", "null", "None"):
            return None if cut else ""
        try:
            inner = read(text)
        except ValueError:
            return None
        if not isinstance(inner, str) or not inner.lstrip(_AROUND).startswith("{"):
            return None
        again = Mender(self._schema)
        begun = again.feed(inner)
        rest = again.close(cut=cut)
        return None if rest is None else begun + rest

    # after the object

    def _after(self, piece: str, at: int) -> int:
        if self._held:
            at = _past_blanks(piece, at)
            if piece.startswith("{", at):  # an empty object before the real one
                self._held, self._step = "", self._structure
                return at
            if at < len(piece):
                self._say_held()
        self._rest.append(piece[at:])
        return len(piece)

    def _ended(self) -> str | None:
        """Words are dropped; an object among them must be the same again, as some hosts repeat it at the end."""
        self._say_held()
        last = self._flushed()
        _, brace, rest = "".join(self._rest).partition("{")
        if brace:
            try:
                same = read(brace + rest.rstrip(_AROUND + "`")) == read("".join(self._given))
            except ValueError:
                return None
            return last if same else None
        return last

    # in the object

    def _structure(self, piece: str, at: int) -> int:
        if piece[at] in " \t\r\n":
            end = _past_blanks(piece, at)
            if not self._held:
                self._out.append(piece[at:end])
            elif len(self._held) < _LONGEST_ATOM:
                self._held = (self._held + piece[at:end])[:_LONGEST_ATOM]
            return end
        match piece[at]:
            case "{" | "[" as bracket if self._want in _VALUES:
                self._enter(bracket)
            case "}" | "]" as bracket if self._open and bracket == _CLOSERS[self._open[-1]]:
                self._leave(bracket)
            case "," if self._want == "more":
                self._held, self._want = ",", "key" if self._open[-1] == "{" else "value"
            case ":" if self._want == "colon":
                self._out.append(":")
                self._want = "value"
            case '"' | "'" as quote if self._want in _KEYS or self._want in _VALUES:
                self._begin_string(quote)
            case "{" | "[" | "}" | "]" | "," | ":" | '"' | "'":
                self._break()
            case _:
                self._step = self._atoms
                return at
        return at + 1

    def _say_held(self) -> None:
        if self._held:
            self._out.append(self._held)
            self._held = ""

    def _enter(self, bracket: str) -> None:
        self._say_held()
        if self._open:
            self._out.append(bracket)
        else:
            self._held = bracket
        self._open.append(bracket)
        self._want = "first key" if bracket == "{" else "first value"
        if len(self._open) > DEEPEST:
            self._break()

    def _leave(self, bracket: str) -> None:
        if self._want in ("colon", "value" if self._open[-1] == "{" else ""):
            return self._break()
        empty = len(self._open) == 1 and self._want == "first key"
        if self._held.startswith(","):
            self._held = self._held[1:]
        self._open.pop()
        self._want = "more" if self._open else "value"
        if empty:
            self._held += bracket
        else:
            self._say_held()
            self._out.append(bracket)
        if not self._open:
            self._step = self._after
        return None

    # strings

    def _begin_string(self, quote: str) -> None:
        self._say_held()
        self._quote, self._step = quote, self._string
        outermost = len(self._open) == 1
        if outermost and (self._want in _KEYS or _kind(self._properties.get(self._key))):
            self._token = []
        else:
            self._inside = _FINE[quote]
            self._out.append('"')

    def _put(self, text: str) -> None:
        (self._out if self._token is None else self._token).append(text)

    def _string(self, piece: str, at: int) -> int:
        end = self._fine(piece, at)
        if end > at:
            self._put(piece[at:end])
        if end == len(piece):
            return end
        match piece[end]:
            case self._quote:
                self._end_string()
            case "\\":
                self._step, self._inside = self._escapes, None
            case '"':
                self._put('\\"')
            case control:
                self._put(_CONTROLS.get(control) or f"\\u{ord(control):04x}")
        return end + 1

    def _fine(self, piece: str, at: int) -> int:
        """How far it goes."""
        found = _FINE[self._quote].match(piece, at)
        return found.end() if found else at

    def _escapes(self, piece: str, at: int) -> int:
        self._escape += piece[at]
        kind, digits = self._escape[0], self._escape[1:]
        if kind in _CODES:
            if not _HEX.fullmatch(digits):
                self._break()
            elif len(digits) == _CODES[kind]:
                self._end_escape(f"\\u{digits:0>4}")
        elif kind in '"\\/bfnrt':
            self._end_escape("\\" + kind)
        elif kind == "'":
            self._end_escape("'")
        elif kind in _KEPT:
            self._end_escape("\\\\" + kind)
        else:
            self._break()
        return at + 1

    def _end_escape(self, text: str) -> None:
        self._put(text)
        self._escape, self._step = "", self._string
        self._inside = _FINE[self._quote] if self._token is None else None

    def _end_string(self) -> None:
        self._step, self._inside = self._structure, None
        if self._token is not None:
            text, self._token = "".join(self._token), None
            if self._want in _KEYS:
                self._out.append(f'"{self._named(text)}"')
            else:
                self._out.append(_coerced(text, _kind(self._properties.get(self._key))))
        else:
            self._out.append('"')
        self._want = "colon" if self._want in _KEYS else "more"

    def _named(self, key: str) -> str:
        """The key, without blanks around it where the schema knows it only so."""
        plain = key.strip()
        if key not in self._properties and plain in self._properties and plain not in self._seen:
            key = plain
        self._key = key
        self._seen.add(key)
        return key

    # numbers, literals, bare keys

    def _atoms(self, piece: str, at: int) -> int:
        found = _ATOM.match(piece, at)
        end = found.end() if found else at
        self._atom += piece[at:end]
        if len(self._atom) > _LONGEST_ATOM:
            self._break()
        elif end < len(piece):
            self._end_atom()
        return end

    def _end_atom(self) -> None:
        atom, self._atom = self._atom, ""
        self._step = self._structure
        self._say_held()
        if self._want in _KEYS and _NAME.fullmatch(atom):
            self._out.append(f'"{self._named(atom) if len(self._open) == 1 else atom}"')
            self._want = "colon"
        elif self._want in _VALUES and (atom in _LITERALS or _is_number(atom)):
            self._out.append(_LITERALS.get(atom, atom))
            self._want = "more"
        else:
            self._break()


def mended(text: str, schema: JsonObject = NOTHING, *, cut: bool = False) -> JsonObject | None:
    """The object that a text comes to; None: no reading, or more than one."""
    mender = Mender(schema)
    given = mender.feed(text)
    rest = mender.close(cut=cut)
    if rest is None:
        return None
    return tool_input(given + rest)


class Mending:
    """The stage. A call that cannot be mended ends as broken once it shows whether the answer was cut short there."""

    def __init__(self, request: Request, target: Target) -> None:
        self._target = target
        self._fails = request.dialect != "anthropic"
        self._schemas = {tool.name: tool.schema for tool in map(described, request.tools) if tool}
        self._mender: Mender | None = None
        self._name = ""
        self._waits = False  # the open call's end has come, and what is next decides about it
        self._broken: list[str] = []  # names
        self._called = False

    def take(self, event: Event) -> Iterable[Event]:
        mender = self._mender
        if mender and isinstance(event, JsonDelta) and not self._waits:  # first, since most are such
            certain = mender.feed(event.json)
            if certain == event.json:
                return (event,)
            return (JsonDelta(certain) if certain else Ping(),)
        match event:
            case BlockStop() if mender and mender.whole:
                return self._end(mender)
            case BlockStop() if mender:
                self._waits = True
                return ()
            case BlockStart(block):
                ended = self._end(mender) if mender else ()
                if isinstance(block, ToolUse):
                    self._mender, self._name = Mender(self._schemas.get(block.name, NOTHING)), block.name
                return (*ended, event)
            case Finish(reason):
                cut = reason in CUT_SHORT
                ended = self._end(mender, cut) if mender else ()
                return (*ended, *self._finish(event, cut))
            case _:
                return (event,)

    def _end(self, mender: Mender, cut: bool = False) -> Iterable[Event]:
        self._mender, self._waits = None, False
        rest = mender.close(cut=cut)
        if rest is None:
            if self._fails and not cut:
                raise UpstreamGarbled(
                    f"{self._target} called {self._name} with input that is no JSON object; ask again, or another model",
                    target=self._target,
                    retry=False,
                )
            self._broken.append(self._name)
            return (BlockStop(broken=True),)
        self._called = True
        return (JsonDelta(rest), BlockStop()) if rest else (BlockStop(),)

    def _finish(self, event: Finish, cut: bool) -> Iterator[Event]:
        """Claude Code answers a call that is missing; beside one that is there it must be said that it is."""
        if self._broken and self._called:
            names = ", ".join(self._broken)
            yield BlockStart(Text(""))
            yield TextDelta(f"[Not run, since the input was {'cut off' if cut else 'no valid JSON'}: {names}]")
            yield BlockStop()
        called = self._broken and event.reason in ENDED
        yield replace(event, reason="tool_use", stop_sequence=None) if called else event


def described(tool: AnyTool) -> Tool | None:
    return tool if isinstance(tool, Tool) else taught(tool)


def _objects(value: object) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _is_number(atom: str) -> bool:
    try:
        return bool(_NUMBER.fullmatch(atom)) and read(atom) is not None
    except ValueError:  # out of range
        return False


def _past_blanks(piece: str, at: int) -> int:
    found = _BLANK.match(piece, at)
    return found.end() if found else at


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _kind(schema: Json) -> str:
    """What a schema takes where it does not take a string: one type's name, else ""."""
    types = schema.get("type") if isinstance(schema, Mapping) else None
    names = [name for name in types if name != "null"] if isinstance(types, list) else [types]
    only = names[0] if len(names) == 1 else None
    return only if isinstance(only, str) and only in _COERCED else ""


def _coerced(text: str, kind: str) -> str:
    """A string's inside as what the schema wants, if it is the text of just that; else as the string that it is."""
    string = f'"{text}"'
    inner = str(read(string)).strip()
    if kind == "boolean":
        return inner.lower() if inner.lower() in ("true", "false") else string
    if pattern := _NUMBERS.get(kind):
        return inner if pattern.fullmatch(inner) and _is_number(inner) else string
    try:
        value = read(inner)
    except ValueError:
        return string
    return inner if isinstance(value, dict if kind == "object" else list) else string

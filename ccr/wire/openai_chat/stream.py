"""Chunks -> events.

Here everything may arrive at once and in any order; there exactly one block is open. So what arrives is queued as
segments: the first one streams, the others gather until it is complete. Text and thoughts are complete when something
else follows, a call when its arguments are a whole object, and all of them at the end. The answer's own end is held
back until the wire's, since usage may follow the finish.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from ccr.errors import UpstreamGarbled, UpstreamSaid
from ccr.ids import Target
from ccr.messages.events import End, Event, Finish, Start
from ccr.messages.json import Json, JsonObject, text_of
from ccr.messages.reply import StopReason, Usage
from ccr.messages.request import Request
from ccr.wire.callids import Ids, digest
from ccr.wire.names import originals
from ccr.wire.openai_chat.segments import Call, Segment, Thought, Words
from ccr.wire.openai_chat.tags import TAGS, Piece, Tags
from ccr.wire.openai_chat.tools import searches
from ccr.wire.openai_chat.usage import FAILURES, FILTERED, LENGTH, usage
from ccr.wire.openai_errors import reported
from ccr.wire.searching import Hit, cited, question, searched
from ccr.wire.wording import compact

_MOST_HELD = 32 * 1024 * 1024  # characters that wait for their turn
_HOLDER = 200  # and a segment counts as this many, though it may be empty
_SAYING = ("text", "summary", "thinking")  # the readable field of a part of a thought
# LiteLLM has Gemini's signature in the id of the call, and takes it back beside it: https://github.com/BerriAI/litellm,
# encode_tool_call_id_with_signature and get_thought_signature_from_tool
_SIGNED = "__thought__"
_FILTER_NOTE = "\n\n[The provider's content filter ended this answer.]"


class Answer:
    def __init__(self, request: Request, target: Target) -> None:
        self.finish = ""  # the first reason that is given
        self._request = request
        self._target = target
        self._ids = Ids(request)
        self._originals = originals(request)
        self._id = ""  # known once the answer has begun
        self._usage = Usage()
        self._queue: deque[Segment] = deque()
        self._calls: dict[int | str, Call] = {}
        self._last: int | str = 0
        self._held = 0
        self._foretold: dict[str, str] = {}  # names of calls that have not come yet, by the provider's ids
        self._known: dict[str, str] = {}  # those, and the ones that have
        self._tags = Tags()
        self._hits: dict[str, Hit] = {}  # pages that the answer names, by their addresses
        self._blank = Words()  # white space that may belong to a text, or to nothing
        self._thought = self._spoken = self._called = False

    @property
    def begun(self) -> bool:
        return bool(self._id)

    def add(self, chunk: JsonObject) -> Iterator[Event]:
        refuse(chunk)
        self._count(chunk.get("usage"))
        match chunk.get("x_groq"):
            case {"usage": figures}:
                self._count(figures)
            case _:
                pass
        choice = first_choice(chunk.get("choices"))
        if choice is None:
            return  # metadata alone
        if not self._id:
            self._id = text_of(chunk, "id") or f"chatcmpl-{digest(compact(chunk))[:24]}"
            yield Start(self._id, text_of(chunk, "model") or self._target.model, self._usage)
        self._choose(choice)
        yield from self._flow()

    def end(self) -> Iterator[Event]:
        self._take(self._tags.end())
        reason = self._reason()
        yield from self._flow(ending=True)
        if self._hits and searches(self._request):
            yield from searched(digest(self._id)[:24], question(self._request), self._hits.values())
        yield Finish(reason, usage=self._usage)
        yield End()

    def _count(self, figures: object) -> None:
        self._usage = self._usage.updated(usage(figures))

    def _choose(self, choice: JsonObject) -> None:
        self._count(choice.get("usage"))
        match choice:
            case {"delta": dict() as delta} if delta:
                self._hear(delta)
            case {"message": dict() as message} if not (self._thought or self._spoken or self._called):
                # Here each call is whole and has no index.
                calls = message.get("tool_calls")
                whole = calls if isinstance(calls, list) else []
                numbered: list[Json] = [{"index": n, **call} for n, call in enumerate(whole) if isinstance(call, dict)]
                self._hear({**message, "tool_calls": numbered})
            case _:
                pass
        self.finish = self.finish or text_of(choice, "finish_reason")
        if self.finish in FAILURES:
            raise UpstreamSaid(f"the provider ended the answer with {self.finish!r}", code=self.finish)

    def _hear(self, delta: JsonObject) -> None:
        self._think(delta)
        match delta.get("content"):
            case str(text):
                self._take(self._tags.cut(text))
            case [*chunks]:
                self._hear_chunks(chunks)
            case _:
                pass
        self._say(text_of(delta, "refusal"))
        match delta.get("annotations"):
            case [*notes]:
                for note in notes:
                    self._cite(note)
            case _:
                pass
        match delta.get("tool_calls"):
            case [*calls]:
                for call in calls:
                    if isinstance(call, dict):
                        self._call(call)
            case _:
                pass
        match delta.get("function_call"):
            case dict() as function if function:
                self._call({"index": 0, "function": function})
            case _:
                pass

    def _take(self, pieces: Iterable[Piece]) -> None:
        for is_thought, text in pieces:
            if not is_thought:
                self._say(text)
            elif text.strip() or self._thought:
                thought = self._thinking(TAGS)
                thought.unsent.append(text)
                self._hold(thought, len(text))

    def _cite(self, note: Json) -> None:
        match note:
            case {"type": "url_citation", "url_citation": dict() as about} if url := text_of(about, "url"):
                title, says = text_of(about, "title"), text_of(about, "content")
                hit = self._hits.setdefault(url, Hit(url, title or url, says))
                if self._queue and isinstance(tail := self._queue[-1], Words):
                    tail.sources.append(cited(url, hit.title, says))
                    self._hold(tail, _HOLDER + len(says))
            case _:
                pass

    def _hear_chunks(self, chunks: list[Json]) -> None:
        """Mistral's content: a list, with the thoughts in it."""
        for chunk in chunks:
            match chunk:
                case str(text) | {"text": str(text)}:
                    self._say(text)
                case {"type": "thinking", "thinking": inner} if isinstance(chunk, dict):
                    texts = [piece["text"] for piece in inner if is_text(piece)] if isinstance(inner, list) else [inner]
                    thought = self._thinking("thinking")
                    thoughts = [text for text in texts if isinstance(text, str) and text]
                    thought.unsent += thoughts
                    self._hold(thought, sum(map(len, thoughts)))
                    thought.signature = text_of(chunk, "signature") or thought.signature
                case _:
                    pass

    def _think(self, delta: JsonObject) -> None:
        field = next((name for name in ("reasoning_content", "reasoning") if text_of(delta, name)), "")
        text = text_of(delta, field)
        stated = next((name for name in ("reasoning_details", "thinking_blocks") if delta.get(name)), "")
        given = delta.get(stated)
        details = [detail for detail in given if isinstance(detail, dict)] if isinstance(given, list) else []
        if details and not text:
            text = "".join(next(filter(None, (text_of(each, name) for name in _SAYING)), "") for each in details)
        if text or details:
            thought = self._thinking(field or stated)
            thought.unsent += [text] if text else []
            self._hold(thought, len(text))
            for detail in details:
                thought.detail(detail, stated)
                self._hold(thought, len(compact(detail)))

    def _thinking(self, field: str) -> Thought:
        self._thought = True
        tail = self._queue[-1] if self._queue else None
        if not isinstance(tail, Thought):
            tail = Thought(self._target, field, self._foretell)
            self._enqueue(tail)
        return tail

    def _foretell(self, id: str) -> str:
        """What the call with this id is named, or will be."""
        if id not in self._known:
            self._known[id] = self._foretold[id] = self._ids.fresh(id, self._id)
        return self._known[id]

    def _say(self, text: str) -> None:
        if not text:
            return
        tail = self._queue[-1] if self._queue else None
        words = tail if isinstance(tail, Words) else self._blank
        words.unsent.append(text)
        self._hold(words, len(text))
        if words is self._blank and text.strip():
            self._spoken = True
            self._enqueue(words)
            self._blank = Words()

    def _call(self, raw: JsonObject) -> None:
        function = raw.get("function")
        if not isinstance(function, dict):
            return
        id, _, signature = text_of(raw, "id").partition(_SIGNED)
        name = text_of(function, "name").strip()
        index = raw.get("index")
        call = self._addressed(index if isinstance(index, int) else None, id, name)
        if id and not call.id:
            call.id = id
            call.known_as = self._foretold.pop(id, "") or self._ids.fresh(id, self._id)
            self._known.setdefault(id, call.known_as)
        if name and not call.name:
            self._called = True
            call.name, call.original = name, self._originals.get(name, name)
        if raw.get("extra_content"):
            call.state = raw["extra_content"]
        if signature:
            call.field, call.state = "provider_specific_fields", {"thought_signature": signature}
        self._hold(call, len(id) + len(name))
        match function.get("arguments"):
            case str(piece):
                pass
            case None:
                piece = ""
            case whole:
                piece = compact(whole)
        if piece:
            call.argue(piece)
            self._hold(call, len(piece))

    def _addressed(self, index: int | None, id: str, name: str) -> Call:
        """The call that a fragment belongs to: that of its index, else of its id, else the last one.

        A new name with a new id begins another call, also where a host gives all of them the same index.
        """
        key = self._last = index if index is not None else id or self._last
        call = self._calls.get(key)
        another = (
            call is not None
            and name
            and call.name
            and (id != call.id if id else index is None)
            and (name != call.name or call.complete)
        )
        if call is None or another:
            call = self._calls[key] = Call(self._target, self._ids, self._id)
            self._enqueue(call)
        return call

    def _enqueue(self, segment: Segment) -> None:
        self._queue.append(segment)
        self._hold(segment, _HOLDER)

    def _hold(self, segment: Segment, size: int) -> None:
        segment.held += size
        self._held += size
        if self._held > _MOST_HELD:
            raise UpstreamGarbled(f"more than {_MOST_HELD} characters that wait for another block to end")

    def _release(self, segment: Segment) -> None:
        self._held -= segment.held
        segment.held = 0

    def _flow(self, *, ending: bool = False) -> Iterator[Event]:
        while self._queue:
            head = self._queue[0]
            if ending and isinstance(head, Call) and head.lost:
                raise UpstreamGarbled("a tool call without a name")
            for event in head.news():
                self._release(head)
                yield event
            if not ending and (len(self._queue) == 1 or not head.complete):
                return
            yield from head.end()
            self._release(head)
            self._queue.popleft()

    def _reason(self) -> StopReason:
        if self.finish in LENGTH:
            if self._usage.output == 0 and not (self._thought or self._spoken or self._called):
                raise UpstreamSaid("the context window is full", status=400, code="context_length_exceeded")
            return "max_tokens"
        if self._called:
            return "tool_use"
        if self.finish in FILTERED:
            if not self._spoken:
                return "refusal"
            self._say(_FILTER_NOTE)
        return "end_turn"


def refuse(chunk: JsonObject) -> None:
    """Raises what a chunk reports as an error, in any of the places where hosts put one."""
    groq = chunk.get("x_groq")
    for place in (chunk, groq if isinstance(groq, dict) else {}):
        if place.get("error"):
            raise reported(place)
    if "choices" not in chunk and "error" in (chunk.get("object"), chunk.get("type")):
        raise reported(chunk)


def first_choice(choices: Json) -> JsonObject | None:
    """The one with index 0, wherever it stands."""
    found = choices if isinstance(choices, list) else []
    return next((choice for choice in found if isinstance(choice, dict) and not choice.get("index")), None)


def is_text(piece: Json) -> bool:
    return isinstance(piece, dict) and isinstance(piece.get("text"), str)

"""Events of the wire -> events.

Items may overlap here; there exactly one block is open. So each item is a segment in a queue: the first one streams,
the others gather until it is done. A host may also send no deltas at all, or all of it in the last event.
"""

from collections import defaultdict, deque
from collections.abc import Iterator

from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.ids import Target
from ccr.messages.events import End, Event, Finish, Start
from ccr.messages.json import JsonObject, text_of
from ccr.messages.reply import StopReason
from ccr.messages.request import Request
from ccr.wire.callids import Ids, digest
from ccr.wire.names import originals
from ccr.wire.openai_responses.errors import reported
from ccr.wire.openai_responses.segments import Call, Other, Search, Segment, Thought, Words, objects, written
from ccr.wire.openai_responses.state import State
from ccr.wire.openai_responses.usage import usage
from ccr.wire.wording import compact

_MOST_HELD = 32 * 1024 * 1024  # characters that wait for their turn
_HOLDER = 200  # and an item counts as this many, though it may be empty
_FILTER_NOTE = "\n\n[The provider's content filter ended this answer.]"

# An answer's state -> whether it has ended; others have not, and need not be known.
_ENDINGS = frozenset({"completed", "incomplete"})
_BREAKS = frozenset({"failed", "cancelled"})

# What streams an item that was not announced -> its type, and the field of `.done` that has all of it.
_STREAMS = {
    "response.output_text": ("message", "text"),
    "response.refusal": ("message", "refusal"),
    "response.reasoning_summary_text": ("reasoning", "text"),
    "response.reasoning_text": ("reasoning", "text"),
    "response.function_call_arguments": ("function_call", "arguments"),
    "response.custom_tool_call_input": ("custom_tool_call", "input"),
}


class Answer:
    def __init__(self, request: Request, target: Target) -> None:
        self.ended = False
        self._target = target
        self._carries = request.dialect == "responses"
        self._ids = Ids(request)
        self._originals = originals(request)
        self._id = ""  # known once the answer has begun
        self._queue: deque[Segment] = deque()
        self._items: dict[int | str, Segment] = {}
        self._last: int | str = 0
        self._seen: defaultdict[str, list[Segment]] = defaultdict(list)  # items by type
        self._held = 0
        self._called = self._spoken = False

    @property
    def begun(self) -> bool:
        return bool(self._id)

    def add(self, event: JsonObject, name: str = "") -> Iterator[Event]:
        """One event, or a whole answer."""
        kind = text_of(event, "type") or name
        response = event.get("response")
        if kind == "error" or event.get("error"):
            raise reported(event)
        if isinstance(response, dict):
            yield from self._begin(response)
            ending = kind.removeprefix("response.")
            if ending in _ENDINGS | _BREAKS:
                yield from self._end(response, text_of(response, "status") or ending)
        elif kind.startswith("response."):
            if not self._id:
                yield from self._begin({})
            self._hear(kind, event)
            yield from self._flow()
        elif isinstance(event.get("output"), list):
            yield from self._begin(event)
            yield from self._end(event, text_of(event, "status") or "completed")

    def _begin(self, response: JsonObject) -> Iterator[Event]:
        if not self._id:
            self._id = text_of(response, "id") or f"resp_{digest(compact(response))[:24]}"
            yield Start(self._id, text_of(response, "model") or self._target.model)

    def _hear(self, kind: str, event: JsonObject) -> None:
        key = self._key(event)
        match event.get("item"):
            case dict() as item:
                if kind == "response.output_item.added":
                    self._add(key, item)
                elif kind == "response.output_item.done":
                    self._fill(key, item)
                return
            case _:
                pass
        stream, _, what = kind.rpartition(".")
        if what in ("delta", "done") and stream in _STREAMS:
            self._stream(key, stream, event, whole=what == "done")
        elif kind == "response.output_text.annotation.added":
            segment = self._items.get(key) or self._add(key, {"type": "message"})
            if isinstance(segment, Words):
                segment.cite(event.get("annotation"))
                self._hold(segment, _HOLDER)

    def _key(self, event: JsonObject) -> int | str:
        """By the index: there are hosts that give an item another id in each event."""
        index = event.get("output_index")
        self._last = index if isinstance(index, int) else text_of(event, "item_id") or self._last
        return self._last

    def _add(self, key: int | str, item: JsonObject) -> Segment:
        kind = text_of(item, "type")
        if kind == "message" and (phase := text_of(item, "phase")):
            self._mark(phase)
        segment = self._items[key] = self._segment(kind)
        self._seen[kind].append(segment)
        if isinstance(segment, Call):
            segment.announce(item)
            self._called = self._called or bool(segment.name)
        self._enqueue(segment)
        return segment

    def _segment(self, kind: str) -> Segment:
        match kind:
            case "message":
                return Words()
            case "reasoning":
                return Thought(self._target)
            case "function_call" | "custom_tool_call":
                return Call(self._ids, self._originals, self._id, custom=kind == "custom_tool_call")
            case "web_search_call":
                return Search(f"{self._id}_{len(self._seen[kind]) + 1}")
            case _:
                return Other(carried=self._carries)

    def _mark(self, phase: str) -> None:
        """Of the message that comes now. The thought before it carries it; without one, an empty thought does."""
        tail = self._queue[-1] if self._queue else None
        if not isinstance(tail, Thought):
            tail = Thought(self._target)
            tail.done = True
            self._enqueue(tail)
        tail.state = tail.state.followed(State(phase=phase))

    def _stream(self, key: int | str, stream: str, event: JsonObject, *, whole: bool) -> None:
        """A piece, or a part as a whole, which some hosts send without its pieces."""
        kind, field = _STREAMS[stream]
        text = written(event.get(field)) if whole else text_of(event, "delta")
        segment = self._items.get(key) or self._add(key, {"type": kind})
        index = event.get("summary_index" if "summary" in stream else "content_index")
        place = index if isinstance(index, int) else None
        if not text or (whole and segment.filled) or not segment.takes((stream, place), whole=whole):
            return
        match segment:
            case Words():
                segment.say(text, place)
                self._spoken = self._spoken or segment.spoken
            case Thought():
                segment.think(text, (stream, place))
            case Call():
                segment.argue(text)
            case _:
                pass
        self._hold(segment, len(text))

    def _fill(self, key: int | str, item: JsonObject) -> None:
        """An item as a whole. One that is filled already was another: some hosts give all the same index."""
        segment = self._items.get(key)
        if segment is None or segment.filled:
            segment = self._add(key, item)
        self._complete(segment, item)

    def _complete(self, segment: Segment, item: JsonObject) -> None:
        segment.fill(item)
        if isinstance(segment, Call):
            self._called = self._called or bool(segment.name)
        elif isinstance(segment, Words):
            self._spoken = self._spoken or segment.spoken
        self._hold(segment, len(compact(item)))

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

    def _flow(self, ending: StopReason | None = None) -> Iterator[Event]:
        while self._queue:
            head = self._queue[0]
            if ending and isinstance(head, Call):
                head.settle()
                if head.lost:
                    raise UpstreamGarbled("a tool call without a name")
                if head.unsaid and ending != "max_tokens":
                    raise UpstreamGarbled("a tool call whose arguments never came")
            for event in head.news():
                self._release(head)
                yield event
            alone = len(self._queue) == 1
            if not ending and (not head.done or (head.lingers and alone)):
                return
            yield from head.end()
            self._release(head)
            self._queue.popleft()

    def _end(self, response: JsonObject, status: str) -> Iterator[Event]:
        if status in _BREAKS:
            if response.get("error"):
                raise reported(response)
            raise UpstreamSaid(f"the provider ended the answer with {status!r}", code=status)
        if status not in _ENDINGS:
            raise UpstreamCut(f"the answer is not finished: {status}")
        self._gather(response)
        reason = self._reason(response)
        yield from self._flow(reason)
        self.ended = True
        yield Finish(reason, usage=usage(response.get("usage")))
        yield End()

    def _gather(self, response: JsonObject) -> None:
        """What has not come by itself: of each type the last items, and what is missing in those that came."""
        seen = {kind: list(segments) for kind, segments in self._seen.items()}
        for place, item in enumerate(objects(response.get("output"))):
            known = seen.get(text_of(item, "type"), [])
            segment = next((each for each in known if each.is_of(item)), known[0] if known else None)
            if segment is not None:
                known.remove(segment)
            if segment is None or (isinstance(segment, Words) and segment.done and not segment.spoken):
                self._fill(f"output {place}", item)
            elif not segment.done:
                self._complete(segment, item)

    def _reason(self, response: JsonObject) -> StopReason:
        match response.get("incomplete_details"):
            case {"reason": str(why)}:
                pass
            case _:
                why = ""
        if why == "max_output_tokens":
            return "max_tokens"
        if self._called:
            return "tool_use"
        if why == "content_filter":
            if not self._spoken:
                return "refusal"
            note = Words()
            note.say(_FILTER_NOTE)
            self._enqueue(note)
        return "end_turn"

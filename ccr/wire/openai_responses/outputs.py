"""The items of an answer while they arrive: each says what its events are, and what it comes to."""

from collections.abc import Iterator
from typing import Protocol

from ccr.messages.blocks import Opaque, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import Delta, JsonDelta, OpaqueDelta, SignatureDelta, TextDelta, ThinkingDelta, tool_input
from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.wire.openai_responses.forms import Called, given
from ccr.wire.openai_responses.thoughts import sealed
from ccr.wire.wording import compact


class Item(Protocol):
    place: int  # in the output
    status: str  # once it has ended

    @property
    def complete(self) -> bool:
        """Whether the end of its block is its own."""
        ...

    def as_json(self, status: str) -> JsonObject: ...

    def start(self) -> Iterator[JsonObject]: ...

    def take(self, delta: Delta) -> Iterator[JsonObject]: ...

    def stop(self) -> Iterator[JsonObject]:
        """Its block ends."""
        ...

    def end(self) -> Iterator[JsonObject]: ...


class Message:
    complete = False  # the next block may be a text as well
    status = "completed"

    def __init__(self, place: int, id: str, block: Text) -> None:
        self.place = place
        self._id = f"msg_{id}"
        self._at: JsonObject = {"item_id": self._id, "output_index": place, "content_index": 0}
        self._first = block
        self._pieces: list[str] = []
        self._size = 0
        self._began = 0  # where the latest text begins
        self._sources: list[JsonObject] = []  # of the latest text
        self._annotations: list[JsonObject] = []

    def as_json(self, status: str) -> JsonObject:
        content = [] if status == "in_progress" else [self._part()]
        return {"id": self._id, "type": "message", "status": status, "role": "assistant", "content": content}

    def start(self) -> Iterator[JsonObject]:
        yield {"type": "response.content_part.added", **self._at, "part": self._part()}
        yield from self.go_on(self._first)

    def go_on(self, block: Text) -> Iterator[JsonObject]:
        """Another text."""
        self._began = self._size
        if block.text:
            yield self._say(block.text)

    def take(self, delta: Delta) -> Iterator[JsonObject]:
        match delta:
            case TextDelta(text):
                yield self._say(text)
            case OpaqueDelta({"citation": {"url": str(url), **citation}}):
                self._sources.append({"url": url, "title": str(citation.get("title") or "")})
            case _:
                pass

    def stop(self) -> Iterator[JsonObject]:
        for source in self._sources:
            where = {"start_index": self._began, "end_index": self._size}
            cited: JsonObject = {"type": "url_citation", **where, **source}
            number = len(self._annotations)
            self._annotations.append(cited)
            at = {**self._at, "annotation_index": number}
            yield {"type": "response.output_text.annotation.added", **at, "annotation": cited}
        self._sources.clear()

    def end(self) -> Iterator[JsonObject]:
        yield {"type": "response.output_text.done", **self._at, "text": "".join(self._pieces), "logprobs": []}
        yield {"type": "response.content_part.done", **self._at, "part": self._part()}

    def _say(self, text: str) -> JsonObject:
        self._pieces.append(text)
        self._size += len(text)
        return {"type": "response.output_text.delta", **self._at, "delta": text, "logprobs": []}

    def _part(self) -> JsonObject:
        annotations = list(self._annotations)
        return {"type": "output_text", "annotations": annotations, "logprobs": [], "text": "".join(self._pieces)}


class Reasoning:
    complete = True
    status = "completed"

    def __init__(self, place: int, id: str, block: Thinking | RedactedThinking) -> None:
        self.place = place
        self._id = f"rs_{id}"
        self._at: JsonObject = {"item_id": self._id, "output_index": place, "summary_index": 0}
        self._block = block
        self._pieces: list[str] = []
        self._signature: list[str] = []

    def as_json(self, status: str) -> JsonObject:
        summary: list[Json] = [self._part()] if self._pieces else []
        seal = None if status == "in_progress" else self._seal()
        return {"id": self._id, "type": "reasoning", "summary": summary, "encrypted_content": seal}

    def start(self) -> Iterator[JsonObject]:
        if isinstance(self._block, Thinking) and self._block.text:
            yield from self._think(self._block.text)

    def take(self, delta: Delta) -> Iterator[JsonObject]:
        match delta:
            case ThinkingDelta(text) if text:
                yield from self._think(text)
            case SignatureDelta(piece):
                self._signature.append(piece)
            case _:
                pass

    def stop(self) -> Iterator[JsonObject]:
        return iter(())

    def end(self) -> Iterator[JsonObject]:
        if self._pieces:
            text = "".join(self._pieces)
            yield {"type": "response.reasoning_summary_text.done", **self._at, "text": text}
            yield {"type": "response.reasoning_summary_part.done", **self._at, "part": self._part()}

    def _think(self, text: str) -> Iterator[JsonObject]:
        if not self._pieces:
            yield {"type": "response.reasoning_summary_part.added", **self._at, "part": self._part()}
        self._pieces.append(text)
        yield {"type": "response.reasoning_summary_text.delta", **self._at, "delta": text}

    def _part(self) -> JsonObject:
        return {"type": "summary_text", "text": "".join(self._pieces)}

    def _seal(self) -> str | None:
        if isinstance(self._block, RedactedThinking):
            return sealed(self._block)
        return sealed(Thinking("", self._block.signature + "".join(self._signature)))


class Call:
    complete = True

    def __init__(self, place: int, id: str, block: ToolUse, called: Called) -> None:
        self.place = place
        self.status = "completed"
        self._form = called.form
        self._named: dict[str, Json] = {} if called.form.shape == "object" else {"name": called.name}
        if called.namespace:
            self._named["namespace"] = called.namespace
        self._id = f"{called.form.prefix}_{id}"
        self._block = block
        self._pieces: list[str] = []

    def as_json(self, status: str) -> JsonObject:
        form = self._form
        begun = {"id": self._id, "type": form.item, "status": status, "call_id": self._block.id, **self._named}
        return {**begun, **form.beside, form.field: self._written(status)}

    def start(self) -> Iterator[JsonObject]:
        return iter(())

    def take(self, delta: Delta) -> Iterator[JsonObject]:
        if isinstance(delta, JsonDelta) and delta.json:
            self._pieces.append(delta.json)
            if self._form.shape == "json":
                yield self._event("delta", delta=delta.json)

    def stop(self) -> Iterator[JsonObject]:
        if self._input() is None:  # the answer was cut short in the middle of it
            self.status = "incomplete"
        elif self._form.shape == "json" and not self._pieces:
            yield self._event("delta", delta=self._text())

    def end(self) -> Iterator[JsonObject]:
        match self._form.shape:
            case "json":
                yield self._event("done", name=self._named["name"], arguments=self._text())
            case "text":
                written = self._written(self.status)
                yield self._event("delta", delta=written)
                yield self._event("done", input=written)
            case "object":
                pass

    def _event(self, kind: str, **more: Json) -> JsonObject:
        # response.function_call_arguments.delta, response.custom_tool_call_input.done, …
        name = f"response.{self._form.item}_{self._form.field}.{kind}"
        return {"type": name, "item_id": self._id, "output_index": self.place, **more}

    def _text(self) -> str:
        return "".join(self._pieces) or compact(self._block.input)

    def _input(self) -> JsonObject | None:
        return tool_input("".join(self._pieces)) if self._pieces else self._block.input

    def _written(self, status: str) -> Json:
        begun = status == "in_progress"
        input = NOTHING if begun else self._input()
        match self._form.shape:
            case "json":
                return "" if begun else self._text()
            case "text":
                return _free(input or NOTHING)
            case "object":
                return given(input or NOTHING, self._form)


def _free(input: JsonObject) -> str:
    """The text of a tool that takes free text: models may give it another name than the one that they were told."""
    match input.get("input", next(iter(input.values()), "")):
        case str(text):
            return text
        case other:
            return compact(other)


class Search:
    """A search that the host ran, with what it found, which comes in a block of its own."""

    complete = False

    def __init__(self, place: int, id: str, block: Opaque) -> None:
        self.place = place
        self.status = "completed"
        self._id = f"ws_{id}"
        self._asked = block.raw.get("input")
        self._call = block.raw.get("id")
        self._pieces: list[str] = []
        self._sources: list[Json] = []

    def as_json(self, status: str) -> JsonObject:
        query = self._query()
        action: JsonObject = {"type": "search", "query": query, "queries": [query], "sources": list(self._sources)}
        return {"id": self._id, "type": "web_search_call", "status": status, "action": action}

    def start(self) -> Iterator[JsonObject]:
        yield self._event("in_progress")

    def take(self, delta: Delta) -> Iterator[JsonObject]:
        if isinstance(delta, JsonDelta):
            self._pieces.append(delta.json)
        return iter(())

    def stop(self) -> Iterator[JsonObject]:
        if not self._sources:
            yield self._event("searching")

    def found(self, block: Opaque) -> bool:
        """Whether the block is what it found."""
        match block.raw:
            case {"type": "web_search_tool_result", "tool_use_id": call, "content": content} if call == self._call:
                hits = content if isinstance(content, list) else []
                self._sources += [{"type": "url", "url": hit["url"]} for hit in hits if _is_hit(hit)]
                if not isinstance(content, list):
                    self.status = "failed"
                return True
            case _:
                return False

    def end(self) -> Iterator[JsonObject]:
        yield self._event("completed")

    def _event(self, kind: str) -> JsonObject:
        return {"type": f"response.web_search_call.{kind}", "item_id": self._id, "output_index": self.place}

    def _query(self) -> str:
        asked = (tool_input("".join(self._pieces)) if self._pieces else None) or self._asked
        return str(asked.get("query") or "") if isinstance(asked, dict) else ""


def _is_hit(hit: object) -> bool:
    return isinstance(hit, dict) and isinstance(hit.get("url"), str)

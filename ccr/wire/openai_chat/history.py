"""Turns -> messages, in the order that the wire demands, and so that a longer conversation repeats the shorter one.

A host answers 400 "An assistant message with 'tool_calls' must be followed by tool messages …": so one for each call, in
the order of the calls, with nothing before them. What else a user turn holds comes after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ccr.ids import Target
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.json import Json, JsonObject, read
from ccr.messages.request import Request, Turn
from ccr.wire.callids import outgoing
from ccr.wire.names import shortened
from ccr.wire.openai_chat.content import joined, parts, said, texts_of
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.origin import origin
from ccr.wire.wording import compact, prompt, words


@dataclass(frozen=True, slots=True)
class Call:
    """A call that waits for its result."""

    id: str  # as the client knows it
    sent_as: str


def messages(request: Request, target: Target, differences: Differences) -> list[JsonObject]:
    written: list[JsonObject] = []
    if prompt := system(request.system):
        written.append({"role": differences.system_role, "content": prompt})
    used: set[str] = set()
    calls: tuple[Call, ...] = ()
    for by_assistant, turns in groupby(request.turns, key=lambda turn: turn.role == "assistant"):
        if by_assistant:
            spoken = Spoken(target, differences, used)
            spoken.hear(turns)
            written.append(spoken.message())
            calls = tuple(spoken.calls)
        else:
            written += heard(turns, calls, differences)
            calls = ()
    written += heard((), calls, differences) if calls else ()
    if written and written[-1]["role"] == "assistant" and not differences.prefill:
        written.append({"role": "user", "content": "Continue."})
    return written


def system(blocks: Iterable[Block]) -> str:
    return "\n\n".join(filter(None, (prompt(text) for block in blocks for text in texts_of(parts(block)))))


def heard(turns: Iterable[Turn], calls: tuple[Call, ...], differences: Differences) -> Iterator[JsonObject]:
    """What the model is told between two of its own messages: results, then one message of the user."""
    results: dict[str, ToolResult] = {}
    attached: list[JsonObject] = []
    rest: list[JsonObject] = []
    asked = {call.id for call in calls}
    for turn in turns:
        for block in turn.content:
            match block:
                case ToolResult(id) if id in asked:
                    results.setdefault(id, block)
                case ToolResult():
                    rest += stray(block, differences)
                case Text(text) if turn.role == "system":
                    rest += said(f"System note: {text}" if text.strip() else "")
                case _:
                    rest += parts(block, differences.images)
    for call in calls:
        text, beside = answer(results.get(call.id), differences)
        attached += beside
        yield {"role": "tool", "tool_call_id": call.sent_as, "content": text}
    content = [*attached, *rest]
    if content or not calls:
        yield {"role": "user", "content": joined(content) or "(an empty message)"}


def answer(result: ToolResult | None, differences: Differences) -> tuple[str, list[JsonObject]]:
    """A tool message holds text alone: what else a result holds follows in a user message."""
    if result is None:
        return "[no result]", []
    found = parts(result, differences.images)
    texts = texts_of(found)
    beside = [part for part in found if part["type"] != "text"]
    if beside:
        texts.append("(Its images and documents follow in the next message.)")
    text = "\n\n".join(texts) or "(no output)"
    if beside:
        beside = [*said(f"Images and documents that a tool returned ({result.tool_use_id}):"), *beside]
    return f"Error: {text}" if result.is_error else text, beside


def stray(result: ToolResult, differences: Differences) -> list[JsonObject]:
    """A result of a call that is not in the conversation any more, after a compaction for instance."""
    what = "error" if result.is_error else "result"
    return [*said(f"The {what} of an earlier tool call:"), *parts(result, differences.images)]


@dataclass(slots=True)
class Spoken:
    """One assistant message in the making."""

    target: Target
    differences: Differences
    used: set[str]  # ids that the conversation holds so far
    calls: list[Call] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    paragraphs: list[str] = field(default_factory=list)
    asked: list[JsonObject] = field(default_factory=list)
    thoughts: dict[str, Json] = field(default_factory=dict)
    chunks: list[JsonObject] = field(default_factory=list)  # Mistral's thoughts, which stand in the content
    beside: Json = None  # Gemini's signature, which stands beside the next call

    def hear(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            for are_texts, blocks in groupby(turn.content, key=lambda block: isinstance(block, Text)):
                if are_texts:  # neighbours are pieces of one text: citations cut sentences apart
                    self.paragraphs.append("".join(block.text for block in blocks if isinstance(block, Text)))
                    continue
                for block in blocks:
                    self._hear(block)

    def _hear(self, block: Block) -> None:
        match block:
            case ToolUse():
                self._call(block)
            case Thinking(text, signature):
                self._recall(text, signature)
            case Opaque():
                self.paragraphs.append(words(block))
            case _:
                self.paragraphs += texts_of(parts(block))

    def message(self) -> JsonObject:
        text = "\n\n".join(paragraph for paragraph in self.paragraphs if paragraph.strip())
        content: Json = text
        if self.chunks:
            content = [*self.chunks, *said(text)]
        elif not text and self.asked:
            content = None if self.differences.null_content else ""
        elif not text:
            content = "(no answer)"
        message: dict[str, Json] = {"role": "assistant", "content": content}
        if required := self.differences.reasoning_required:
            self.thoughts.setdefault(required, " ")  # an empty string counts as missing
        message |= self.thoughts
        if self.asked:
            message["tool_calls"] = self.asked
        return message

    def _call(self, use: ToolUse) -> None:
        if use.id in self.seen:
            return  # the same call twice: clients answer it once
        self.seen.add(use.id)
        sent_as = outgoing(use.id, self.differences.nine_character_ids)
        while sent_as in self.used:
            sent_as = outgoing(f"{use.id} {len(self.used)}", self.differences.nine_character_ids)
        self.used.add(sent_as)
        self.calls.append(Call(use.id, sent_as))
        function: JsonObject = {"name": shortened(use.name), "arguments": compact(use.input)}
        asked: dict[str, Json] = {"id": sent_as, "type": "function", "function": function}
        if self.beside is not None:
            asked["extra_content"], self.beside = self.beside, None
        self.asked.append(asked)

    def _recall(self, text: str, signature: str) -> None:
        """Thoughts go back to the provider that had them, in the field they came in, and to nobody else."""
        known = origin(signature)
        if known is None:
            # A client of this wire has nowhere to keep a signature.
            if not signature and (required := self.differences.reasoning_required):
                self._remember(required, text)
            return
        if known.target.provider != self.target.provider:
            return
        match known.field:
            case "reasoning_content" | "reasoning":
                self._remember(known.field, text)
            case "reasoning_details":
                details = _stated(known.state)
                earlier = self.thoughts.get("reasoning_details", [])
                if isinstance(details, list) and isinstance(earlier, list):
                    self.thoughts["reasoning_details"] = [*earlier, *details]
            case "extra_content":
                self.beside = _stated(known.state)
            case "thinking":
                chunk: dict[str, Json] = {"type": "thinking", "thinking": said(text)}
                self.chunks.append(chunk | ({"signature": known.state} if known.state else {}))
            case _:
                pass

    def _remember(self, name: str, text: str) -> None:
        if text.strip():
            self.thoughts[name] = f"{self.thoughts.get(name, '')}{text}"


def _stated(state: str) -> Json:
    """Signatures come from clients: one that was tampered with is worth nothing."""
    try:
        return read(state)  # type: ignore[return-value]
    except ValueError:
        return None

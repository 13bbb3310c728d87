"""Turns -> messages, in the order that the wire demands, and so that a longer conversation repeats the shorter one.

A host answers 400 "An assistant message with 'tool_calls' must be followed by tool messages …": so one for each call, in
the order of the calls, with nothing before them. What else a user turn holds comes after.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ccr.ids import Target
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.json import Json, JsonObject, read
from ccr.messages.request import Request, Turn
from ccr.wire.callids import outgoing
from ccr.wire.names import shortened
from ccr.wire.openai_chat.content import joined, marked, parts, said, texts_of
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
    if found := system(request.system, differences):
        written.append({"role": differences.system_role, "content": joined(found, differences.cache)})
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


def system(blocks: Iterable[Block], differences: Differences) -> Sequence[JsonObject]:
    found: list[JsonObject] = []
    for block in blocks:
        texts = [part for text in texts_of(parts(block)) for part in said(prompt(text))]
        found += marked(texts, block, differences.cache)
    return found


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
                    rest += marked(parts(block, differences.images), block, differences.cache)
    for call in calls:
        result = results.get(call.id)
        text, beside = answer(result, differences)
        attached += beside
        told = marked(said(text), result, differences.cache) if result else said(text)
        yield {"role": "tool", "tool_call_id": call.sent_as, "content": joined(told, differences.cache)}
    content = [*attached, *rest]
    if calls and content and not differences.user_after_tool:
        yield {"role": "assistant", "content": "(I have the results.)"}
    if content or not calls:
        yield {"role": "user", "content": joined(content, differences.cache) or "(an empty message)"}


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
    tagged: str = ""  # thoughts that came in the text: templates know to leave them out
    beside: JsonObject = field(default_factory=dict)  # Gemini's signature, which stands in the next call

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
        text = self.tagged + "\n\n".join(paragraph for paragraph in self.paragraphs if paragraph.strip())
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
        if isinstance(details := message.get("reasoning_details"), list):
            message["reasoning_details"] = [self._addressed(detail) for detail in details if isinstance(detail, dict)]
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
        asked: JsonObject = {"id": sent_as, "type": "function", "function": function}
        self.asked.append({**asked, **self.beside})
        self.beside = {}

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
        same = known.target.model == self.target.model  # what only the model itself can read
        match known.field:
            case "reasoning_content" | "reasoning":
                self._remember(known.field, text)
            case ("reasoning_details" | "thinking_blocks") as name if same:
                stated = _stated(known.state)
                earlier = self.thoughts.get(name, [])
                if isinstance(stated, list) and isinstance(earlier, list):
                    self.thoughts[name] = [*earlier, *(each for each in stated if isinstance(each, dict))]
            case "reasoning_details":
                self._remember("reasoning", text)
            case "thinking_blocks":
                self._remember("reasoning_content", text)
            case ("extra_content" | "provider_specific_fields") as name if same:
                stated = _stated(known.state)
                self.beside = {name: stated} if isinstance(stated, dict) else {}
            case "tags" if same:
                self.tagged += f"<think>{text}</think>\n\n"
            case "thinking":
                chunk: dict[str, Json] = {"type": "thinking", "thinking": said(text)}
                self.chunks.append(chunk | ({"signature": known.state} if known.state and same else {}))
            case _:
                pass

    def _addressed(self, detail: JsonObject) -> JsonObject:
        """Gemini's thoughts by way of OpenRouter have the id of the call that they belong to."""
        sent_as = next((call.sent_as for call in self.calls if call.id == detail.get("id")), None)
        return detail if sent_as is None else {**detail, "id": sent_as}

    def _remember(self, name: str, text: str) -> None:
        if text.strip():
            self.thoughts[name] = f"{self.thoughts.get(name, '')}{text}"


def _stated(state: str) -> Json:
    """Signatures come from clients: one that was tampered with is worth nothing."""
    try:
        return read(state)  # type: ignore[return-value]
    except ValueError:
        return None

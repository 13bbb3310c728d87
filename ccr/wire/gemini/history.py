"""Turns -> contents: roles take turns and begin with the user, and a longer conversation repeats the shorter one.

"Please ensure that the number of function response parts is equal to the number of function call parts of the function
call turn": one for each call, all in one content, in the order of the calls, with nothing before them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ccr.ids import Target
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request, Turn
from ccr.wire.conversation import mended
from ccr.wire.gemini.content import parts, said, texts
from ccr.wire.gemini.families import Family
from ccr.wire.gemini.ids import sent
from ccr.wire.gemini.names import called
from ccr.wire.gemini.signatures import CALL, END, SKIP, TEXT, THOUGHT, known
from ccr.wire.wording import prompt, words

_NO_ANSWER = "(no answer)"
# What a function's response may hold besides words: https://ai.google.dev/gemini-api/docs/function-calling#multimodal
_WITHIN = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf"})


def instruction(blocks: Iterable[Block], wishes: str = "") -> JsonObject | None:
    found = [part for block in blocks for text in texts(parts(block)) for part in said(prompt(text))]
    found += said(wishes)
    return {"parts": found} if found else None


def contents(request: Request, target: Target, family: Family) -> list[JsonObject]:
    written: list[JsonObject] = []
    calls: tuple[ToolUse, ...] = ()
    turns = mended(request.turns, lambda thought: known(thought, target) is not None, _NO_ANSWER)
    for by_model, run in groupby(turns, lambda turn: turn.role == "assistant"):
        if by_model:
            spoken = Spoken(target, family)
            spoken.hear(run)
            calls = tuple(spoken.calls)
            written.append({"role": "model", "parts": spoken.parts or said(_NO_ANSWER)})
        else:
            written.append({"role": "user", "parts": list(heard(run, calls, family)) or said("(an empty message)")})
            calls = ()
    if not written or written[0]["role"] == "model":
        written.insert(0, {"role": "user", "parts": said("(The conversation began earlier.)")})
    if written[-1]["role"] == "model":
        written.append({"role": "user", "parts": said("Continue.")})
    return written


@dataclass(slots=True)
class Spoken:
    """One content of the model in the making."""

    target: Target
    family: Family
    parts: list[JsonObject] = field(default_factory=list)
    calls: list[ToolUse] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)  # signatures, by what they are tied to

    def hear(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            for block in turn.content:
                self._hear(block)

    def _hear(self, block: Block) -> None:
        match block:
            case ToolUse():
                self._call(block)
            case Thinking():
                self._recall(block)
            case Text(text):
                self.parts.append({"text": text, **self._signature(TEXT)})
            case Opaque():
                self.parts += said(words(block))
            case _:
                self.parts += parts(block)

    def _call(self, use: ToolUse) -> None:
        call: dict[str, Json] = {"name": called(use.name), "args": use.input}
        if id := sent(use.id, self.family):
            call["id"] = id
        signature = self._signature(CALL)
        if not signature and not self.calls and self.family.newer:
            # It would do in the current turn alone, but an earlier turn must read the same when it is not the current one.
            signature = {"thoughtSignature": SKIP}
        self.calls.append(use)
        self.parts.append({"functionCall": call, **signature})

    def _recall(self, thought: Thinking) -> None:
        """Of a thought the signature goes back. Its words do so only where they are what was signed."""
        found = known(thought, self.target)
        assert found, "other thoughts are not kept"
        if found.field == END:
            self.parts.append({"text": "", "thoughtSignature": found.state})
        elif found.field == THOUGHT:
            self.parts.append({"text": thought.text, "thought": True, "thoughtSignature": found.state})
        else:
            self.waiting[found.field] = found.state

    def _signature(self, tie: str) -> JsonObject:
        signature = self.waiting.pop(tie, "")
        return {"thoughtSignature": signature} if signature else {}


def heard(turns: Iterable[Turn], calls: tuple[ToolUse, ...], family: Family) -> Iterator[JsonObject]:
    results: dict[str, ToolResult] = {}
    rest: list[JsonObject] = []
    for turn in turns:
        for block in turn.content:
            match block:
                case ToolResult(id):
                    results[id] = block
                case Text(text) if turn.role == "system":
                    rest += said(f"System note: {text}")
                case _:
                    rest += parts(block)
    beside: list[JsonObject] = []
    for call in calls:
        response, others = answer(call, results[call.id], family)
        beside += others
        yield response
    yield from beside
    yield from rest


def answer(call: ToolUse, result: ToolResult, family: Family) -> tuple[JsonObject, list[JsonObject]]:
    """A function's response, and what of the result must stand beside it."""
    found = parts(result)
    media = [part for part in found if "text" not in part]
    within = [part for part in media if family.newer and _fits(part)]
    beside = [part for part in media if part not in within]
    said_so = texts(found)
    if beside:
        said_so.append("(Its images and documents follow.)")
        beside = [*said(f"Images and documents that {called(call.name)} returned:"), *beside]
    text = "\n\n".join(said_so) or ("(See the parts of this response.)" if within else "(no output)")
    response: dict[str, Json] = {
        "name": called(call.name),
        "response": {"error" if result.is_error else "output": text},
    }
    if id := sent(call.id, family):
        response["id"] = id
    if within:
        response["parts"] = within
    return {"functionResponse": response}, beside


def _fits(part: JsonObject) -> bool:
    match part:
        case {"inlineData": {"mimeType": str(media_type)}}:
            return media_type in _WITHIN
        case _:
            return False

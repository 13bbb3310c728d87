"""Responses -> events.

A response of a stream holds new parts of the one answer; a call comes whole. A thought's block stays open until the
next part tells what signature goes with it. The answer's own end is held back until the wire's: usage may follow.
"""

from collections.abc import Iterator

from ccr.errors import UpstreamGarbled, UpstreamSaid
from ccr.ids import Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    JsonDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.json import JsonObject, text_of
from ccr.messages.reply import StopReason, Usage
from ccr.messages.request import Request
from ccr.wire.callids import Ids, digest
from ccr.wire.gemini.errors import said
from ccr.wire.gemini.grounding import Grounding
from ccr.wire.gemini.ids import kept
from ccr.wire.gemini.names import originals
from ccr.wire.gemini.partial import Partial
from ccr.wire.gemini.signatures import CALL, END, TEXT, THOUGHT, UNSIGNED, signed
from ccr.wire.gemini.tools import searches
from ccr.wire.gemini.usage import FAILURES, FILTERED, LENGTH, usage
from ccr.wire.wording import compact

_MOST_HELD = 32 * 1024 * 1024  # characters of an answer that wait for others
_FILTER_NOTE = "\n\n[The provider's content filter ended this answer.]"
_EARLY_NOTE = "\n\n[The provider ended this answer early, without saying why.]"


class Answer:
    def __init__(self, request: Request, target: Target) -> None:
        self.finish = ""  # the reason, once it is given
        self._target = target
        self._ids = Ids(request)
        self._originals = originals(request)
        self._one_call = request.tool_choice is not None and not request.tool_choice.parallel
        self._may_be_empty = bool(request.stop)  # a stop sequence may be the first that it says
        self._id = ""  # known once the answer has begun
        self._usage = Usage()
        self._open: Text | Thinking | None = None
        self._seen: set[str] = set()  # signatures
        # One on an empty text goes out if anything follows. At the end it is dropped: of an answer that ends with a
        # thought `claude -p` prints nothing (2.1.329), and Gemini demands it back for calls alone.
        self._ending = ""
        self._blank: list[str] = []  # white space that may belong to a text, or to nothing
        self._thought = self._spoken = False
        self._calls = 0
        self._partial: Partial | None = None
        self._grounding = Grounding()
        self._held: list[str] | None = [] if searches(request) else None  # a text, until its sources are known
        self._size = 0  # of what is held

    @property
    def begun(self) -> bool:
        return bool(self._id)

    def add(self, response: JsonObject) -> Iterator[Event]:
        if response.get("error"):
            raise said(response)
        self._usage = self._usage.updated(usage(response.get("usageMetadata")))
        candidate, blocked = _first(response.get("candidates")), _blocked(response.get("promptFeedback"))
        if candidate is None and not blocked:
            return  # usage alone
        if not self._id:
            self._id = text_of(response, "responseId") or f"gemini-{digest(compact(response))[:24]}"
            yield Start(self._id, text_of(response, "modelVersion") or self._target.model, self._usage)
        if candidate is None:
            self.finish = self.finish or blocked
            return
        for part in _parts(candidate):
            yield from self._part(part)
        self._grounding.add(candidate.get("groundingMetadata"))
        self.finish = self.finish or text_of(candidate, "finishReason")
        if self.finish in FAILURES and not (self._calls or self._ended_early):
            # The open block stays open: of an answer that breaks within a block Claude Code asks for another.
            told = text_of(candidate, "finishMessage")
            raise UpstreamSaid(f"Gemini ended the answer by {self.finish}" + (f": {told}" if told else ""))

    def end(self) -> Iterator[Event]:
        if self._partial and self.finish not in LENGTH:
            raise UpstreamGarbled("a function call without its end")
        reason = self._stopped()
        if reason == "end_turn" and (self.finish in FILTERED or self._ended_early):
            yield from self._say(_EARLY_NOTE if self._ended_early else _FILTER_NOTE)
        yield from self._close()
        yield from self._grounding.told(self._id, "".join(self._held or ()))
        yield Finish(reason, usage=self._usage)
        yield End()

    @property
    def _ended_early(self) -> bool:
        return self.finish == "OTHER" and self._spoken

    def _stopped(self) -> StopReason:
        if self.finish in LENGTH:
            return "max_tokens"
        if self._calls:  # the reason is STOP here as well
            return "tool_use"
        if self.finish in FILTERED and not self._spoken:
            return "refusal"
        if not (self._spoken or self._thought or self._may_be_empty):
            raise UpstreamSaid("Gemini answered with nothing at all")
        return "end_turn"

    def _part(self, part: JsonObject) -> Iterator[Event]:
        signature = self._new(text_of(part, "thoughtSignature"))
        match part:
            case {"functionCall": dict() as call}:
                yield from self._call(call, signature)
            case {"text": str(text), "thought": True}:
                yield from self._think(text, signature)
            case {"text": str(text)} if text.strip() and signature:
                yield from self._tie(TEXT, signature)
                yield from self._say(text)
            case {"text": str(text)}:
                yield from self._say(text)
                self._ending = signature or self._ending
            case _:
                yield from self._say(in_words(part))

    def _new(self, signature: str) -> str:
        """A signature that comes twice would be billed twice."""
        if signature in self._seen:
            return ""
        self._seen.add(signature)
        return signature

    def _think(self, text: str, signature: str) -> Iterator[Event]:
        self._thought = True
        if signature:
            yield from self._close()
        if not isinstance(self._open, Thinking) or self._ending:
            yield from self._begin(Thinking(""))
        if text:
            yield ThinkingDelta(text)
        if signature:
            yield from self._tie(THOUGHT, signature)

    def _tie(self, tie: str, signature: str) -> Iterator[Event]:
        """Ends the open thought, or one without words, with the signature."""
        if not isinstance(self._open, Thinking):
            yield from self._begin(Thinking(""))
        yield from self._close(tie, signature)

    def _say(self, text: str) -> Iterator[Event]:
        begins = not isinstance(self._open, Text) or bool(self._ending)
        if not text.strip() and (begins or not text):
            self._blank.append(text)
            self._hold(len(text), "a text after blanks")
            return
        text = self._blanks() + text
        self._spoken = True
        if self._held is not None:
            self._held.append(text)
            self._hold(len(text), "their sources")
            return
        if begins:
            yield from self._begin(Text(""))
        yield TextDelta(text)

    def _blanks(self) -> str:
        """The ones that wait; they do so no more."""
        blanks = "".join(self._blank)
        self._blank.clear()
        self._size -= len(blanks)
        return blanks

    def _hold(self, size: int, reason: str) -> None:
        self._size += size
        if self._size > _MOST_HELD:
            raise UpstreamGarbled(f"more than {_MOST_HELD} characters that wait for {reason}")

    def _call(self, call: JsonObject, signature: str) -> Iterator[Event]:
        if self._partial or call.get("willContinue") is True:
            self._partial = self._partial or Partial()
            self._partial.add(call, signature)
            size = len(compact(call))
            self._partial.size += size
            self._hold(size, "the end of a function call")
            if call.get("willContinue") is True:
                return
            self._size -= self._partial.size
            call, signature, self._partial = self._partial.call(), self._partial.signature, None
        name = text_of(call, "name")
        if not name:
            raise UpstreamGarbled("a function call without a name")
        if self._calls and self._one_call:
            return
        if signature:
            yield from self._tie(CALL, signature)
        yield from self._settle()
        self._calls += 1
        id = self._ids.fresh(kept(text_of(call, "id"), f"{self._id} {self._calls}"), self._id)
        yield BlockStart(ToolUse(id, self._originals.get(name, name)))
        yield JsonDelta(compact(call.get("args") or {}))
        yield BlockStop()

    def _settle(self) -> Iterator[Event]:
        """Before another block begins."""
        yield from self._close()
        if self._ending:
            yield BlockStart(Thinking(""))
            yield SignatureDelta(signed(self._target, END, self._ending))
            yield BlockStop()
            self._ending = ""

    def _begin(self, block: Text | Thinking) -> Iterator[Event]:
        yield from self._settle()
        self._open = block
        yield BlockStart(block)

    def _close(self, tie: str = UNSIGNED, signature: str = "") -> Iterator[Event]:
        if isinstance(self._open, Thinking):
            yield SignatureDelta(signed(self._target, tie, signature))
        if self._open:
            yield BlockStop()
        self._open = None
        self._blanks()


def in_words(part: JsonObject) -> str:
    """What a part says that has no block."""
    match part:
        case {"executableCode": {"code": str(code), **rest}}:
            return f"\n```{str(rest.get('language', '')).lower()}\n{code.strip()}\n```\n"
        case {"codeExecutionResult": {"output": str(output)}}:
            return f"\n```\n{output.strip()}\n```\n"
        case {"inlineData": {"mimeType": str(media_type)}}:
            return f"\n[The model made {media_type}, which cannot be shown here.]\n"
        case {"fileData": {"fileUri": str(uri)}}:
            return f"\n[The model made {uri}]\n"
        case _:
            return ""


def _first(candidates: object) -> JsonObject | None:
    """The one with index 0, wherever it stands."""
    found = candidates if isinstance(candidates, list) else []
    return next((each for each in found if isinstance(each, dict) and not each.get("index")), None)


def _parts(candidate: JsonObject) -> list[JsonObject]:
    match candidate:
        case {"content": {"parts": [*parts]}}:
            return [part for part in parts if isinstance(part, dict)]
        case _:
            return []


def _blocked(feedback: object) -> str:
    """A prompt that is blocked has no candidates."""
    match feedback:
        case {"blockReason": str(reason)}:
            return reason if reason in FILTERED else "SAFETY"
        case _:
            return ""

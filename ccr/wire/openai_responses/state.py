"""What OpenAI wants back, as it rides in the signature of a thought: the reasoning item, and the phase of the message
that follows it.

A model that said "commentary" and "final_answer" of its messages gets worse when it does not read so again.
https://platform.openai.com/docs/api-reference/responses/create, `input`, `phase`
"""

from dataclasses import dataclass

from ccr.ids import Target
from ccr.messages.blocks import Thinking
from ccr.messages.json import Json, JsonObject, read
from ccr.wire.origin import Origin, origin
from ccr.wire.wording import compact

FIELD = "responses"
_PHASES = ("commentary", "final_answer")
_KEPT = ("id", "summary", "content", "encrypted_content")  # what is taken back of a reasoning item


@dataclass(frozen=True, slots=True)
class State:
    items: tuple[JsonObject, ...] = ()  # reasoning, in the order it came
    phase: str = ""  # of the message that follows

    @property
    def label(self) -> JsonObject:
        return {"phase": self.phase} if self.phase else {}

    def followed(self, later: "State") -> "State":
        return State(self.items + later.items, later.phase or self.phase)

    def sign(self, target: Target) -> str:
        fields: dict[str, Json] = {"items": self.items} if self.items else {}
        fields |= self.label
        return Origin(target, FIELD, compact(fields) if fields else "").sign()


def reasoning(item: JsonObject) -> State:
    """Of an item that can be sent back: without its content, open or encrypted, the host would have to know its id."""
    if not (item.get("encrypted_content") or item.get("content")):
        return State()
    kept = {name: item[name] for name in _KEPT if item.get(name) is not None}
    return State(({"type": "reasoning", "summary": [], **kept},))


def remembered(thought: Thinking, target: Target) -> State:
    """Only the same model of the same provider can read it: "The encrypted content … could not be verified"."""
    seal = thought.extra.get("encrypted_content")
    if not thought.signature and isinstance(seal, str) and seal:
        # A client of this wire had it from a host that it spoke to in the host's own words, and so do we.
        summary: list[Json] = [{"type": "summary_text", "text": thought.text}] if thought.text else []
        named: JsonObject = {"id": thought.extra["id"]} if "id" in thought.extra else {}
        return State(({"type": "reasoning", **named, "summary": summary, "encrypted_content": seal},))
    known = origin(thought.signature)
    if known is None or known.target != target or known.field != FIELD:
        return State()
    try:
        value = read(known.state)
    except ValueError:  # signatures come from clients: one that was tampered with is worth nothing
        return State()
    fields = value if isinstance(value, dict) else {}
    found, phase = fields.get("items"), fields.get("phase")
    state = State(phase=phase if isinstance(phase, str) and phase in _PHASES else "")
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get("type") == "reasoning":
            state = state.followed(reasoning({name: _sound(name, item.get(name)) for name in _KEPT}))
    return state


def _sound(name: str, value: Json) -> Json:
    """What a signature says is a client's word: only texts, and parts that are texts, go into a request."""
    match name, value:
        case (("id" | "encrypted_content"), str()):
            return value
        case (("summary" | "content"), list()):
            parts = [part for part in value if isinstance(part, dict)]
            return [{k: v for k, v in part.items() if k in ("type", "text") and isinstance(v, str)} for part in parts]
        case _:
            return None

"""The same dialect on both sides: the request's bytes go through, except where they must not.

What has to change is cut out and replaced at its place, so that all else stays what the client wrote, to the byte:
prompt caches, unknown fields and tomorrow's API depend on it. A body in a form that cannot be cut (a key twice, half
a surrogate pair) is decoded and written anew, with the same meaning.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from ccr.messages.blocks import Opaque
from ccr.messages.json import Json
from ccr.wire.fields import parse
from ccr.wire.origin import PREFIX
from ccr.wire.searching import PREFIX as SEARCH
from ccr.wire.searching import is_cited_by_us, is_searched_by_us
from ccr.wire.wording import words

# What belongs to one connection, to the router itself, or to the way that the request took.
OWN = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "expect", "http2-settings",
        "host", "content-length", "content-encoding", "accept-encoding",
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
        "forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "origin", "referer",
    }
)  # fmt: skip
SPEAKERS = frozenset({"user", "system", "developer"})
TEXTS = frozenset({"text", "input_text"})
CONVERSATIONS = ("messages", "input")
LENGTHS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens"})
OWN_FAMILIES = ("x-ccr-", "x-forwarded-", "cf-", "sec-fetch-")

Edit = Callable[[bytes], bytes | None]  # of a message; None takes it out

_MODEL = re.compile(rb'("model"\s*:\s*)"(?:[^"\\]|\\.)*"')
_KEY = re.compile(rb'[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*')
# What only this router writes: a signature, the id of a search that Anthropic did not run, a citation of one.
_OURS = re.compile(rf'"(?:{re.escape(PREFIX)}|{SEARCH}|encrypted_index"\s*:\s*"")'.encode())


def rewrite(
    body: bytes, model: str, removed: tuple[str, ...] = (), dropped: tuple[str, ...] = (), most: int | None = None
) -> bytes:
    """The body for another model, without the given texts in the system prompt and in what the user says, and without
    the fields that are `dropped`; an answer of at most so many tokens."""
    body, places = _opened(body)
    if any(name in places for name in dropped):
        fields = {name: msgspec.Raw(body[place]) for name, place in places.items() if name not in dropped}
        body, places = _opened(msgspec.json.encode(fields))
    changed = {"model": msgspec.json.encode(model)}
    if most is not None:
        changed |= _lowered(body, places, most)
    if removed:
        for name in ("system", "instructions", *CONVERSATIONS):
            if name in places:
                edit = _edited_messages if name in CONVERSATIONS else _edited_text
                changed[name] = edit(body[places[name]], removed)
    return _spliced(body, places, changed)


def renamed(answer: bytes, model: str) -> bytes:
    """Bytes of an answer under another model's name. Of what is no JSON, a frame, the first name is replaced."""
    name = msgspec.json.encode(model)
    places = _places(answer)
    if places is not None:
        return _spliced(answer, places, {"model": name})
    return _MODEL.sub(lambda found: found[1] + name, answer, count=1)


def strip_foreign_thoughts(body: bytes) -> bytes:
    """Without what this router made of other providers' answers: Anthropic answers 400 to a signature that is not its
    own, and to a search that it did not run; what such a search found is told in words. OpenAI does to a reasoning."""
    if not _OURS.search(body):
        return body
    body, places = _opened(body)
    talk = [name for name in CONVERSATIONS if name in places]
    return _spliced(body, places, {name: _each_message(body[places[name]], _without_what_is_ours) for name in talk})


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The client's headers that go on to an upstream of the same dialect, in lower case."""
    found = {name.lower(): value for name, value in headers.items()}
    named = {name.strip().lower() for name in found.get("connection", "").split(",")}
    return {
        name: value
        for name, value in found.items()
        if name not in OWN and name not in named and not name.startswith(OWN_FAMILIES)
    }


def _opened(body: bytes) -> tuple[bytes, dict[str, slice]]:
    """The body, and where its top-level values stand; written anew where that cannot be said."""
    places = _places(body)
    if places is None:
        body = msgspec.json.encode(parse(body).raw)
        places = _places(body)
    assert places is not None
    return body, places


def _places(body: bytes) -> dict[str, slice] | None:
    try:
        values = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return None
    places: dict[str, slice] = {}
    place = body.index(b"{") + 1
    for name, value in values.items():
        raw = bytes(value)
        key = _KEY.match(body, place)
        if key is None or msgspec.json.decode(key[1]) != name or not body.startswith(raw, key.end()):
            return None  # a key stands twice
        place = key.end() + len(raw)
        places[name] = slice(key.end(), place)
    return places if body[place:].strip() == b"}" else None


def _spliced(body: bytes, places: Mapping[str, slice], changed: Mapping[str, bytes]) -> bytes:
    pieces = []
    done = 0
    for name, place in places.items():
        if name in changed:
            pieces += [body[done : place.start], changed[name]]
            done = place.stop
    return b"".join((*pieces, body[done:]))


def _lowered(body: bytes, places: Mapping[str, slice], most: int) -> dict[str, bytes]:
    """The fields that say how long the answer may be, where they say too much, and with them the thoughts in it."""
    said = {name: body[places[name]] for name in LENGTHS if name in places}
    lowered = {name: b"%d" % most for name, raw in said.items() if raw.isdigit() and int(raw) > most}
    thinking = msgspec.json.decode(body[places["thinking"]]) if lowered and "thinking" in places else None
    if isinstance(thinking, dict) and isinstance(budget := thinking.get("budget_tokens"), int) and budget >= most:
        lowered["thinking"] = msgspec.json.encode({**thinking, "budget_tokens": most - 1})
    return lowered


def _each_message(raw: bytes, edit: Edit) -> bytes:
    if not raw.startswith(b"["):
        return raw
    before = [bytes(message) for message in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    after = [edit(message) for message in before]
    return raw if after == before else b"[%s]" % b",".join(message for message in after if message is not None)


def _without_what_is_ours(raw: bytes) -> bytes | None:
    if not _OURS.search(raw):
        return raw
    message = msgspec.json.decode(raw)
    match message:
        case {"type": "reasoning", "encrypted_content": str(state)} if state.startswith(PREFIX):
            return None
        case _:
            content = message.get("content")
    if not isinstance(content, list):
        return raw
    kept = [block for block in map(_without_ours, content) if block is not None]
    if kept == content:
        return raw
    return msgspec.json.encode({**message, "content": kept}) if kept else None


def _without_ours(block: Json) -> Json:
    """A block as Anthropic may see it; None for none of it."""
    if not isinstance(block, Mapping):
        return block
    match block:
        case {"type": "thinking", "signature": str(state)} | {"type": "redacted_thinking", "data": str(state)}:
            return None if state.startswith(PREFIX) else block
        case {"citations": list(citations)} if any(map(is_cited_by_us, citations)):
            own = [citation for citation in citations if not is_cited_by_us(citation)]
            return {name: own if name == "citations" else block[name] for name in block if own or name != "citations"}
        case _ if is_searched_by_us(block):
            return {"type": "text", "text": said} if (said := words(Opaque(block))) else None
        case _:
            return block


def _edited_text(raw: bytes, removed: tuple[str, ...]) -> bytes:
    return msgspec.json.encode(_cut(msgspec.json.decode(raw), removed))


def _edited_messages(raw: bytes, removed: tuple[str, ...]) -> bytes:
    if raw.startswith(b'"'):
        return _edited_text(raw, removed)

    def edit(raw: bytes) -> bytes | None:
        message = msgspec.json.decode(raw)
        if message.get("role") not in SPEAKERS:
            return raw
        content = message.get("content")
        kept = _cut(content, removed)
        if kept == content:
            return raw
        return msgspec.json.encode({**message, "content": kept}) if kept else None

    return _each_message(raw, edit)


def _cut(content: Json, removed: tuple[str, ...]) -> Json:
    """Content without the texts, and without blocks that held nothing else."""
    match content:
        case str():
            for text in removed:
                content = content.replace(text, "")
            return content
        case list():
            return [block for block in (_cut_block(block, removed) for block in content) if block is not None]
        case _:
            return content


def _cut_block(block: Json, removed: tuple[str, ...]) -> Json:
    if not isinstance(block, dict) or block.get("type") not in TEXTS or not isinstance(block.get("text"), str):
        return block
    kept = _cut(block["text"], removed)
    return {**block, "text": kept} if kept == block["text"] or str(kept).strip() else None

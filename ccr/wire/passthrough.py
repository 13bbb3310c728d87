"""Same dialect on both sides: the bytes go through, but for the model's name and what is meant for the router alone."""

import json
import re
from collections.abc import Mapping, Sequence

import msgspec

from ccr.wire.origin import PREFIX

# What a top-level field begins with: the brace or comma before it, its name, the colon.
GAP = re.compile(rb'[\s{,]*"(?:[^"\\]|\\.)*"\s*:\s*')

# Headers about this hop, this router or this user; everything else is between the client and the provider.
OURS = frozenset(
    "host content-length connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade expect authorization x-api-key api-key cookie accept-encoding forwarded "
    "x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip origin referer".split()
)


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The client's headers that go on to the provider; names are lower-case."""
    return {name: value for name, value in headers.items() if name not in OURS and not name.startswith("x-ccr-")}


def rewrite(body: bytes, model: str, removed: Sequence[str] = ()) -> bytes:
    """The same bytes with another model, without the texts in `removed`, and without the router's own `context`."""
    for text in removed:
        for written in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
            body = body.replace(written[1:-1].encode(), b"")
            body = body.replace(written[1:-1].replace("/", "\\/").encode(), b"")
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    name = msgspec.json.encode(model)
    if isinstance(fields.pop("context", None), msgspec.Raw):
        return _joined({**fields, "model": msgspec.Raw(name)})
    place = 0
    for field, value in fields.items():
        gap = GAP.match(body, place)
        raw = bytes(value)
        if gap is None or not body.startswith(raw, gap.end()):
            break  # a field that stands twice, for one
        if field == "model":
            return body[: gap.end()] + name + body[gap.end() + len(raw) :]
        place = gap.end() + len(raw)
    return _joined({**fields, "model": msgspec.Raw(name)})


def strip_foreign_thoughts(body: bytes) -> bytes:
    """Without the thinking blocks that we signed: another provider than the one that thought them refuses them."""
    if PREFIX.encode() not in body:
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    messages = msgspec.json.decode(fields["messages"]) if "messages" in fields else None
    if not isinstance(messages, list):
        return body
    kept = [cleaned for message in messages if (cleaned := _without_ours(message)) is not None]
    return _joined({**fields, "messages": msgspec.Raw(msgspec.json.encode(kept))})


def _without_ours(message: object) -> object | None:
    """None where nothing else was in it: no API takes an empty message."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    content = [block for block in message["content"] if not _ours(block)]
    return {**message, "content": content} if content or not message["content"] else None


def _ours(block: object) -> bool:
    return isinstance(block, dict) and str(block.get("signature", "")).startswith(PREFIX)


def _joined(fields: Mapping[str, msgspec.Raw]) -> bytes:
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + bytes(value) for name, value in fields.items()) + b"}"

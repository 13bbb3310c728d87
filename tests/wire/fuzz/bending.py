"""Answers as no host should send them, made of answers as they do. All chance comes from one Random."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.support.cuts import by_byte
from tests.wire.fuzz.hosts import COMMON, Host, frames

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 3.5, 10**30, "", " ", "x", "0", "error", "\ud83c", "\x00", "🎉" * 3, '{"a":'),
    *([], [None], ["x"], [{}], [[]], {}, {"a": 1}, {"type": "text"}, {"text": 5}),
)
SPICE = (
    b"\x00",
    b"\xff",
    b"\xf0\x9f",
    b"\r",
    b"\n",
    b"\n\n",
    b"\r\n\r\n",
    b"data: ",
    b"event: ",
    b"{",
    b"}",
    b'"',
    b"[",
)


def odd_stream(host: Host, random: Random) -> bytes:
    """A right stream with faults in it, or frames in any order."""
    if random.random() < 0.7:
        found = list(frames(random.choice(host.answers)))
        for _ in range(random.randint(0, 3)):
            shift(found, random)
    else:
        found = [random.choice(host.frames) for _ in range(random.randint(0, 9))]
    if random.random() < 0.2:
        found.insert(random.randint(0, len(found)), random.choice(COMMON))
    bends = random.choice((0, 0.1, 0.5))
    end = random.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r"))
    odd = (bent(frame, random) if random.random() < bends else frame for frame in found)
    return host.packed(frame.replace(b"\n", end) for frame in odd)


def shift(frames: list[bytes], random: Random) -> None:
    """One frame is lost, repeated, or at another place."""
    if not frames:
        return
    frame = frames.pop(random.randrange(len(frames)))
    for _ in range(random.randint(0, 2)):
        frames.insert(random.randint(0, len(frames)), frame)


def bent(frame: bytes, random: Random) -> bytes:
    """With a field that is missing, or not what it was."""
    head, mark, data = frame.partition(b"{")
    try:
        chunk = json.loads(mark + data)
    except ValueError:
        return frame
    for _ in range(random.randint(1, 3)):
        chunk = bend(copy.deepcopy(chunk), random)
    return head + json.dumps(chunk).encode() + b"\n\n"


def bend(value: Any, random: Random) -> Any:
    """Some part of it, large or small, is another or gone."""
    whole = {"": value}
    holder, place = random.choice(list(places(whole)))
    if holder is not whole and random.random() < 0.2:
        del holder[place]
    else:
        holder[place] = copy.deepcopy(random.choice(ODD))
    return whole[""]


def places(holder: Any) -> Iterator[tuple[Any, Any]]:
    for place in list(holder) if isinstance(holder, dict) else range(len(holder)):
        yield holder, place
        if isinstance(holder[place], dict | list):
            yield from places(holder[place])


def mutated(host: Host, random: Random) -> bytes:
    """An answer's bytes with some of them lost, repeated, or others."""
    data = bytearray(random.choice(host.raw))
    for _ in range(random.choice((1, 1, 2, 4))):
        start = random.randint(0, len(data))
        end = min(len(data), start + random.choice((0, 1, 2, 40)))
        match random.randrange(4):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end]
            case 2:
                data[start:start] = random.choice(SPICE)
            case _:
                data[start:end] = bytes(random.randrange(256) for _ in range(random.randint(0, 8)))
    return bytes(data)


def cut(data: bytes, random: Random) -> list[bytes]:
    if random.random() < 0.1:
        return by_byte(data)
    borders = sorted(random.randint(0, len(data)) for _ in range(random.randint(0, 6)))
    return [data[start:end] for start, end in zip([0, *borders], [*borders, len(data)], strict=True)]

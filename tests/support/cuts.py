"""Ways to cut bytes into chunks. Where a chunk ends must not mean anything: every reader is fed in all three ways.

@pytest.mark.parametrize("cut", CUTS)
def test_chunk_borders_mean_nothing(cut: Cut) -> None:
    assert read(cut(DATA)) == EVENTS
"""

from collections.abc import Callable

import pytest

Cut = Callable[[bytes], list[bytes]]


def whole(data: bytes) -> list[bytes]:
    return [data]


def by_byte(data: bytes) -> list[bytes]:
    return in_pieces(data, 1)


def by_seven(data: bytes) -> list[bytes]:
    return in_pieces(data, 7)


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


WHOLE: Cut = whole
BY_BYTE: Cut = by_byte
BY_SEVEN: Cut = by_seven

CUTS = [
    pytest.param(WHOLE, id="whole"),
    pytest.param(BY_BYTE, id="by byte"),
    pytest.param(BY_SEVEN, id="by seven"),
]

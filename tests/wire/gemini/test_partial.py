from time import process_time
from typing import Any

import pytest

from ccr.errors import UpstreamGarbled
from ccr.messages.json import JsonObject
from ccr.wire.gemini.partial import Partial


def gathered(*pieces: Any) -> JsonObject:
    partial = Partial()
    partial.add({"name": "F", "id": "1", "willContinue": True}, "s")
    for piece in pieces:
        partial.add({"partialArgs": [piece]}, "")
    assert partial.signature == "s"
    return partial.call()


def text(path: str, value: str) -> dict[str, str]:
    return {"jsonPath": path, "stringValue": value}


def test_a_text_comes_in_pieces() -> None:
    assert gathered(text("$.a", "x"), text("$.a", "y")) == {"name": "F", "id": "1", "args": {"a": "xy"}}


def test_a_text_in_many_pieces_is_put_together_once() -> None:
    start = process_time()
    call = gathered(*[text("$.a[0]", "lorem ipsum ")] * 40_000)
    assert call["args"] == {"a": ["lorem ipsum " * 40_000]}
    assert process_time() - start < 2


def test_a_place_within_a_text_is_garbage() -> None:
    with pytest.raises(UpstreamGarbled, match="do not fit"):
        gathered(text("$.a", "x"), text("$.a", "y"), text("$.a.b", "z"))


def test_values_have_their_places() -> None:
    call = gathered(
        {"jsonPath": "$.n", "numberValue": 3},
        {"jsonPath": "$.b.c", "boolValue": True},
        {"jsonPath": "$.z", "nullValue": "NULL_VALUE"},
        text("$.l[0]", ""),
        text("$.l[0]", "x"),
        text("$.l[1].d", "y"),
        text("$['e.f']", "z"),
        "?",
    )
    assert call["args"] == {"n": 3, "b": {"c": True}, "z": None, "l": ["x", {"d": "y"}], "e.f": "z"}


def test_whole_arguments_may_come_as_well() -> None:
    partial = Partial()
    partial.add({"name": "F", "args": {"a": 1}, "partialArgs": "?"}, "")
    assert partial.call() == {"name": "F", "args": {"a": 1}}


@pytest.mark.parametrize(
    "pieces", [["$"], ["?"], ["$.a", "$.a.b"], ["$.a[7]"], ["$.a", "$.a[0]"], ["$[0]"], ["$" + ".a" * 201]]
)
def test_pieces_that_do_not_fit_are_garbage(pieces: list[str]) -> None:
    with pytest.raises(UpstreamGarbled, match="function call"):
        gathered(*(text(path, "x") for path in pieces))

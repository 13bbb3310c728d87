from collections.abc import Callable

import pytest

from tests.support import messages
from tests.support.parts import text, tool
from tests.support.sse import Json, heard

EVENTS = messages.events(text("hi"), tool("Bash", {"command": "ls"}))


def written(events: list[Json]) -> bytes:
    return b"".join(messages.frame(event) for event in events)


def test_a_stream_that_ends_in_an_error_is_heard_up_to_there() -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "gone"}}
    answer = heard(written([*EVENTS[:4], error]))
    assert answer.text == "hi"
    assert answer.error == error["error"]
    assert not answer.whole


@pytest.mark.parametrize(
    "spoil",
    [
        lambda events: events[:-1],
        lambda events: events[1:],
        lambda events: [*events, {"type": "ping"}],
        lambda events: [event for event in events if event["type"] != "content_block_stop"],
        lambda events: [event for event in events if event["type"] != "content_block_start"],
        lambda events: [event for event in events if event["type"] != "message_delta"],
        lambda events: [*events[:4], {"type": "error", "error": {"message": "x"}}],
        lambda events: [*events[:2], {"type": "surprise"}, *events[2:]],
    ],
)
def test_a_stream_that_breaks_the_order_is_refused(spoil: Callable[[list[Json]], list[Json]]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        heard(written(spoil(EVENTS)))


def test_half_a_frame_is_refused() -> None:
    with pytest.raises(AssertionError, match="inside a frame"):
        heard(written(EVENTS)[:-3])

import asyncio
import threading

from ccr.messages.blocks import Text
from ccr.messages.request import Request, Turn
from ccr.routing.counting import AT_ONCE, Counting
from ccr.routing.tokens import PER_TURN, TokenCount


class Characters:
    """An encoder that writes down in which threads it ran."""

    exact = True

    def __init__(self) -> None:
        self.threads: list[bool] = []

    def count(self, text: str) -> int:
        self.threads.append(threading.current_thread() is threading.main_thread())
        return len(text)


def saying(*texts: str) -> Request:
    return Request("m", (Turn("user", tuple(map(Text, texts))),))


async def test_a_little_text_is_counted_at_once() -> None:
    encoder = Characters()
    assert await Counting(lambda: encoder).count(saying("hello")) == TokenCount(PER_TURN + 5, True)
    assert encoder.threads == [True]


async def test_much_text_is_counted_in_a_thread() -> None:
    encoder = Characters()
    await Counting(lambda: encoder).count(saying("a" * (AT_ONCE + 1)))
    assert encoder.threads == [False]


async def test_a_turn_costs_what_is_new() -> None:
    encoder = Characters()
    counting = Counting(lambda: encoder)
    await counting.count(saying("a" * 100_000))
    await counting.count(saying("a" * 100_000, "new"))
    assert encoder.threads == [False, True]


async def test_the_encoder_is_loaded_once_and_in_a_thread() -> None:
    loads: list[bool] = []

    def load() -> Characters:
        loads.append(threading.current_thread() is threading.main_thread())
        return Characters()

    counting = Counting(load)
    await asyncio.gather(counting.count(saying("a")), counting.count(saying("b")), counting.warm())
    assert loads == [False]

"""The judge can condemn: a soak that finds nothing is worth as much as its eyes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.soak.verdict import content, judge, number_in, parts, question
from tests.support import chat, messages, responses
from tests.support.outcomes import Content, Kind, Told, Unfinished, outcome
from tests.support.parts import text, usage

RIGHT = content(7)
BODIES: dict[str, Callable[..., bytes]] = {"messages": messages.body, "chat": chat.body, "responses": responses.body}
kinds = pytest.mark.parametrize("kind", BODIES)


@kinds
def test_the_right_answer_is_right_in_every_dialect(kind: Kind) -> None:
    verdicts = {number: judge(number, outcome(kind, 200, BODIES[kind](*parts(number)))) for number in range(60)}
    assert verdicts == dict.fromkeys(range(60), "right")


@kinds
def test_a_right_end_behind_half_of_the_words_is_a_silent_truncation(kind: Kind) -> None:
    half = BODIES[kind](text(RIGHT.text[: len(RIGHT.text) // 2]), usage(7, 3))
    assert judge(7, outcome(kind, 200, half)) == "truncated"


@kinds
def test_another_requests_answer_is_mixed_up(kind: Kind) -> None:
    assert judge(7, outcome(kind, 200, BODIES[kind](*parts(8)))) == "mixed up"


def test_one_foreign_word_is_mixed_up() -> None:
    assert judge(7, Told(200, replace(RIGHT, text=RIGHT.text.replace("7.2é", "6.2é")))) == "mixed up"


def test_a_word_that_stands_twice_is_garbled() -> None:
    assert judge(7, Told(200, replace(RIGHT, text=f"{RIGHT.text} 7.0é"))) == "garbled"
    assert judge(7, Told(200, replace(RIGHT, text=RIGHT.text.replace("7.1é", "7.1é 7.1é")), "api_error")) == "garbled"


def test_a_missing_call_is_a_truncation() -> None:
    number = next(each for each in range(100) if content(each).calls)
    assert judge(number, Told(200, replace(content(number), calls=()))) == "truncated"


def test_an_error_behind_the_beginning_of_the_right_words_is_a_refusal() -> None:
    assert judge(7, Told(200, Content(text=RIGHT.text[:9]), "overloaded_error")) == "refused"
    assert judge(7, Told(503, Content(), "api_error")) == "refused"


@kinds
def test_a_stream_without_an_end_is_neither(kind: Kind) -> None:
    body = BODIES[kind](*parts(7))
    with pytest.raises(Unfinished):
        outcome(kind, 200, body[: len(body) // 2])


def test_a_request_knows_its_number() -> None:
    assert number_in(question(42)) == 42
    assert number_in("hi") == -1

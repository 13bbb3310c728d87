import re

import pytest

from ccr.messages.request import Request
from ccr.wire.callids import Ids, legal, outgoing
from tests.wire.openai_chat.reading import HI, assistant, called, result, user

LEGAL = re.compile(r"[a-zA-Z0-9_-]+")


@pytest.mark.parametrize("id", ["functions.Bash:0", "a|b", "é", "a b"])
@pytest.mark.trap(42)
def test_an_illegal_id_is_changed_the_same_way_each_time(id: str) -> None:
    assert LEGAL.fullmatch(legal(id))
    assert legal(id) == legal(id) != id


def test_ids_that_differ_in_illegal_characters_stay_apart() -> None:
    assert legal("a.b") != legal("a:b")


def test_a_legal_id_stays() -> None:
    assert outgoing("toolu_01Ab-c", nine=False) == legal("toolu_01Ab-c") == "toolu_01Ab-c"


@pytest.mark.parametrize("id", ["x" * 500, "", "functions.Bash:0"])
@pytest.mark.trap(44)
def test_an_upstream_gets_at_most_forty_characters(id: str) -> None:
    assert LEGAL.fullmatch(sent := outgoing(id, nine=False))
    assert len(sent) <= 40


def test_mistral_gets_nine() -> None:
    assert outgoing("Abc123xyZ", nine=True) == "Abc123xyZ"
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", outgoing("call_1", nine=True))


def test_a_new_id_of_the_provider_is_kept() -> None:
    assert Ids(HI).fresh("call_1", "a") == "call_1"


@pytest.mark.parametrize("old", [assistant(called("call_0")), user(result("call_0"))])
def test_an_id_that_the_conversation_holds_is_replaced(old: object) -> None:
    ids = Ids(Request("m", (*HI.turns, old)))  # type: ignore[arg-type]
    assert ids.fresh("call_0", "answer") not in ("call_0", "")


def test_missing_ids_are_made_up_and_differ() -> None:
    ids = Ids(HI)
    made = [ids.fresh("", "answer") for _ in range(3)]
    assert len(set(made)) == 3
    assert all(re.fullmatch(r"call_[0-9a-f]{24}", id) for id in made)


def test_made_up_ids_differ_between_answers() -> None:
    assert Ids(HI).fresh("", "one") != Ids(HI).fresh("", "two")

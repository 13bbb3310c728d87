from dataclasses import replace

from ccr.policy.attempt import Attempt
from tests.support.plans import key, target


def test_an_attempt_is_equal_to_none_but_itself() -> None:
    first, second = Attempt(target("a")), Attempt(target("a"))
    assert first != second
    assert first.door == second.door


def test_each_key_and_each_callers_own_login_is_a_door_of_its_own() -> None:
    attempt = Attempt(target("a"))
    doors = {
        each.door
        for each in (
            attempt,
            replace(attempt, key=key("1")),
            replace(attempt, key=key("2")),
            replace(attempt, caller="x"),
        )
    }
    assert len(doors) == 4
    assert {door[1] for door in doors} == {"m"}

from random import Random

import pytest

from tests.wire.fuzz import targets
from tests.wire.fuzz.targets import TARGETS, Found, fire

SHOTS = 25  # `scripts/fuzz` fires for longer


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_read_raises_hangs_or_is_silent(name: str) -> None:
    for number in range(SHOTS):
        fire(name, f"unit/{number}")


def test_a_shot_that_hits_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(random: Random) -> None:
        raise KeyError(random.randrange(1000))

    monkeypatch.setattr(targets, "TARGETS", {"a reader": broken})
    told = []
    for _ in range(2):
        with pytest.raises(Found, match="a reader, seed 7/1: KeyError") as hit:
            fire("a reader", "7/1")
        told.append(str(hit.value))
    assert told[0] == told[1], "the same seed throws the same"

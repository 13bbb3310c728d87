from ccr.policy.recent import Recent


def test_what_was_set_longest_ago_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent["a"], recent["b"] = 1, 2
    recent["a"] = 3
    recent["c"] = 4
    assert list(recent.items()) == [("a", 3), ("c", 4)]


def test_what_is_looked_at_does_not_stay_for_that() -> None:
    recent: Recent[str, int] = Recent(1)
    recent["a"] = 1
    assert recent.get("a") == 1
    recent["b"] = 2
    assert list(recent) == ["b"]


def test_what_is_kept_is_forgotten_after_all_others() -> None:
    recent: Recent[str, int] = Recent(2, str.isupper)
    recent["A"] = 1
    for number, name in enumerate("bcd"):
        recent[name] = number
    assert list(recent) == ["A", "d"]
    recent["E"] = recent["F"] = 5
    assert list(recent) == ["E", "F"]

from ccr.wire.anthropic.differences import Differences


def test_whoever_is_not_known_is_taken_at_its_word() -> None:
    assert Differences().genuine


def test_of_a_lookalike_nothing_is_expected_that_some_host_refuses() -> None:
    host = Differences(genuine=False)
    assert not any((host.web_search, host.cache, host.system_turns, host.efforts, host.format, host.documents))

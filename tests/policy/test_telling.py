import pytest

from ccr.errors import (
    ContextOverflow,
    Lack,
    RequestProblem,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamRefused,
    UpstreamUnreachable,
)
from ccr.policy.patience import Patience
from ccr.policy.telling import told

UNREACHED = Patience().of

UNKNOWN = UpstreamModelUnknown("no such model", retry=False)
SMALL, LARGE = ContextOverflow("small", had=9, limit=8), ContextOverflow("large", had=9, limit=8_000)
BLIND = UpstreamRefused("no pictures", lack=Lack("image"))


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        (["limited", UNKNOWN], 0),
        ([UNKNOWN, "limited"], 1),
        ([UpstreamUnreachable("refused"), "limited"], 1),
        ([UpstreamFailed("down"), UpstreamFailed("down too")], 0),
        ([UpstreamLimited("for an hour", retry_after=3600), UNKNOWN], 1),
        ([UpstreamKeyRefused("no", retry=False), UNKNOWN], 1),
        ([SMALL, LARGE], 1),
        ([LARGE, ContextOverflow("untold")], 0),
        ([LARGE, UNKNOWN], 0),
        ([SMALL, "limited"], 1),
        ([BLIND, UNKNOWN], 0),
    ],
)
def test_of_several_failures_the_most_useful_is_told(failures: list[RequestProblem | str], expected: int) -> None:
    limited = UpstreamLimited("slow down", retry_after=40)
    all_of_them = [each if isinstance(each, RequestProblem) else limited for each in failures]
    assert told(all_of_them, UNREACHED) is all_of_them[expected]


def test_who_is_told_to_wait_waits_for_the_first_that_is_free_again() -> None:
    assert (
        told([UpstreamLimited("a", retry_after=50), UpstreamLimited("b", retry_after=20)], UNREACHED).retry_after == 20
    )


def test_who_asks_for_no_wait_gets_none_from_another() -> None:
    assert told([UpstreamBusy("a"), UpstreamLimited("b", retry_after=20)], UNREACHED).retry_after is None

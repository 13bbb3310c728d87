import pytest

from ccr.errors import BadRequest, Lack, LackKind, RequestProblem, UpstreamProblem, UpstreamRefused
from ccr.policy.remedies import REMEDIES, remedy_of


def family(cls: type[RequestProblem]) -> list[type[RequestProblem]]:
    return [cls, *(member for child in cls.__subclasses__() for member in family(child))]


@pytest.mark.parametrize("cls", family(RequestProblem))
def test_every_failure_has_a_kind_of_one_word(cls: type[RequestProblem]) -> None:
    assert remedy_of(cls("no")).kind.isalpha()


def test_who_counts_against_the_breaker_is_a_provider() -> None:
    assert all(issubclass(cls, UpstreamProblem) for cls, remedy in REMEDIES.items() if remedy.counts)


def test_what_cools_a_key_down_does_not_count_against_the_breaker() -> None:
    assert not [cls for cls, remedy in REMEDIES.items() if remedy.counts and remedy.cooling]


@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_model_that_does_not_see_is_followed_by_another(kind: LackKind) -> None:
    assert remedy_of(UpstreamRefused("no", lack=Lack(kind))).spent == "target"


@pytest.mark.parametrize("failure", [UpstreamRefused("no"), UpstreamRefused("no", lack=Lack("beta")), BadRequest("no")])
def test_what_the_client_heals_is_the_clients(failure: RequestProblem) -> None:
    assert remedy_of(failure).spent == "all"

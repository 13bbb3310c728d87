"""The tree of errors, and the table that answers them."""

import re

import pytest

import ccr.errors
from ccr.errors import (
    REPLIES,
    BadRequest,
    CcrError,
    ContextOverflow,
    RequestProblem,
    UpstreamBusy,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamProblem,
    UpstreamSaid,
    reply_for,
)
from ccr.ids import ModelName, ProviderName, Target


def family(cls: type[CcrError]) -> list[type[CcrError]]:
    return [cls, *(member for child in cls.__subclasses__() for member in family(child))]


@pytest.mark.parametrize("cls", family(RequestProblem))
def test_every_problem_has_a_reply(cls: type[RequestProblem]) -> None:
    reply = reply_for(cls("it went wrong"))
    assert 400 <= reply.status <= 599


@pytest.mark.parametrize("cls", family(BadRequest))
def test_the_clients_faults_are_invalid_requests(cls: type[BadRequest]) -> None:
    assert reply_for(cls("no")) == REPLIES[BadRequest]


def test_the_nearest_ancestor_answers() -> None:
    assert reply_for(ContextOverflow("prompt is too long")).status == 400
    assert reply_for(UpstreamSaid("?")).status == 502
    assert reply_for(UpstreamBusy("?")).status == 529
    assert reply_for(CcrError("?")).status == 500


@pytest.mark.parametrize("cls", [UpstreamKeyRefused, UpstreamModelUnknown])
def test_what_the_user_did_not_do_is_a_status_that_claude_code_shows_word_by_word(cls: type[RequestProblem]) -> None:
    assert reply_for(cls("no")).status == 424


def test_the_drawn_tree_names_every_class() -> None:
    words = set(re.findall(r"\b[A-Z]\w+", str(ccr.errors.__doc__)))
    assert {cls.__name__ for cls in family(CcrError) if cls.__module__ == ccr.errors.__name__} <= words


def test_no_entry_is_for_a_stranger() -> None:
    assert set(REPLIES) <= set(family(CcrError))


def test_an_error_reads_as_its_message() -> None:
    assert str(RequestProblem("no such path")) == "no such path"


def test_problems_carry_what_a_client_may_do_next() -> None:
    target = Target(ProviderName("p"), ModelName("m"))
    problem = UpstreamLimited("slow down", target=target, retry_after=3.0, retry=True)
    assert (problem.target, problem.retry_after, problem.retry) == (target, 3.0, True)


def test_what_an_upstream_said_keeps_status_and_code() -> None:
    said = UpstreamSaid("no", status=418, code="teapot", retry_after=1.0)
    assert isinstance(said, UpstreamProblem)
    assert (said.status, said.code, said.retry_after, said.target) == (418, "teapot", 1.0, None)

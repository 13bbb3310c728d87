"""Whatever a host sends, in whatever pieces: a legal stream with its end, or an error in words.

What is bent how, and what must hold, is in tests/wire/fuzz; `scripts/fuzz` does the same for as long as it is told.
"""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamSaid
from tests.support.cuts import CUTS, Cut, by_byte, by_seven
from tests.wire.fuzz.bending import cut, mutated, odd_stream
from tests.wire.fuzz.hosts import ANSWERS, HOSTS, frames
from tests.wire.fuzz.reading import lawful, read, written

CHANCE = st.randoms(use_true_random=False)


@pytest.mark.parametrize("name", HOSTS)
@given(random=CHANCE)
def test_frames_that_are_odd_lost_or_out_of_order_make_a_legal_stream_or_an_error(name: str, random: Random) -> None:
    data = odd_stream(HOSTS[name], random)
    lawful(HOSTS[name], data, cut(data, random), by_byte(data))


@pytest.mark.parametrize("name", HOSTS)
@given(random=CHANCE)
def test_damaged_bytes_make_a_legal_stream_or_an_error(name: str, random: Random) -> None:
    data = mutated(HOSTS[name], random)
    lawful(HOSTS[name], data, cut(data, random), by_seven(data))


@pytest.mark.parametrize("name", HOSTS)
@given(data=st.binary(max_size=200))
def test_any_bytes_make_a_legal_stream_or_an_error(name: str, data: bytes) -> None:
    lawful(HOSTS[name], data, by_byte(data))


@pytest.mark.parametrize("name", HOSTS)
@given(
    status=st.integers(100, 599), body=st.binary(max_size=100) | st.sampled_from([b"[[{}]]", b'{"error":[1]}', b"null"])
)
def test_any_error_answer_says_something(name: str, status: int, body: bytes) -> None:
    said = HOSTS[name].upstream.refusal(status, body)
    assert isinstance(said, UpstreamSaid)
    assert said.message.strip()


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("parts", ANSWERS[:3])
@pytest.mark.parametrize("name", HOSTS)
def test_a_right_answer_has_its_end(name: str, parts: tuple[object, ...], cut: Cut) -> None:
    found = read(HOSTS[name], cut(HOSTS[name].packed(frames(HOSTS[name].body(*parts)))))
    assert found.problem == ""
    written(found)

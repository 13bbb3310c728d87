"""Everything that reads what others wrote, each with what is thrown at it. One shot is one seed: it can be had again."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random

from ccr.errors import UpstreamSaid
from ccr.wire.dialect import ClientDialect
from tests.wire.fuzz.bending import cut, mutated, odd_stream
from tests.wire.fuzz.hosts import HOSTS, Host
from tests.wire.fuzz.reading import lawful, named
from tests.wire.fuzz.requests import CLIENTS, goes_out_or_is_refused, odd_body

Shot = Callable[[Random], None]


def stream(host: Host, random: Random) -> None:
    data = odd_stream(host, random)
    lawful(host, data, cut(data, random))


def damage(host: Host, random: Random) -> None:
    data = mutated(host, random)
    lawful(host, data, cut(data, random))


def error(host: Host, random: Random) -> None:
    said = host.upstream.refusal(random.randint(100, 599), mutated(host, random))
    assert isinstance(said, UpstreamSaid)
    named(said)


def request(client: ClientDialect, body: dict[str, object], random: Random) -> None:
    goes_out_or_is_refused(client, odd_body(body, random))


TARGETS: Mapping[str, Shot] = {
    **{
        f"{name} {shot.__name__}": partial(shot, host)
        for name, host in HOSTS.items()
        for shot in (stream, damage, error)
    },
    **{f"{name} request": partial(request, client, body) for name, (client, body) in CLIENTS.items()},
}


class Found(Exception):
    """A shot that hit."""


def fire(name: str, seed: str) -> None:
    try:
        TARGETS[name](Random(f"{seed} {name}"))  # seeds that are text mean the same in every process
    except Exception as fault:
        raise Found(f"{name}, seed {seed}: {type(fault).__name__}: {fault}") from fault


def shots(seed: str) -> Iterator[tuple[str, str]]:
    """Without end, all targets in turn."""
    number = 0
    while True:
        for name in TARGETS:
            yield name, f"{seed}/{number}"
        number += 1

"""What is done about failures and crowds, in the file's words -> settings."""

from collections.abc import Mapping
from typing import cast

from ccr.config import keys
from ccr.config.problems import Fields, Place
from ccr.config.schema import Breaker, Recovery, Timeouts

MOST = 100_000  # requests at a time
MOST_RETRIES = 10


def breaker(place: Place) -> Breaker:
    """`false` is none at all."""
    usual = Breaker()
    if isinstance(place.value, bool) or place.empty:
        return Breaker(failures=0) if place.value is False else usual
    fields = place.fields(keys.BREAKER)
    failures = fields["failures"].integer(0, MOST)
    return Breaker(
        failures=usual.failures if failures is None else failures,
        share=_share(fields["share"]) or usual.share,
        window=fields["window"].seconds() or usual.window,
        pause=fields["pause"].seconds() or usual.pause,
    )


def _share(place: Place) -> float | None:
    share = place.number()
    if share is not None and not 0 < share <= 1:
        place.fault(f"expected a share, more than 0 and up to 1, not {place.value}")
        return None
    return share


def retries(place: Place) -> int | None:
    return place.integer(0, MOST_RETRIES)


def concurrency(place: Place) -> int | None:
    return place.integer(1, MOST)


def queue(place: Place) -> float | None:
    seconds = place.number()
    if seconds is not None and seconds < 0:
        place.fault(f"expected seconds, or 0 for none, not {place.value}")
        return None
    return seconds


def recovery(place: Place) -> Recovery | None:
    return cast(Recovery | None, place.choice(keys.RECOVERIES))


def timeouts(place: Place, base: Timeouts) -> Timeouts:
    """What is not said is as in `base`."""
    return _timeouts(place.fields(keys.TIMEOUTS), base)


def provider_timeouts(place: Place, base: Timeouts) -> tuple[Timeouts | None, Mapping[str, Timeouts]]:
    """A provider's own, and those of its models."""
    if place.empty:
        return None, {}
    fields = place.fields(keys.PROVIDER_TIMEOUTS, keys.OF_THE_FILE)
    own = _timeouts(fields, base)
    models = fields["models"].entries()
    return own, {model: _timeouts(entry.fields(keys.MODEL_TIMEOUTS, keys.OF_THE_FILE), own) for model, entry in models}


def _timeouts(fields: Fields, base: Timeouts) -> Timeouts:
    return Timeouts(
        connect=fields["connect"].seconds() or base.connect,
        first_byte=fields["first_byte"].seconds() or base.first_byte,
        idle=fields["idle"].seconds() or base.idle,
        total=fields["total"].seconds() or base.total,
        head=fields["head"].seconds() or base.head,
        failover=fields["failover"].seconds() or base.failover,
    )

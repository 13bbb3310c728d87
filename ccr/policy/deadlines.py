"""How long an attempt may wait for the first content of its answer."""

from ccr.config.schema import Timeouts

# Seconds, where `first_byte` is not said. A model may think for ten minutes without a byte.
LAST = 900.0  # nobody else is left to ask
OTHERS = 120.0  # another target could answer
LOADING = 600.0  # another could, but this one is a local server, which may have to load its model first


# Less than this share of what it may have by the settings, and its silence says nothing of it. Our own work takes some.
DUE = 0.9


def first_content(timeouts: Timeouts, *, others: bool, local: bool, left: float) -> float:
    """Of a stream. `left` is what remains of the time for all attempts together: the others get theirs."""
    if timeouts.first_byte and not others:  # it has begun in time, and nobody waits behind it
        return timeouts.first_byte
    usual = LAST if not others else LOADING if local else OTHERS
    most = left - min(OTHERS, left / 2) if others else left
    return max(0.0, min(timeouts.first_byte or usual, most))


def whole_answer(timeouts: Timeouts, *, others: bool, left: float) -> float:
    """Of an answer that is not streamed: its first content is its end. `left` is also how long the client waits, and
    half of that stays for the others."""
    return max(0.0, min(timeouts.total, left / 2 if others else left))


def setting(timeouts: Timeouts, limit: float, *, stream: bool) -> str:
    """What `limit` comes from, as far as one can change it: its own setting, or what was left for all attempts."""
    own, name = (timeouts.first_byte or OTHERS, "first_byte") if stream else (timeouts.total, "total")
    if limit >= DUE * own:
        return f"timeouts.{name}"
    return "timeouts.failover" if stream else "timeouts.failover, or the client's own limit,"

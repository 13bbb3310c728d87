"""One try at one target with one key."""

from dataclasses import dataclass

from ccr.config.schema import Key
from ccr.ids import Target


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """Is equal to none but itself: what is under way is counted by it."""

    target: Target
    key: Key | None = None  # None: its provider has none, or each caller's own
    wait: float = 0.0  # seconds before it
    session: str | None = None
    caller: str = ""  # whose login goes out, where that is each caller's own

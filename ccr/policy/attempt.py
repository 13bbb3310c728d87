"""One try at one target with one key."""

from dataclasses import dataclass
from functools import cached_property

from ccr.config.schema import Key
from ccr.ids import ModelName, Target
from ccr.policy.keys import KeyId


@dataclass(frozen=True, eq=False)
class Attempt:
    """Is equal to none but itself: what is under way is counted by it."""

    target: Target
    key: Key | None = None  # None: its provider has none, or each caller's own
    wait: float = 0.0  # seconds before it
    session: str | None = None
    caller: str = ""  # whose login goes out, where that is each caller's own

    @cached_property
    def key_id(self) -> KeyId:
        provider = self.target.provider
        return KeyId(provider, self.caller) if self.caller else KeyId.of(provider, self.key)

    @cached_property
    def door(self) -> tuple[KeyId, ModelName]:
        return self.key_id, self.target.model

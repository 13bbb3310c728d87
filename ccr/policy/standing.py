"""How providers have been doing lately: what the next choice goes by. Outlives a reload; time is an argument."""

from dataclasses import dataclass
from typing import Literal

from ccr.config.schema import Breaker
from ccr.errors import RequestProblem
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.attempt import Attempt

State = Literal["closed", "open", "probing"]


@dataclass(frozen=True, slots=True)
class DoorShown:
    """A key and a model of a provider."""

    provider: ProviderName
    key: str  # its name; "" where the provider has none
    model: ModelName
    state: State
    failures: int  # of those that count, lately
    seconds: float | None  # until it is asked again, where it is passed over
    last: str | None  # the last failure, in a line


@dataclass(frozen=True, slots=True)
class KeyShown:
    provider: ProviderName
    key: str
    in_flight: int
    requests: int  # within the last minute
    tokens: int
    seconds: float | None  # until it is asked again, where it is left alone
    why: str | None  # in a word


@dataclass(frozen=True, slots=True)
class TargetShown:
    target: Target
    in_flight: int
    first_content: float | None  # seconds, on average


@dataclass(frozen=True, slots=True)
class Shown:
    doors: tuple[DoorShown, ...] = ()
    keys: tuple[KeyShown, ...] = ()
    targets: tuple[TargetShown, ...] = ()


class Standing:
    """Is told of each attempt that a plan gives: `began` when it is sent, `answered` and `failed` if so, and in any case
    `ended`, also where it never began."""

    def __init__(self) -> None:
        self._breaker = Breaker()

    def configure(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def began(self, attempt: Attempt, now: float) -> None:
        """It is under way."""

    def answered(self, attempt: Attempt, seconds: float, now: float) -> None:
        """Its first content is here, after so many seconds."""

    def failed(self, attempt: Attempt, failure: RequestProblem, now: float) -> None:
        """Before its first content or after it."""

    def ended(self, attempt: Attempt, tokens: int, now: float) -> None:
        """Nothing of it is under way any more, however it ended; it used so many tokens."""

    def shown(self, now: float) -> Shown:
        return Shown()

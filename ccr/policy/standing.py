"""How providers have been doing lately: what the next choice goes by. Outlives a reload; time is an argument."""

from ccr.config.schema import Breaker
from ccr.errors import RequestProblem
from ccr.policy.attempt import Attempt


class Standing:
    """Is told of each attempt: `began`, then `answered` or `failed`, and in the end `ended`."""

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

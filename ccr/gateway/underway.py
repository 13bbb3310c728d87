"""An attempt from its choice to its end: what its standing is told of it."""

from ccr.errors import RequestProblem
from ccr.gateway.meter import Meter
from ccr.gateway.ports import Clock
from ccr.policy.attempt import Attempt
from ccr.policy.standing import Standing


class Underway:
    """Each of these at most once, in this order: sent, answered, failed; and in any case ended."""

    def __init__(self, attempt: Attempt, standing: Standing, clock: Clock) -> None:
        self.attempt = attempt
        self.meter: Meter | None = None  # of its answer
        self._standing = standing
        self._clock = clock
        self._chosen = clock.now()
        self._sent: float | None = None
        self._answered = self._failed = self._ended = False

    @property
    def seconds(self) -> float:
        return self._clock.now() - self._chosen

    def sent(self) -> None:
        self._sent = self._clock.now()
        self._standing.began(self.attempt, self._sent)

    def answered(self, *, streamed: bool) -> None:
        """Of a whole answer nobody knows when it began."""
        assert self._sent is not None
        now = self._clock.now()
        self._answered = True
        self._standing.answered(self.attempt, now - self._sent if streamed else None, now)

    def failed(self, problem: RequestProblem) -> None:
        """What failed before it was sent is no failure of the provider's."""
        if self._sent is not None and not self._failed:
            self._failed = True
            self._standing.failed(self.attempt, problem, self._clock.now())

    def ended(self) -> None:
        if self._ended:
            return
        self._ended = True
        used = self.meter.used if self.meter and self._answered else 0
        self._standing.ended(self.attempt, used, self._clock.now())

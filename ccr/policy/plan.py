"""What is tried, in which order. Decides only; somebody else sends and waits."""

from collections.abc import Sequence

from ccr.errors import RequestProblem
from ccr.ids import Target
from ccr.policy.attempt import Attempt
from ccr.policy.failures import heals_elsewhere


class Plan:
    """What one request tries. Is asked for the first attempt, and after each failure for the next."""

    def __init__(self, chain: Sequence[Target]) -> None:
        self._left = list(dict.fromkeys(chain))

    def next(self, failure: RequestProblem | None, now: float) -> Attempt | None:
        """None: another attempt would not help, or there is none."""
        if not self.goes_on(failure, now):
            return None
        return Attempt(self._left.pop(0))

    def goes_on(self, failure: RequestProblem | None, now: float) -> bool:
        """Whether something else would be tried after such a failure."""
        return bool(self._left) and (failure is None or heals_elsewhere(failure))

"""What is tried, in which order. Decides only; somebody else sends and waits."""

from collections.abc import Callable, Mapping

from ccr.errors import RequestProblem
from ccr.ids import ProviderName
from ccr.policy.attempt import Attempt
from ccr.policy.remedies import remedy_of
from ccr.policy.standing import Standing
from ccr.providers.resolve import Upstream
from ccr.routing.decision import Decision


class Plan:
    """What one request tries. Is asked for the first attempt, and after each failure for the next; the standing has
    been told of the failure by then."""

    def __init__(
        self,
        decision: Decision,
        upstreams: Mapping[ProviderName, Upstream],
        standing: Standing,
        session: str | None,
        now: float,
        chance: Callable[[], float],
    ) -> None:
        self._left = list(dict.fromkeys(decision.chain))
        self._session = session
        self.elsewhere = len(self._left) > 1  # whether another target than the current one could be asked

    def next(self, failure: RequestProblem | None, now: float) -> Attempt | None:
        """None: another attempt would not help, or there is none."""
        if not self.goes_on(failure, now):
            return None
        self.elsewhere = len(self._left) > 1
        return Attempt(self._left.pop(0), session=self._session)

    def goes_on(self, failure: RequestProblem | None, now: float) -> bool:
        """Whether something else would be tried after such a failure."""
        return bool(self._left) and (failure is None or remedy_of(failure).spent not in ("all", "smaller"))

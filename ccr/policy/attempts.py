"""What is tried, in which order. Decides only; somebody else sends and waits."""

from collections.abc import Generator, Sequence

from ccr.errors import RequestProblem
from ccr.ids import Target
from ccr.policy.failures import heals_elsewhere


def attempts(chain: Sequence[Target]) -> Generator[Target, RequestProblem, None]:
    """Yields targets; is sent the failure of each. Ends when another target would not help."""
    for target in dict.fromkeys(chain):
        failure = yield target
        if not heals_elsewhere(failure):
            return

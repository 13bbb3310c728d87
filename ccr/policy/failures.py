"""What a provider's failure is, and whether another target may heal it."""

from ccr.errors import RequestProblem, UpstreamProblem, UpstreamRefused, UpstreamSaid
from ccr.ids import Target


def classify(said: UpstreamSaid, target: Target) -> RequestProblem: ...


def heals_elsewhere(failure: RequestProblem) -> bool:
    return isinstance(failure, UpstreamProblem) and not isinstance(failure, UpstreamRefused)

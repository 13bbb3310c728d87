"""Which of several failures the client is told."""

from collections.abc import Callable, Sequence

from ccr.errors import ContextOverflow, RequestProblem, UpstreamRefused


def told(failures: Sequence[RequestProblem], patience: Callable[[RequestProblem], float]) -> RequestProblem:
    """What waiting heals, the surest and of equals the first, with the shortest wait that is asked for; else what the
    client heals: of overflows the one of the largest window, where most of the conversation has room; else the last.
    `patience` is for how many seconds asking again may heal it."""
    passing = [each for each in failures if each.retry is not False and (each.retry_after or 0.0) < patience(each)]
    if passing:
        surest = max(passing, key=patience)
        if surest.retry_after is not None:
            surest.retry_after = min(each.retry_after for each in passing if each.retry_after is not None)
        return surest
    overflows = [each for each in failures if isinstance(each, ContextOverflow)]
    if overflows:
        return max(overflows, key=lambda each: each.limit or 0)
    lacking = (each for each in failures if isinstance(each, UpstreamRefused) and each.lack)
    return next(lacking, failures[-1])

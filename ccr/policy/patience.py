"""How long a client is asked to go on asking. Left alone, Claude Code does it ten times within three minutes, and shows
no cause meanwhile. Time is an argument."""

from dataclasses import dataclass

from ccr.errors import (
    RequestProblem,
    UpstreamBusy,
    UpstreamCut,
    UpstreamFailed,
    UpstreamGarbled,
    UpstreamLimited,
    UpstreamProblem,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnreachable,
)
from ccr.ids import ProviderName, Target
from ccr.policy.recent import Recent

# Seconds since the first failure in a row. What is not here is not healed by asking again.
PATIENCE: dict[type[UpstreamProblem], float] = {
    UpstreamGarbled: 10,
    UpstreamUnreachable: 60,  # only where it has been reached before: a network comes back, a wrong address does not
    UpstreamCut: 60,
    UpstreamFailed: 60,
    UpstreamTimeout: 60,
    UpstreamBusy: 180,
    UpstreamLimited: 180,
}
LONGEST_WAIT = 60.0  # more of `retry-after`, and Claude Code fails at once
A_ROW = 90.0  # the next failure of a row comes no later: its waits are no longer than 40 s, or LONGEST_WAIT
MOST = 1024

Asker = tuple[str, str]  # the session, the model that it asks for


@dataclass(frozen=True, slots=True)
class _Row:
    began: float
    last: float


class Patience:
    """Remembers since when whom has been failed. Bounded: the one that asked longest ago is forgotten first."""

    def __init__(self) -> None:
        self._rows: Recent[Asker, _Row] = Recent(MOST)
        self._reached: Recent[ProviderName, None] = Recent(MOST)

    def answered(self, asker: Asker, target: Target) -> None:
        self._rows.pop(asker, None)
        self._reached[target.provider] = None

    def of(self, problem: RequestProblem) -> float:
        """Seconds for which asking again may heal it."""
        if isinstance(problem, UpstreamUnreachable) and not (
            problem.target and problem.target.provider in self._reached
        ):
            return 0.0
        return next((PATIENCE[cls] for cls in type(problem).__mro__ if cls in PATIENCE), 0.0)

    def advise(self, problem: RequestProblem, asker: Asker, *, arrived: float, now: float) -> None:
        """Writes on the problem when to ask again, and whether."""
        left_alone = (UpstreamRefused, UpstreamTooLarge)  # Claude Code repeats these only changed
        if problem.retry is not None or not isinstance(problem, UpstreamProblem) or isinstance(problem, left_alone):
            return
        lasted = now - self._failed(asker, arrived, now)
        limit = self.of(problem)
        wait = problem.retry_after or 0.0
        if not limit or lasted > limit or wait > limit:
            problem.retry = False
            if wait > limit > 0:
                problem.message += f"; it asks to be left alone for {_spoken(wait)}"
        elif wait:
            problem.retry_after = min(wait, LONGEST_WAIT)

    def _failed(self, asker: Asker, arrived: float, now: float) -> float:
        row = self._rows.get(asker)
        began = now if row is None or arrived - row.last > A_ROW else row.began
        self._rows[asker] = _Row(began, now)
        return began


def _spoken(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"

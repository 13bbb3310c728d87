"""How many tokens a target really counts where we count one: learnt from what its answers report. Bounded."""

import asyncio
import math

from ccr.ids import Target
from ccr.policy.recent import Recent
from ccr.routing.tokens import TokenCount

# A prompt's fixed costs (a host's own preamble, how it writes down tools) would pass for a ratio in a smaller one.
SIZEABLE = 2_000
# Claude's newer tokenizers find up to 1.35 times what ours does (https://platform.claude.com/docs/en/about-claude/models);
# what lies far outside says something else: pictures, a host that counts a cached prompt twice, or not at all.
BOUNDS = (0.8, 2.5)
# Erring high is cheap, erring low an overflow: of the latest ratios a high one is believed, but not the highest: a single
# odd answer tells nothing.
KEPT = 7
# Nobody knows yet: Claude, GPT and the open models' tokenizers lie between 0.9 and 1.35.
UNKNOWN = 1.15
# Exact counts that are made for learning alone: the first few, then one in so many; more while the latest one told of a
# ratio that is farther than this from the one believed.
FIRST, EVERY = 3, 50
SOON, APART = 5, 0.15


class Calibration:
    """Exact counts and estimates are learnt apart: they err differently."""

    def __init__(self, most: int = 1024) -> None:
        self._ratios: Recent[tuple[Target, bool], tuple[float, ...]] = Recent(most)  # of each the latest comes last
        self._answers: Recent[Target, int] = Recent(most)

    def learn(self, target: Target, ours: TokenCount, real: int) -> None:
        low, high = BOUNDS
        if ours.tokens < SIZEABLE or not low <= real / ours.tokens <= high:
            return
        known = self._ratios.get((target, ours.exact), ())
        self._ratios[target, ours.exact] = (*known, real / ours.tokens)[-KEPT:]

    def tokens(self, target: Target, ours: TokenCount, unknown: float = 1.0) -> int:
        """As the target would count them; by `unknown` where it has said nothing yet."""
        return math.ceil(ours.tokens * _believed(self._ratios.get((target, ours.exact), (unknown,))))

    def wants(self, target: Target, ours: TokenCount) -> bool:
        """Whether an exact count is worth making for this answer."""
        if ours.exact or ours.tokens < SIZEABLE:
            return False
        answers = self._answers[target] = self._answers.get(target, 0) + 1
        return answers <= FIRST or answers % (SOON if self._doubts(target) else EVERY) == 0

    def _doubts(self, target: Target) -> bool:
        ratios = self._ratios.get((target, True), (1.0,))
        return abs(ratios[-1] - _believed(ratios)) > APART


def _believed(ratios: tuple[float, ...]) -> float:
    """The highest but one."""
    return sorted(ratios)[-2:][0]


class Sample:
    """One prompt: what we count for it, held against what its answer reports."""

    def __init__(
        self,
        calibration: Calibration,
        target: Target,
        ours: TokenCount,
        counting: asyncio.Task[TokenCount] | None = None,
    ) -> None:
        self._calibration = calibration
        self._target = target
        self._ours = ours
        self._counting = counting

    def end(self, real: int | None) -> None:
        """None: the answer told nothing. An exact count that is not there by now is not waited for."""
        counts = [self._ours]
        if self._counting and not self._counting.cancel() and self._counting.exception() is None:
            counts.append(self._counting.result())
        if real:
            for ours in counts:
                self._calibration.learn(self._target, ours, real)

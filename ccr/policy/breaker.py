"""Whether somebody is worth asking, from how they did lately. Time is an argument."""

from collections import deque

from ccr.config.schema import Breaker
from ccr.policy.attempt import Attempt

MOST = 256  # outcomes that are remembered, however long the window is
CLAIMED = 30.0  # seconds that one probe keeps others away


class Circuit:
    """Closed until too much fails, then open for a pause, then open to one attempt at a time until one is answered."""

    def __init__(self) -> None:
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=MOST)
        self._pause = 0.0  # of this opening; 0: closed
        self._probe: Attempt | None = None
        self._claimed_until = 0.0
        self.opened = 0.0
        self.due = 0.0  # when an open one may be asked again

    @property
    def open(self) -> bool:
        return self._pause > 0

    def free(self, now: float) -> bool:
        """Nobody probes."""
        return self._probe is None or now >= self._claimed_until

    def closes_to(self, now: float) -> float:
        """Until when nobody else is let through; `now` where one is."""
        if not self.open:
            return now
        return max(now, self.due, now if self.free(now) else self._claimed_until)

    def claim(self, attempt: Attempt, now: float) -> None:
        """From now on others are kept away, until it ends or takes too long."""
        self._probe, self._claimed_until = attempt, now + CLAIMED

    def ended(self, attempt: Attempt) -> None:
        if self._probe is attempt:
            self._probe = None

    def answered(self, now: float) -> None:
        self.close()
        self._outcomes.append((now, True))

    def close(self) -> None:
        """Forgets why it opened."""
        if self.open:
            self._outcomes.clear()
            self._pause = 0.0

    def failed(self, attempt: Attempt, now: float, settings: Breaker, longest: float) -> None:
        """`longest` bounds its pause, in seconds, unless the user wants it longer."""
        self._outcomes.append((now, False))
        if self.open:
            # Others were sent before it opened, or asked because nobody else was left: they say nothing new.
            if self._probe is attempt and now >= self.due:
                self._opens(self._pause * 2, now, settings, longest)
        elif self._too_much(now, settings):
            self._opens(settings.pause, now, settings, longest)

    def failures(self, now: float, settings: Breaker) -> int:
        return sum(not well for _, well in self._lately(now, settings))

    def _lately(self, now: float, settings: Breaker) -> list[tuple[float, bool]]:
        return [each for each in self._outcomes if each[0] > now - settings.window]

    def _too_much(self, now: float, settings: Breaker) -> bool:
        lately, failures = self._lately(now, settings), self.failures(now, settings)
        return 0 < settings.failures <= failures and failures >= settings.share * len(lately)

    def _opens(self, pause: float, now: float, settings: Breaker, longest: float) -> None:
        self._pause = min(pause, max(settings.pause, longest))
        self.opened, self.due = now, now + self._pause

from ccr.errors import RequestProblem, UpstreamFailed
from ccr.gateway.meter import Meter
from ccr.gateway.underway import Underway
from ccr.messages.events import Start
from ccr.messages.reply import Usage
from ccr.policy.attempt import Attempt
from ccr.policy.standing import Standing
from tests.support.canned import FakeClock
from tests.support.wiring import target

DOWN = UpstreamFailed("down")


class Told(Standing):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def began(self, attempt: Attempt, now: float) -> None:
        self.heard.append("began")

    def answered(self, attempt: Attempt, seconds: float | None, now: float) -> None:
        self.heard.append(f"answered after {seconds} s")

    def failed(self, attempt: Attempt, failure: RequestProblem, now: float) -> None:
        self.heard.append("failed")

    def ended(self, attempt: Attempt, tokens: int, now: float) -> None:
        self.heard.append(f"ended with {tokens}")


def underway() -> tuple[Underway, Told, FakeClock]:
    told, clock = Told(), FakeClock()
    return Underway(Attempt(target("a,m")), told, clock), told, clock


def test_an_attempt_is_told_from_its_start_to_its_end_and_once() -> None:
    attempt, told, clock = underway()
    clock.advance(5)  # it waits for its turn: nobody's slowness
    attempt.sent()
    clock.advance(2)
    attempt.meter = Meter(7)
    attempt.meter.read(Start("msg", "m", Usage(input=90, output=1)))
    attempt.answered(streamed=True)
    attempt.failed(DOWN)
    attempt.failed(DOWN)
    attempt.ended()
    attempt.ended()
    assert told.heard == ["began", "answered after 2.0 s", "failed", "ended with 91"]
    assert attempt.seconds == 7


def test_what_is_whole_has_no_first_content() -> None:
    attempt, told, _ = underway()
    attempt.sent()
    attempt.answered(streamed=False)
    assert told.heard[-1] == "answered after None s"


def test_what_fails_before_it_was_sent_is_no_failure_of_the_providers() -> None:
    attempt, told, _ = underway()
    attempt.failed(DOWN)
    attempt.ended()
    assert told.heard == ["ended with 0"]


def test_an_attempt_without_an_answer_has_used_nothing() -> None:
    attempt, told, _ = underway()
    attempt.sent()
    attempt.meter = Meter(7)
    attempt.failed(DOWN)
    attempt.ended()
    assert told.heard == ["began", "failed", "ended with 0"]

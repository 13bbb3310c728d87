"""One request from its arrival to its Record."""

import asyncio
import math
from collections.abc import Mapping

from ccr.errors import RequestProblem, reply_for
from ccr.gateway.calibration import Sample
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.meter import Meter
from ccr.gateway.runtime import Runtime
from ccr.gateway.seats import Seat
from ccr.gateway.tried import besides, listed
from ccr.gateway.underway import Underway
from ccr.ids import Target
from ccr.messages.record import Record, Tried
from ccr.messages.reply import Usage
from ccr.messages.request import Request
from ccr.policy.attempt import Attempt
from ccr.policy.patience import Asker
from ccr.policy.remedies import remedy_of
from ccr.routing.decision import Decision
from ccr.routing.tokens import TokenCount
from ccr.wire.dialect import Writer


class Call:
    """Gathers what the Record will say. Ends once, however the request ends."""

    def __init__(self, inbound: Inbound, runtime: Runtime) -> None:
        self.inbound = inbound
        self.runtime = runtime
        self.asked_for = ""
        self.session: str | None = None
        self.streamed = False
        self.request_class: str | None = None
        self.agent_type: str | None = None
        self.decision: Decision | None = None
        self.target: Target | None = None
        self.passed_over: tuple[Target, ...] = ()
        self.unasked: tuple[str, ...] = ()  # and why
        self.meter: Meter | None = None
        self.sample: Sample | None = None
        self.writer: Writer | None = None  # of a streamed answer, whoever gives it
        self.given: Usage | None = None  # by those who broke off: the prompt as they counted it, what the client has
        self.continues = False  # what is asked for is not in the client's own bytes
        self.seat = Seat()
        self.arrived = self._waits_from = runtime.clock.now()
        self._time = runtime.clock.time()
        self._tried: list[Tried] = []
        self.underway: Underway | None = None  # the attempt that is, or was last
        self._first_token: float | None = None
        self._ended = False

    @property
    def waited(self) -> float:
        """Seconds since its arrival."""
        return self.runtime.clock.now() - self.arrived

    @property
    def waiting(self) -> float:
        """Seconds since its arrival, or since its answer broke off."""
        return self.runtime.clock.now() - self._waits_from

    def attempt(self, attempt: Attempt) -> Underway:
        self.target = attempt.target
        self.underway = Underway(attempt, self.runtime.standing, self.runtime.clock)
        return self.underway

    @property
    def key_name(self) -> str:
        """Of the attempt's key, where its provider has several."""
        assert self.underway
        target, key = self.underway.attempt.target, self.underway.attempt.key
        return key.name if key and len(self.runtime.upstreams[target.provider].keys) > 1 else ""

    @property
    def key_words(self) -> str | None:
        """By which its owner knows the attempt's key."""
        assert self.underway
        target, key = self.underway.attempt.target, self.underway.attempt.key
        source = key.source if key else self.runtime.upstreams[target.provider].key_source
        if not self.key_name:
            return source
        return f"key {self.key_name} of {target.provider}" + (f" ({source})" if source else "")

    def samples(self, request: Request, ours: TokenCount) -> None:
        """This target's answer will tell how it counts what we count so. Counted exactly beside it, where that is worth
        it: the answer does not wait."""
        assert self.target is not None
        if self.sample:
            self.sample.end(None)
        wanted = self.runtime.calibration.wants(self.target, ours)
        counting = asyncio.create_task(self.runtime.counter.count(request)) if wanted else None
        self.sample = Sample(self.runtime.calibration, self.target, ours, counting)

    def attempt_failed(self, failure: RequestProblem) -> None:
        """Before its first content."""
        assert self.underway
        self.underway.failed(failure)
        self._note_attempt(failure)

    @property
    def _asker(self) -> Asker:
        return self.session or self.inbound.client.name, self.asked_for

    def attempt_answered(self) -> None:
        """Its first content is here."""
        assert self.target
        assert self.underway
        self.underway.answered(streamed=self.streamed)
        if self._first_token is None:
            self._first_token = self.waited
        self.runtime.patience.answered(self._asker, self.target)
        self._note_attempt(None)

    def answer_broke(self, failure: RequestProblem) -> None:
        """After its first content."""
        assert self.underway
        self.underway.failed(failure)
        self._waits_from = self.runtime.clock.now()
        if self._tried[-1].failure is None:
            self._tried.pop()
            self._note_attempt(failure, broke=True)

    def _note_attempt(self, failure: RequestProblem | None, *, broke: bool = False) -> None:
        assert self.underway
        message, kind = (failure.message, remedy_of(failure).kind) if failure else (None, "")
        tried = Tried(self.underway.attempt.target, message, self.underway.seconds, self.key_name, kind, broke)
        self._tried.append(tried)

    def answer_headers(self, upstream: Mapping[str, str]) -> dict[str, str]:
        """What a good answer says about itself; the upstream's own headers where its bytes pass through."""
        request_id = self.inbound.request_id
        return {"request-id": request_id, "x-request-id": request_id} | relayed(upstream) | self._chosen()

    def early_headers(self) -> dict[str, str]:
        """What a good answer says about itself before it is known who gives it."""
        request_id = self.inbound.request_id
        return {"request-id": request_id, "x-request-id": request_id} | self._ours()

    def _chosen(self) -> dict[str, str]:
        chosen = {"x-ccr-model": str(self.target)} if self.target else {}
        tried = {"x-ccr-attempts": listed(self._tried)} if len(self._tried) > 1 else {}
        return self._ours() | _ascii(chosen | tried)

    def _ours(self) -> dict[str, str]:
        route = {"x-ccr-route": self.decision.rule} if self.decision else {}
        return _ascii({"x-ccr-request-id": self.inbound.request_id} | route)

    def refuse(self, problem: RequestProblem) -> Answer:
        """The answer to a request that failed before any of it had left."""
        now = self.runtime.clock.now()
        self.runtime.patience.advise(problem, self._asker, arrived=self.arrived, now=now)
        self.failed(problem)
        return refusal(problem, self.inbound, self._chosen())

    def failed(self, problem: RequestProblem) -> None:
        """Nobody has answered."""
        if others := besides(problem.message, self._tried, self.unasked):
            problem.message = f"{problem.message} ({others})"
        self.end(problem)

    def dropped(self, end: BaseException) -> None:
        """Cancelled: where the router ends it, that says why; else its client has gone, which proxies write down as 499."""
        problem = next((each for each in end.args if isinstance(each, RequestProblem)), None)
        self.end(problem, status=None if problem else 499)

    def end(self, problem: RequestProblem | None = None, *, status: int | None = None) -> None:
        self.seat.leave()
        if self._ended:
            return
        self._ended = True
        if self.sample:
            self.sample.end(self.meter.reported_prompt.prompt if self.meter and not self.meter.estimated else None)
        record = Record(
            time=self._time,
            request_id=self.inbound.request_id,
            session=self.session,
            client=self.inbound.client.name,
            agent=self.inbound.headers.get("user-agent", ""),
            asked_for=self.asked_for,
            rule=self.decision.rule if self.decision else None,
            target=self.target,
            attempts=tuple(self._tried),
            status=status or (reply_for(problem).status if problem else 200),
            usage=self.meter.usage if self.meter else Usage(),
            estimated=self.meter.estimated if self.meter else False,
            streamed=self.streamed,
            first_token=self._first_token,
            seconds=self.waited,
            error=problem.message if problem else None,
            stop_reason=self.meter.stop_reason if self.meter else None,
            request_class=self.request_class,
            agent_type=self.agent_type,
            passed_over=self.passed_over,
        )
        for observer in self.runtime.observers:
            observer(record)


RELAYED = ("anthropic-", "openai-", "x-ratelimit-", "request-id", "x-request-id")


def _ascii(headers: dict[str, str]) -> dict[str, str]:
    return {name: value.encode("unicode_escape").decode("ascii") for name, value in headers.items()}


def relayed(headers: Mapping[str, str]) -> dict[str, str]:
    """The upstream's headers that tell the client something about its request; the others are about a connection, a
    site or a browser. What is no plain text cannot be sent on."""
    told = {name: value for name, value in headers.items() if name.startswith(RELAYED)}
    return {name: value for name, value in told.items() if value.isascii() and value.isprintable()}


def refusal(problem: RequestProblem, inbound: Inbound, headers: dict[str, str]) -> Answer:
    """An error in the caller's dialect, with the id by which the log knows it."""
    request_id = inbound.request_id
    headers = {**headers, "content-type": "application/json", "request-id": request_id, "x-request-id": request_id}
    if problem.retry_after is not None:
        headers["retry-after"] = str(math.ceil(problem.retry_after))
    if problem.retry is not None:
        headers["x-should-retry"] = str(problem.retry).lower()
    headers |= relayed(problem.told)
    return Answer(reply_for(problem).status, headers, inbound.client.error(problem, request_id))

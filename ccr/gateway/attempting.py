"""Attempts, one after the other, until the first content of an answer is here."""

import asyncio
from contextlib import AsyncExitStack, suppress
from math import inf

from ccr.errors import (
    RequestProblem,
    UpstreamEmpty,
    UpstreamKeyRefused,
    UpstreamProblem,
    UpstreamSaid,
)
from ccr.gateway import login
from ccr.gateway.allowance import allowed, late, left
from ccr.gateway.aside import aside
from ccr.gateway.call import Call
from ccr.gateway.inbound import Inbound
from ccr.gateway.incoming import Incoming, Naming
from ccr.gateway.meter import Meter
from ccr.gateway.outgoing import outgoing, passes_through
from ccr.gateway.ports import Exchange
from ccr.gateway.recovery import recoverable
from ccr.gateway.relay import Opened, problem_of, whole
from ccr.gateway.room import fitted, measured, refuse_what_would_be_cut, with_room_for_a_verdict
from ccr.gateway.runtime import Runtime
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.policy import deadlines
from ccr.policy.attempt import Attempt
from ccr.policy.failures import retry_after
from ccr.policy.plan import Plan
from ccr.policy.remedies import remedy_of
from ccr.policy.telling import told
from ccr.providers.resolve import Upstream
from ccr.routing.facts import Look
from ccr.routing.tokens import TokenCount
from ccr.wire.lastwords import LastWords
from ccr.wire.stages import Stage

# An error body longer than this is no error message.
MOST_OF_AN_ERROR = 64 * 1024
END_OF_AN_ERROR = 5.0  # seconds for the rest of one


async def first_content(call: Call, seen: Look, plan: Plan, problem: RequestProblem | None = None) -> Opened:
    """Goes along the plan, after a `problem` or from its start. What fails on the way is failed over; when there is
    nothing left to try, the failure that tells most is raised."""
    clock, failures = call.runtime.clock, [problem] if problem else []
    while attempt := following(plan, failures, clock.now()):
        if failures and attempt.wait >= left(call):
            call.runtime.standing.ended(attempt, 0, clock.now())
            break
        async with AsyncExitStack() as held:
            underway, call.passed_over = call.attempt(attempt), plan.passed_over
            held.callback(underway.ended)
            if attempt.wait:
                call.seat.leave()  # others have more use for it meanwhile
                await clock.sleep(attempt.wait)
            try:
                return await opened(attempt, call, seen, plan, held)
            except RequestProblem as failure:
                failures.append(problem_of(failure, call))
                call.attempt_failed(failures[-1])
    failed = told(failures, call.runtime.patience.of)
    if remedy_of(failed).spent != "all":  # others are not asked what is the client's to heal
        call.unasked = plan.unasked(clock.now())
    raise failed from None


def following(plan: Plan, failures: list[RequestProblem], now: float) -> Attempt | None:
    """None, too, where all that could be asked is passed over for now: that is a failure like others."""
    try:
        return plan.next(failures[-1] if failures else None, now)
    except UpstreamProblem as nobody:
        failures.append(nobody)
        return None


async def opened(attempt: Attempt, call: Call, seen: Look, plan: Plan, held: AsyncExitStack) -> Opened:
    """One attempt. Whatever ends it, nothing of it stays open but what is handed on."""
    runtime, inbound, target = call.runtime, call.inbound, attempt.target
    upstream = runtime.upstreams[target.provider].with_key(attempt.key).timed_for(target.model)
    assert call.underway
    require_key(upstream, target, runtime)
    verbatim = passes_through(inbound, upstream, target) and not call.continues
    copy = verbatim and not recoverable(call, seen.request)
    named = Naming(inbound.request_id, seen.request.model if inbound.client.name == "anthropic" else None)
    request, meter = await adjusted(call, seen, target, verbatim=verbatim)
    call.meter = call.underway.meter = meter
    ours = runtime.instance, runtime.config.server.key
    sent = await aside(inbound, outgoing, inbound, request, seen.removed, upstream, target, *ours, verbatim=verbatim)
    await seated(call, target, held, others=plan.beside)
    reader = upstream.dialect.reader(request, target)
    passed = () if verbatim else stages(inbound, upstream, request, target)
    limit, due = allowed(upstream, call, others=plan.elsewhere)
    try:
        async with asyncio.timeout(limit) as deadline:
            call.underway.sent()
            exchange = await runtime.transport.send(upstream, sent)
            incoming = Incoming(exchange, reader, meter, named, copy=copy, stages=passed, idle=upstream.timeouts.idle)
            held.push_async_callback(incoming.close)
            if not 200 <= exchange.status < 300:
                raise await refused(exchange, upstream, runtime, deadline)
            await incoming.open()
            body = None if request.stream else await whole(incoming, request, call, copy=copy)
    except TimeoutError:
        at_last = not (request.stream or plan.elsewhere) and limit < upstream.timeouts.total
        setting = deadlines.setting(upstream.timeouts, limit, stream=request.stream)
        raise late(target, limit, due, setting, at_last=at_last) from None
    nothing = UpstreamEmpty(f"{target} gave an answer without content", target=target)
    # Half an answer, and then nothing, is no whole one.
    if incoming.empty and (call.continues or plan.goes_on(nothing, runtime.clock.now())):
        raise nothing
    call.attempt_answered()
    headers = login.told(exchange.headers, upstream, copy=verbatim)
    return Opened(attempt, request, incoming, copy, headers, body, held.pop_all())


async def seated(call: Call, target: Target, held: AsyncExitStack, *, others: bool) -> None:
    """At the provider first: who waits there has no seat of the router's, which others may have more use for. Its place is
    that of its arrival, also where it has been elsewhere before."""
    seats = call.runtime.seats
    call.seat.leave()
    seat = await seats.at(target.provider, call.request_class, call.arrived, others=others)
    held.callback(seat.leave)
    call.seat = await seats.in_all(call.request_class, call.arrived)


def require_key(upstream: Upstream, target: Target, runtime: Runtime) -> None:
    if upstream.key_missing:
        restart = (
            "on the host and run `make shell-router` there" if runtime.config.localhost else "and restart the router"
        )
        raise UpstreamKeyRefused(
            f"provider {target.provider} has no key: set {upstream.key_source} {restart}, "
            f"or choose another model than {target}",
            target=target,
            retry=False,
        )


async def adjusted(call: Call, seen: Look, target: Target, *, verbatim: bool) -> tuple[Request, Meter]:
    """The request with no more asked for than the model has room for; and who reads the figures off its answer."""
    runtime, request = call.runtime, seen.request
    upstream = runtime.upstreams[target.provider]
    known, ours = upstream.model_for(target.model), TokenCount(seen.facts.tokens, seen.facts.exact)
    prompt = await measured(request, ours, known, target, runtime)
    refuse_what_would_be_cut(prompt, upstream.stated(target.model), target)
    if seen.facts.request_class == "safety" and not verbatim:
        request = with_room_for_a_verdict(request)
    request = fitted(request, known, prompt)
    call.samples(request, ours)
    listener = runtime.agents.listener(request)
    return request, Meter(prompt or runtime.calibration.tokens(target, ours), listener, call.given)


def stages(inbound: Inbound, upstream: Upstream, request: Request, target: Target) -> tuple[Stage, ...]:
    """What a translated answer passes through."""
    quirks = upstream.stages_for(request, target)
    return (*quirks, LastWords()) if inbound.client.name == "anthropic" else quirks


async def refused(exchange: Exchange, upstream: Upstream, runtime: Runtime, deadline: asyncio.Timeout) -> UpstreamSaid:
    """What an error answer says. Its end is waited for within half of the time that is left."""
    left = (deadline.when() or inf) - asyncio.get_running_loop().time()
    body = b""
    with suppress(TimeoutError, UpstreamProblem):  # its status says most of it
        async with asyncio.timeout(min(END_OF_AN_ERROR, left / 2)):
            async for chunk in exchange.chunks():
                body += chunk
                if len(body) > MOST_OF_AN_ERROR:
                    break
    said = upstream.dialect.refusal(exchange.status, body)
    told = retry_after(exchange.headers, runtime.clock.time())
    said.told = login.told(exchange.headers, upstream, copy=False)
    said.retry_after = said.retry_after if told is None else told  # Google says it in the body
    return said

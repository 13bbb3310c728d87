"""One request, from bytes to bytes. Read this file to see what the router does."""

import asyncio
import sys
from dataclasses import replace

import msgspec

from ccr.errors import BadRequest, RequestProblem, UnknownTarget, UpstreamKeyRefused, UpstreamSaid, UpstreamTimeout
from ccr.gateway import login
from ccr.gateway.calibration import UNKNOWN
from ccr.gateway.call import Call
from ccr.gateway.early import in_time
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.incoming import Incoming, Naming
from ccr.gateway.meter import Meter
from ccr.gateway.outgoing import VIA, outgoing, passes_through
from ccr.gateway.ports import Exchange
from ccr.gateway.probe import answered, decided
from ccr.gateway.relay import STREAM, WHOLE, Stream, problem_of, whole
from ccr.gateway.room import fitted, measured, refuse_what_would_be_cut, with_room_for_a_verdict
from ccr.gateway.runtime import Runtime
from ccr.gateway.safeguards import refuse_unchecked
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.policy.attempt import Attempt
from ccr.policy.deadlines import LAST
from ccr.policy.failures import retry_after
from ccr.policy.plan import Plan
from ccr.providers.resolve import Upstream
from ccr.routing.facts import Look, betas_of, look, session_of
from ccr.routing.rules import decide
from ccr.routing.tokens import TokenCount, small
from ccr.wire.lastwords import LastWords
from ccr.wire.stages import Stage, staged

# An error body longer than this is no error message.
MOST_OF_AN_ERROR = 64 * 1024


async def answer(inbound: Inbound, runtime: Runtime) -> Answer:
    call = Call(inbound, runtime)
    try:
        if runtime.instance and runtime.instance in inbound.headers.get(VIA, ""):
            raise BadRequest("this request comes from the router itself: the provider's api_base_url leads back to it")
        request = inbound.client.decode(inbound.body)
        call.asked_for, call.streamed = request.model, request.stream
        call.session = session_of(request, inbound.headers)
        request = replace(request, session=call.session, betas=betas_of(inbound.headers))
        seen = await view(request, inbound, runtime)
        call.request_class, call.agent_type = seen.facts.request_class, seen.facts.agent
        call.decision = decided(seen.facts, runtime.table)
        target = call.decision.target
        refuse_unchecked(inbound, request, runtime.upstreams[target.provider], target)
        if here := answered(call, seen.facts, request):
            return here
        if request.stream:
            call.writer = inbound.client.writer(seen.request)
        return await in_time(call, first_success(call, seen))
    except RequestProblem as problem:
        return call.refuse(problem)
    except BaseException:
        call.end(status=499)
        raise


async def view(request: Request, inbound: Inbound, runtime: Runtime) -> Look:
    """The request as the rules see it."""
    tokens = await size(request, runtime)
    scripted = None
    if runtime.script:
        question = {
            "body": msgspec.json.decode(inbound.body),
            "headers": dict(inbound.headers),
            "session_id": request.session,
            "token_count": tokens.tokens,
        }
        scripted = await runtime.script.route(question)
    last_input = runtime.sessions.last_input(request.session)
    agent = runtime.agents.type(request, inbound.headers)
    return look(request, headers=inbound.headers, tokens=tokens, last_input=last_input, scripted=scripted, agent=agent)


async def counted(inbound: Inbound, runtime: Runtime) -> TokenCount:
    """The prompt's tokens as the target that would be chosen counts them, rather more than less."""
    request = inbound.client.decode(inbound.body)
    ours = await runtime.counter.count(request)
    try:
        seen = await view(replace(request, session=session_of(request, inbound.headers)), inbound, runtime)
        target = decide(seen.facts, runtime.table).target
    except UnknownTarget:  # the request itself will be told
        return ours
    return replace(ours, tokens=runtime.calibration.tokens(target, ours, UNKNOWN))


async def size(request: Request, runtime: Runtime) -> TokenCount:
    """Counted only where somebody decides by it: an estimate does for the log and for the first usage figure. As our own
    tokenizer counts: were it calibrated, the same conversation would take another route after a restart."""
    routes = runtime.table.routes
    threshold = routes.long_context_threshold if routes.get("longContext") else sys.maxsize
    estimate = None if runtime.script else small(request, threshold)
    return estimate or await runtime.counter.count(request)


async def first_success(call: Call, seen: Look) -> Answer:
    """Goes along the chain until a target has given its first content; a failure after that is the client's to see. It
    goes on also while the client has the head of a stream already: nothing of that is anybody's answer."""
    assert call.decision is not None
    clock = call.runtime.clock
    plan, problem = Plan(call.decision.chain), None
    while attempt := plan.next(problem, clock.now()):
        if attempt.wait:
            await clock.sleep(attempt.wait)
        call.attempt(attempt)
        try:
            return await answer_of(attempt, call, seen)
        except RequestProblem as failure:
            problem = problem_of(failure, call)
            call.attempt_failed(problem)
    assert problem
    raise problem from None


async def answer_of(attempt: Attempt, call: Call, seen: Look) -> Answer:
    """One try at one target. Whatever ends it, nothing of it stays open but an answer that is being streamed."""
    runtime, inbound, target = call.runtime, call.inbound, attempt.target
    upstream = runtime.upstreams[target.provider].with_key(attempt.key).timed_for(target.model)
    require_key(upstream, target, runtime)
    copy = passes_through(inbound, upstream, target)
    named = Naming(inbound.request_id, seen.request.model if inbound.client.name == "anthropic" else None)
    request, call.meter = await adjusted(call, seen, target, copy=copy)
    sent = outgoing(inbound, request, seen.removed, upstream, target, runtime.instance)
    # A stream's first content, or the whole of another answer; comments and pings are neither.
    limit = (upstream.timeouts.first_byte or LAST) if request.stream else upstream.timeouts.total
    incoming: Incoming | None = None
    try:
        async with asyncio.timeout(limit):
            exchange = await runtime.transport.send(upstream, sent)
            reader = upstream.dialect.reader(request, target)
            if not copy:
                reader = staged(reader, stages(inbound, upstream, request, target))
            incoming = Incoming(exchange, reader, call.meter, named, copy=copy)
            if not 200 <= exchange.status < 300:
                raise await refused(exchange, upstream, runtime)
            await incoming.open()
            call.first_content()
            headers = call.answer_headers(login.told(exchange.headers, upstream, copy=copy))
            if not request.stream:
                body = await whole(incoming, request, call, copy=copy)
                call.attempt_answered()
                call.end()
                return Answer(200, headers | WHOLE, body)
            call.attempt_answered()
            stream, incoming = Stream(incoming, call, copy=copy), None
            return Answer(200, headers | STREAM, stream)
    except TimeoutError:
        raise UpstreamTimeout(f"{target} gave no answer in {limit:g} s", target=target) from None
    finally:
        if incoming:
            await incoming.close()


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


async def adjusted(call: Call, seen: Look, target: Target, *, copy: bool) -> tuple[Request, Meter]:
    """The request with no more asked for than the model has room for; and who reads the figures off its answer."""
    runtime, request = call.runtime, seen.request
    upstream = runtime.upstreams[target.provider]
    known, ours = upstream.model_for(target.model), TokenCount(seen.facts.tokens, seen.facts.exact)
    prompt = await measured(request, ours, known, target, runtime)
    refuse_what_would_be_cut(prompt, upstream.stated(target.model), target)
    if seen.facts.request_class == "safety" and not copy:
        request = with_room_for_a_verdict(request)
    request = fitted(request, known, prompt)
    call.samples(request, ours)
    return request, Meter(prompt or runtime.calibration.tokens(target, ours), runtime.agents.listener(request))


def stages(inbound: Inbound, upstream: Upstream, request: Request, target: Target) -> tuple[Stage, ...]:
    """What a translated answer passes through."""
    quirks = upstream.stages_for(request, target)
    return (*quirks, LastWords()) if inbound.client.name == "anthropic" else quirks


async def refused(exchange: Exchange, upstream: Upstream, runtime: Runtime) -> UpstreamSaid:
    """What an error answer says."""
    body = b""
    async for chunk in exchange.chunks():
        body += chunk
        if len(body) > MOST_OF_AN_ERROR:
            break
    said = upstream.dialect.refusal(exchange.status, body)
    told = retry_after(exchange.headers, runtime.clock.time())
    said.told = login.told(exchange.headers, upstream, copy=False)
    said.retry_after = said.retry_after if told is None else told  # Google says it in the body
    return said

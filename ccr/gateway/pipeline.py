"""One request, from bytes to bytes. Read this file to see what the router does."""

import sys
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import cast

from ccr.errors import Loop, RequestProblem, UnknownTarget
from ccr.gateway import login
from ccr.gateway.aside import aside
from ccr.gateway.attempting import first_content
from ccr.gateway.calibration import UNKNOWN
from ccr.gateway.call import Call
from ccr.gateway.early import in_time
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.outgoing import VIA
from ccr.gateway.probe import answered, decided
from ccr.gateway.recovery import recovering
from ccr.gateway.relay import STREAM, WHOLE, Opened, Stream
from ccr.gateway.runtime import Runtime
from ccr.gateway.safeguards import refuse_unchecked
from ccr.messages.json import Json, read
from ccr.messages.request import Request
from ccr.policy.plan import Plan
from ccr.routing.facts import Look, betas_of, look, session_of
from ccr.routing.rules import decide
from ccr.routing.tokens import TokenCount, small


async def answer(inbound: Inbound, runtime: Runtime) -> Answer:
    call = Call(inbound, runtime)
    try:
        if runtime.instance and runtime.instance in inbound.headers.get(VIA, ""):
            raise Loop("this request comes from the router itself: the provider's api_base_url leads back to it")
        request = await aside(inbound, inbound.client.decode, inbound.body)
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
    except Exception:
        call.end(inbound.fault)
        raise
    except BaseException as end:
        call.dropped(end)
        raise


async def view(request: Request, inbound: Inbound, runtime: Runtime) -> Look:
    """The request as the rules see it."""
    tokens = await size(request, inbound, runtime)
    scripted = None
    if runtime.script:
        question = {
            "body": cast("Json", await aside(inbound, read, inbound.body)),
            "headers": dict(inbound.headers),
            "session_id": request.session,
            "token_count": tokens.tokens,
        }
        scripted = await runtime.script.route(question)
    last_input = runtime.sessions.last_input(request.session)
    agent = runtime.agents.type(request, inbound.headers)
    seen = partial(look, headers=inbound.headers, tokens=tokens, last_input=last_input, scripted=scripted, agent=agent)
    return await aside(inbound, seen, request)


async def counted(inbound: Inbound, runtime: Runtime) -> TokenCount:
    """The prompt's tokens as the target that would be chosen counts them, rather more than less."""
    request = await aside(inbound, inbound.client.decode, inbound.body)
    ours = await runtime.counter.count(request)
    try:
        seen = await view(replace(request, session=session_of(request, inbound.headers)), inbound, runtime)
        target = decide(seen.facts, runtime.table).target
    except UnknownTarget:  # the request itself will be told
        return ours
    return replace(ours, tokens=runtime.calibration.tokens(target, ours, UNKNOWN))


async def size(request: Request, inbound: Inbound, runtime: Runtime) -> TokenCount:
    """Counted only where somebody decides by it: an estimate does for the log and for the first usage figure. As our own
    tokenizer counts: were it calibrated, the same conversation would take another route after a restart."""
    routes = runtime.table.routes
    threshold = routes.long_context_threshold if routes.get("longContext") else sys.maxsize
    estimate = None if runtime.script else await aside(inbound, small, request, threshold)
    return estimate or await runtime.counter.count(request)


async def first_success(call: Call, seen: Look) -> Answer:
    """From the first target that has content; a failure after that is the client's to see. Others are tried also while
    the client has the head of a stream already: nothing of that is anybody's answer."""
    assert call.decision is not None
    runtime, now = call.runtime, call.runtime.clock.now()
    caller = login.caller(call.inbound)
    plan = Plan(call.decision, runtime.upstreams, runtime.standing, call.session, now, runtime.chance, caller)

    def again(seen: Look, problem: RequestProblem) -> Awaitable[Opened]:
        return first_content(call, seen, plan, problem)

    return await delivered(recovering(await first_content(call, seen, plan), call, seen, again), call)


async def delivered(opened: Opened, call: Call) -> Answer:
    headers = call.answer_headers(opened.told)
    if opened.body is None:
        return Answer(200, headers | STREAM, Stream(opened, call))
    await opened.close()
    call.end()
    return Answer(200, headers | WHOLE, opened.body)

"""What a model has room for: the answer that is asked of it, and the thoughts in that; a prompt that its server would cut."""

from dataclasses import replace

from ccr.config.schema import Model
from ccr.errors import ContextOverflow
from ccr.gateway.runtime import Runtime
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.routing.tokens import TokenCount

LEAST = 1_024  # tokens of an answer: less is not worth asking for, and Anthropic takes no smaller thinking budget
MARGIN = 1.3  # by how much an estimate may err
# Claude Code's judge of risky commands asks for 64 tokens, which a model that thinks unasked spends on that; of a model whose
# name it does not know it asks for these.
VERDICT = 2_112


async def measured(request: Request, tokens: TokenCount, model: Model, target: Target, runtime: Runtime) -> int | None:
    """The prompt's tokens as the target counts them, where the end of its window may be near; else None."""
    if model.room is None or model.context is None:
        return None
    asked = min(request.max_tokens or LEAST, model.output or model.context)
    if tokens.tokens * MARGIN + asked <= model.context and tokens.tokens * MARGIN <= model.room:
        return None
    exact = tokens if tokens.exact else await runtime.counter.count(request)
    return runtime.calibration.tokens(target, exact)


def fitted(request: Request, model: Model, prompt: int | None) -> Request:
    """The request as the model can take it. Nothing is lowered below what is worth asking for: then the provider says
    that the prompt is too long."""
    limits = [model.output] if model.output else []
    if prompt is not None and model.context:
        limits.append(max(LEAST, model.context - prompt))
    if request.max_tokens is None or not limits or request.max_tokens <= min(limits):
        return request
    reasoning, most = request.reasoning, min(limits)
    if reasoning and reasoning.budget and reasoning.budget >= most:
        reasoning = replace(reasoning, budget=most - 1)
    return replace(request, max_tokens=most, reasoning=reasoning)


def with_room_for_a_verdict(request: Request) -> Request:
    return replace(request, max_tokens=max(VERDICT, request.max_tokens or 0))


def refuse_what_would_be_cut(prompt: int | None, stated: Model, target: Target) -> None:
    """Ollama drops the beginning of a prompt that exceeds its window, without a word. Only the user knows that window."""
    if prompt is not None and stated.context and prompt + LEAST > stated.context:
        remedy = f"limits gives {target} no more; compact the conversation, or start its server with a larger window"
        raise numbered(ContextOverflow(remedy), prompt, stated)


def numbered(overflow: ContextOverflow, prompt: int, model: Model) -> ContextOverflow:
    """With the numbers that nobody has said: by them Claude Code knows how much of a conversation to keep."""
    if overflow.limit is None:
        overflow.limit = model.room
    if overflow.had is None and overflow.limit is not None:
        overflow.had = max(prompt, overflow.limit + 1)
    return overflow

"""How a host hears how much to think."""

from ccr.messages.json import JsonObject
from ccr.messages.request import Effort, Request
from ccr.wire.openai_chat.differences import Differences

_EFFORTS: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_MOST = 32768  # of thinking_budget, at SiliconFlow and for most of Qwen's models


def wanted(request: Request) -> Effort | None:
    """How much the model shall think; None: not at all, or as it pleases."""
    reasoning = request.reasoning
    if is_off(request):
        return None
    if request.effort or reasoning is None:
        return request.effort
    if reasoning.budget is None:
        return "medium"
    if reasoning.budget < 4096:
        return "low"
    return "medium" if reasoning.budget < 16384 else "high"


def is_off(request: Request) -> bool:
    return request.effort == "none" or (request.reasoning is not None and request.reasoning.mode == "disabled")


def thinking(request: Request, differences: Differences) -> JsonObject:
    """The fields. Two that contradict each other turn thinking on, so there is one, or none."""
    effort = wanted(request)
    if effort is not None:
        return _on(request, differences, effort)
    return _off(differences) if is_off(request) and differences.says_off else {}


def _on(request: Request, differences: Differences, effort: Effort) -> JsonObject:
    budget = request.reasoning.budget if request.reasoning else None
    known = _known(effort, differences)
    match differences.reasoning:
        case "reasoning_effort":
            return {"reasoning_effort": known}
        case "reasoning":
            # It takes one of the two.
            return {"reasoning": {"max_tokens": budget} if budget else {"effort": known}}
        case "thinking":
            beside: JsonObject = {"reasoning_effort": known} if differences.effort_beside else {}
            return {"thinking": {"type": "enabled"}, **beside}
        case "enable_thinking" if not request.stream:
            # "parameter.enable_thinking must be set to false for non-streaming calls"
            return _off(differences)
        case "enable_thinking":
            limit: JsonObject = {"thinking_budget": min(budget, _MOST)} if budget else {}
            return {"enable_thinking": True, **limit}
        case "chat_template_kwargs":
            return _templated(True)
        case None:
            return {}


def _off(differences: Differences) -> JsonObject:
    match differences.reasoning:
        case "reasoning_effort":
            return {"reasoning_effort": "none"}
        case "reasoning":
            return {"reasoning": {"effort": "none"}}
        case "thinking":
            return {"thinking": {"type": "disabled"}}
        case "enable_thinking":
            return {"enable_thinking": False}
        case "chat_template_kwargs":
            return _templated(False)
        case None:
            return {}


def _templated(on: bool) -> JsonObject:
    """DeepSeek's and Kimi's templates know one name, Qwen's, GLM's and Nemotron's the other; none minds both."""
    return {"chat_template_kwargs": {"thinking": on, "enable_thinking": on}}


def _known(effort: Effort, differences: Differences) -> Effort:
    """The highest that the host knows and that is not above the wish."""
    below = [known for known in differences.efforts if _EFFORTS.index(known) <= _EFFORTS.index(effort)]
    return below[-1] if below else differences.efforts[0]

"""How a host hears how much to think."""

from ccr.messages.json import JsonObject
from ccr.messages.request import Effort, Request
from ccr.wire.efforts import fitting, wanted
from ccr.wire.openai_chat.differences import Differences

_MOST = 32768  # of thinking_budget, at SiliconFlow and for most of Qwen's models


def thinking(request: Request, differences: Differences) -> JsonObject:
    """The fields. Two that contradict each other turn thinking on, so there is one, or none."""
    match wanted(request):
        case None:
            return {}
        case "none":
            return _off(differences) if differences.says_off else {}
        case effort:
            return _on(request, differences, effort)


def _on(request: Request, differences: Differences, effort: Effort) -> JsonObject:
    budget = request.reasoning.budget if request.reasoning else None
    known = fitting(effort, differences.efforts)
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

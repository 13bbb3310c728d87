"""Whether a model thinks, in the fields that many hosts of Chat Completions know."""

from dataclasses import replace

from ccr.ids import Target
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Reasoning, Request
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk


def reasoning(options: JsonObject) -> Quirk:
    """The client's wish to think as `thinking` and `enable_thinking`; `{"enable": false}` switches thinking off."""
    given = Options(options, "enable")
    enabled = given.flag("enable", usual=True)
    return Quirk("reasoning", request=_same if enabled else _thoughtless, chat=_told, notes=given.notes)


def thoughtless(request: Request) -> Request:
    return replace(request, reasoning=Reasoning("disabled"), effort=None)


def thinks(request: Request) -> bool | None:
    """None: the request says nothing about it."""
    if request.effort == "none" or (request.reasoning and request.reasoning.mode == "disabled"):
        return False
    return True if request.reasoning or request.effort else None


def _same(request: Request, target: Target) -> Request:
    return request


def _thoughtless(request: Request, target: Target) -> Request:
    return thoughtless(request)


def _told(body: JsonObject, request: Request) -> JsonObject:
    """GLM, Kimi and DeepSeek read the one, Qwen the other: https://docs.z.ai/guides/llm/glm-4.6,
    https://www.alibabacloud.com/help/en/model-studio/deep-thinking"""
    wish = thinks(request)
    if wish is None:
        return body
    thinking: dict[str, Json] = {"type": "enabled" if wish else "disabled"}
    if wish and request.reasoning and request.reasoning.budget:
        thinking["budget_tokens"] = request.reasoning.budget
    return {**body, "thinking": thinking, "enable_thinking": wish}

"""A request, after the Anthropic Messages model."""

from dataclasses import dataclass
from typing import Literal

from ccr.messages.blocks import Block
from ccr.messages.json import NOTHING, JsonObject

Role = Literal["user", "assistant", "system"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. A `system` turn stands in the middle of a conversation; the initial prompt is Request.system."""

    role: Role
    content: tuple[Block, ...]
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the client runs."""

    name: str
    description: str = ""
    schema: JsonObject = NOTHING
    strict: bool | None = None
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class BuiltinTool:
    """A tool that the API defines by `type` (web_search_20250305, bash_20250124, …). Its raw form travels along."""

    type: str
    name: str
    raw: JsonObject


AnyTool = Tool | BuiltinTool


@dataclass(frozen=True, slots=True)
class ToolChoice:
    mode: Literal["auto", "any", "none", "tool"]
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much the model shall think. `disabled` is a wish too: it differs from saying nothing (None)."""

    mode: Literal["enabled", "adaptive", "disabled"]
    budget: int | None = None
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Format:
    """Structured output by a JSON schema; `schema` None asks for any JSON object."""

    schema: JsonObject | None
    name: str = ""
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Request:
    model: str
    turns: tuple[Turn, ...]
    system: tuple[Block, ...] = ()
    max_tokens: int | None = None
    tools: tuple[AnyTool, ...] = ()
    tool_choice: ToolChoice | None = None
    reasoning: Reasoning | None = None
    effort: Effort | None = None
    format: Format | None = None
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stream: bool = False
    user: str | None = None  # Anthropic's metadata.user_id, OpenAI's user
    betas: tuple[str, ...] = ()  # features of Anthropic's API that the client asks for by name, in a header
    session: str | None = None  # the conversation's id, where the client says one: for hosts that keep caches by it
    dialect: Literal["anthropic", "openai", "responses"] = "anthropic"  # the client's
    extra: JsonObject = NOTHING  # what this version does not know: goes on to an upstream of the same dialect only

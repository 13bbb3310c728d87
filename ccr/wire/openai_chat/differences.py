"""What hosts that speak Chat Completions do not agree on."""

from dataclasses import dataclass
from typing import Literal

from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.request import Effort

# enable_thinking: Qwen's, with thinking_budget beside it. chat_template_kwargs: what vLLM and its like give to a template.
Reasons = Literal["reasoning_effort", "reasoning", "thinking", "enable_thinking", "chat_template_kwargs"]

Cache = Literal["plain", "ttl"]


@dataclass(frozen=True, slots=True)
class Differences:
    """The defaults send nothing that a strict host refuses."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    most_tokens: int | None = None  # of an answer; DeepSeek says of more: "Invalid max_tokens value"
    # How the host wants to hear how much to think; None: it does not know such a field.
    reasoning: Reasons | None = None
    efforts: tuple[Effort, ...] = ("low", "medium", "high")  # the ones it knows, in rising order
    effort_beside: bool = False  # reasoning_effort is taken beside `thinking`
    says_off: bool = False  # whether "do not think" is sent in so many words; else nothing is
    # DeepSeek: "The `reasoning_content` in the thinking mode must be passed back to the API." Kimi says the like.
    reasoning_required: Literal["reasoning_content", "reasoning"] | None = None
    sampling: bool = True  # False: "Unsupported value: 'temperature' does not support 0.5 with this model"
    stops: bool = True  # False: "Unsupported parameter: 'stop' is not supported with this model."
    include_usage: bool = True  # ask for usage in streams
    format: Literal["json_schema", "json_object"] | None = "json_schema"
    format_alone: bool = False  # Groq: structured output neither streams nor goes with tools
    tool_choice: bool = True  # whether it knows this field at all (Ollama does not)
    forced_tools: bool = True  # whether it knows tool_choice other than auto and none (Kimi and Ollama do not)
    named_tools: bool = (
        True  # False: "Invalid tool_choice type: 'object'. Supported string values: none, auto, required"
    )
    tool_stream: bool = False  # whether arguments stream only if that is asked for
    dollar_schema: bool = True  # whether a tool's schema may say which JSON Schema it is
    web_search: Literal["plugins", "web_search_options"] | None = None  # how to ask for a search by the host
    user_fields: tuple[str, ...] = ()  # which take the user's id: user, safety_identifier
    session_fields: tuple[str, ...] = ()  # which take the conversation's, for caches: prompt_cache_key, session_id
    session_headers: tuple[str, ...] = ()
    cache: Cache | None = None  # whether cache_control is kept within content parts, and its ttl
    extras: JsonObject = NOTHING  # what stands in every body
    system_role: Literal["system", "developer"] = "system"
    images: bool = True  # False: the models read text only
    null_content: bool = True  # what stands beside tool calls without text: null, or else ""
    nine_character_ids: bool = False  # Mistral, code 3280: "must be a-z, A-Z, 0-9, with a length of 9"
    user_after_tool: bool = True  # False: Mistral, "Unexpected role 'user' after role 'tool'"
    prefill: bool = True  # whether a conversation may end with an assistant message

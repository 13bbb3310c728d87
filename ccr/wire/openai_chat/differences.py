"""What hosts that speak Chat Completions do not agree on."""

from dataclasses import dataclass
from typing import Literal

from ccr.messages.request import Effort


@dataclass(frozen=True, slots=True)
class Differences:
    """The defaults send nothing that a strict host refuses."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    # How the host wants to hear how much to think; None: it does not know such a field.
    reasoning: Literal["reasoning_effort", "reasoning", "thinking"] | None = None
    efforts: tuple[Effort, ...] = ("low", "medium", "high")  # the ones it knows, in rising order
    says_off: bool = False  # whether "do not think" is sent in so many words; else nothing is
    # DeepSeek: "The `reasoning_content` in the thinking mode must be passed back to the API." Kimi says the like.
    reasoning_required: Literal["reasoning_content", "reasoning"] | None = None
    include_usage: bool = True  # ask for usage in streams
    format: Literal["json_schema", "json_object"] | None = "json_schema"
    forced_tools: bool = True  # whether it knows tool_choice other than auto and none (Kimi and Ollama do not)
    web_search: Literal["plugins", "web_search_options"] | None = None  # how to ask for a search by the host
    user_fields: tuple[str, ...] = ()  # which take the user's id: user, safety_identifier, prompt_cache_key
    system_role: Literal["system", "developer"] = "system"
    images: bool = True  # False: the models read text only
    null_content: bool = True  # what stands beside tool calls without text: null, or else ""
    nine_character_ids: bool = False  # Mistral, code 3280: "must be a-z, A-Z, 0-9, with a length of 9"
    prefill: bool = True  # whether a conversation may end with an assistant message

"""In what hosts that resemble Anthropic's API fall short of it."""

from dataclasses import dataclass
from typing import Literal

from ccr.messages.request import Effort


@dataclass(frozen=True, slots=True)
class Differences:
    """All but `genuine` holds for a lookalike only. The defaults send nothing that a strict one refuses."""

    # Anthropic's own API, or a gateway that the user calls so: taken at its word. False: a lookalike.
    genuine: bool = True
    web_search: bool = False  # the host runs web_search itself; other server tools no lookalike runs
    cache: bool = False  # cache_control is taken, as {"type": "ephemeral"}: "cache_control.ttl: 1h is not supported"
    system_turns: bool = False  # system turns in the middle of a conversation; else they become the user's words there
    # Which forms of `thinking` it knows: all, a budget or off, on or off (a budget is ignored or refused), none.
    thinking: Literal["adaptive", "budget", "switch", "none"] = "budget"
    says_off: bool = True  # "disabled" is taken; some models of Z.ai and Kimi always think and refuse it
    # Thoughts come back with every call, or "thinking is enabled but reasoning_content is missing in assistant tool
    # call message" (Kimi), "The `content[].thinking` in the thinking mode must be passed back" (DeepSeek).
    thoughts_required: bool = False
    efforts: tuple[Effort, ...] = ()  # of output_config.effort, in rising order; none: the field is not known
    format: bool = False  # output_config.format, structured output
    tool_choice: bool = True  # Ollama does not know the field
    forced_tools: bool = True  # tool_choice any and tool
    images: bool = True  # False: the models read text only
    blind: tuple[str, ...] = ()  # how the names of those begin that read text only, where others see
    image_urls: bool = False  # images by URL, not just by their bytes
    documents: bool = False  # PDFs; text documents become text
    user: bool = True  # metadata.user_id
    top_k: bool = True

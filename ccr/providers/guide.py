"""What the built-in guide answers, as long as there is no provider to ask."""

from ccr.config.vendors import VENDORS

SHOWN = 6


def guide() -> str:
    """Which key to set, and how."""
    keys = "\n".join(f"  export {vendor.keys[0]}=…    # {vendor.title}" for vendor in VENDORS[:SHOWN])
    return f"""Claude Code reaches the router, but the router has no model provider to ask yet.

Give it one, in either way:

1. Set a provider's key and restart the router:

{keys}

  ccr restart

2. Or write a configuration, which can name several providers and local models (Ollama, LM Studio, vLLM):

  ccr config init

`ccr config import FILE` takes over a file of claude-code-router or LiteLLM. `ccr status` shows what is in use.
"""

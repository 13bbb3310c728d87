"""What the built-in guide answers, as long as there is no provider to ask."""

from ccr.config.vendors import VENDORS

SHOWN = 6


def guide(contained: bool = False) -> str:
    """Which key to set, and how. In a container keys and configuration come from its host."""
    keys = "\n".join(f"  export {vendor.keys[0]}=…    # {vendor.title}" for vendor in VENDORS[:SHOWN])
    where, again, write = ("", "ccr restart", "ccr config init")
    if contained:
        where, again, write = ("on the host ", "make shell-router", "~/.claude-code-router/config.json")
    return f"""Claude Code reaches the router, but the router has no model provider to ask yet.

Give it one, in either way:

1. Set a provider's key {where}and restart the router:

{keys}

  {again}

2. Or write {where}a configuration, which can name several providers and local models (Ollama, LM Studio, vLLM):

  {write}

`ccr config import FILE` takes over a file of claude-code-router or LiteLLM. `ccr status` shows what is in use.
"""

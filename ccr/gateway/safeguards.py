"""Auto mode's safety check runs at Anthropic, beside the answer. Whoever cannot run it says so by name: Claude Code then
asks without, and knows that nothing was checked. https://code.claude.com/docs/en/llm-gateway-protocol
"""

from ccr.errors import BadRequest
from ccr.gateway.inbound import Inbound
from ccr.gateway.outgoing import is_same
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.providers.resolve import Upstream

FIELD = "safeguards"


def refuse_unchecked(inbound: Inbound, request: Request, upstream: Upstream, target: Target) -> None:
    """Asked of the first target only: where another stands in, one answer without the check is less than none for good."""
    if inbound.client.name == "anthropic" and FIELD in request.extra and not is_same(inbound, upstream):
        raise BadRequest(
            f"{FIELD}: {target} does not run the safety check of auto mode; ask without the field, or start "
            "Claude Code with CLAUDE_CODE_AUTO_MODE_SERVER=0, so that it checks by itself"
        )

"""What Claude Code may ask of a gateway and is not ours to tell: answered at once, so that it goes on without.
https://code.claude.com/docs/en/llm-gateway-protocol
"""

from ccr.errors import NotFound
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.runtime import Current

OTLP = ("/v1/metrics", "/v1/logs", "/v1/traces")


async def telemetry(inbound: Inbound, current: Current) -> Answer:
    """Dropped: who wants to keep it sends it to a collector."""
    return Answer(200, {"content-type": "application/json"}, b"{}")


async def none_set(inbound: Inbound, current: Current) -> Answer:
    """Caps and managed settings of a gateway: 404 is the contract's word for "there are none"."""
    raise NotFound("nothing is set here")

"""How long an attempt may take: what is configured, and what the request and its client have left."""

from collections.abc import Mapping
from functools import partial
from math import inf

from ccr.errors import UpstreamHurried, UpstreamTimeout
from ccr.gateway.call import Call
from ccr.ids import Target
from ccr.policy import deadlines
from ccr.providers.resolve import Upstream

# Claude Code closes a connection that has been silent for 296 to 298 s, whatever it says that it waits.
LONGEST_SILENCE = 300.0
# An answer that leaves at the last moment comes too late.
SHARE = 0.97


def left(call: Call) -> float:
    """Seconds for all attempts together."""
    longest = call.runtime.config.timeouts.failover
    if not call.writer:
        longest = min(longest, longest_wait(call.inbound.headers))
    return longest - call.waiting


def allowed(upstream: Upstream, call: Call, *, others: bool) -> tuple[float, float]:
    """Seconds for a stream's first content, or the whole of another answer; comments and pings are neither. And how many
    it would have at the least, were it the first that is asked and the client patient."""
    whole = partial(deadlines.whole_answer, upstream.timeouts)
    streamed = partial(deadlines.first_content, upstream.timeouts, local=upstream.local)
    limit = streamed if call.writer else whole
    return limit(others=others, left=left(call)), limit(others=True, left=call.runtime.config.timeouts.failover)


def longest_wait(headers: Mapping[str, str]) -> float:
    """Seconds for which the client waits for a whole answer, as far as it tells."""
    said = headers.get("x-stainless-timeout", "")  # the official SDKs do
    limits = [float(said)] if said.replace(".", "", 1).isdecimal() and float(said) else []
    if headers.get("user-agent", "").startswith("claude-cli/"):
        limits.append(LONGEST_SILENCE)
    return SHARE * min(limits, default=inf)


def late(target: Target, limit: float, due: float, setting: str, *, at_last: bool) -> UpstreamTimeout:
    kind = UpstreamHurried if limit < deadlines.DUE * due else UpstreamTimeout
    if not at_last:
        return kind(f"{target} gave no answer in {limit:.3g} s ({setting} sets how long is waited)", target=target)
    return kind(
        f"{target} gave no whole answer in {limit:.3g} s, and there is no more time for one that is not streamed; "
        "choose a faster model, or less effort",
        target=target,
        retry=False,
    )

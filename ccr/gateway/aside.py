"""Work on a large request, done beside the event loop: others are served meanwhile."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ccr.gateway.inbound import Inbound

# Bytes of a body. A dense one of this size takes some 50 ms to read.
LARGE = 1024 * 1024

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def aside(
    inbound: Inbound, work: Callable[Given, Result], /, *given: Given.args, **named: Given.kwargs
) -> Result:
    if len(inbound.body) < LARGE:
        return work(*given, **named)
    return await asyncio.to_thread(work, *given, **named)

"""Config -> Runtime. The only place that knows all concrete classes."""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ccr.config import files, watch
from ccr.config.schema import Config
from ccr.errors import ConfigInvalid
from ccr.gateway.runtime import Current, Runtime
from ccr.gateway.sessions import Sessions
from ccr.observe.requestlog import RequestLog
from ccr.providers.guide import guide
from ccr.providers.resolve import resolve
from ccr.routing.decision import Table
from ccr.upstream.guide import Guided
from ccr.upstream.http import Http
from ccr.upstream.proxies import proxies


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()  # noqa: TID251 - this is where the clock comes from

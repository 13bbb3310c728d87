"""One frozen generation of the configuration, ready to answer; and the place where the current one stands."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ccr.config.schema import Config, Notice
from ccr.errors import ConfigInvalid
from ccr.gateway.agents import Agents
from ccr.gateway.calibration import Calibration
from ccr.gateway.ports import Clock, Counter, Observer, Script, Transport
from ccr.gateway.seats import Seats
from ccr.gateway.sessions import Sessions
from ccr.ids import ProviderName
from ccr.policy.patience import Patience
from ccr.policy.standing import Standing
from ccr.providers.resolve import Upstream
from ccr.routing.decision import Table


@dataclass(frozen=True, slots=True)
class Runtime:
    config: Config
    upstreams: Mapping[ProviderName, Upstream]
    table: Table
    transport: Transport
    counter: Counter
    script: Script | None
    sessions: Sessions
    observers: tuple[Observer, ...]
    clock: Clock
    instance: str = ""  # by which this process knows a request of its own that came back
    hidden: tuple[str, ...] = ()  # what no error may quote, beside what the providers have
    notices: tuple[Notice, ...] = ()
    agents: Agents = field(default_factory=Agents)
    patience: Patience = field(default_factory=Patience)
    calibration: Calibration = field(default_factory=Calibration)
    standing: Standing = field(default_factory=Standing)
    seats: Seats = field(default_factory=Seats)
    chance: Callable[[], float] = lambda: 0.5  # from 0 to 1


@dataclass(slots=True)
class Current:
    """The generation that new requests get. Those under way keep theirs."""

    runtime: Runtime
    generation: int = 1
    rejected: ConfigInvalid | None = None  # why the newest file is not in force
    draining: bool = False  # no new requests: the router stops
    parting: bool = False  # connections end with their answer: the router stops, or another has taken its place
    over: asyncio.Event = field(default_factory=asyncio.Event)  # streams under way have had their time
    problems: Callable[[], tuple[str, ...]] = lambda: ()  # what is not as it should be, and stops no request

    def swap(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.generation += 1
        self.rejected = None

"""What is written down when a request ends."""

from dataclasses import dataclass

from ccr.ids import Target
from ccr.messages.reply import Usage


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt: where, and how it failed (None: it answered)."""

    target: Target
    failure: str | None
    seconds: float
    key: str = ""  # the name of the key that was used, where there are several
    kind: str = ""  # of the failure, in a word: limited, busy, cut; what headers and counters say
    broke: bool = False  # it failed when the client had a part of its answer


@dataclass(frozen=True, slots=True)
class Record:
    time: float  # Unix seconds at the request's arrival
    request_id: str
    session: str | None
    client: str  # the client's dialect
    agent: str  # the client's User-Agent
    asked_for: str
    rule: str | None  # None: the request did not get as far as a decision
    target: Target | None
    attempts: tuple[Tried, ...]
    status: int
    usage: Usage
    estimated: bool  # the provider reported no usage; the figures are ours
    streamed: bool
    first_token: float | None  # seconds from arrival to the first content
    seconds: float
    error: str | None
    stop_reason: str | None
    request_class: str | None = None  # main, subagent, …; None: the client does not say and does not show it
    agent_type: str | None = None  # a subagent's: Explore, or the name of its file
    passed_over: tuple[Target, ...] = ()  # before one of the attempts: they stood before it, and were not asked

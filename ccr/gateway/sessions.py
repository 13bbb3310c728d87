"""What is remembered of sessions, for the rules and for people: each class's last answer, and what all answers used.

Bounded: the session that was quiet longest is forgotten first. Counted here, priced where it is shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ccr.config.schema import Price
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.record import Record
from ccr.policy.recent import Recent

# Of one session. A client may make up as many classes and models as it likes.
MOST_CLASSES = 8
MOST_TARGETS = 32
OTHERS = Target(ProviderName("others"), ModelName("others"))
LONGEST = 256  # characters that are kept of a text that somebody else wrote

UNNAMED = "other"  # the class of requests that do not say and do not show what they are for


@dataclass(slots=True)
class Used:
    """What the answers of one target used, in tokens."""

    answers: int = 0
    estimated: int = 0  # of these, without figures from the provider
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def add(self, record: Record) -> None:
        usage = record.usage
        self.answers += 1
        self.estimated += record.estimated
        self.input += usage.input or 0
        self.output += usage.output or 0
        self.cache_read += usage.cache_read or 0
        self.cache_write += usage.cache_write or 0

    def cost(self, price: Price) -> float:
        """Dollars. Where the cache has no price of its own, it is the prompt's."""
        read = price.input if price.cache_read is None else price.cache_read
        write = price.input if price.cache_write is None else price.cache_write
        spent = self.input * price.input + self.output * price.output + self.cache_read * read
        return (spent + self.cache_write * write) / 1e6

    def saved(self, price: Price) -> float:
        """Dollars that the prompts would have cost more without the cache."""
        return 0.0 if price.cache_read is None else self.cache_read * (price.input - price.cache_read) / 1e6


@dataclass(slots=True)
class Session:
    requests: int = 0
    failed: int = 0
    last_input: int | None = None  # tokens of the last prompt that a provider counted
    last: Recent[str, Record] = field(default_factory=lambda: Recent(MOST_CLASSES))  # by class
    used: dict[Target, Used] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        self.requests += 1
        self.failed += record.error is not None
        request_class = (record.request_class or UNNAMED)[:LONGEST]
        self.last[request_class] = _short(record)
        # What failed before its first content costs nothing; what was cut off later does.
        if record.target and record.first_token is not None:
            known = record.target in self.used or len(self.used) < MOST_TARGETS
            self.used.setdefault(record.target if known else OTHERS, Used()).add(record)
        if record.usage.prompt and not record.estimated:
            self.last_input = record.usage.prompt


class Sessions:
    def __init__(self, most: int = 1024) -> None:
        self._sessions: Recent[str, Session] = Recent(most)

    def last_input(self, session: str | None) -> int | None:
        found = self._sessions.get(session) if session else None
        return found.last_input if found else None

    def session(self, name: str) -> Session:
        """One that is not known is empty."""
        return self._sessions.get(name) or Session()

    def newest(self) -> Iterator[tuple[str, Session]]:
        return iter(reversed(self._sessions.items()))

    def __call__(self, record: Record) -> None:
        """An observer."""
        if not record.session:
            return
        session = self._sessions[record.session] = self.session(record.session)
        session.add(record)


def total(used: Mapping[Target, Used]) -> Used:
    whole = Used()
    for each in used.values():
        whole.answers += each.answers
        whole.estimated += each.estimated
        whole.input += each.input
        whole.output += each.output
        whole.cache_read += each.cache_read
        whole.cache_write += each.cache_write
    return whole


def _short(record: Record) -> Record:
    return replace(
        record,
        agent=record.agent[:LONGEST],
        asked_for=record.asked_for[:LONGEST],
        attempts=tuple(replace(tried, failure=_cut(tried.failure)) for tried in record.attempts),
        error=_cut(record.error),
        stop_reason=_cut(record.stop_reason),
    )


def _cut(text: str | None) -> str | None:
    return text[:LONGEST] if text else text

"""How providers have been doing lately: what the next choice goes by. Outlives a reload; time is an argument."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from ccr.config.schema import Breaker, Group, Key
from ccr.errors import RequestProblem
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.attempt import Attempt
from ccr.policy.balance import Figures, spread
from ccr.policy.breaker import Circuit
from ccr.policy.keys import A_TURN, KeyId, Minute, Rest, ranked
from ccr.policy.recent import Recent
from ccr.policy.remedies import remedy_of
from ccr.providers.resolve import Upstream

MOST = 4096  # keys and models that are remembered
SESSIONS = 8192
LATEST = 0.3  # the weight of the latest figure in an average
LONGEST_LINE = 200
STALE = 600.0  # seconds after which a speed is not known any more

T = TypeVar("T")
State = Literal["closed", "open", "probing"]


@dataclass(frozen=True, slots=True)
class DoorShown:
    """A key and a model of a provider."""

    provider: ProviderName
    key: str  # its name; "" where the provider has none
    model: ModelName
    state: State
    failures: int  # of those that count, lately
    seconds: float | None  # until it is asked again, where it is passed over
    last: str | None  # the last failure, in a line
    configured: bool = False  # is in the configuration, key and model
    alone: bool = False  # who asked it last had no other way: its breaker kept nobody away


@dataclass(frozen=True, slots=True)
class KeyShown:
    provider: ProviderName
    key: str
    in_flight: int
    requests: int  # within the last minute
    tokens: int
    seconds: float | None  # until it is asked again, where it is left alone
    why: str | None  # in a word
    configured: bool = False


@dataclass(frozen=True, slots=True)
class TargetShown:
    target: Target
    in_flight: int
    first_content: float | None  # seconds, on average


@dataclass(frozen=True, slots=True)
class Shown:
    doors: tuple[DoorShown, ...] = ()
    keys: tuple[KeyShown, ...] = ()
    targets: tuple[TargetShown, ...] = ()


class Bar(NamedTuple):
    """Why somebody is passed over."""

    # denied, unpaid, limited: the provider said so. open: it fails. spent, full: our own limits of the key are reached.
    kind: str
    since: float
    until: float
    why: str | None

    @property
    def hopeless(self) -> bool:
        return self.kind in ("denied", "unpaid")

    @property
    def ours(self) -> bool:
        return self.kind in ("spent", "full")


class _KeyState:
    """What is known of a key."""

    def __init__(self) -> None:
        self.name = ""
        self.rest = Rest()
        self.minute = Minute()


class _DoorState:
    """What is known of a key and model."""

    def __init__(self) -> None:
        self.name = ""
        self.circuit = Circuit()
        self.alone = False
        self.rest = Rest()
        self.last: str | None = None  # failure that counted


@dataclass(slots=True)
class _Course:
    """Of an attempt. What it tells goes to what was known when it was made: nothing to a place that has moved since."""

    key: _KeyState
    door: _DoorState
    began: float
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Speed:
    seconds: float
    at: float


class Standing:
    """Is told of each attempt that a plan gives: `began` when it is sent, `answered` and `failed` if so, and in any case
    `ended`, also where it never began."""

    def __init__(self) -> None:
        self._breaker = Breaker()
        self._places: dict[ProviderName, object] = {}  # how each is reached
        self._models: dict[KeyId, frozenset[ModelName]] = {}  # of each key in the configuration; none: any
        self._doors: Recent[tuple[KeyId, ModelName], _DoorState] = Recent(MOST, self._configured)
        self._keys: Recent[KeyId, _KeyState] = Recent(MOST, lambda key: key in self._models)
        self._speeds: Recent[Target, _Speed] = Recent(MOST)
        self._with: Recent[tuple[str, ProviderName], KeyId] = Recent(SESSIONS)
        self._at: Recent[tuple[str, Target], float] = Recent(SESSIONS)
        self._courses: dict[Attempt, _Course] = {}
        self._at_keys: Counter[KeyId] = Counter()
        self._at_targets: Counter[Target] = Counter()

    def configure(self, breaker: Breaker, upstreams: Iterable[Upstream] = ()) -> None:
        """Of who is reached otherwise than before, and of keys that are gone, nothing is known any more."""
        upstreams = tuple(upstreams)
        self._models = {
            KeyId.of(each.name, key): frozenset(each.models) for each in upstreams for key in each.keys or (None,)
        }
        keys = {each.name: {KeyId.of(each.name, key) for key in each.keys} for each in upstreams}
        places = {each.name: _place(each) for each in upstreams}
        moved = {name for name, place in places.items() if self._places.get(name, place) != place}
        self._places |= places

        def gone(key: KeyId) -> bool:  # of callers' own nobody knows which are
            return key.provider in moved or key not in (keys.get(key.provider) or (key,))

        for key in [key for key in self._keys if gone(key)]:
            del self._keys[key]
        for each in [door for door in self._doors if gone(door[0])]:
            del self._doors[each]
        self._breaker = breaker
        if not breaker.failures:
            for door in self._doors.values():
                door.circuit.close()

    def _configured(self, door: tuple[KeyId, ModelName]) -> bool:
        """Callers can make up logins and names of models: they push out nothing of this."""
        key, model = door
        models = self._models.get(key)
        return models is not None and (not models or model in models)

    # what a plan asks

    def keys(self, upstream: Upstream, session: str | None, chance: Callable[[], float]) -> list[Key | None]:
        """In the order in which they are asked."""
        last = self._with.get((session, upstream.name)) if session else None
        return [*ranked(upstream.name, upstream.keys, last, session, chance)] or [None]

    def spread(
        self, group: Group, targets: list[Target], session: str | None, chance: Callable[[], float], now: float
    ) -> list[Target]:
        """The equal ones in the order in which they are asked: a session stays with who answered it last."""
        order = spread(group, targets, lambda target: self._figures(target, now), session, chance)
        answered = {target: at for target in targets if (at := self._at.get((session or "", target))) is not None}
        last = max(answered, key=answered.__getitem__, default=None)
        return sorted(order, key=lambda target: target != last)

    def bar(self, attempt: Attempt, now: float, *, unbroken: bool = False) -> Bar | None:
        """What keeps such an attempt away, `unbroken` but for its breaker: a wrong key before all else, then what lasts
        longest; None: it can be made."""
        bars = (bar for bar in self._bars(attempt, now) if not (unbroken and bar.kind == "open"))
        return max(bars, key=lambda bar: (bar.hopeless, bar.until), default=None)

    def is_probed(self, attempt: Attempt, now: float) -> bool:
        """One request is asking there, for all."""
        door = self._doors.get(attempt.door)
        return door is not None and not door.circuit.free(now)

    def may_be_forced(self, attempt: Attempt, now: float) -> bool:
        """Whether it could be asked before its time: nobody else does, and no limit of ours forbids it."""
        return not self.is_probed(attempt, now) and not any(bar.ours for bar in self._bars(attempt, now))

    def take(self, attempt: Attempt, now: float, *, unbroken: bool = False) -> None:
        """It is about to be made. Where others are kept away, it alone goes."""
        bars = [bar for bar in self._bars(attempt, now) if not bar.ours]
        probes = any(bar.kind != "open" for bar in bars) if unbroken else bool(bars)
        key, door = self._key_state(attempt), self._door_state(attempt)
        door.alone = unbroken
        if probes or (door.circuit.open and not unbroken):
            door.circuit.claim(attempt, now + attempt.wait)
        key.minute.add(now, ahead=attempt.wait, requests=1)
        self._courses[attempt] = _Course(key, door, now)
        self._at_keys[attempt.key_id] += 1
        self._at_targets[attempt.target] += 1

    # what it is told

    def began(self, attempt: Attempt, now: float) -> None:
        """It is under way."""
        if course := self._courses.get(attempt):
            course.began = now

    def answered(self, attempt: Attempt, seconds: float | None, now: float) -> None:
        """Its first content is here, after so many seconds where that is known."""
        if not (course := self._courses.get(attempt)):
            return
        course.door.circuit.answered(now)
        course.door.rest.answered(course.began)
        course.key.rest.answered(course.began)
        if seconds is not None:
            before = self._figures(attempt.target, now).first_content
            average = seconds if before is None else before + LATEST * (seconds - before)
            self._speeds[attempt.target] = _Speed(average, now)
        if attempt.session:
            self._with[attempt.session, attempt.target.provider] = attempt.key_id
            self._at[attempt.session, attempt.target] = now

    def failed(self, attempt: Attempt, failure: RequestProblem, now: float) -> None:
        """Before its first content or after it. Counts once."""
        course, remedy = self._courses.get(attempt), remedy_of(failure)
        if not course or course.failed:
            return
        course.failed = True
        key, door = course.key, course.door
        if remedy.counts:
            door.last = _line(failure)
            door.circuit.failed(attempt, now, self._breaker, remedy.longest)
        if remedy.cooling:
            rest = key.rest if remedy.cooling.whole_key else door.rest
            rest.refused(remedy.kind, _line(failure), remedy.cooling, failure.retry_after, course.began, now)

    def ended(self, attempt: Attempt, tokens: int, now: float) -> None:
        """Nothing of it is under way any more, however it ended; it used so many tokens."""
        if not (course := self._courses.pop(attempt, None)):
            return
        _less(self._at_keys, attempt.key_id)
        _less(self._at_targets, attempt.target)
        course.key.minute.add(now, tokens=tokens)
        course.door.circuit.ended(attempt)

    # what is shown of it

    def shown(self, now: float) -> Shown:
        targets = dict.fromkeys((*self._speeds, *self._at_targets))
        return Shown(
            tuple(self._door_shown(key, model, door, now) for (key, model), door in self._doors.items()),
            tuple(self._key_shown(key, state, now) for key, state in self._keys.items()),
            tuple(self._target_shown(target, now) for target in targets),
        )

    def _bars(self, attempt: Attempt, now: float) -> list[Bar]:
        bars = []
        if key := self._keys.get(attempt.key_id):
            bars.append(Bar(key.rest.kind, key.rest.since, key.rest.until, key.rest.why))
        if key and attempt.key:
            limits = attempt.key
            bars.append(Bar("spent", now, key.minute.full_until(limits, now), "its rpm or tpm is reached"))
            if limits.concurrency and self._at_keys[attempt.key_id] >= limits.concurrency:
                bars.append(Bar("full", now, now + A_TURN, f"its concurrency of {limits.concurrency} is reached"))
        if door := self._doors.get(attempt.door):
            bars.append(Bar(door.rest.kind, door.rest.since, door.rest.until, door.rest.why))
            bars.append(Bar("open", door.circuit.opened, door.circuit.closes_to(now), door.last))
        return [bar for bar in bars if bar.until > now]

    def _key_state(self, attempt: Attempt) -> _KeyState:
        state = self._keys.get(attempt.key_id) or _KeyState()
        state.name = _name(attempt)
        self._keys[attempt.key_id] = state  # the newest, so that others are forgotten
        return state

    def _door_state(self, attempt: Attempt) -> _DoorState:
        state = self._doors.get(attempt.door) or _DoorState()
        state.name = _name(attempt)
        self._doors[attempt.door] = state
        return state

    def _figures(self, target: Target, now: float) -> Figures:
        speed = self._speeds.get(target)
        known = speed.seconds if speed and now - speed.at < STALE else None
        return Figures(self._at_targets[target], known)

    def _door_shown(self, key: KeyId, model: ModelName, door: _DoorState, now: float) -> DoorShown:
        circuit = door.circuit
        state: State = "closed" if not circuit.open else "open" if circuit.free(now) else "probing"
        until = door.rest.until if door.alone else max(door.rest.until, circuit.closes_to(now))
        failures = circuit.failures(now, self._breaker)
        known = self._configured((key, model))
        return DoorShown(
            key.provider, door.name, model, state, failures, _left(until, now), door.last, known, door.alone
        )

    def _key_shown(self, key: KeyId, state: _KeyState, now: float) -> KeyShown:
        seconds = _left(state.rest.until, now)
        used = state.minute.requests(now), state.minute.tokens(now)
        why = state.rest.kind if seconds else None
        return KeyShown(
            key.provider, state.name, self._at_keys[key], *used, seconds, why, configured=key in self._models
        )

    def _target_shown(self, target: Target, now: float) -> TargetShown:
        figures = self._figures(target, now)
        return TargetShown(target, figures.in_flight, figures.first_content)


def _place(upstream: Upstream) -> object:
    """How it is reached."""
    timeouts = upstream.timeouts, upstream.model_timeouts
    return upstream.url, upstream.dialect.name, upstream.auth, upstream.proxy, upstream.headers, timeouts


def _less(counts: Counter[T], what: T) -> None:
    counts[what] -= 1
    if not counts[what]:
        del counts[what]


def _name(attempt: Attempt) -> str:
    return attempt.key.name if attempt.key else "of a caller" if attempt.caller else ""


def _left(until: float, now: float) -> float | None:
    return until - now if until > now else None


def _line(failure: RequestProblem) -> str:
    return failure.message.split("\n", 1)[0][:LONGEST_LINE]

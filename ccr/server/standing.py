"""How the providers stand: who is passed over, until when and why, and who waits. In words, and in figures for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from ccr.gateway.runtime import Runtime
from ccr.messages.json import JsonObject
from ccr.policy.standing import DoorShown, KeyShown

MOST = 50  # of a kind that are shown


def standing(runtime: Runtime) -> JsonObject:
    """Of the providers that there are: what is remembered of others is nobody's concern. What is configured comes
    before logins and models that callers brought."""
    shown = runtime.standing.shown(runtime.clock.now())
    doors = sorted((door for door in shown.doors if door.provider in runtime.upstreams), key=_is_configured)
    keys = sorted((key for key in shown.keys if key.provider in runtime.upstreams), key=_is_configured)
    targets = [each for each in shown.targets if each.target.provider in runtime.upstreams]
    resting: list[KeyShown | DoorShown] = [*filter(_rests, keys), *filter(_is_passed_over, doors)]
    first = sorted(resting, key=_is_configured, reverse=True)
    told = [*_spent(runtime, keys), *(_key(each) if isinstance(each, KeyShown) else _door(each) for each in first)]
    seats = runtime.seats.shown()
    return {
        "passed_over": told[:MOST],
        "waiting": list(_queues(seats)),
        "standing": {
            "seats": seats,
            "keys": [asdict(key) for key in keys[-MOST:]],
            "models": [asdict(door) for door in doors[-MOST:]],
            "targets": [asdict(each) | {"target": str(each.target)} for each in targets[-MOST:]],
        },
    }


def _is_configured(each: KeyShown | DoorShown) -> bool:
    return each.configured


def _rests(key: KeyShown) -> bool:
    return key.seconds is not None


def _spent(runtime: Runtime, shown: Iterable[KeyShown]) -> Iterator[str]:
    """Keys that have used up what the configuration gives them."""
    limits = {(each.name, key.name): key for each in runtime.upstreams.values() for key in each.keys}
    for key in shown:
        if known := limits.get((key.provider, key.key)):
            used = {"rpm": key.requests, "tpm": key.tokens, "concurrency": key.in_flight}
            for name, number in used.items():
                if (most := getattr(known, name)) and number >= most:
                    yield f"{key.provider} key {key.key}: its {name} of {most} is reached"


def _is_passed_over(door: DoorShown) -> bool:
    return door.seconds is not None or (door.state != "closed" and not door.alone)


def _key(key: KeyShown) -> str:
    name = f"{key.provider} key {key.key}" if key.key else key.provider
    return f"{name}: {_why(key.why or '', key.seconds or 0.0)}"


def _door(door: DoorShown) -> str:
    name = f"{door.provider},{door.model}" + (f" key {door.key}" if door.key else "")
    if door.state == "closed":
        return f"{name}: {_why('limited', door.seconds or 0.0)}"
    if door.state == "probing":
        return f"{name}: failing; one request tries it ({door.last})"
    again = (
        f"asked again in {_spoken(door.seconds)}, or where nobody else can be"
        if door.seconds
        else "the next request tries it"
    )
    return f"{name}: failing; {again} ({door.last})"


def _why(kind: str, seconds: float) -> str:
    return f"limited for {_spoken(seconds)}" if kind == "limited" else f"{kind}; asked again in {_spoken(seconds)}"


def _queues(seats: JsonObject) -> Iterator[str]:
    providers = seats["providers"]
    rooms = {"the router": seats, **providers} if isinstance(providers, dict) else {}
    for name, room in rooms.items():
        if waiting := room["waiting"]:
            yield f"{name}: {waiting} for their turn, {room['under_way']} of {room['most']} under way"


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

"""What the router says of itself: GET /health."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import msgspec

from ccr.messages.json import JsonObject
from ccr.service import nearby
from ccr.service.nearby import Place

DRAINING = "draining"  # its status: it ends once what is under way has ended


@dataclass(frozen=True, slots=True)
class Health:
    """What GET /health, or another page, says; `said` is empty where it says no JSON."""

    ok: bool
    status: int
    said: JsonObject


class Provider(msgspec.Struct, frozen=True):
    name: str
    url: str = ""
    key: str = ""  # "set", "none", or which variable is missing
    models: tuple[str, ...] = ()


class Details(msgspec.Struct, frozen=True):
    """What /health tells those who have the key."""

    status: str = ""  # this and the version are told to anybody
    version: str = ""
    pid: int | None = None  # None: it did not take us for one of them
    started: float | None = None  # Unix seconds
    config: str = ""
    routes: dict[str, str] = {}
    providers: tuple[Provider, ...] = ()
    rejected: str | None = None  # why the newest file is not in force
    problems: tuple[str, ...] = ()  # what is not as it should be, and stops no request
    passed_over: tuple[str, ...] = ()  # keys and models, until when and why
    waiting: tuple[str, ...] = ()  # for their turn
    standing: dict[str, object] = {}  # the figures behind these
    notices: tuple[str, ...] = ()
    settings: dict[str, object] = {}  # what holds, without keys, in the spelling of a file


def ask(address: str, key: str | None = None, timeout: float = 2.0, path: str = "/health") -> Health | None:
    """GET; None where nothing answers."""
    place = urlsplit(address)
    answer = nearby.ask(Place(place.hostname or "", place.port or 80, key or ""), path, timeout)
    return Health(answer.status == 200, answer.status, cast(JsonObject, answer.page)) if answer.status else None


def details(said: JsonObject) -> Details:
    try:
        return msgspec.convert(said, Details)
    except msgspec.ValidationError:
        return Details()


def described(address: str, key: str) -> Details:
    answer = ask(address, key)
    return details(answer.said if answer else {})

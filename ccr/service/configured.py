"""The configuration as a command on this machine sees it: that of the router that runs, or of the one that would."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ccr.config import files
from ccr.config.parse import parse
from ccr.config.schema import Config, Notice
from ccr.config.zero import GUIDE
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json, JsonObject
from ccr.service import health, state
from ccr.service.health import Details
from ccr.service.state import State

LISTENS = ("HOST", "PORT", "APIKEY", "ALLOW_INSECURE")  # of no meaning to a client, and the key is masked


@dataclass(frozen=True, slots=True)
class Configured:
    config: Config
    key: str
    address: str
    router: State | None  # None: none of ours runs, and the address is where it would, or where another's does
    rejected: str | None = None  # why the file does not count, and the router goes on with what it had
    models: tuple[str, ...] = ()  # that a proxy offers which tells no configuration

    @property
    def warning(self) -> str | None:
        if self.rejected is None:
            return None
        return "the configuration is broken and the router goes on with what it had; `ccr config validate` says why"


def load(env: Mapping[str, str], explicit: Path | None = None) -> Configured:
    """Raises ConfigInvalid. The file is the one that is named, else the running router's, else the usual one."""
    router = state.running(files.state_dir(env))
    try:
        config = files.load(path(env, explicit, router), env)
    except ConfigInvalid as fault:
        if router is None or explicit is not None:
            raise
        return _as_it_runs(router, env, fault.message)
    own = config.server.key.reveal() if config.server.key else files.client_key(env)
    if router is None:
        return Configured(config, own, state.address(config.server.host, config.server.port), None)
    return Configured(config, _accepted(router, own, router.key), router.address, router)


def path(env: Mapping[str, str], explicit: Path | None, router: State | None) -> Path | None:
    if explicit is None and router and Path(router.config).is_file():
        return Path(router.config)
    return files.find(env, str(explicit) if explicit else None)


def _accepted(router: State, *keys: str) -> str:
    """The one that the router takes: its file may have changed since it started, and other shells have other variables."""
    distinct = list(dict.fromkeys(filter(None, keys)))
    if len(distinct) == 1:
        return distinct[0]
    return next((key for key in distinct if health.described(router.address, key).pid), distinct[0])


def _as_it_runs(router: State, env: Mapping[str, str], rejected: str) -> Configured:
    """What /health tells stands for the file that cannot be read."""
    key = _accepted(router, router.key, files.client_key(env))
    return Configured(told(health.described(router.address, key)), key, router.address, router, rejected)


def told(said: Details) -> Config:
    """The configuration as /health tells it: without keys, and without where the router listens."""
    if not said.settings:
        return Config()
    notices = tuple(Notice(*each.partition(": ")[::2]) for each in said.notices)
    return replace(parse(readable(said), {}, source=said.config), notices=notices)


def settings(said: Details) -> JsonObject:
    return cast(JsonObject, said.settings)


def readable(said: Details) -> JsonObject:
    """The settings that a client can make a configuration of; the guide stands where there are none."""
    providers = settings(said).get("Providers")
    guided = GUIDE.name in [each.get("name") for each in _objects(providers)]
    left_out = (*LISTENS, "Providers", "Router") if guided else LISTENS
    return {name: value for name, value in settings(said).items() if name not in left_out}


def _objects(entries: Json) -> list[JsonObject]:
    return [each for each in entries if isinstance(each, Mapping)] if isinstance(entries, list) else []

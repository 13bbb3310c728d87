"""The configuration as a command on this machine sees it: that of the router that runs, or of the one that would."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccr.config import files
from ccr.config.schema import Config, Provider, Routes
from ccr.errors import ConfigInvalid
from ccr.ids import ModelName, ProviderName, Target
from ccr.service import health, state
from ccr.service.state import State


@dataclass(frozen=True, slots=True)
class Configured:
    config: Config
    key: str
    address: str
    router: State | None  # None: it does not run, and the address is where it would
    rejected: str | None = None  # why the file does not count, and the router goes on with what it had

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
    said = health.described(router.address, key)
    targets = {name: _target(text) for name, text in said.routes.items()}
    providers = tuple(Provider(ProviderName(each.name), each.url, models=each.models) for each in said.providers)
    return Configured(Config(providers, Routes(targets)), key, router.address, router, rejected)


def _target(text: str) -> Target:
    provider, _, model = text.partition(",")
    return Target(ProviderName(provider), ModelName(model))

"""The configuration as a command on this machine sees it: that of the router that runs, or of the one that would."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccr.config import files
from ccr.config.schema import Config
from ccr.service import state
from ccr.service.state import State


@dataclass(frozen=True, slots=True)
class Configured:
    config: Config
    key: str
    address: str
    router: State | None  # None: it does not run, and the address is where it would


def load(env: Mapping[str, str], explicit: Path | None = None) -> Configured:
    """Raises ConfigInvalid. The file is the one that is named, else the running router's, else the usual one."""
    router = state.running(files.state_dir(env))
    config = files.load(_path(env, explicit, router), env)
    address = router.address if router else state.address(config.server.host, config.server.port)
    key = config.server.key.reveal() if config.server.key else files.client_key(env)
    return Configured(config, key, address, router)


def _path(env: Mapping[str, str], explicit: Path | None, router: State | None) -> Path | None:
    if explicit is None and router and Path(router.config).is_file():
        return Path(router.config)
    return files.find(env, str(explicit) if explicit else None)

"""A router without a configuration file lives by the keys that were set when it started; others may be set by now."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ccr.config import zero
from ccr.ids import ProviderName
from ccr.service import configured, health, sessions
from ccr.service.process import Options

Tell = Callable[[str], None]  # a line for people


def mend(home: Path, env: Mapping[str, str], tell: Tell) -> None:
    """Restarts a router that knows no provider while one could be had, or else says how; a session is not disturbed."""
    here = configured.load(env)
    if here.router is None:
        return
    said = health.described(here.router.address, here.key)
    if said.config != "the environment" or here.config.source != said.config:
        return
    known = {each.name for each in said.providers}
    missing = [each.name for each in zero.providers(env) if each.name not in known | {zero.GUIDE.name}]
    if not missing:
        return
    if known == {str(zero.GUIDE.name)} and not sessions.any_live(home):
        sessions.restart(home, Options(), env)
        return
    tell(f"the router started before the key for {_listed(missing)} was set; `ccr restart` makes it known")


def _listed(names: list[ProviderName]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

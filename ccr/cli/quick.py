"""What only prints, without typer: importing that takes longer than these may take."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

from ccr import __version__, env
from ccr.cli import output

if TYPE_CHECKING:
    from ccr.service.configured import Configured
    from ccr.service.shells import Shell


def version() -> None:
    output.say(f"ccr {__version__}")


def environment(shell: "Shell | None" = None, *, as_json: bool = False) -> None:
    """What claude needs, as this shell's commands or as JSON."""
    from ccr.service import client, shells

    own = env.current()
    here = _configured(own)
    if here.warning:
        output.warn(here.warning)
    ours = client.with_programs(here.config, here.address, here.key, own)
    if as_json:
        output.show_json({**dict.fromkeys(ours.unset), **ours.set})
    else:
        asks = shell or shells.current_shell(own)
        output.write(shells.undone(asks, env.changed()) + shells.text(asks, ours))


def _configured(own: Mapping[str, str]) -> "Configured":
    """What `used(own).configured()` says, without what only a router elsewhere needs."""
    if own.get("CCR_ROUTER") or own.get("CCR_SERVICE"):
        from ccr.service.router import used

        return used(own).configured()
    from ccr.service import configured

    return configured.load(own)


def deactivation(shell: "Shell | None" = None) -> None:
    from ccr.service import shells

    raw = env.changed()
    output.write(shells.undone(shell or shells.current_shell(raw), raw))


Names = Literal["routes", "providers", "models", "remotes"]


def names(kind: Names) -> None:
    """For completion: a name a line."""
    from ccr.config import files
    from ccr.routing.rules import SCENARIOS
    from ccr.service.remote import remotes

    own = env.current()
    found: list[str]
    if kind == "remotes":
        found = [each.name for each in remotes.every(files.state_dir(own))]
    else:
        here = _configured(own)
        providers = here.config.providers
        by_kind: Mapping[str, list[str]] = {
            "routes": [*dict.fromkeys((*here.config.routes.targets, *SCENARIOS))],
            "providers": [each.name for each in providers],
            "models": [*here.models, *(f"{each.name},{model}" for each in providers for model in each.models)],
        }
        found = by_kind[kind]
    output.write("".join(f"{name}\n" for name in found if name.isprintable()))


QUICK: Mapping[tuple[str, ...], Callable[[], None]] = {
    ("deactivate",): deactivation,
    **{("completion", kind): partial(names, kind) for kind in get_args(Names)},
    ("env",): environment,
    ("env", "--json"): lambda: environment(as_json=True),
}

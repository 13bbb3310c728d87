"""What only prints, without typer: importing that takes longer than these may take."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ccr import __version__, env
from ccr.cli import output

if TYPE_CHECKING:
    from ccr.service.shells import Shell


def version() -> None:
    output.say(f"ccr {__version__}")


def environment(shell: "Shell | None" = None, *, as_json: bool = False) -> None:
    """What claude needs, as this shell's commands or as JSON."""
    from ccr.service import client, shells
    from ccr.service.router import used

    own = env.current()
    here = used(own).configured()
    if here.warning:
        output.warn(here.warning)
    ours = client.for_shell(here.config, here.address, here.key, own)
    if as_json:
        output.show_json({**dict.fromkeys(ours.unset), **ours.set})
    else:
        asks = shell or shells.current_shell(own)
        output.write(shells.undone(asks, env.changed()) + shells.text(asks, ours))


def deactivation(shell: "Shell | None" = None) -> None:
    from ccr.service import shells

    raw = env.changed()
    output.write(shells.undone(shell or shells.current_shell(raw), raw))


QUICK: Mapping[tuple[str, ...], Callable[[], None]] = {
    ("deactivate",): deactivation,
    ("env",): environment,
    ("env", "--json"): lambda: environment(as_json=True),
}

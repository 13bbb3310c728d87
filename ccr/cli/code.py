"""code, shell, activate, env."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from ccr import env
from ccr.cli import output, quick
from ccr.cli.output import Exit
from ccr.service import client, launch, settings, shells
from ccr.service.router import used
from ccr.service.shells import Shell

ChosenShell = Annotated[Shell | None, typer.Option("--shell", help="For this shell, instead of the one you use.")]


OWN_HELP = """ccr code runs claude through the router. Of its arguments two are not claude's own:

  --context ROUTE                     every request by this route of the configuration's Router
  "/model provider,model the prompt"  this model answers, for the whole session

What follows is claude's own help.

"""


class Verbatim(TyperCommand):
    """Takes every argument as it is: `--`, repeated options, `--help`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        ctx.args = list(args)
        return ctx.args


def add_to(app: typer.Typer) -> None:
    app.command(cls=Verbatim, add_help_option=False, options_metavar="[--context ROUTE] [CLAUDE'S ARGUMENTS]...")(code)
    for command in (shell, activate):
        app.command()(command)
    app.command("env")(show_env)


def code(context: typer.Context) -> int:
    """Run claude through the router.

    Starts the router if need be. All arguments are claude's, but --context ROUTE.
    """
    environment = env.current()
    if context.args in (["--help"], ["-h"]):
        output.write(OWN_HELP)
    return launch.code(context.args, environment, output.warn)


def shell(
    command: Annotated[str | None, typer.Option("--command", "-c", help="Run this in it, and end.")] = None,
) -> int:
    """Open a shell that uses the router."""
    environment = env.current()
    return launch.shell(environment, output.warn, command)


def activate(shell: ChosenShell = None) -> int:
    """Print commands that make this shell use the router.

    Starts it if need be. To be used as: eval "$(ccr activate)"
    """
    environment = env.current()
    router = used(environment)
    router.ready(output.warn)
    here = router.configured()
    ours = client.for_shell(here.config, here.address, here.key, environment)
    if here.warning:
        output.warn(here.warning)
    for path in settings.files(environment, Path.cwd()):
        for name in settings.overlay(settings.environment_in([settings.read(path)]), ours):
            output.warn(f"{path} sets {name}, and for claude that counts more: use `ccr code`, or take it out there")
    output.write(shells.text(shell or shells.current_shell(environment), ours))
    return Exit.OK


def show_env(
    shell: ChosenShell = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; null: to be unset.")] = False,
) -> None:
    """Print the environment that claude needs."""
    quick.environment(shell, as_json=as_json)

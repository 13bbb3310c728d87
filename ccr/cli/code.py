"""code, shell, activate, deactivate, env."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from ccr import env
from ccr.cli import output, quick
from ccr.cli.output import Exit
from ccr.service import client, conflicts, launch, menu, shells, windows
from ccr.service.router import used
from ccr.service.shells import Shell

ChosenShell = Annotated[Shell | None, typer.Option("--shell", help="For this shell, instead of the one you use.")]


OWN_HELP = """ccr code runs claude through the router. Of its arguments these are not claude's own:

  --context ROUTE                     every request by this route of the configuration's Router
  --isolated                          claude uses a configuration folder of ours, ~/.claude-code-router/claude
  --trust                             claude asks no first questions: no theme, and this folder is trusted
  "/model provider,model the prompt"  this model answers, for the whole session

What follows is claude's own help.

"""


class Verbatim(TyperCommand):
    """Takes every argument as it is: `--`, repeated options, `--help`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        ctx.args = list(args)
        return ctx.args


def add_to(app: typer.Typer) -> None:
    app.command(
        cls=Verbatim,
        add_help_option=False,
        options_metavar="[--context ROUTE] [--isolated] [--trust] [CLAUDE'S ARGUMENTS]...",
    )(code)
    for command in (shell, activate, deactivate):
        app.command()(command)
    app.command("env")(show_env)


def code(context: typer.Context) -> int:
    """Run claude through the router.

    Starts the router if need be. All arguments are claude's, but --context ROUTE, --isolated and --trust.
    """
    environment = env.current()
    if context.args in (["--help"], ["-h"]):
        output.write(OWN_HELP)
    return launch.code(context.args, environment, output.warn)


def shell(
    command: Annotated[str | None, typer.Option("--command", "-c", help="Run this in it, and end.")] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Claude uses a configuration folder of ours.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Claude asks no first questions in this folder.")] = False,
) -> int:
    """Open a shell that uses the router."""
    environment = env.current()
    return launch.shell(environment, output.warn, command, isolated=isolated, trust=trust)


def activate(
    shell: ChosenShell = None,
    mark: Annotated[bool, typer.Option("--mark", help="Show (ccr) in the prompt.")] = False,
) -> int:
    """Print commands that make this shell use the router.

    Starts it if need be. In bash and zsh: eval "$(ccr activate)"; in fish: ccr activate | source;
    in PowerShell: ccr activate | Out-String | Invoke-Expression. `ccr deactivate` undoes it.
    """
    environment = env.current()
    router = used(environment)
    router.ready(output.warn)
    here = router.configured()
    ours = client.with_programs(here.config, here.address, here.key, environment)
    menu.write(here.config, here.address, environment)
    for warning in (*filter(None, [here.warning]), *windows.warnings(here.config)):
        output.warn(warning)
    for conflict in conflicts.remaining(conflicts.conflicts(environment, Path.cwd(), here), "activate"):
        output.warn(conflict.line)
    asks = shell or shells.current_shell(environment)
    output.write(shells.undone(asks, env.changed()) + shells.text(asks, ours, mark=mark))
    return Exit.OK


def deactivate(shell: ChosenShell = None) -> None:
    """Print commands that undo `ccr activate`.

    To be used as that is: eval "$(ccr deactivate)"
    """
    quick.deactivation(shell)


def show_env(
    shell: ChosenShell = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; null: to be unset.")] = False,
) -> None:
    """Print the environment that claude needs."""
    quick.environment(shell, as_json=as_json)

"""All commands."""

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from ccr.cli import code, config, logs, models, output, quick, route, service
from ccr.cli.output import Exit

app = typer.Typer(
    help="Let Claude Code use any model of any provider.",
    epilog="`ccr COMMAND --help` says more. The configuration is ~/.claude-code-router/config.json.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (service, code, config, route, models, logs):
    group.add_to(app)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", "-v", help="Print the version.")] = False,
) -> None:
    if show_version:
        quick.version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@app.command()
def version() -> None:
    """Print the version."""
    quick.version()


def dispatch(arguments: Sequence[str]) -> int:
    """The exit code. What is not understood is one line with a hint."""
    try:
        return int(get_command(app).main(list(arguments), prog_name="ccr", standalone_mode=False) or Exit.OK)
    except typer.TyperException as problem:
        context = getattr(problem, "ctx", None)
        path = context.command_path if context else "ccr"
        output.warn(f"{problem.format_message().rstrip('.')}; try `{path} --help`")
        return problem.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None

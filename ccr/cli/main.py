"""All commands, and the one place where their errors become a line and an exit code."""

import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from ccr import __version__, env
from ccr.cli import code, config, logs, models, output, route, service
from ccr.cli.output import Exit
from ccr.errors import CcrError

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
    show_version: Annotated[bool, typer.Option("--version", "-v", help="Say the version and end.")] = False,
) -> None:
    if show_version:
        version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@app.command()
def version() -> None:
    """Say the version."""
    output.say(f"ccr {__version__}")


def run(arguments: Sequence[str]) -> int:
    """Runs one command. Nothing but its exit code and its lines comes out."""
    try:
        return int(get_command(app).main(list(arguments), prog_name="ccr", standalone_mode=False) or Exit.OK)
    except typer.TyperException as problem:
        return _misunderstood(problem)
    except (typer.Abort, KeyboardInterrupt):
        output.warn("interrupted")
        return 130
    except CcrError as problem:
        output.warn(problem.message)
    except OSError as problem:
        output.warn(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))
    except Exception as fault:  # noqa: BLE001 - the last wall: a fault of ours is one line too
        output.warn(f"a fault in ccr itself: {type(fault).__name__}: {fault}; CCR_DEBUG=1 shows where")
    if env.current().get("CCR_DEBUG"):
        output.note(traceback.format_exc())
    return Exit.FAILED


def _misunderstood(problem: typer.TyperException) -> int:
    context = getattr(problem, "ctx", None)
    path = context.command_path if context else "ccr"
    output.warn(f"{problem.format_message().rstrip('.')}; try `{path} --help`")
    return problem.exit_code

"""All commands."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated

import typer
from typer.main import get_command

from ccr.cli import (
    code,
    completion,
    config,
    container,
    doctor,
    logs,
    model,
    models,
    output,
    prompt,
    provider,
    quick,
    remote,
    route,
    service,
)
from ccr.cli.output import Exit

app = typer.Typer(
    help="Let Claude Code use any model of any provider.",
    epilog="`ccr COMMAND --help` says more. The configuration is ~/.claude-code-router/config.json.",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    suggest_commands=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
UNKNOWN_COMMAND = re.compile("No such command '(.*)'")

# What an option's value must be, by the option's name.
TAKES: Mapping[str, str] = {
    "port": "a number from 0 to 65535",
    "wait": "a number of seconds",
    "count": "a number",
    "shell": "bash, zsh, fish or pwsh",
    "dialect": "anthropic or openai",
    "what": "bash, zsh, fish or pwsh",
}

for group in (
    service,
    code,
    config,
    route,
    model,
    models,
    logs,
    prompt,
    container,
    remote,
    doctor,
    provider,
    completion,
):
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


def dispatch(arguments: tuple[str, ...]) -> int:
    """The exit code. What is not understood is one line with a hint."""
    try:
        words = [*arguments[1:], "--help"] if arguments[:1] == ("help",) else list(arguments)
        return int(get_command(app).main(words, prog_name="ccr", standalone_mode=False) or Exit.OK)
    except typer.TyperException as problem:
        context = getattr(problem, "ctx", None)
        path = context.command_path if context else "ccr"
        output.warn(f"{_sentence(problem)}; try `{path} --help`")
        return problem.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None


def _sentence(problem: typer.TyperException) -> str:
    option = getattr(problem, "param", None)
    if isinstance(problem, typer.BadParameter) and option and option.name in TAKES:
        return f"{max(option.opts, key=len)} takes {TAKES[option.name]}"
    context = getattr(problem, "ctx", None)
    said = problem.message.rstrip(".") or problem.format_message().rstrip(".")
    if unknown := UNKNOWN_COMMAND.fullmatch(said):
        return said + _meant(unknown[1], getattr(context.command, "commands", {}) if context else ())
    if option_name := getattr(problem, "option_name", ""):
        return said + _meant(option_name, getattr(problem, "possibilities", None) or ())
    return problem.format_message().rstrip(".")


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}" if close else ""

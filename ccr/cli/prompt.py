"""statusline and prompt as commands, for their help and for arguments that the quick way does not know."""

from typing import Annotated

import typer

from ccr.cli import statusline as quick


def add_to(app: typer.Typer) -> None:
    for command in (statusline, prompt):
        app.command()(command)


def statusline(
    as_json: Annotated[
        bool, typer.Option("--json", help="What the router tells of the session, for programs.")
    ] = False,
) -> int:
    """Draw Claude Code's status line.

    Takes what Claude Code gives its statusLine command on stdin. See docs/statusline.md.
    """
    return quick.run(("statusline", "--json") if as_json else ("statusline",))


def prompt() -> int:
    """Print a segment for the shell's prompt.

    Such as ccr:deepseek-chat; nothing where the shell is not activated.
    """
    return quick.run(("prompt",))

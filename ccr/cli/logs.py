"""logs"""

from typing import Annotated

import typer

from ccr import env
from ccr.cli import output
from ccr.errors import ServiceProblem
from ccr.service import logs as lines
from ccr.service.router import used


def add_to(app: typer.Typer) -> None:
    app.command()(logs)


def logs(
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
    count: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The lines as they are in the file.")] = False,
    of_process: Annotated[bool, typer.Option("--process", help="What the router's process printed.")] = False,
) -> None:
    """Show the last requests.

    When it began, status, what it was for, the name that was asked for, rule and model, tokens, times, request id; in the
    order in which they ended.

    What it was for is what Claude Code says: main, subagent and its type, auxiliary (titles, summaries), compaction, safety
    (the check of auto mode), search, probe. Of other clients it is not known, and left out.
    """
    router = used(env.current())
    path = router.output if of_process else router.log
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise ServiceProblem(f"there is no {path} yet: it begins with the router") from None
    except PermissionError:
        raise ServiceProblem(f"{path} is not for this user to read") from None
    shown = output.escaped if as_json else _readable
    for line in lines.tail(path, count):
        output.write(f"{shown(line)}\n")
    if follow:
        for line in lines.follow(path):
            output.write(f"{shown(line)}\n")


def _readable(line: str) -> str:
    return output.plain(lines.readable(line))

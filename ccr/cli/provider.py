"""provider list, provider test"""

from pathlib import Path
from typing import Annotated

import typer

from ccr import env
from ccr.cli import output
from ccr.cli.doctor import Json, as_by_ctrl_c, conclude, progress, show
from ccr.cli.service import now

group = typer.Typer(help="The configured providers: list, test.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="provider")


@group.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@group.command("list")
def list_all(as_json: Json = False) -> None:
    """Say of each provider what it speaks, where it is, and whether it has its key."""
    from ccr.service.doctor import trial

    told = trial.told(env.current())
    if as_json:
        output.show_json([each.as_json() for each in told])
        return
    rows = ((each.name, each.dialect, each.vendor or "-", each.key, each.url, ", ".join(each.models)) for each in told)
    output.table(rows, head=("PROVIDER", "DIALECT", "VENDOR", "KEY", "ADDRESS", "MODELS"))


@group.command("test")
def try_one(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The provider.")],
    models: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", help="Instead of its first one.")] = None,
    all_models: Annotated[bool, typer.Option("--all-models", help="All that are configured.")] = False,
    as_json: Json = False,
) -> int:
    """Try one provider: its connection, a streamed answer and a tool call of a model.

    This sends two tiny requests for each model. Exit code 1: there are problems.
    """
    from ccr.service.doctor import trial
    from ccr.service.doctor.finding import surroundings

    here = surroundings(env.current(), Path.cwd(), now(), env.changed())
    chosen = trial.chosen(here, name, tuple(models or ()), all_models=all_models)
    found = []
    with as_by_ctrl_c():
        for part, look in trial.parts(chosen):
            progress(f"{part} …", silent=as_json)
            several = tuple(map(here.without_keys, look(here)))
            progress("", silent=as_json)
            if not as_json:
                show(several)
            found += [(part, each) for each in several]
    asked = any(each.state != "skipped" for part, each in found if part != trial.CONNECTION)
    return conclude(found, as_json=as_json, well="all is well" if asked else "no model was asked")

"""models"""

from typing import Annotated

import typer

from ccr import env
from ccr.cli import output
from ccr.config.schema import Config
from ccr.service.router import used


def add_to(app: typer.Typer) -> None:
    app.command()(models)


def models(as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """List the configured models and their routes."""
    environment = env.current()
    here = used(environment).configured()
    if here.warning:
        output.warn(here.warning)
    found = targets(here.config) | {name: [] for name in here.models}
    if as_json:
        output.show_json([{"target": target, "routes": routes} for target, routes in found.items()])
    else:
        output.table(((target, ", ".join(routes)) for target, routes in found.items()), head=("MODEL", "ROUTES"))


def targets(config: Config) -> dict[str, list[str]]:
    """Every `provider,model` of the file, and the routes and aliases that name it."""
    found: dict[str, list[str]] = {f"{each.name},{model}": [] for each in config.providers for model in each.models}
    for name, target in (*config.routes.targets.items(), *config.aliases.items()):
        found.setdefault(str(target), []).append(name)
    return found

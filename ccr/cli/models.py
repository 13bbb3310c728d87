"""models"""

from dataclasses import asdict
from typing import Annotated

import typer

from ccr import env
from ccr.cli import output
from ccr.config.schema import Config, Model
from ccr.ids import ModelName, ProviderName, Target
from ccr.service import windows
from ccr.service.router import used


def add_to(app: typer.Typer) -> None:
    app.command()(models)


def models(as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """List the configured models: window, longest answer, dollars for a million tokens, routes."""
    environment = env.current()
    here = used(environment).configured()
    if here.warning:
        output.warn(here.warning)
    found = targets(here.config) | {name: [] for name in here.models}
    if as_json:
        output.show_json(
            [{"target": each, "routes": routes, **figures(known(here.config, each))} for each, routes in found.items()]
        )
    else:
        output.table(
            ((each, *cells(known(here.config, each)), ", ".join(routes)) for each, routes in found.items()),
            head=("MODEL", "WINDOW", "ANSWER", "INPUT", "OUTPUT", "ROUTES"),
        )


def known(config: Config, target: str) -> Model:
    provider, _, model = target.partition(",")
    return windows.known(config, Target(ProviderName(provider), ModelName(model)))


def figures(model: Model) -> dict[str, object]:
    """Tokens, and dollars for a million of them; null: not known."""
    return {"context": model.context, "output": model.output, "price": asdict(model.price) if model.price else None}


def cells(model: Model) -> tuple[str, ...]:
    dollars = (model.price.input, model.price.output) if model.price else (None, None)
    return (tokens(model.context), tokens(model.output), *("-" if each is None else f"${each:g}" for each in dollars))


def tokens(number: int | None) -> str:
    if number is None:
        return "-"
    return f"{number / 1e6:.2g}M" if number >= 1_000_000 else f"{number / 1000:.0f}k"


def targets(config: Config) -> dict[str, list[str]]:
    """Every `provider,model` of the file, and the routes, types of subagents and aliases that name it."""
    found: dict[str, list[str]] = {f"{each.name},{model}": [] for each in config.providers for model in each.models}
    routes = config.routes
    for name, target in (*routes.targets.items(), *routes.agents.items(), *config.aliases.items()):
        found.setdefault(str(target), []).append(name)
    return found

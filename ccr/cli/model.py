"""model: see and switch routes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ccr import env
from ccr.cli import models, output
from ccr.cli.output import Exit
from ccr.config import files, keys
from ccr.config.edit import is_named, with_route
from ccr.config.parse import parse
from ccr.config.problems import folded
from ccr.config.schema import Config
from ccr.config.show import named, ways
from ccr.config.show import text as shown
from ccr.config.text import read
from ccr.config.zero import GUIDE
from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.ids import ModelName, Target
from ccr.service.conflicts import ALIASES
from ccr.service.router import used

AGENTS = "agents"
MOST_FOUND = 30  # models on one page of an answer


def add_to(app: typer.Typer) -> None:
    app.command()(model)


def model(
    route: Annotated[str | None, typer.Argument(metavar="ROUTE", help="Such as default, background, think.")] = None,
    target: Annotated[str | None, typer.Argument(metavar="MODEL", help="provider,model; or a model's name.")] = None,
    unset: Annotated[str | None, typer.Option("--unset", metavar="ROUTE", help="Take this route out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> int:
    """See which model each route has, and switch it.

    Without arguments it shows the routes and, on a terminal, asks which to change. With a route and a model it changes that
    one value in the configuration; the running router takes it at once.
    """
    if unset is not None and route is not None:
        raise ConfigInvalid("either set a route or take one out: --unset takes the one that it names")
    if unset is not None:
        return _change(_name(unset), None)
    if route is not None and target is not None:
        return _change(_name(route), target)
    router = used(env.current())
    here = router.configured()
    if here.warning:
        output.warn(here.warning)
    if route is not None:
        return _show_one(route if _is_agents(route) else _name(route), here.config)
    _show(here.config, here.models, as_json=as_json)
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty() and here.config.providers:
        try:
            router.file()
        except ServiceProblem as out_of_reach:
            output.warn(out_of_reach.message)
        else:
            return _ask(here.config)
    return Exit.OK


def _name(route: str) -> str:
    if "," in route or not route.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ConfigInvalid(f'"{route}" is no name of a route; expected such as `ccr model default provider,model`')
    if _is_agents(route):
        raise ConfigInvalid(f"{route}: the models of agents are changed in the file itself, in Router.agents")
    return keys.ROUTES.get(folded(route), route)


def _is_agents(route: str) -> bool:
    return folded(route).startswith(AGENTS)


def _show_one(route: str, config: Config) -> int:
    known = ways(config)
    found = next((way for name, way in known.items() if is_named(route, name)), None)
    if found is None:
        lack = "is not set" if folded(route) in keys.ROUTES else "is no route"
        output.warn(f"{route} {lack}; there are {', '.join(known) or 'none'}")
        return Exit.FAILED
    output.say(found)
    return Exit.OK


def _show(config: Config, others: Sequence[str], *, as_json: bool) -> None:
    """`others` is what a proxy offers that tells no configuration. The figures are those of who is asked first."""
    routes = {name: (str(target), ways(config)[name]) for name, target in named(config).items()}
    if as_json:
        listed = [
            {"route": name, "target": target, "way": way, **models.figures(models.known(config, target))}
            for name, (target, way) in routes.items()
        ]
        output.show_json({"source": config.source, "routes": listed})
    elif not routes:
        output.say(f"no routes; {output.counted(len(others), 'model')} on offer: `ccr models` lists them")
    else:
        rows = ((name, way, *models.cells(models.known(config, target))) for name, (target, way) in routes.items())
        output.table(rows, head=("ROUTE", "MODEL", "WINDOW", "ANSWER", "INPUT", "OUTPUT"))


def _targets(config: Config) -> list[Target]:
    return [Target(each.name, ModelName(name)) for each in config.providers for name in each.models]


def _change(name: str, wanted: str | None) -> int:
    """Validates before it writes."""
    environment = env.current()
    path = used(environment).file() or files.default_path(environment)
    if wanted is not None and not wanted.strip():
        raise ConfigInvalid(f"{name} is given no model; `ccr model --unset {name}` takes the route out")
    with files.editing(path):  # two at once would each write what the other has not
        return _changed(path, name, wanted, environment)


def _changed(path: Path, name: str, wanted: str | None, environment: Mapping[str, str]) -> int:
    before = _content(path, environment)
    old = _parsed_if_valid(before, path, environment)
    target = _meant(wanted, old) if wanted else None
    had = ways(old).get(name)
    with _blamed(path):
        after = with_route(before, path.suffix, name, target)
    new = _parsed(after, path, environment)
    if target and name not in new.routes.targets:
        raise ConfigInvalid(f"{name} is no route; there are {', '.join(_routes(new))}")
    for notice in new.notices:
        if notice not in old.notices:
            output.warn(f"note: {notice}")
    if after == before:
        output.say(f"{name} is {target} already" if target else f"{path} has no route {name}")
        return Exit.OK
    files.write(path, after)
    output.say(f"{name}: {had or 'none'} -> {ways(new).get(name, 'none')} ({path})")
    _warn_if_own(name, had, new)
    _warn_if_unlisted(name, new)
    return Exit.OK


def _content(path: Path, environment: Mapping[str, str]) -> str:
    """The file as it is, its line ends too; where there is none, one with the routes that hold."""
    if path.exists():
        files.read_text(path)  # what cannot be read is told
        return path.read_bytes().decode()
    config = files.load(None, environment)
    if config.providers == (GUIDE,):
        raise ConfigInvalid("there is no provider yet; `ccr config init` makes a configuration with one")
    return shown({"Router": {route: str(target) for route, target in config.routes.targets.items()}})


def _parsed_if_valid(text: str, path: Path, environment: Mapping[str, str]) -> Config:
    """A fault may be what is about to be mended."""
    try:
        return _parsed(text, path, environment)
    except ConfigInvalid:
        return Config()


def _parsed(text: str, path: Path, environment: Mapping[str, str]) -> Config:
    with _blamed(path):
        return parse(read(text, path.suffix), environment, source=str(path))


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    """A fault names the file."""
    try:
        yield
    except ConfigInvalid as broken:
        raise ConfigInvalid("\n".join(f"{path}: {line}" for line in broken.message.splitlines())) from None


def _meant(wanted: str, config: Config) -> str:
    """`provider,model`, or a model's name that only one provider lists."""
    if "," in wanted or wanted in config.aliases:
        return wanted
    found = [target for target in _targets(config) if target.model.lower() == wanted.lower()]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise ConfigInvalid(f"several providers have {wanted}: {'; '.join(map(str, found))}")
    return wanted


def _warn_if_own(name: str, had: str | None, config: Config) -> None:
    """It may be a slip; one that is close to a route's name has its note already."""
    told = any(notice.path == f"Router.{name}" for notice in config.notices)
    if name in config.routes.targets and had is None and name not in (*keys.ROUTES.values(), *ALIASES) and not told:
        output.warn(
            f'note: {name} is a route of your own: for models with "{name}" in their name, and --context {name}'
        )


def _warn_if_unlisted(name: str, config: Config) -> None:
    found = config.routes.get(name)
    provider = next((each for each in config.providers if found and each.name == found.provider), None)
    if found and provider and provider.models and found.model not in provider.models:
        output.warn(f"{provider.name} does not list {found.model}; it is asked all the same")


def _ask(config: Config) -> int:
    routes = _routes(config)
    while True:
        answer = typer.prompt("Route to change (empty: none)", default="", show_default=False).strip()
        if not answer:
            return Exit.OK
        name = next((each for each in routes if is_named(answer, each)), None)
        if name is None:
            output.warn(f'no route is named "{answer}"; there are {", ".join(routes)}')
            continue
        target = _asked_target(name, config)
        if target:
            return _change(name, target)


def _routes(config: Config) -> list[str]:
    """Those of the file, and those that there may be."""
    return [each for each in dict.fromkeys((*config.routes.targets, *keys.ROUTES.values())) if each != AGENTS]


def _asked_target(name: str, config: Config) -> str | None:
    """A number of the list, or a part of a name, which shortens the list."""
    every = [str(target) for target in _targets(config)]
    listed = every
    while True:
        for number, each in enumerate(listed[:MOST_FOUND], 1):
            output.say(f"  {number:2}  {each}")
        if len(listed) > MOST_FOUND:
            output.say(f"      and {len(listed) - MOST_FOUND} more")
        question = f"Model for {name} (a number, a part of the name, or provider,model; empty: back)"
        answer = typer.prompt(question, default="", show_default=False).strip()
        if not answer:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(listed[:MOST_FOUND]):
            return listed[int(answer) - 1]
        if answer in every or "," in answer:
            return str(answer)
        listed = [each for each in every if all(part in each.lower() for part in answer.lower().split())]
        if len(listed) == 1:
            return listed[0]
        if not listed:
            output.warn(f'no model has "{answer}" in its name')
            listed = every

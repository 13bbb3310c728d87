"""config init, show, validate, import, export, path."""

import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ccr import env
from ccr.cli import asking, output
from ccr.cli.output import Exit
from ccr.config import files, scaffold
from ccr.config.imports import import_text
from ccr.config.parse import parse
from ccr.config.schema import Config, Notice
from ccr.config.show import settings, text
from ccr.config.text import read
from ccr.config.vendors import VENDORS, vendor_named
from ccr.errors import ConfigInvalid
from ccr.service.router import used

group = typer.Typer(help="The configuration: make, show, check, import.", rich_markup_mode=None)

File = Annotated[Path | None, typer.Argument(metavar="FILE", help="Instead of the file in use.")]
FileOrStdin = Annotated[Path | None, typer.Argument(metavar="FILE", help="Instead of the file in use; - reads stdin.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="config")


@group.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@group.command()
def path() -> None:
    """Print which file is used, or would be."""
    environment = env.current()
    output.say(used(environment).source or str(files.default_path(environment)))


@group.command()
def show(file: File = None) -> None:
    """Print all that holds, without keys.

    The defaults and what comes from the environment included.
    """
    environment = env.current()
    holds = settings(files.load(file, environment)) if file else used(environment).settings()
    output.write(text(holds))


@group.command()
def validate(file: FileOrStdin = None, as_json: Json = False) -> int:
    """Name every fault, with its place.

    And everything that has another effect than one may think. Exit code 1: there are faults.
    """
    environment = env.current()
    stdin = file == Path("-")
    router = used(environment)
    name = "stdin" if stdin else str(file or router.source or "the environment")
    faults: list[str] = []
    notices: tuple[Notice, ...] = ()
    try:
        if stdin:
            config = parse(read(sys.stdin.read(), ""), environment)
        else:
            config = files.load(file, environment) if file else router.config()
        notices = _notices(config)
    except ConfigInvalid as problem:
        faults = problem.message.splitlines()
    if as_json:
        said = [{"path": notice.path, "text": notice.text} for notice in notices]
        output.show_json({"source": name, "valid": not faults, "faults": faults, "notices": said})
        return Exit.FAILED if faults else Exit.OK
    for fault in faults:
        output.warn(fault)
    for notice in notices:
        output.warn(f"note: {notice}")
    if faults:
        output.warn(f"{name} has {output.counted(len(faults), 'fault')}")
        return Exit.FAILED
    output.say(f"{name} is valid" + (f", with {output.counted(len(notices), 'note')}" if notices else ""))
    return Exit.OK


def _notices(config: Config) -> tuple[Notice, ...]:
    """What the file says that has another effect than one may think, its transformers included."""
    from ccr.providers.resolve import resolve

    return tuple(dict.fromkeys((*config.notices, *resolve(config)[1])))


@group.command("import")
def import_file(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of CCR or LiteLLM; - reads stdin.")],
    write: Annotated[bool, typer.Option("--write", help="Make it the configuration, unless there is one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --write: even if there is one.")] = False,
) -> int:
    """Turn another router's file into ours.

    Says line by line, on stderr, what could not be carried over.
    """
    source = Path(file)
    foreign = sys.stdin.read() if file == "-" else files.read_text(source)
    raw, lost = import_text(foreign, "" if file == "-" else source.suffix)
    for notice in dict.fromkeys((*lost, *_notices(parse(raw, env.current())))):
        output.warn(str(notice))
    if write:
        return _write(text(raw), force=force)
    output.write(text(raw))
    return Exit.OK


@group.command()
def export(
    kind: Annotated[Literal["litellm"], typer.Argument(metavar="litellm", help="The router to write it for.")],
    file: FileOrStdin = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="PATH", help="Into this file, not to stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --write: even if the file is there.")] = False,
) -> int:
    """Turn our file into another router's.

    Says line by line, on stderr, what could not be carried over.
    """
    from ccr.providers.litellm_export import exported

    environment = env.current()
    stdin = file == Path("-")
    config = parse(read(sys.stdin.read(), ""), environment) if stdin else files.load(_chosen(file), environment)
    content, lost = exported(config)
    for notice in dict.fromkeys((*lost, *config.notices)):
        output.warn(str(notice))
    if write is None:
        output.write(content)
    elif write.exists() and not force:
        raise ConfigInvalid(f"{write} is there already; --force replaces it")
    else:
        files.write(write, content)
        output.say(
            f"wrote {write}; start it with `litellm --config {write}`, LITELLM_MASTER_KEY and the providers' keys set"
        )
    return Exit.OK


@group.command()
def init(
    provider: Annotated[str | None, typer.Option("--provider", help="Its name; a known vendor needs no URL.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The provider's key; better: --key-env.")] = None,
    key_env: Annotated[str | None, typer.Option("--key-env", help="The variable that holds the key.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="The address of the provider's API.")] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", metavar="NAME", help="A model; may be repeated.")
    ] = None,
    router_key: Annotated[str | None, typer.Option("--router-key", help="The key that clients must send.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: what is not given is as usual.")] = False,
) -> int:
    """Make a configuration.

    Asks for what the options leave open.
    """
    _refuse_existing(force=force)
    asks = not yes and sys.stdin.isatty()
    if provider is None and not yes and not asks:
        raise ConfigInvalid("there is no terminal to ask at: name a --provider, or take what is usual with --yes")
    if provider is None:
        provider, base_url = asking.provider(_usual_provider(), base_url) if asks else (_usual_provider(), base_url)
    vendor = vendor_named(provider)
    secret = f"${key_env.removeprefix('$')}" if key_env else key
    if base_url is None and not (vendor and vendor.url):
        if not asks:
            raise ConfigInvalid(f"{provider} is not a known vendor: say where it is with --base-url")
        base_url = asking.url(provider)
    if secret is None and asks and not (vendor and vendor.keyless):
        secret = asking.key(vendor.keys[0] if vendor else "")
    if not model and asks:
        model = [asking.model(vendor.model if vendor else "", secret or "")]
        model += [vendor.background] if vendor and model == [vendor.model] and vendor.background else []
    elif not model and not (vendor and vendor.model):
        raise ConfigInvalid(f"{provider} has no usual model: name one with --model")
    if router_key is None and asks:
        router_key = asking.router_key()
    answers = scaffold.Answers(provider, secret or "", base_url or "", tuple(model or ()), router_key or "")
    content = scaffold.scaffold(answers)
    parse(read(content, ""), env.current())
    return _write(content, force=force)


def _usual_provider() -> str:
    """The first vendor whose key is set."""
    environment = env.current()
    return next((each.name for each in VENDORS if any(environment.get(name) for name in each.keys)), VENDORS[0].name)


def _refuse_existing(*, force: bool) -> None:
    used(env.current()).file()  # within reach
    target = files.default_path(env.current())
    if target.exists() and not force:
        raise ConfigInvalid(f"{target} is there already; --force replaces it")


def _write(content: str, *, force: bool) -> int:
    _refuse_existing(force=force)
    target = files.default_path(env.current())
    if target.exists():
        output.say(f"the file that was there is {shutil.copy2(target, f'{target}.bak')} now")
    files.write(target, content)
    output.say(f"wrote {target}; `ccr config validate` checks it")
    return Exit.OK


def _chosen(file: Path | None) -> Path | None:
    return file if file is not None else used(env.current()).file()

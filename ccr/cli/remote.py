"""remote add, list, remove, status, logs, exec, forward."""

import contextlib
import getpass
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccr import env
from ccr.cli import output
from ccr.cli.output import Exit
from ccr.config import files
from ccr.errors import ServiceProblem
from ccr.service.remote import known_hosts, remotes
from ccr.service.remote.known_hosts import HostKey
from ccr.service.remote.remotes import Remote

if TYPE_CHECKING:
    from ccr.service.remote.ssh import Connection, Person
    from ccr.service.remote.survey import Found

group = typer.Typer(help="Routers on other hosts and in containers, over SSH.", rich_markup_mode=None)

NO_CONNECTION = 255  # what ssh itself says: a command may end with any other code

Name = Annotated[str, typer.Argument(metavar="NAME", help="The remote, as `ccr remote list` has it.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="remote")


@group.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@group.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of your choice, or the container's.")],
    target: Annotated[
        str | None, typer.Argument(metavar="[USER@]HOST[:PORT]", help="Not for a container of this machine.")
    ] = None,
    identity: Annotated[Path | None, typer.Option("--identity", metavar="FILE", help="The private key to use.")] = None,
    key: Annotated[str | None, typer.Option("--host-key", metavar="KEY", help="Trust this: ssh-ed25519 AAAA…")] = None,
    fingerprint: Annotated[str | None, typer.Option(metavar="SHA256:…", help="Trust the host key with this.")] = None,
    known: Annotated[Path | None, typer.Option("--known-hosts", metavar="FILE", help="Trust what it says.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Renew what is known under this name.")] = False,
) -> None:
    """Give a host a name, and take up its host key.

    A container of this machine needs nothing but its name. Any other host shows its key, and you say whether to trust it.
    """
    home = files.state_dir(env.current())
    before = remotes.find(home, name)
    if before and not again:
        raise ServiceProblem(f"{name} is {before} already; `ccr remote add {name} --again …` renews it")
    instance = None if target else remotes.instance(home, name)
    if instance:
        remote, keys = instance
    else:
        remote = _described(home, name, target, identity, before)
        keys = (_trusted(remote, remotes.keys(home, remote), key, fingerprint, known),)
    remotes.save(home, remote, keys)
    output.say(f"{name} is {remote}, {', '.join(map(str, keys))}; `ccr remote status {name}` asks it")


def _described(home: Path, name: str, target: str | None, identity: Path | None, before: Remote | None) -> Remote:
    if target is None and before is None:
        folder = home / "containers" / name
        raise ServiceProblem(f"where is {name}? There is no {folder}; else `ccr remote add {name} [user@]host[:port]`")
    file = identity or (Path(before.identity) if before and before.identity else None)
    user = before.user if before else getpass.getuser()
    return remotes.parse(name, target or str(before), user, file)


def _trusted(
    remote: Remote, before: Sequence[HostKey], text: str | None, fingerprint: str | None, file: Path | None
) -> HostKey:
    """The key that the host shows, once somebody answers for it."""
    from ccr.service.remote import ssh

    given = known_hosts.parse(text) if text else None
    if text and not given:
        raise ServiceProblem("--host-key takes a public key in one argument: 'ssh-ed25519 AAAA…'")
    listed = known_hosts.read(file, remote.place) if file else ()
    named = [*listed, *([given] if given else [])]
    shown = ssh.host_key(remote, [each.kind for each in named])
    if shown in named or fingerprint == shown.fingerprint:
        return shown
    if text or fingerprint or file:
        raise ServiceProblem(f"{remote} shows {shown}, and that is not what you named; nothing was kept")
    if shown in before:
        return shown
    if not sys.stdin.isatty():
        raise ServiceProblem(
            f"{remote} shows {shown}, and nobody is here to trust it: compare it with what the host's owner says, then"
            " name it by --fingerprint, --host-key or --known-hosts"
        )
    if before:
        output.warn(f"the host key was {', '.join(map(str, before))}")
    output.warn(f"{remote} shows {shown}")
    if not typer.confirm("Is that what the host's owner says, and do you trust it?", err=True):
        raise ServiceProblem("not trusted; nothing was kept")
    return shown


@group.command("list")
def show_list(as_json: Json = False) -> None:
    """Print the remotes."""
    home = files.state_dir(env.current())
    known = remotes.every(home)
    if as_json:
        output.show_json([{**_place(remote), "identity": remote.identity} for remote in known])
        return
    if not known:
        output.warn("there is no remote yet; `ccr remote add NAME [user@]host[:port]` adds one")
        return
    rows = [
        (each.name, str(each), ", ".join(map(str, remotes.keys(home, each))), each.identity or "") for each in known
    ]
    output.table(rows, head=("name", "place", "host key", "identity"))


def _place(remote: Remote) -> dict[str, object]:
    return {"name": remote.name, "user": remote.user, "host": remote.host, "port": remote.port}


@group.command()
def remove(name: Name) -> None:
    """Forget a remote and its host key."""
    home = files.state_dir(env.current())
    remote = remotes.named(home, name)
    remotes.forget(home, name)
    output.say(f"{name} ({remote}) is forgotten")


@group.command()
def status(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Instead of all.")] = None,
    as_json: Json = False,
) -> int:
    """Say what runs on the remotes.

    All are asked at the same time, and nobody is asked for a password. Exit code 0: on each of them the router runs and
    answers.
    """
    home = files.state_dir(env.current())
    asked = [remotes.named(home, name) for name in names] if names else list(remotes.every(home))
    if not asked:
        output.warn("there is no remote yet; `ccr remote add NAME [user@]host[:port]` adds one")
        return Exit.OK
    from ccr.service.remote import survey

    found = survey.survey(asked, home, _person(asking=False))
    if as_json:
        output.show_json([{**_place(each.remote), **each.as_json()} for each in found])
    else:
        output.table(map(_row, found), head=("name", "place", "router", "uptime", "config"))
        for each in found:
            if each.problem:
                output.warn(each.problem)
    return Exit.OK if all(each.well for each in found) else Exit.FAILED


def _row(found: "Found") -> tuple[str, ...]:
    place = (found.remote.name, str(found.remote), output.styled(found.condition, "good" if found.well else "bad"))
    return (*place, output.duration(found.uptime) if found.uptime else "", found.config or "")


@group.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def logs(context: typer.Context, name: Name) -> int:
    """Show a remote's last requests.

    What follows the name goes to `ccr logs` there: -f, -n 100, --json, --process.
    """
    from ccr.service.remote.streams import Streams

    with _connection(name) as connection:
        return connection.stream(("ccr", "logs", *context.args), Streams(stdin=None))


@group.command("exec")
def execute(
    name: Name,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Each argument arrives as it is.")],
    terminal: Annotated[bool, typer.Option("-t", help="On a terminal there, if stdin is one here.")] = False,
) -> int:
    """Run a command on a remote.

    With our stdin, stdout and stderr. The exit code is the command's; 255: there was no connection, or it broke.

    A line for a shell: ccr remote exec NAME -- bash -c 'a; b'
    """
    from ccr.service.remote.streams import Streams

    try:
        with _connection(name) as connection:
            if terminal and sys.stdin.isatty():
                return connection.terminal(command, Streams(), sys.stdin.fileno(), env.current().get("TERM", "xterm"))
            return connection.stream(command, Streams())
    except ServiceProblem as problem:
        output.warn(problem.message)
        return NO_CONNECTION


@group.command()
def forward(
    name: Name,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port here; 0 picks one.")] = 0,
    to: Annotated[int, typer.Option("--to", min=1, max=65535, help="The port there.")] = 3456,
    as_json: Json = False,
) -> int:
    """Lead a port of this machine to a remote's router, until Ctrl-C.

    It listens on 127.0.0.1 only. `ccr remote exec NAME -- ccr env` prints the key that the router wants.
    """
    from ccr.service.remote import forward as carrying

    with carrying.listening(port) as listener, _connection(name) as connection:
        here = listener.getsockname()[1]
        address = f"http://127.0.0.1:{here}"
        if as_json:
            output.show_json({"address": address, "port": here, "remote": name, "to": to})
        else:
            output.say(f"{address} leads to port {to} of {name}; Ctrl-C ends that")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            carrying.forward(connection, listener, to, output.warn)
    return Exit.OK


@contextlib.contextmanager
def _connection(name: str) -> Iterator["Connection"]:
    home = files.state_dir(env.current())
    remote = remotes.named(home, name)
    from ccr.service.remote import ssh

    known = remotes.keys(home, remote)
    with ssh.connected(remote, known, remotes.keys_path(home), _person(asking=sys.stdin.isatty())) as connection:
        yield connection


def _person(*, asking: bool) -> "Person":
    from ccr.service.remote.ssh import Person

    return Person(Path(env.current().get("HOME", "~")).expanduser() / ".ssh", _ask if asking else None)


def _ask(question: str) -> str:
    return str(typer.prompt(question, hide_input=True, err=True))

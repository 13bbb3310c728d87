"""up, down, deliver: the fused container, from any folder."""

from pathlib import Path
from typing import Annotated

import typer

from ccr import env
from ccr.service import fused, program
from ccr.service.fused import Instance, Verb

Name = Annotated[str | None, typer.Option("--name", help="The instance; usually ccr.")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Its SSH port; usually 2222.")]
Workspace = Annotated[
    Path | None, typer.Option("--workspace", help="The folder to work in; usually this one.", file_okay=False)
]


def add_to(app: typer.Typer) -> None:
    for command in (up, down, deliver):
        app.command()(command)


def up(
    name: Name = None,
    port: Port = None,
    workspace: Workspace = None,
    litellm: Annotated[bool, typer.Option("--litellm", help="With LiteLLM instead of the router.")] = False,
    command: Annotated[str | None, typer.Option("--command", "-c", help="Run this in it, and end.")] = None,
) -> None:
    """Enter the container, with this folder as its workspace.

    Starts it if need be: make shell-router, for any folder.
    """
    _call("enter", ("litellm" if litellm else "router",), Instance(name, port, workspace, command))


def down(name: Name = None) -> None:
    """Stop the container; its volumes stay."""
    _call("down", (), Instance(name))


def deliver(
    name: Name = None, litellm: Annotated[bool, typer.Option("--litellm", help="For LiteLLM.")] = False
) -> None:
    """Bring configuration and keys into the container's volume.

    For devcontainers, before their tool starts them.
    """
    _call("deliver", ("litellm" if litellm else "router",), Instance(name))


def _call(verb: Verb, words: tuple[str, ...], instance: Instance) -> None:
    ours = fused.call(verb, words, instance, env.current())
    program.become(ours.argv, ours.env)

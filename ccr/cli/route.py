"""route explain."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from ccr import env
from ccr.cli import output
from ccr.cli.output import Exit
from ccr.errors import ServiceProblem
from ccr.messages.json import Json, JsonObject
from ccr.routing.explain import Explanation, Step
from ccr.service.router import used

group = typer.Typer(help="Which model answers, and why.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="route")


@group.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        output.say(context.get_help())


@group.command()
def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A request's body, as JSON; - reads stdin.")],
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", metavar="LINE", help="A header of it: 'name: value'.")
    ] = None,
    dialect: Annotated[
        Literal["anthropic", "openai", "responses"], typer.Option("--dialect", help="The API that it was written for.")
    ] = "anthropic",
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> int:
    """Say where a request would go, and why.

    Every rule's verdict; one in brackets was not asked, since an earlier rule had answered. Exit code 1: nowhere.
    """
    body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    headers = dict(_header(each) for each in header or ())
    environment = env.current()
    replica = nullcontext((config, environment)) if config else used(environment).replica(output.warn)
    with replica as (path, own):
        found = asyncio.run(_explained(body, headers, dialect, path, own))
    if as_json:
        output.show_json(_told(found))
    else:
        _show(found)
    return Exit.OK if found.decision else Exit.FAILED


async def _explained(
    body: bytes, headers: Mapping[str, str], dialect: str, config: Path | None, environment: Mapping[str, str]
) -> Explanation:
    # Late: they bring the whole router.
    from ccr.assemble import Assembly
    from ccr.gateway.inbound import Inbound
    from ccr.gateway.pipeline import view
    from ccr.routing.explain import explain
    from ccr.wire.anthropic import AnthropicClient
    from ccr.wire.dialect import ClientDialect
    from ccr.wire.openai_chat import ChatClient
    from ccr.wire.openai_responses import ResponsesClient

    clients: tuple[ClientDialect, ...] = (AnthropicClient(), ChatClient(), ResponsesClient())
    client = next(each for each in clients if each.name == dialect)
    request = client.decode(body)
    assembly = Assembly(config, {**environment, "CCR_LOG_LEVEL": "error"})  # the log tells of routers, not of this
    current = await assembly.begin()
    try:
        seen = await view(request, Inbound(client, body, headers, "", "explain"), current.runtime)
        return explain(seen.facts, current.runtime.table)
    finally:
        await assembly.close()


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ServiceProblem(f"--header {line!r} is not of the form 'name: value'")
    return name.strip().lower(), value.strip()


def _told(found: Explanation) -> JsonObject:
    """Who is equal is said by the chain."""
    plain = replace(found, decision=replace(found.decision, group=None)) if found.decision else found
    told: dict[str, Json] = msgspec.to_builtins(plain)
    return told


def _show(found: Explanation) -> None:
    facts = found.facts
    exactly = "exactly" if facts.exact else "about"
    kind = " ".join(filter(None, (facts.request_class, facts.agent)))
    output.say(
        f"{facts.asked_for}{kind and f' ({kind})'}: {exactly} {facts.tokens:,} tokens (long: over {found.threshold:,})"
    )
    output.table(
        ((step.rule, _verdict(step), str(step.target or ""), step.reason) for step in found.steps),
        head=("RULE", "VERDICT", "TARGET", "WHY"),
    )
    if found.decision is None:
        output.warn(found.error or "no rule answers")
        return
    output.say(output.styled(f"{found.decision.target} by {found.decision.rule}", "bold"))
    if len(found.chain) > 1:
        output.table(((str(link.target), link.stands) for link in found.chain), indent="  ")


def _verdict(step: Step) -> str:
    return step.outcome if step.reached else f"({step.outcome})"

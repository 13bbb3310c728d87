"""Requests to real models, through the router's own code."""

import asyncio
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ccr.assemble import Assembly
from ccr.config import files
from ccr.config.schema import Key
from ccr.config.show import text
from ccr.errors import CcrError
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.pipeline import answer
from ccr.gateway.runtime import Runtime
from ccr.gateway.sessions import Used
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, ToolUse
from ccr.messages.fold import Fold
from ccr.messages.json import JsonObject
from ccr.messages.record import Record
from ccr.messages.reply import Reply, Usage
from ccr.providers.resolve import Upstream, resolve
from ccr.service.doctor.finding import Finding, Surroundings, ok, parted, problem, skipped, warning
from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream

WITHIN = 60.0  # seconds for one request
OURS = ProviderName("router")  # the provider's name where the provider is a router that runs elsewhere

# Thinking models think first; what is not used costs nothing.
GREETING: JsonObject = {
    "max_tokens": 1024,
    "stream": True,
    "messages": [{"role": "user", "content": "Reply with the single word OK."}],
}
CALLING: JsonObject = {
    "max_tokens": 2048,
    "stream": True,
    "messages": [{"role": "user", "content": "What is the weather in Paris? Use the tool weather."}],
    "tools": [
        {
            "name": "weather",
            "description": "The weather in a city, now.",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one request."""

    record: Record | None
    reply: Reply | None
    error: str | None = None
    cost: float | None = None  # dollars; None: not known

    @property
    def called(self) -> bool:
        return self.reply is not None and any(isinstance(block, ToolUse) for block in self.reply.content)

    @property
    def said(self) -> str:
        blocks = self.reply.content if self.reply else ()
        return "".join(block.text for block in blocks if isinstance(block, Text)).strip()

    @property
    def figures(self) -> JsonObject:
        usage = self.record.usage if self.record else Usage()
        return {
            "first_token": self.record.first_token if self.record else None,
            "seconds": self.record.seconds if self.record else None,
            "input_tokens": usage.prompt,
            "output_tokens": usage.output,
            "estimated": self.record.estimated if self.record else None,
            "cost": self.cost,
        }

    @property
    def told(self) -> str:
        if self.record is None:
            return ""
        usage, first = self.record.usage, self.record.first_token
        about = "about " if self.record.estimated else ""
        parts = [
            f"first token {first:.2f} s" if first is not None else "",
            f"in all {self.record.seconds:.2f} s",
            f"{about}{usage.prompt or 0} + {usage.output or 0} tokens",
            f"${self.cost:.6f}" if self.cost is not None else "price not known",
        ]
        return ", ".join(filter(None, parts))


def live(here: Surroundings) -> Iterator[Finding]:
    """One tiny request for each provider."""
    if not here.guided:
        yield from (lack for each in resolve(here.config)[0] if (lack := unasked(each)))
    targets = list(_targets(here))
    if here.guided or not targets:
        yield skipped("live", "there is no provider that can be asked")
        return
    answers = asyncio.run(_ask_all(here, [(target, GREETING) for target in targets]))
    for target, asked in zip(targets, answers, strict=True):
        yield greeted(str(target), asked)


def _targets(here: Surroundings) -> Iterator[Target]:
    if here.configured and here.configured.models:
        yield Target(ProviderName("litellm"), ModelName(here.configured.models[0]))
        return
    for upstream in resolve(here.config)[0]:
        if has_key(upstream, here) and (models := models_of(upstream, here)):
            yield Target(upstream.name, models[0])


def has_key(upstream: Upstream, here: Surroundings) -> bool:
    """What a router elsewhere tells of its providers is without keys: it will say."""
    return here.elsewhere or not upstream.key_missing


def models_of(upstream: Upstream, here: Surroundings) -> tuple[ModelName, ...]:
    """Those that are listed, else those that routes name. None can be asked with a login that only the client has."""
    if unasked(upstream) or not upstream.url.startswith("http"):
        return ()
    routed = [each.model for each in here.config.routes.targets.values() if each.provider == upstream.name]
    return upstream.models or tuple(dict.fromkeys(routed))


def unasked(upstream: Upstream) -> Finding | None:
    """Who cannot be asked from here."""
    if upstream.auth == "client":
        return skipped(upstream.name, "wants the caller's own Claude login", "`ccr code` asks it with yours")
    if upstream.dialect.name == "search":
        return skipped(upstream.name, "is a search engine, without a model")
    return None


def greeted(title: str, asked: Asked) -> Finding:
    if asked.error is not None:
        return failed(title, asked)
    if not asked.said:
        return replace(warning(title, f"answers without text ({asked.told})"), also=asked.figures)
    return ok(title, f"answers: {asked.told}", asked.figures)


def tooled(title: str, asked: Asked) -> Finding:
    if asked.error is not None:
        return failed(title, asked)
    if not asked.called:
        seen = f"was asked to call one, and gave text ({asked.told})"
        remedy = 'Claude Code lives by tools: choose another model, or try "transformer": {"use": ["tooluse"]}'
        return replace(warning(title, seen, remedy), also=asked.figures)
    return ok(title, f"calls them: {asked.told}", asked.figures)


def failed(title: str, asked: Asked) -> Finding:
    """The router's own words; the provider's may have a semicolon too."""
    seen, remedy = parted(asked.error or "")
    if "[" in remedy:  # the target comes behind the provider's words
        seen, remedy = asked.error or "", ""
    status = asked.record.status if asked.record else 504
    return replace(problem(title, seen, remedy or _remedy(status)), also=asked.figures)


def _remedy(status: int) -> str:
    match status:
        case 402:
            return "top it up there, or route to another provider"
        case 429:
            return "wait, or have the limit raised there; `fallback` says who answers meanwhile"
        case _ if status >= 499:  # 499: it was we who left
            return "try again later; `fallback` says who answers meanwhile"
        case _:
            return "compare its models and dialect in the configuration with what the provider documents"


def ask_all(here: Surroundings, requests: Sequence[tuple[Target, JsonObject]], key: Key | None = None) -> list[Asked]:
    """With this one of a provider's keys, or with any."""
    return asyncio.run(_ask_all(here, requests, key))


async def _ask_all(
    here: Surroundings, requests: Sequence[tuple[Target, JsonObject]], key: Key | None = None
) -> list[Asked]:
    with tempfile.TemporaryDirectory(prefix="ccr-") as folder:
        try:
            async with _runtime(here, Path(folder), requests) as (runtime, named):
                runtime = _with_key(runtime, key)
                return list(await asyncio.gather(*(_ask(runtime, named(each), body) for each, body in requests)))
        except CcrError as fault:
            return [Asked(None, None, fault.message) for _ in requests]


@asynccontextmanager
async def _runtime(
    here: Surroundings, folder: Path, requests: Sequence[tuple[Target, JsonObject]]
) -> AsyncIterator[tuple[Runtime, Callable[[Target], Target]]]:
    """One that logs nothing and decides nothing: each request goes where it says, and fails where it fails."""
    env = {**here.env, "CCR_LOGS": str(folder)}
    file: Path | None
    if here.elsewhere:
        assert here.configured is not None
        named = _plain if here.configured.models else _outer
        models = [named(target).model for target, _ in requests]
        file = _through(here.configured.address, here.configured.key, folder, models)
        env = {name: env[name] for name in ("PATH", "HOME", "CCR_LOGS") if name in env} | {"CCR_HOME": str(folder)}
    else:
        assert here.router is not None
        file, named = here.router.file(), _same
    assembly = Assembly(file, env)
    try:
        runtime = (await assembly.begin()).runtime
        yield (
            replace(
                runtime,
                script=None,
                table=replace(runtime.table, fallback={}, chains={}, groups={}),
                upstreams={name: replace(each, retries=0) for name, each in runtime.upstreams.items()},
            ),
            named,
        )
    finally:
        await assembly.close()


def _with_key(runtime: Runtime, key: Key | None) -> Runtime:
    if key is None:
        return runtime
    upstreams = {
        name: replace(each.with_key(key), keys=(key,)) if key in each.keys else each
        for name, each in runtime.upstreams.items()
    }
    return replace(runtime, upstreams=upstreams)


def _same(target: Target) -> Target:
    return target


def _outer(target: Target) -> Target:
    return Target(OURS, ModelName(str(target)))


def _plain(target: Target) -> Target:
    """LiteLLM knows models alone."""
    return Target(OURS, target.model)


def _through(address: str, key: str, folder: Path, models: Sequence[str]) -> Path:
    """A configuration whose one provider is the router that runs elsewhere: it has the keys."""
    provider = {"name": OURS, "api_base_url": address, "api_key": key, "dialect": "anthropic", "models": [*models]}
    path = folder / "config.json"
    files.write(path, text({"PORT": 0, "Providers": [provider]}))
    return path


async def _ask(runtime: Runtime, target: Target, body: Mapping[str, object]) -> Asked:
    records: list[Record] = []
    runtime = replace(runtime, observers=(records.append,))
    inbound = Inbound(
        client=AnthropicClient(),
        body=json.dumps({"model": str(target), **body}).encode(),
        headers={},
        query="",
        request_id=f"req_{secrets.token_hex(12)}",
    )
    reply, late = None, None
    try:
        async with asyncio.timeout(WITHIN):
            reply = await _reply(await answer(inbound, runtime), target)
    except TimeoutError:
        late = f"no whole answer within {WITHIN:g} s"
    except CcrError as fault:
        late = fault.message
    record = records[-1] if records else None
    error = (record.error if record else None) or late
    return Asked(record, reply, error, _cost(runtime, target, record))


async def _reply(given: Answer, target: Target) -> Reply | None:
    """None: it is an error, which the record has."""
    if isinstance(given.body, bytes):
        return None
    reader, gathered = AnthropicUpstream().reader(AnthropicClient().decode(_ANY), target), Fold()
    try:
        async for chunk in given.body:
            for event in reader.feed(chunk):
                gathered.add(event)
        for event in reader.close():
            gathered.add(event)
    finally:
        await given.body.aclose()
    return gathered.reply()


_ANY = json.dumps({"model": "any", **GREETING}).encode()


def _cost(runtime: Runtime, target: Target, record: Record | None) -> float | None:
    price = runtime.upstreams[target.provider].model_for(target.model).price
    if price is None or record is None or record.error:
        return None
    used = Used()
    used.add(record)
    return used.cost(price)

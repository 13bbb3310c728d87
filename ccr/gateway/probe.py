"""Claude Code asks a model that the user names (`/model x`) for one token, to see whether there is one: answered here."""

from ccr.errors import NotFound, UnknownTarget
from ccr.gateway.call import Call
from ccr.gateway.inbound import Answer
from ccr.gateway.relay import WHOLE
from ccr.gateway.runtime import Runtime
from ccr.ids import Target
from ccr.messages.blocks import Text
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import Request
from ccr.routing.decision import Decision, Facts, Table
from ccr.routing.rules import decide

NAMED = 8  # models that a refusal names


def decided(facts: Facts, table: Table) -> Decision:
    """As for any request; but a name that is nobody's is "not found", where a request would take the default route."""
    if facts.request_class != "probe":
        return decide(facts, table)
    try:
        decision = decide(facts, table)
    except UnknownTarget as problem:
        raise NotFound(problem.message, retry=False) from None
    if decision.rule == "default" and "claude" not in facts.asked_for.lower():
        raise NotFound(f"there is no model {facts.asked_for!r}; there are {_names(table)}", retry=False)
    return decision


def answered(call: Call, facts: Facts, request: Request) -> Answer | None:
    """Without its provider, if the configuration lists the model and the provider has its key."""
    if facts.request_class != "probe" or call.decision is None or not _is_listed(call.decision.target, call.runtime):
        return None
    call.target = call.decision.target
    ours = Reply(
        id=call.inbound.request_id.removeprefix("req_"),
        model=request.model,
        content=(Text("Hi"),),
        stop_reason="max_tokens",
        usage=Usage(input=facts.tokens, output=1),
    )
    call.end()
    return Answer(200, call.answer_headers({}) | WHOLE, call.inbound.client.reply(ours, request))


def _is_listed(target: Target, runtime: Runtime) -> bool:
    table = runtime.table
    if runtime.upstreams[target.provider].key_missing:
        return False
    named = {*table.routes.targets.values(), *table.routes.agents.values(), *table.aliases.values()}
    return target.model in table.providers[target.provider] or target in named


def _names(table: Table) -> str:
    names = [f"{provider},{model}" for provider, models in table.providers.items() for model in models]
    more = f" and {len(names) - NAMED} more (`ccr models`)" if len(names) > NAMED else ""
    return (", ".join((*names[:NAMED], *table.aliases)[:NAMED]) or "none") + more

"""The rules that choose a model, in their order: the first that answers wins, and the decision carries its name.

A rule looks at the facts and never changes them. Its docstring is its line in the documentation.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn

from ccr.config.problems import folded
from ccr.config.routes import SEARCH, behind
from ccr.config.schema import Group
from ccr.errors import UnknownTarget
from ccr.ids import ModelName, ProviderName, Target
from ccr.routing.decision import Choice, Decision, Facts, Passed, Rule, Table

SCENARIOS = (
    "image",
    "longContext",
    "subagent",
    "background",
    "compaction",
    "webSearch",
    "think",
    "coder",
    "tool",
    "default",
)
"""The routes that a rule of their own leads to. Any other is a model family, or one that callers name."""

SUBAGENTS = ("subagent", "workflow")

# After a long answer the client may drop much of the conversation: the last usage counts only with a sizeable prompt.
SIZEABLE = 20_000


def custom(facts: Facts, table: Table) -> Choice | Passed:
    """The custom router's answer (`CUSTOM_ROUTER_PATH`), a target or an alias."""
    if not facts.scripted:
        return Passed("no custom router, or it gave no answer")
    return _explicit(facts.scripted, table, "the custom router's answer") or _nothing(facts.scripted, table)


def explicit(facts: Facts, table: Table) -> Choice | Passed:
    """The model names its target: `provider,model`, `provider/model`, an alias, or a model that one provider lists.

    A bare `claude-…` is what Claude Code asks for by itself: it takes the routes, listed by a provider or not.
    """
    if facts.asked_for.startswith("claude-") and "," not in facts.asked_for and facts.asked_for not in table.aliases:
        return Passed(f"{facts.asked_for!r} is Claude Code's own name, and no alias")
    return _explicit(facts.asked_for, table, "asked for") or Passed(f"{facts.asked_for!r} is no target and no alias")


def route(facts: Facts, table: Table) -> Choice | Passed:
    """The caller names a route: the body's `context` field or the `x-ccr-route` header."""
    if not facts.route:
        return Passed("the caller names no route")
    for name in (*table.routes.targets, *SCENARIOS):
        if folded(name) == folded(facts.route):
            return _configured(name, table, "named by the caller")
    names = ", ".join(table.routes.targets) or "none"
    raise UnknownTarget(f"no route is named {facts.route!r}; configured in Router: {names}")


def image(facts: Facts, table: Table) -> Choice | Passed:
    """The last user turn holds an image."""
    if not facts.has_image:
        return Passed("no image in the last user turn")
    return _configured("image", table, "an image in the last user turn")


def long_context(facts: Facts, table: Table) -> Choice | Passed:
    """The prompt is over `longContextThreshold` tokens, or the session's last one was and this one is sizeable."""
    threshold = table.routes.long_context_threshold
    if facts.tokens > threshold:
        return _configured("longContext", table, f"{facts.tokens} tokens, over {threshold}")
    if facts.last_input is not None and facts.last_input > threshold and facts.tokens > SIZEABLE:
        return _configured("longContext", table, f"the last prompt had {facts.last_input} tokens, over {threshold}")
    return Passed(f"{facts.tokens} tokens, not over {threshold}")


def tag(facts: Facts, table: Table) -> Choice | Passed:
    """A `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` tag in the system prompt or the first user turns."""
    if not facts.tagged:
        return Passed("no subagent tag")
    return _explicit(facts.tagged, table, "the subagent tag") or _nothing(facts.tagged, table)


def agents(facts: Facts, table: Table) -> Choice | Passed:
    """A subagent whose type is one of `Router.agents`: `Explore`, or the name of an agent file; in any case.

    Before `background`: a subagent may run on a Haiku model. Its compactions go with it, since the cache is there.
    """
    if facts.agent is None or facts.request_class not in (*SUBAGENTS, "compaction"):
        return Passed("no subagent of a type that is known")
    named = facts.agent.lower()
    name = next((name for name in table.routes.agents if name.lower() == named), None)
    if name is None:
        return Passed(f"a subagent of type {facts.agent}, but Router.agents does not name it")
    target = _target(table.routes.agents[name], table, f"Router.agents.{name}")
    return _along(f"agents.{name}", Choice(target, f"a subagent of type {facts.agent}", "subagent"), table)


def subagent(facts: Facts, table: Table) -> Choice | Passed:
    """A subagent of Claude Code or Codex, or an agent of a workflow."""
    if facts.request_class not in SUBAGENTS:
        return Passed("no subagent")
    return _configured("subagent", table, f"a {facts.request_class}")


def background(facts: Facts, table: Table) -> Choice | Passed:
    """A Claude Haiku model, or a request that Claude Code makes for itself: a title, a page's summary.

    Never the judge of a risky command in auto mode, which goes to the model that it names.
    """
    if facts.request_class in ("safety", "search"):
        return Passed(f"a {facts.request_class} is no background work")
    if facts.request_class == "auxiliary":
        return _configured("background", table, "an auxiliary request")
    asked_for = facts.asked_for.lower()
    if "claude" in asked_for and "haiku" in asked_for:
        return _configured("background", table, "a haiku model")
    return Passed("no haiku model, no auxiliary request")


def compaction(facts: Facts, table: Table) -> Choice | Passed:
    """Claude Code summarises a conversation."""
    if facts.request_class != "compaction":
        return Passed("no compaction")
    return _configured("compaction", table, "a compaction")


def web_search(facts: Facts, table: Table) -> Choice | Passed:
    """A tool whose type starts with `web_search`."""
    if not facts.has_web_search:
        return Passed("no web search tool")
    verdict = _configured("webSearch", table, "a web search tool")
    if isinstance(verdict, Choice) and verdict.target.provider in table.engines and not facts.only_searches:
        return Passed(f"a web search tool among others, but {verdict.target} is a search engine")
    return verdict


def think(facts: Facts, table: Table) -> Choice | Passed:
    """Thinking is enabled or adaptive."""
    return _configured("think", table, "thinking is on") if facts.thinks else Passed("thinking is off")


def coder(facts: Facts, table: Table) -> Choice | Passed:
    """Tools that edit files. Before `tool`, which would answer for all of these."""
    if not facts.has_editing_tools:
        return Passed("no tools that edit files")
    return _configured("coder", table, "tools that edit files")


def tool(facts: Facts, table: Table) -> Choice | Passed:
    """Tools of any kind."""
    return _configured("tool", table, "tools") if facts.has_tools else Passed("no tools")


def family(facts: Facts, table: Table) -> Choice | Passed:
    """A route's name is part of the model's, as `opus` is of `claude-opus-4-8`; the longest such name wins."""
    asked_for = facts.asked_for.lower()
    names = [name for name in table.routes.targets if name not in SCENARIOS and name.lower() in asked_for]
    if not names:
        return Passed(f"no route is named after a part of {facts.asked_for!r}")
    name = max(names, key=len)
    return _configured(name, table, f"{name} is part of {facts.asked_for!r}")


def default(_: Facts, table: Table) -> Choice | Passed:
    """Everything else."""
    return _configured("default", table, "no other rule answers")


RULES: tuple[tuple[str, Rule], ...] = (
    ("custom", custom),
    ("explicit", explicit),
    ("route", route),
    ("image", image),
    ("longContext", long_context),
    ("tag", tag),
    ("agents", agents),
    ("subagent", subagent),
    ("background", background),
    ("compaction", compaction),
    ("webSearch", web_search),
    ("think", think),
    ("coder", coder),
    ("tool", tool),
    ("family", family),
    ("default", default),
)


def decide(facts: Facts, table: Table) -> Decision:
    """Raises UnknownTarget, which names what is configured."""
    rule, choice = first(facts, table)
    verdict = search(choice, facts, table)
    if isinstance(verdict, Choice):
        return _decision("search", verdict, facts, table)
    return _decision(rule, choice, facts, table)


def first(facts: Facts, table: Table) -> tuple[str, Choice]:
    """The first rule that answers."""
    for name, rule in RULES:
        verdict = rule(facts, table)
        if isinstance(verdict, Choice):
            return name, verdict
    raise UnknownTarget(
        f"no route for model {facts.asked_for!r}: set Router.default to one of your providers' models, "
        f'as in "provider,model", or ask for one; configured providers: {_names(table)}'
    )


def search(choice: Choice, facts: Facts, table: Table) -> Choice | Passed:
    """A web search that the chosen target cannot run goes to `Router.webSearch`, or else to a search engine."""
    if not facts.only_searches:
        if choice.target.provider in table.engines:
            raise UnknownTarget(f"{choice.target} is a search engine, which answers web searches alone; choose a model")
        return Passed("no mere web search")
    if _searches(choice.target, choice.route, table):
        return Passed(f"{choice.target} searches")
    reason = f"{choice.target} cannot search"
    named = _configured("webSearch", table, reason)
    if isinstance(named, Choice):
        return named
    if table.engines:
        return Choice(Target(table.engines[0], SEARCH), reason, "webSearch")
    raise UnknownTarget(
        f"{choice.target} cannot search the web: set Router.webSearch to a model that can, or add a SearXNG server to "
        'Providers: {"name": "search", "dialect": "search", "api_base_url": "http://localhost:8888"}'
    )


def _searches(target: Target, route: str, table: Table) -> bool:
    """What Router.webSearch names is taken at its word: some models search unasked."""
    return route == "webSearch" or target.provider in table.searching


def _decision(rule: str, choice: Choice, facts: Facts, table: Table) -> Decision:
    """Adds what is tried after the target, and where a prompt may go that is too long for all of these."""
    others = _answering(behind(choice.target, choice.own, [choice.route], table.fallback), choice, facts, table)
    long = table.routes.get("longContext")
    beyond = (long, *behind(long, table.chains.get("longContext", ()), ["longContext"], table.fallback)) if long else ()
    larger = tuple(each for each in _answering(beyond, choice, facts, table) if each not in others)
    return Decision(choice.target, rule, choice.reason, others, _equal(choice, others), larger)


def _equal(choice: Choice, others: tuple[Target, ...]) -> Group | None:
    """Those of the group that could answer such a request."""
    weights = choice.group.weights if choice.group else {}
    left = {target: weight for target, weight in weights.items() if target in (choice.target, *others)}
    return Group(left, choice.group.balance) if choice.group and len(left) > 1 else None


def _answering(targets: Iterable[Target], choice: Choice, facts: Facts, table: Table) -> tuple[Target, ...]:
    known = (_known(target, table) for target in targets)
    return tuple(
        dict.fromkeys(each for each in known if each and each != choice.target and _helps(each, choice, facts, table))
    )


def _helps(target: Target, choice: Choice, facts: Facts, table: Table) -> bool:
    """Whether a fallback could answer such a request at all."""
    if facts.only_searches:
        return _searches(target, choice.route, table)
    return target.provider not in table.engines


def _explicit(text: str, table: Table, reason: str) -> Choice | None:
    """A target, if the text names one. One that names a provider which is not configured is an error."""
    text = text.strip()
    if not text.isprintable():
        raise UnknownTarget(f"{text!r} holds characters that no model's name has")
    if text in table.aliases:
        target = _target(table.aliases[text], table, f"alias {text!r}")
        return _along(f"aliases.{text}", Choice(target, f"{reason}: alias {text!r}", text), table)
    provider, comma, model = (part.strip() for part in text.partition(","))
    if comma:
        if not model:
            raise UnknownTarget(f'{text!r} names no model: write "provider,model"')
        return _named(_target(Target(ProviderName(provider), ModelName(model)), table, f"{text!r}"), reason, table)
    owners = [name for name, models in table.providers.items() if text in models]
    if len(owners) == 1:
        return _named(Target(owners[0], ModelName(text)), f"{reason}: a model of {owners[0]} alone", table)
    before, _, rest = text.partition("/")
    name = _provider(before, table)
    if name and rest and not owners:
        return _named(Target(name, ModelName(rest)), reason, table)
    return None


def _named(target: Target, reason: str, table: Table) -> Choice:
    """Who asks for the usual target by its name gets that one, and not its equals; when it fails, what the route has."""
    usual = target == table.routes.get("default")
    return Choice(target, reason, own=table.chains.get("default", ()) if usual else ())


def _along(way: str, choice: Choice, table: Table) -> Choice:
    """With what its own value has besides."""
    return replace(choice, own=table.chains.get(way, ()), group=table.groups.get(way))


def _configured(name: str, table: Table, reason: str) -> Choice | Passed:
    target = table.routes.get(name)
    if target is None:
        return Passed(f"{reason}, but Router.{name} is not set")
    return _along(name, Choice(_target(target, table, f"Router.{name}"), reason, name), table)


def _target(target: Target, table: Table, source: str) -> Target:
    """The target with its provider as it is configured."""
    known = _known(target, table)
    if known is None:
        raise UnknownTarget(
            f"{source} goes to provider {target.provider!r}, which is not configured; configured: {_names(table)}"
        )
    return known


def _known(target: Target, table: Table) -> Target | None:
    provider = _provider(target.provider, table)
    return Target(provider, target.model) if provider else None


def _provider(name: str, table: Table) -> ProviderName | None:
    """As written, or else by any case."""
    if name in table.providers:
        return ProviderName(name)
    return next((known for known in table.providers if known.lower() == name.lower()), None)


def _nothing(text: str, table: Table) -> NoReturn:
    raise UnknownTarget(f'{text!r} is no "provider,model" and no alias; configured providers: {_names(table)}')


def _names(table: Table) -> str:
    return ", ".join(table.providers) or "none"

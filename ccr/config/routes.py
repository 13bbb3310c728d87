"""Router, aliases and fallback -> targets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ccr.config import keys
from ccr.config.pool import weight
from ccr.config.problems import Place, folded, kind, suggestion
from ccr.config.schema import Balance, Group, Provider, Routes
from ccr.config.zero import GUIDE
from ccr.ids import ModelName, Target

SEARCH = ModelName("search")  # what a search engine's model is called where nobody names one


@dataclass(frozen=True, slots=True)
class Names:
    """What a target may be made of."""

    providers: Mapping[str, Provider]  # by lower-case name
    aliases: Mapping[str, "Way"]
    not_yet: frozenset[str] = frozenset()  # aliases, while they are read: none stands for another


@dataclass(frozen=True, slots=True)
class Way:
    """Who is asked, one after the other; the equal ones stand first."""

    targets: tuple[Target, ...]
    group: Group | None = None


def names(providers: tuple[Provider, ...], aliases: Place) -> Names:
    by_name = {provider.name.lower(): provider for provider in providers}
    plain = Names(by_name, {}, frozenset(name for name, _ in aliases.entries()))
    return Names(by_name, {name: found for name, entry in aliases.entries() if (found := way(entry, plain))})


def way(place: Place, known: Names) -> Way | None:
    """What may stand where a target may: `a,m1`, `a,m1 | b,m2`, a list of such, or an object with equal ones."""
    match place.value:
        case Mapping():
            return _balanced(place, known)
        case list():
            parts = list(place.items())
        case str(text) if "|" in text and not _lists(text, known):
            parts = [Place(part, place.path, place.report) for part in text.split("|") if part.strip()]
        case _:
            return _single(place, known)
    return _joined([(part, found) for part in parts if (found := way(part, known))])


def _lists(text: str, known: Names) -> bool:
    """Some provider has a model with such a name."""
    name, _, model = (part.strip() for part in text.partition(","))
    provider = known.providers.get(name.lower())
    return provider is not None and model in provider.models


def _single(place: Place, known: Names) -> Way | None:
    if (text := place.text()) and text in known.aliases:
        return known.aliases[text]
    found = target(place, known)
    return Way((found,)) if found else None


def _joined(parts: Sequence[tuple[Place, Way]]) -> Way | None:
    for place, way in parts[1:]:
        _unbalanced(place, way)
    targets = tuple(dict.fromkeys(target for _, way in parts for target in way.targets))
    return Way(targets, parts[0][1].group) if parts else None


def _unbalanced(place: Place, way: Way) -> None:
    if way.group:
        place.notice("is tried in this order: only what stands first is balanced")


def _balanced(place: Place, known: Names) -> Way | None:
    """`{"balance": …, "targets": […]}`; also a single `{"target": …}`."""
    fields = place.fields(keys.BALANCED)
    if not fields["target"].empty and not fields["targets"].empty:
        fields["target"].notice("is ignored beside targets")
    if not fields["target"].empty and fields["targets"].empty:
        return way(fields["target"], known)
    if fields["targets"].empty:
        _no_targets(fields["targets"])
    weights: dict[Target, float] = {}
    behind: list[Target] = []
    for item in fields["targets"].items():
        member = item.fields(keys.MEMBER) if isinstance(item.value, Mapping) else None
        at, share = (member["target"], weight(member["weight"])) if member else (item, 1.0)
        if at.empty:
            at.wrong("a target")
        for each in filter(None, [way(at, known)]):
            behind += each.targets
            own = each.group.weights if each.group else {each.targets[0]: 1.0}
            for target, part in own.items():
                weights[target] = weights.get(target, 0.0) + share * part / sum(own.values())
    balance = cast(Balance, fields["balance"].choice(keys.BALANCES) or "weighted")
    targets = tuple(dict.fromkeys((*weights, *behind)))
    return Way(targets, Group(weights, balance) if len(weights) > 1 else None) if targets else None


def _no_targets(place: Place) -> None:
    if place.value == []:
        place.fault("expected at least one target")
    else:
        place.wrong("a list of targets")


def target(place: Place, known: Names) -> Target | None:
    """`provider,model`, `provider/model` or a search engine; what is wrong with it is a fault."""
    text = place.text()
    if text is None:
        return None
    comma = "," in text
    name, _, model = (part.strip() for part in text.partition("," if comma else "/"))
    if comma and "," in model:
        model, _, rest = (part.strip() for part in model.partition(","))
        place.notice(f'",{rest}" is ignored: a target is "provider,model"; several are parted by " | "')
    if not model and (engine := known.providers.get(text.lower())) and engine.dialect == "search":
        return Target(engine.name, SEARCH)
    if text in known.not_yet:
        place.fault(f'"{text}" is an alias, and an alias stands for targets alone: write those of "{text}" here')
        return None
    if not model:
        place.fault(f'"{text}" is not a target; expected "provider,model", such as "{_example(known)}"')
        return None
    if provider := known.providers.get(name.lower()):
        spelled = {folded(each): each for each in provider.models}
        if model not in provider.models and (close := suggestion(model, spelled)):
            place.notice(f"{provider.name} does not list {model}, and is asked for it all the same{close}")
        return Target(provider.name, ModelName(model))
    place.fault(f'there is no provider "{name}"; {_configured(name, known)}')
    return None


def _configured(name: str, known: Names) -> str:
    if known.providers.keys() == {GUIDE.name}:
        return "none is configured: add it to Providers, or set a variable such as GEMINI_API_KEY"
    if not known.providers:
        return "none in Providers can be used"
    spelled = {folded(each.name): str(each.name) for each in known.providers.values()}
    return f"configured are {', '.join(spelled.values())}{suggestion(name, spelled)}"


def _example(known: Names) -> str:
    for provider in known.providers.values():
        return f"{provider.name},{provider.models[0] if provider.models else 'model'}"
    return "openrouter,openai/gpt-5.5"


def routes(place: Place, known: Names) -> tuple[Routes, Mapping[str, Way]]:
    """The first target of each, and by its name its whole way; a subagent's is `agents.TYPE`."""
    ways: dict[str, Way] = {}
    agents: dict[str, Way] = {}
    threshold = Routes().long_context_threshold
    for key, entry in place.entries():
        name = keys.ROUTES.get(folded(key), key)
        if folded(key) == "longcontextthreshold":
            threshold = entry.integer(1, 100_000_000) or threshold
        elif folded(key) == "agents":
            agents = {agent: found for agent, each in entry.entries() if (found := way(each, known))}
        elif folded(key) in keys.UNSUPPORTED_ROUTES:
            if not entry.empty:
                entry.notice(keys.UNSUPPORTED_ROUTES[folded(key)])
        elif found := way(entry, known):
            ways[name] = found
            if name == key and folded(key) not in keys.ROUTES and (close := suggestion(key, keys.ROUTES)):
                entry.notice(f"is a route of your own, used only where a request names it{close}")
    named = {f"agents.{agent}": found for agent, found in agents.items()}
    return Routes(firsts(ways), threshold, firsts(agents)), {**ways, **named}


def firsts(ways: Mapping[str, Way]) -> dict[str, Target]:
    return {name: way.targets[0] for name, way in ways.items()}


def fallback(place: Place, known: Names, own: Routes) -> dict[str, tuple[Target, ...]]:
    """Route, alias or target -> what is tried next."""
    found: dict[str, tuple[Target, ...]] = {}
    if isinstance(place.value, str | list) and not place.empty:
        place.fault(f'expected an object, such as {{"default": "{_example(known)}"}}, not {kind(place.value)}')
        return found
    for key, entry in place.entries():
        if entry.empty and "," not in key:
            continue  # nothing is said, of whatever it is
        further = way(entry, known)
        name = _owner(Place(key, entry.path, entry.report), known, own)
        if name and further:
            _unbalanced(entry, further)
            found[name] = further.targets
    return found


def behind(
    target: Target,
    own: Iterable[Target],
    names: Iterable[str],
    fallback: Mapping[str, tuple[Target, ...]],
) -> tuple[Target, ...]:
    """What is tried after a target: its own way's others, then what `fallback` says of it, or else of those names."""
    further = next((chain for name in (str(target), *names) if (chain := fallback.get(name))), ())
    return tuple(each for each in dict.fromkeys((*own, *further)) if each != target)


def _owner(key: Place, known: Names, own: Routes) -> str | None:
    text = str(key.value)
    if "," in text:
        found = known.aliases[text].targets[0] if text in known.aliases else target(key, known)
        return str(found) if found else None
    name = keys.ROUTES.get(folded(text), text)
    if name not in own.targets and name not in known.aliases:
        key.notice("is neither a route nor an alias nor a target of this file, so it is never used")
    return name

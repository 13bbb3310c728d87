"""Router, aliases and fallback -> targets."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccr.config import keys
from ccr.config.problems import Place, folded, suggestion
from ccr.config.schema import Provider, Routes
from ccr.config.zero import GUIDE
from ccr.ids import ModelName, Target

SEARCH = ModelName("search")  # what a search engine's model is called where nobody names one


@dataclass(frozen=True, slots=True)
class Names:
    """What a target may be made of."""

    providers: Mapping[str, Provider]  # by lower-case name
    aliases: Mapping[str, Target]


def names(providers: tuple[Provider, ...], aliases: Place) -> Names:
    by_name = {provider.name.lower(): provider for provider in providers}
    plain = Names(by_name, {})
    return Names(by_name, {name: found for name, entry in aliases.entries() if (found := target(entry, plain))})


def target(place: Place, known: Names) -> Target | None:
    """`provider,model`, `provider/model`, an alias or a search engine; what is wrong with it is a fault."""
    text = place.text()
    if text is None:
        return None
    if text in known.aliases:
        return known.aliases[text]
    comma = "," in text
    name, _, model = (part.strip() for part in text.partition("," if comma else "/"))
    if comma and "," in model:
        model, _, rest = (part.strip() for part in model.partition(","))
        place.notice(f'",{rest}" is ignored: a target is "provider,model"')
    if not model and (engine := known.providers.get(text.lower())) and engine.dialect == "search":
        return Target(engine.name, SEARCH)
    if not model:
        place.fault(f'"{text}" is not a target; expected "provider,model", such as "{_example(known)}"')
        return None
    if provider := known.providers.get(name.lower()):
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


def routes(place: Place, known: Names) -> Routes:
    targets: dict[str, Target] = {}
    agents: dict[str, Target] = {}
    threshold = Routes().long_context_threshold
    for key, entry in place.entries():
        name = keys.ROUTES.get(folded(key), key)
        if folded(key) == "longcontextthreshold":
            threshold = entry.integer(1, 100_000_000) or threshold
        elif folded(key) == "agents":
            agents = {agent: found for agent, each in entry.entries() if (found := target(each, known))}
        elif folded(key) in keys.UNSUPPORTED_ROUTES:
            if not entry.empty:
                entry.notice(keys.UNSUPPORTED_ROUTES[folded(key)])
        elif found := target(entry, known):
            targets[name] = found
            if name == key and folded(key) not in keys.ROUTES and (close := suggestion(key, keys.ROUTES)):
                entry.notice(f"is a route of your own, used only where a request names it{close}")
    return Routes(targets, threshold, agents)


def fallback(place: Place, known: Names, own: Routes) -> dict[str, tuple[Target, ...]]:
    """Route, alias or target -> what is tried next."""
    found: dict[str, tuple[Target, ...]] = {}
    for key, entry in place.entries():
        chain = [entry] if isinstance(entry.value, str) else list(entry.items())
        targets = tuple(each for item in chain if (each := target(item, known)))
        name = _owner(Place(key, entry.path, entry.report), known, own)
        if name and targets:
            found[name] = targets
    return found


def _owner(key: Place, known: Names, own: Routes) -> str | None:
    text = str(key.value)
    if "," in text:
        found = target(key, known)
        return str(found) if found else None
    name = keys.ROUTES.get(folded(text), text)
    if name not in own.targets and name not in known.aliases:
        key.notice("is neither a route nor an alias nor a target of this file, so it is never used")
    return name

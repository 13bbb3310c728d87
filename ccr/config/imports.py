"""A file of another router -> raw settings in our spelling, and what could not be carried over."""

from collections.abc import Mapping

from ccr.config import keys, litellm
from ccr.config.problems import Fields, Place, Report, folded
from ccr.config.schema import Notice
from ccr.config.text import read
from ccr.messages.json import Json, JsonObject


def import_text(text: str, suffix: str = "") -> tuple[JsonObject, tuple[Notice, ...]]:
    """CCR's and LiteLLM's files; variables stay variables. Raises ConfigInvalid where the text cannot be read."""
    raw = read(text, suffix)
    if litellm.is_litellm(raw):
        return litellm.translated(raw)
    report = Report()
    fields = Place(raw, "", report).fields(keys.TOP)
    for name, instead in keys.UNSUPPORTED.items():
        if not fields[name].empty:
            fields[name].notice(f"not carried over: {instead}")
    ours = {name: value for name, value in _canonical(fields, keys.TOP).items() if name not in keys.UNSUPPORTED}
    if "Providers" in ours:
        ours["Providers"] = [_provider(entry) for entry in fields["Providers"].items()]
    if "Router" in ours:
        ours["Router"] = dict(_routes(fields["Router"]))
    return ours, (*report.faults, *report.strays, *report.notices)


def _canonical(fields: Fields, known: Mapping[str, str]) -> dict[str, Json]:
    """In our order, without what is empty."""
    order = dict.fromkeys(known.values())
    return {name: fields[name].value for name in order if not fields[name].empty}


def _provider(entry: Place) -> Json:
    if not isinstance(entry.value, Mapping):
        return entry.value
    fields = entry.fields(keys.PROVIDER, keys.OF_A_KEY)
    if not fields["tokenizer"].empty:
        fields["tokenizer"].notice("not carried over: tokens are counted in one way for all models")
    return {name: value for name, value in _canonical(fields, keys.PROVIDER).items() if name != "tokenizer"}


def _routes(router: Place) -> "list[tuple[str, Json]]":
    found: list[tuple[str, Json]] = []
    for key, entry in router.entries():
        if folded(key) in keys.UNSUPPORTED_ROUTES:
            entry.notice(f"not carried over: {keys.UNSUPPORTED_ROUTES[folded(key)]}")
        elif folded(key) == "longcontextthreshold":
            found.append(("longContextThreshold", entry.value))
        elif not entry.empty:
            found.append((keys.ROUTES.get(folded(key), key), entry.value))
    return found

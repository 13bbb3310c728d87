"""The models that can be asked for, as clients list them and as Claude Code's /model menu shows them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ccr.ids import ModelName, Target
from ccr.routing.decision import Table
from ccr.routing.rules import SCENARIOS

# Claude Code takes into its menu only ids that begin with one of these; any other stands there behind the mark.
KEPT = ("claude", "anthropic")
MARK = "claude:"
ITS_OWN = frozenset({"opus", "sonnet", "haiku", "fable"})  # families that its menu has already


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    title: str
    note: str = ""  # the routes that lead there

    @property
    def about(self) -> str:
        return f"Router: {self.note}" if self.note else "by the router"

    @property
    def marked(self) -> str:
        return self.id if self.id.lower().startswith(KEPT) else f"{MARK}{self.id}"


def unmarked(name: str) -> str:
    return name[len(MARK) :] if name.lower().startswith(MARK) else name


def entries(table: Table) -> Iterator[Entry]:
    """What the routes name comes first, then aliases, families of the user's own, and all that the providers list."""
    routed = dict.fromkeys(target for _, targets in _ways(table) for target in targets)
    listed = (Target(provider, ModelName(model)) for provider, models in table.providers.items() for model in models)
    yield from _answering(routed, table)
    for alias, target in table.aliases.items():
        if "*" not in alias:
            yield Entry(alias, f"{alias}: {_title(target)}")
    for name, target in table.routes.targets.items():
        if name not in SCENARIOS and name not in table.aliases and name not in ITS_OWN:
            yield Entry(name, f"{name}: {_title(target)}")
    yield from _answering((target for target in dict.fromkeys(listed) if target not in routed), table)


def _answering(targets: Iterable[Target], table: Table) -> Iterator[Entry]:
    for target in targets:
        if target.provider not in table.engines:
            yield Entry(str(target), _title(target), ", ".join(_routes(target, table)))


def _routes(target: Target, table: Table) -> Iterator[str]:
    return (name for name, targets in _ways(table) if target in targets)


def _ways(table: Table) -> Iterator[tuple[str, Iterable[Target]]]:
    """Each route and agent with its target and that one's equals."""
    for prefix, routes in (("", table.routes.targets), ("agents.", table.routes.agents)):
        for name, target in routes.items():
            group = table.groups.get(f"{prefix}{name}")
            yield name, group.weights if group else (target,)


def _title(target: Target) -> str:
    return f"{target.model} ({target.provider})"

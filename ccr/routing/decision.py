"""What routing decides, and what it decides from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ccr.config.schema import Group, Routes
from ccr.ids import ModelName, ProviderName, Target


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules may look at."""

    asked_for: str  # the model as the client wrote it
    tokens: int = 0  # the prompt's size; an upper bound where `exact` is False and the threshold is not reached
    exact: bool = False
    last_input: int | None = None  # input tokens that the last answer of this session really used
    route: str | None = None  # the caller's `context` field or x-ccr-route header
    scripted: str | None = None  # what the custom router said
    tagged: str | None = None  # the content of <CCR-SUBAGENT-MODEL>
    # What the request is for, as Claude Code says or shows it: main, subagent, workflow, compaction, auxiliary, side_reply;
    # and what its "auxiliary" does not tell apart: safety, search, probe. None: another client's.
    request_class: str | None = None
    agent: str | None = None  # a subagent's type, as far as it is known: Explore, or the name of its file
    has_image: bool = False  # in the last user turn
    has_web_search: bool = False
    only_searches: bool = False  # nothing but a search: what Claude Code's WebSearch sends
    has_tools: bool = False
    has_editing_tools: bool = False
    thinks: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The routes and everything that a name in a request can mean."""

    routes: Routes
    providers: Mapping[ProviderName, tuple[ModelName, ...]]
    aliases: Mapping[str, Target] = field(default_factory=dict)
    fallback: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    chains: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)  # keys as in Config
    groups: Mapping[str, Group] = field(default_factory=dict)
    searching: frozenset[ProviderName] = frozenset()  # those that run a web search themselves
    engines: tuple[ProviderName, ...] = ()  # those that do nothing else


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request goes, what is tried after that, and the rule that said so."""

    target: Target
    rule: str
    reason: str
    fallback: tuple[Target, ...] = ()
    group: Group | None = None  # the target's equals, which stand first in `fallback`
    larger: tuple[Target, ...] = ()  # asked where the prompt is longer than a window, if theirs are known to be larger

    @property
    def chain(self) -> tuple[Target, ...]:
        return (self.target, *self.fallback)


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule's answer: the target, why, under which name its fallback is looked up, and what its own way has besides."""

    target: Target
    reason: str
    route: str = "default"
    own: tuple[Target, ...] = ()
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule has no answer: why, in a few words."""

    why: str


Rule = Callable[[Facts, Table], Choice | Passed]

"""Settings as frozen values. What a file may say is in parse.py and legacy.py; here is what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ccr.ids import ProviderName, Target
from ccr.messages.json import NOTHING, JsonObject

# What a provider speaks. The last but one are Anthropic's and Google's models at a cloud's own doors; search is SearXNG.
DialectName = Literal[
    "anthropic", "openai", "responses", "gemini", "vertex-gemini", "vertex-claude", "bedrock-claude", "search"
]
# google and aws: signed request by request with the credentials of the machine. client: with what the caller proves who
# they are with, such as a Claude login.
AuthStyle = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "google", "aws", "client", "none"]
LogLevel = Literal["error", "warn", "info", "debug"]
# How requests are spread over equal targets: by weight, to who has the fewest under way, to who begins to answer soonest.
Balance = Literal["weighted", "least_busy", "fastest"]
# What becomes of an answer that breaks off: the client is told, or the next target goes on with it.
Recovery = Literal["error", "continue"]
JAVASCRIPT = (".js", ".cjs", ".mjs")  # what a custom router is called that node runs


class Secret:
    """A value that does not print."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in the file that is understood otherwise than its writer may think, or not at all."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `total` bounds an answer that is not streamed; a stream may last while `idle` is kept.

    A model may think for ten minutes without a byte. Streaming clients are kept waiting meanwhile.
    """

    connect: float = 10.0
    first_byte: float | None = None  # None: policy.deadlines says
    idle: float = 900.0
    total: float = 600.0
    head: float = 30.0  # after this a stream begins towards the client, whether or not there is content
    failover: float = 900.0  # within this all attempts of a request must have begun


@dataclass(frozen=True, slots=True)
class QuirkUse:
    """A transformer as a CCR config names it: `"maxtoken"` or `["maxtoken", {"max_tokens": 8192}]`."""

    name: str
    options: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class TransformerFile:
    """A transformer of the user's own. Its options are what a use of it does not say otherwise."""

    path: str
    options: JsonObject = NOTHING
    source: str | None = None  # what stands in it; None: it is no Python, or was not read


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens. None: not known, which is not free."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of a model. Tokens; None: not known."""

    context: int | None = None  # prompt and answer together
    output: int | None = None  # the longest answer
    price: Price | None = None
    prompt: int | None = None  # the longest prompt, where that is less than `context`

    @property
    def room(self) -> int | None:
        """The longest prompt."""
        return self.prompt or self.context


@dataclass(frozen=True, slots=True)
class Key:
    """One of a provider's keys, and what it is good for."""

    secret: Secret
    name: str  # what logs call it: "1", "2" by its place in the file, or as its writer calls it
    source: str | None = None  # the variable that it comes from
    weight: float = 1.0  # its share of the sessions, among those of its priority
    priority: int = 1  # those of 2 are used while none of 1 can be
    rpm: int | None = None  # requests in a minute
    tpm: int | None = None  # tokens in a minute
    concurrency: int | None = None  # requests under way


@dataclass(frozen=True, slots=True)
class Group:
    """Equal targets, over which requests are spread."""

    weights: Mapping[Target, float]
    balance: Balance = "weighted"


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a key and model is passed over: after so many failures, and so large a share of them, within `window`."""

    failures: int = 5  # 0: never
    share: float = 0.5
    window: float = 60.0  # seconds
    pause: float = 30.0  # seconds, doubled each time that it fails again


@dataclass(frozen=True, slots=True)
class Provider:
    name: ProviderName
    url: str  # the base or the full endpoint, as written; "" where the catalogue knows it
    keys: tuple[Key, ...] = ()
    unset: tuple[Key, ...] = ()  # those whose variables are not set
    models: tuple[str, ...] = ()
    dialect: DialectName | None = None  # None: as the catalogue or the URL says
    auth: AuthStyle | None = None  # None: as the dialect is used to
    quirks: tuple[QuirkUse, ...] = ()
    model_quirks: Mapping[str, tuple[QuirkUse, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    timeouts: Timeouts | None = None
    limits: Mapping[str, Model] = field(default_factory=dict)  # by model; "*" is any other
    model_timeouts: Mapping[str, Timeouts] = field(default_factory=dict)
    concurrency: int | None = None  # requests under way; more wait
    retries: int | None = None  # None: as the file says for all

    @property
    def key(self) -> Secret | None:
        """The first."""
        return self.keys[0].secret if self.keys else None

    @property
    def key_source(self) -> str | None:
        """The variable that it comes from, or is to come from: OPENROUTER_API_KEY."""
        return next((key.source for key in (*self.keys[:1], *self.unset)), None)

    @property
    def key_missing(self) -> bool:
        """Requests cannot be sent until a variable is set."""
        return bool(self.unset) and not self.keys


@dataclass(frozen=True, slots=True)
class Routes:
    """Route name -> target. Names beside the known ones are model families, or routes a caller may name."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    long_context_threshold: int = 60_000
    agents: Mapping[str, Target] = field(default_factory=dict)  # a subagent's type -> target

    def get(self, name: str) -> Target | None:
        return self.targets.get(name)


@dataclass(frozen=True, slots=True)
class Module:
    """A part of the status line."""

    type: str
    icon: str
    text: str  # with {{variables}}
    color: str  # bright_blue, #88aaff; "": the terminal's own
    background: str


@dataclass(frozen=True, slots=True)
class StatusLine:
    enabled: bool = False  # `ccr code` has Claude Code draw it
    style: str = "default"  # powerline: with backgrounds and arrows
    modules: tuple[Module, ...] = ()  # none: the parts that are usual


@dataclass(frozen=True, slots=True)
class Server:
    host: str = "127.0.0.1"
    port: int = 3456
    key: Secret | None = None  # None: the one that was made at the first start
    max_body: int = 64 * 1024 * 1024
    allow_insecure: bool = False  # listen beyond loopback without a key, knowing what that means


@dataclass(frozen=True, slots=True)
class Log:
    enabled: bool = True
    level: LogLevel = "info"
    max_bytes: int = 20 * 1024 * 1024
    keep: int = 3


@dataclass(frozen=True, slots=True)
class Config:
    providers: tuple[Provider, ...] = ()
    routes: Routes = Routes()
    aliases: Mapping[str, Target] = field(default_factory=dict)  # a model name of the user's own -> target
    fallback: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)  # route, alias or target -> what is next
    # Route, `aliases.NAME` or `agents.TYPE` -> what its own value has behind its first target, equal ones first.
    chains: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)  # the same -> its target and that target's equals
    retries: int = 1  # how often the same key and model is asked again before another is
    breaker: Breaker = Breaker()
    recovery: Recovery = "error"
    concurrency: int | None = None  # requests under way in all; more wait
    queue: float = 20.0  # seconds that a request waits for its turn; beyond `timeouts.head` a refusal has no status
    server: Server = Server()
    log: Log = Log()
    timeouts: Timeouts = Timeouts()
    proxy: str | None = None
    localhost: str | None = None  # in a container: the name of the host, which a provider's "localhost" means
    transformers: tuple[TransformerFile, ...] = ()
    custom_router: str | None = None
    claude_path: str | None = None
    status_line: StatusLine = StatusLine()
    client_timeout_ms: int = 600_000  # API_TIMEOUT_MS, exported to Claude Code
    non_interactive: bool = False
    notices: tuple[Notice, ...] = ()
    source: str = ""  # where it came from, for people: a path, "the environment", "built in"

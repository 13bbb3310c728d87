"""Whether each provider can be reached from here, and what servers on this machine have."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ccr.config.exposure import is_loopback
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json
from ccr.providers.resolve import Upstream, resolve
from ccr.service import health
from ccr.service.doctor.examine import Job
from ccr.service.doctor.finding import Finding, Surroundings, ok, problem, skipped, warning
from ccr.service.doctor.network import DAY, Unreached, Way, shown, walk
from ccr.upstream.failures import ProxyUnusable
from ccr.upstream.proxies import proxies
from ccr.upstream.trust import trusted

WITHIN = 10.0  # seconds for the way to one provider
SOON = 14 * DAY  # a certificate that ends so soon may be forgotten
SKEW = 120.0  # seconds: signed requests fail at five minutes
SMALLEST_WINDOW = 32_768  # tokens: Claude Code's instructions and tools alone take half of it

ENDPOINTS = ("/chat/completions", "/messages", "/responses")
# How those of whom we know it are started, and how they get a model.
STARTED: Mapping[str, str] = {
    "ollama": "`ollama serve` starts it",
    "lmstudio": "`lms server start` starts it",
    "llamacpp": "`llama-server -m MODEL.gguf` starts it",
}


def providers(here: Surroundings) -> Iterator[Finding]:
    """Those beyond this machine, side by side."""
    if here.elsewhere:
        yield skipped("providers", "the router reaches them from where it runs", "--live has it ask them")
        return
    upstreams = [each for each in resolve(here.config)[0] if not is_local(each, here)]
    if here.guided or not upstreams:
        yield skipped("providers", "there is none beyond this machine")
        return
    jobs = [Job(lambda each=each: tuple(connection(each, here)), WITHIN + 1) for each in upstreams]  # type: ignore[misc]
    for job, each in zip(jobs, upstreams, strict=True):
        yield from job.answer() or (_late(each.name, Way(each.url)),)


def connection(upstream: Upstream, here: Surroundings) -> Iterator[Finding]:
    title = upstream.name
    if not urlsplit(upstream.url).scheme.startswith("http"):
        yield skipped(title, "it is part of the router")
        return
    try:
        proxy = proxies(lambda: here.config.proxy, here.env)(upstream.url, upstream.proxy)
        way = Way(upstream.url, proxy, trusted(here.env))
    except (ProxyUnusable, ConfigInvalid) as fault:
        seen, _, remedy = str(fault).partition("; ")
        yield problem(title, seen, remedy)
        return
    walked = Job(lambda: _walked(way, here.now), WITHIN).answer()
    if walked is None:
        yield _late(title, way)
    elif isinstance(walked, Unreached):
        yield problem(title, f"{shown(way.url)}: {walked.seen}", walked.remedy)
    else:
        yield from _arrived(title, way, here.now)


def _walked(way: Way, now: float) -> bool | Unreached:
    try:
        walk(way, now)
    except Unreached as fault:
        return fault
    except (OSError, ValueError) as fault:
        return Unreached(f"{way.doing} fails ({fault})", "check api_base_url")
    return True


def _late(title: str, way: Way) -> Finding:
    where = f" ({way.doing})" if way.doing else ""
    return problem(title, f"{shown(way.url)}: no answer within {WITHIN:g} s{where}", "is this machine online?")


def _arrived(title: str, way: Way, now: float) -> Iterator[Finding]:
    issued = f"; certificate by {way.issuer}" if way.issuer else ""
    yield ok(title, f"{shown(way.url)}: {way.told}{issued}", {"seconds": dict(way.times)})
    if way.until is not None and way.until - now < SOON:
        yield warning(title, f"its certificate ends in {(way.until - now) / DAY:.0f} days", "have it renewed")
    if way.skew is not None and abs(way.skew) > SKEW:
        direction = "ahead of" if way.skew > 0 else "behind"
        seen = f"this machine's is {abs(way.skew) / 60:.0f} min {direction} that of {title}"
        yield warning("clock", seen, "set it: certificates and signed requests go by it")


def is_local(upstream: Upstream, here: Surroundings) -> bool:
    host = urlsplit(upstream.url).hostname or ""
    return is_loopback(host) or host == here.config.localhost


def local(here: Surroundings) -> Iterator[Finding]:
    """Servers on this machine (in a container: on its host), and their models."""
    upstreams = [] if here.elsewhere else [each for each in resolve(here.config)[0] if is_local(each, here)]
    if not upstreams:
        yield skipped("local servers", "none is configured")
    for upstream in upstreams:
        yield from serves(upstream, here)


def serves(upstream: Upstream, here: Surroundings) -> Iterator[Finding]:
    """Whether it is up, and has the models that the configuration names."""
    parts = urlsplit(upstream.url)
    if parts.scheme != "http":
        yield from connection(upstream, here)
        return
    origin, title = shown(upstream.url), str(upstream.name)
    base = next((parts.path.removesuffix(end) for end in ENDPOINTS if parts.path.endswith(end)), "/v1")
    key = upstream.key.reveal() if upstream.key else None
    answer = health.ask(origin, key, path=f"{base}/models")
    if answer is None:
        yield problem(
            title,
            f"nothing answers at {origin}",
            STARTED.get(title.lower(), "start it, or correct its address (https where it has TLS)"),
        )
        return
    found = _models(answer.said)
    if not found and (tags := health.ask(origin, key, path="/api/tags")):
        found = _models(tags.said)
    if not found:
        yield ok(title, f"{origin} answers; it does not say which models it has")
        return
    yield ok(title, f"{origin} answers, with {len(found)} model{'' if len(found) == 1 else 's'}")
    windows = {**found, **{name: size for name, size in _loaded(origin).items() if size}}
    lacking = [model for model in upstream.models if _name(model, windows) is None]
    if lacking:
        yield _lacks(title, lacking, [*found])
    for model in upstream.models:
        yield from _window(title, model, windows)


def _models(said: Mapping[str, Json]) -> dict[str, int | None]:
    """Name -> window, as OpenAI's list, vLLM's, llama.cpp's, LM Studio's and Ollama's have it."""
    listed = next((said[name] for name in ("data", "models") if isinstance(said.get(name), list)), [])
    assert isinstance(listed, list)
    found: dict[str, int | None] = {}
    for each in listed:
        if isinstance(each, Mapping) and isinstance(name := each.get("id") or each.get("name"), str):
            # https://docs.vllm.ai: max_model_len; https://lmstudio.ai/docs/app/api/endpoints/rest: loaded_context_length;
            # https://github.com/ollama/ollama/blob/main/docs/api.md, of what is loaded: context_length
            windows = (each.get(key) for key in ("max_model_len", "loaded_context_length", "context_length"))
            found[name] = next((size for size in windows if isinstance(size, int)), None)
    return found


def _loaded(origin: str) -> dict[str, int | None]:
    """What Ollama and LM Studio tell of models that are loaded."""
    answers = (health.ask(origin, path=path, timeout=1.0) for path in ("/api/ps", "/api/v0/models"))
    return {name: size for answer in answers if answer for name, size in _models(answer.said).items()}


def _name(model: str, found: Mapping[str, int | None]) -> str | None:
    return next((name for name in (model, f"{model}:latest") if name in found), None)


def _lacks(title: str, models: Sequence[str], has: Sequence[str]) -> Finding:
    """A problem only where the list is known to hold all that can be asked: other servers answer beyond theirs."""
    several = f"model{'' if len(models) == 1 else 's'} {', '.join(models)}"
    if title.lower() == "ollama":
        return problem(title, f"it has no {several}", "; ".join(f"`ollama pull {model}`" for model in models))
    listed = f"{', '.join(has[:5])}{', …' if len(has) > 5 else ''}"
    return warning(title, f"it does not list {several}", f"load it, or correct its name; it lists {listed}")


def _window(title: str, model: str, found: Mapping[str, int | None]) -> Iterator[Finding]:
    window = found.get(_name(model, found) or "")
    if window is not None and window < SMALLEST_WINDOW:
        seen = f"{model} is loaded with a window of {window} tokens, and Claude Code begins with about 20000"
        yield warning(title, seen, "load it with a larger one (Ollama: OLLAMA_CONTEXT_LENGTH=65536)")

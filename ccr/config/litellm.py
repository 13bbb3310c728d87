"""A LiteLLM config.yaml -> our raw settings, and line by line what could not be carried over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ccr.config.endurance import MOST_RETRIES
from ccr.config.litellm_groups import STRATEGIES, Deployment, Member, api_key, members, shares, way
from ccr.config.problems import Fields, Place, Report
from ccr.config.schema import Notice
from ccr.config.vendors import vendor_named
from ccr.messages.json import Json, JsonObject

REFERENCE = "os.environ/"
WIDER = (
    "is part of `fallback`, which is asked after any failure, not only when a prompt is too long; "
    "for that alone take it out there and name it in Router.longContext"
)
CARRIED = frozenset({
    "model", "api_key", "api_base", "base_url", "headers", "extra_headers", "extra_body", "timeout", "vertex_project",
    "vertex_location", "aws_region_name", "rpm", "tpm", "max_parallel_requests", "weight", "order", "stream_timeout",
    "num_retries", "max_retries",
})  # fmt: skip
# What LiteLLM needs told and we do not.
HARMLESS = frozenset({
    "drop_params", "additional_drop_params", "modify_params", "api_version", "stream", "custom_llm_provider",
    "use_chat_completions_api", "use_chat_completions_url_for_anthropic_messages", "set_verbose", "json_logs",
    "disable_anthropic_gemini_context_caching_transform", "store_model_in_db", "input_cost_per_token", "output_cost_per_token",
    "cache_read_input_token_cost", "cache_creation_input_token_cost", "max_input_tokens", "max_output_tokens",
    "enable_pre_call_checks",
})  # fmt: skip
REASONS: dict[str, str] = {
    "routing_strategy_args": "`balance` of a route has no arguments",
    "retry_policy": "what failed says whether it is asked again; `retries` says how often",
    "model_group_retry_policy": "what failed says whether it is asked again; `retries` says how often",
    "allowed_fails_policy": "what counts as a failure is not configurable; `breaker.failures` says how many",
    "cooldown_time": "it is the same for all: `breaker.pause`",
    "optional_pre_call_checks": "a conversation stays with the target and key that answered it last, without being told",
    "max_parallel_requests": "write `concurrency` into the provider or its keys",
    "content_policy_fallbacks": "a refusal is an answer and is not repeated elsewhere",
    "cache": "answers are not cached",
    "cache_params": "answers are not cached",
    "callbacks": "callbacks are not loaded; the request log has one line for each request",
    "success_callback": "callbacks are not loaded; the request log has one line for each request",
    "failure_callback": "callbacks are not loaded; the request log has one line for each request",
    "database_url": "there is no database",
    "litellm_credential_name": "named credentials are not supported; put the key into the provider",
    "credential_list": "named credentials are not supported; put the key into the provider",
    "environment_variables": "set them where the router is started",
    "include": "further files are not read; import them one by one",
    "guardrails": "guardrails are not supported",
    "mcp_servers": "MCP servers are not proxied; configure them in Claude Code",
}
REASONS |= dict.fromkeys(
    ("redis_host", "redis_port", "redis_password", "redis_url"), "each router counts for itself, in memory"
)
REASONS |= {
    "retry_after": "the wait before the same is asked again grows with each time; a provider's own `retry-after` is kept",
    "max_fallbacks": "all that are named are tried, within `timeouts.failover`",
    "fallbacks": "a deployment has none of its own; write `fallback` for its model_name",
    "enable_weighted_failover": "equal targets are tried one after the other, without being told",
    "deployment_affinity_ttl_seconds": "a conversation stays with who answered it last, without being told; how long is not configurable",
    "max_in_flight_requests_per_worker": "write `concurrency`: how many requests are under way at once",
    "max_queued_requests_per_worker": "write `concurrency`: who comes beyond it waits for up to `queue` seconds",
}
REASONS |= dict.fromkeys(
    ("vertex_credentials", "aws_profile_name", "aws_role_name"),
    "credentials are the machine's: log in where the router is started",
)
REASONS |= dict.fromkeys(
    ("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    "set AWS_ACCESS_KEY_ID and its like where the router is started",
)
REASONS |= {
    "max_tokens": 'write {"use": [["maxtoken", {"max_tokens": N}]]} as the provider\'s transformer',
    "search_tools": 'write a provider with "dialect": "search" and the address of a SearXNG as its api_base_url',
}
REASONS |= {
    name: f'write {{"use": [["sampling", {{"{name}": N}}]]}} as the provider\'s transformer'
    for name in ("temperature", "top_p", "top_k", "repetition_penalty")
}
# Ours -> LiteLLM's, of https://docs.litellm.ai/docs/proxy/custom_pricing.
LIMITS: Mapping[str, str] = {"context": "max_input_tokens", "output": "max_output_tokens"}
COSTS: Mapping[str, str] = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
UNREACHABLE = frozenset({"sagemaker", "watsonx", "cohere", "replicate", "github_copilot"})
BEDROCK_WAYS = ("converse/", "invoke/")  # what LiteLLM may have in front of a model there
RESPONSES = "responses/"  # in front of a model that is to be asked by the Responses API
CONVERSATIONS = frozenset({None, "chat", "completion", "responses"})
FAILURES = frozenset({
    "fallbacks", "default_fallbacks", "context_window_fallbacks", "num_retries", "allowed_fails", "cooldown_time", "timeout",
    "stream_timeout",
})  # fmt: skip
CARRIED_SECTIONS: Mapping[str, frozenset[str]] = {
    "model_list": frozenset(),
    "general_settings": frozenset({"master_key", "disable_responses_id_security", "global_max_parallel_requests"}),
    "router_settings": FAILURES | {"model_group_alias", "routing_strategy", "disable_cooldowns"},
    "litellm_settings": FAILURES | {"request_timeout"},
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Ours, while it grows."""

    providers: dict[str, dict[str, Json]] = field(default_factory=dict)  # by our name
    names: dict[str, str] = field(default_factory=dict)  # what makes deployments one provider -> its name
    deployments: list[Deployment] = field(default_factory=list)
    groups: dict[str, list[Member]] = field(default_factory=dict)  # by model_name
    balance: str = "weighted"

    def targets(self, group: str) -> list[str]:
        return [each.target for each in self.groups[group]]

    def way(self, group: str) -> Json:
        return way(self.groups[group], self.balance)


def is_litellm(raw: JsonObject) -> bool:
    return "model_list" in raw and "Providers" not in raw and "providers" not in raw


def translated(raw: JsonObject) -> tuple[JsonObject, tuple[Notice, ...]]:
    """Each model_name becomes an alias for its deployments."""
    report = Report()
    top = Place(_referenced(raw), "", report).opened()
    router, settings = top["router_settings"].opened(), top["litellm_settings"].opened()
    draft = Draft(balance=_balance(router["routing_strategy"]))
    for place in top["model_list"].items():
        _deployment(place, draft)
    _settle(draft)
    for name, place in top.found.items():
        _say_what_is_lost(name, place)
    aliases: dict[str, Json] = {name: draft.way(name) for name in draft.groups if not _known_anyway(name, draft)}
    aliases |= _further_names(router["model_group_alias"], draft)
    routes = _routes(draft)
    sections = (router, settings)
    times = {
        "total": router["timeout"].seconds() or settings["request_timeout"].seconds() or settings["timeout"].seconds(),
        "first_byte": _first("stream_timeout", sections).seconds(),
    }
    general = top["general_settings"].opened()
    ours: dict[str, Json] = {
        "APIKEY": general["master_key"].value,
        "timeouts": _given(times),
        "retries": _retries(_first("num_retries", sections)),
        "breaker": _breaker(sections),
        "concurrency": general["global_max_parallel_requests"].integer(1, 100_000),
        "Providers": list(draft.providers.values()),
        "Router": {route: draft.way(group) for route, group in routes.items()},
        "aliases": aliases,
        "fallback": _fallback(draft, routes, sections),
    }
    return {key: value for key, value in ours.items() if value not in (None, "", [], {})}, (
        *report.faults,
        *report.notices,
    )


def _given(entries: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in entries.items() if value is not None}


def _first(name: str, sections: tuple[Fields, ...]) -> Place:
    """The router's own setting goes before that for all of LiteLLM."""
    return next((section[name] for section in sections if not section[name].empty), sections[0][name])


def _retries(place: Place) -> int | None:
    retries = place.integer(0, 1000)
    return None if retries is None else min(retries, MOST_RETRIES)


def _breaker(sections: tuple[Fields, ...]) -> Json:
    """A deployment cools down when it fails more than `allowed_fails` times in a minute."""
    if sections[0]["disable_cooldowns"].boolean():
        return False
    fails, pause = _first("allowed_fails", sections).integer(0, 99_999), _first("cooldown_time", sections).number()
    return _given({"failures": None if fails is None else fails + 1, "pause": pause or None})


def _balance(place: Place) -> str:
    strategy = place.text() or "simple-shuffle"
    if strategy not in STRATEGIES:
        place.notice(f"not carried over: requests are spread by weight; {strategy} has no like here")
    return STRATEGIES.get(strategy, "weighted")


def _known_anyway(name: str, draft: Draft) -> bool:
    """Our own export lists each target in both spellings, which need no alias where the provider keeps its name."""
    target, *others = draft.targets(name)
    return not others and target in draft.groups and name in (target, target.replace(",", "/", 1))


def _referenced(value: Json) -> Json:
    """os.environ/NAME -> ${NAME}, everywhere."""
    match value:
        case str() if value.startswith(REFERENCE):
            return f"${{{value.removeprefix(REFERENCE)}}}"
        case Mapping():
            return {key: _referenced(item) for key, item in value.items()}
        case list():
            return [_referenced(item) for item in value]
        case _:
            return value


def _say_what_is_lost(section: str, place: Place) -> None:
    if section not in CARRIED_SECTIONS:
        _lost(section, place)
    elif section != "model_list":
        for name, entry in place.entries():
            if name not in CARRIED_SECTIONS[section]:
                _lost(name, entry)


def _lost(name: str, place: Place) -> None:
    if name not in HARMLESS and not place.empty:
        place.notice(f"not carried over: {REASONS.get(name, 'there is nothing like it here')}")


def _deployment(place: Place, draft: Draft) -> None:
    entry = place.opened()
    params = entry["litellm_params"].opened()
    name, model = entry["model_name"].text(), params["model"].text()
    mode = entry["model_info"].opened()["mode"].text()
    if not name or not model:
        place.notice("not carried over: it has no model_name or no litellm_params.model")
    elif mode not in CONVERSATIONS:
        place.notice(f"not carried over: {mode} models are not for conversations")
    else:
        for key, value in params.found.items():
            if key not in CARRIED:
                _lost(key, value)
        _target(place, name, model, params, draft)


def _target(place: Place, name: str, model: str, params: Fields, draft: Draft) -> None:
    prefix, _, rest = model.partition("/") if "/" in model else ("", "", model)
    vendor = vendor_named(prefix or _vendor_of(model))
    base = params["api_base"].text() or params["base_url"].text()
    if prefix in UNREACHABLE:
        params["model"].notice(f"not carried over: {prefix} is not supported")
    elif vendor and vendor.name in ("vertex", "bedrock"):
        _at_a_cloud(place, name, vendor.name, rest, base, params, draft)
    elif not base and not (vendor and vendor.url):
        params["model"].notice(f'not carried over: where "{model}" lives is not known; give it an api_base')
    else:
        dialect = "responses" if rest.startswith(RESPONSES) else ""
        maker = vendor.name if vendor else prefix or "custom"
        _offered(place, name, rest.removeprefix(RESPONSES), maker, base, params, draft, dialect)


def _settle(draft: Draft) -> None:
    """Deployments become providers with keys, and the targets of their names."""
    names = dict.fromkeys(each.name for each in draft.deployments)
    for name in names:
        group = [each for each in draft.deployments if each.name == name]
        kin: dict[str, list[tuple[Deployment, float]]] = {}
        for each, share in zip(group, shares(group), strict=True):
            kin.setdefault(each.kin, []).append((each, share))
        targets = [(f"{_provider(alike, draft)},{alike[0][0].model}", alike) for alike in kin.values()]
        if "*" in name:
            for target, ((first, _), *_) in targets:
                _wildcard(first, *target.split(",", 1))
            continue
        draft.groups[name] = members(targets)
        for target, deployments in targets:
            for deployment, _ in deployments:
                _describe(draft.providers[target.partition(",")[0]], deployment)


def _describe(entry: dict[str, Json], deployment: Deployment) -> None:
    """What the file says of a model."""
    _add_model(entry, deployment.model, deployment.params["extra_body"])
    _add_limits(entry, deployment.model, deployment.place.opened())
    if patience := deployment.params["stream_timeout"].seconds():
        times = _inner(entry, "timeouts")
        models: JsonObject = {deployment.model: {"first_byte": patience}, **_inner(times, "models")}
        entry["timeouts"] = {**times, "models": models}


def _inner(entry: JsonObject, name: str) -> JsonObject:
    found = entry.get(name)
    return found if isinstance(found, Mapping) else {}


def _at_a_cloud(
    place: Place, name: str, cloud: str, model: str, base: str | None, params: Fields, draft: Draft
) -> None:
    """Anthropic's models at Vertex and Bedrock, and Gemini at Vertex; where LiteLLM asks the environment, so do we."""
    for prefix in BEDROCK_WAYS:
        model = model.removeprefix(prefix)
    claude = "claude" in model
    project, location = params["vertex_project"].text(), params["vertex_location"].text() or "us-central1"
    region = params["aws_region_name"].text() or "${AWS_REGION:-us-west-2}"
    if cloud == "bedrock" and not claude:
        params["model"].notice("not carried over: of Bedrock's models only Anthropic's are supported")
        return
    if cloud == "bedrock":
        dialect, base = "bedrock-claude", base or f"https://bedrock-runtime.{region}.amazonaws.com"
    else:
        dialect = "vertex-claude" if claude else "vertex-gemini"
        if not base and project:
            host = "aiplatform" if location == "global" else f"{location}-aiplatform"
            base = f"https://{host}.googleapis.com/v1/projects/{project}/locations/{location}"
    _offered(place, name, model, cloud, base, params, draft, dialect)


def _vendor_of(model: str) -> str:
    """LiteLLM knows some models without their provider."""
    return (
        "anthropic" if model.startswith("claude") else "openai" if model.startswith(("gpt", "o1", "o3", "o4")) else ""
    )


def _wildcard(deployment: Deployment, provider: str, model: str) -> None:
    place = deployment.place
    if model == "*" and deployment.name == f"{provider}/*":
        place.notice(f'needs no alias: any model can be asked for as "{provider}/model" or "{provider},model"')
    else:
        place.notice(f'not carried over: an alias has no wildcards; ask for "{provider},model"')


def _offered(
    place: Place, name: str, model: str, vendor: str, base: str | None, params: Fields, draft: Draft, dialect: str = ""
) -> None:
    known = vendor_named(vendor)
    if vendor == "anthropic" and base:
        dialect = "anthropic"
    if vendor == "azure" and base and "/openai" not in base:
        base = f"{base.rstrip('/')}/openai/v1"  # Azure's API without versions, which all deployments share
    key = params["api_key"].value or (f"${{{known.keys[0]}}}" if known and known.keys and not base else None)
    seconds = params["timeout"].seconds()
    retries = _retries(params["num_retries"]) if params["max_retries"].empty else _retries(params["max_retries"])
    entry: dict[str, Json] = {
        "api_base_url": base,
        "dialect": dialect,
        "headers": {**_values(params["headers"]), **_values(params["extra_headers"])},
        "timeouts": {"total": seconds} if seconds else None,
        "retries": retries,
        "concurrency": None if key else params["max_parallel_requests"].integer(1, 100_000),
    }
    for limit in ("rpm", "tpm"):
        if key is None and not params[limit].empty:
            params[limit].notice("not carried over: only keys have such limits, and there is none")
    draft.deployments.append(Deployment(place, name, model, vendor, entry, key, params))


def _provider(kin: Sequence[tuple[Deployment, float]], draft: Draft) -> str:
    """The name of their provider; deployments that differ in the model alone share one."""
    first, _ = kin[0]
    known, base, dialect = vendor_named(first.vendor), first.entry["api_base_url"], first.entry["dialect"]
    entry: dict[str, Json] = {**first.entry, "api_key": None if first.key is None else api_key(kin)}
    identity = repr((first.vendor, entry))
    if identity not in draft.names:
        number = sum(each.startswith(repr(first.vendor), 1) for each in draft.names) + 1
        name = first.vendor if number == 1 else f"{first.vendor}-{number}"
        if known and name != first.vendor and not base:  # the name alone no longer says where that is
            entry |= {"api_base_url": known.url, "dialect": dialect or known.dialect}
        draft.names[identity] = name
        written = {field: value for field, value in entry.items() if value not in (None, "", {})}
        draft.providers[name] = {"name": name, **written}
    return draft.names[identity]


def _values(place: Place) -> JsonObject:
    return {name: entry.value for name, entry in place.entries()}


def _add_model(entry: dict[str, Json], model: str, extra_body: Place) -> None:
    models = entry.get("models", [])
    if isinstance(models, list) and model not in models:
        entry["models"] = [*models, model]
    if not extra_body.empty:
        per_model = entry.get("transformer", {})
        more: JsonObject = {model: {"use": [["customparams", extra_body.value]]}}
        entry["transformer"] = {**per_model, **more} if isinstance(per_model, Mapping) else more


def _add_limits(entry: dict[str, Json], model: str, deployment: Fields) -> None:
    """What the file knows of the model, which LiteLLM takes in either place."""
    said = {**_values(deployment["litellm_params"]), **_values(deployment["model_info"])}
    tokens = {name: number for name, theirs in LIMITS.items() if (number := _number(said.get(theirs)))}
    price = {
        name: round(cost * 1e6, 6) for name, theirs in COSTS.items() if (cost := _number(said.get(theirs))) is not None
    }
    known: dict[str, Json] = {name: int(number) for name, number in tokens.items()}
    if {"input", "output"} <= price.keys():
        known["price"] = {**price}
    if known:
        limits = entry.get("limits", {})
        entry["limits"] = {**(limits if isinstance(limits, Mapping) else {}), model: known}


def _number(value: Json) -> float | None:
    """YAML 1.1 reads 5e-7 as a text."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None


def _further_names(place: Place, draft: Draft) -> dict[str, Json]:
    """model_group_alias: `{"x": "group"}` or `{"x": {"model": "group", …}}`."""
    found: dict[str, Json] = {}
    for name, entry in place.entries():
        group = entry.opened()["model"].text() if isinstance(entry.value, Mapping) else entry.text()
        if group and group in draft.groups:
            found[name] = draft.way(group)
        else:
            entry.notice("not carried over: it names no model_name that was")
    return found


def _routes(draft: Draft) -> Mapping[str, str]:
    """The first group answers what no rule claims; one that is called after haiku takes the small requests."""
    default = next(iter(draft.groups), None)
    haiku = next((name for name in draft.groups if "haiku" in name.lower()), None)
    return {route: group for route, group in {"default": default, "background": haiku}.items() if group}


def _fallback(draft: Draft, routes: Mapping[str, str], sections: tuple[Fields, ...]) -> JsonObject:
    own: dict[str, list[str]] = {}
    larger: dict[str, list[str]] = {}
    usual: list[str] = []
    for section in sections:
        usual += _groups(section["default_fallbacks"], draft)
        for setting, found in (("fallbacks", own), ("context_window_fallbacks", larger)):
            for place in section[setting].items():
                for name, further in place.entries():
                    if found is larger:
                        further.notice(WIDER)
                    found.setdefault(name, []).extend(_groups(further, draft))
    chains: dict[str, Json] = {}
    for name in draft.groups:
        targets = draft.targets(name)
        groups = [*own.get(name, usual), *larger.get(name, ())]
        others = dict.fromkeys(target for group in groups for target in draft.targets(group))
        if chain := [target for target in others if target not in targets]:
            owner = targets[0] if _known_anyway(name, draft) else name
            named = [route for route, group in routes.items() if group == name]
            chains |= dict.fromkeys((*named, owner), chain)
    return chains


def _groups(chain: Place, draft: Draft) -> Iterator[str]:
    for item in chain.items():
        name = item.text()
        if name and name in draft.groups:
            yield name
        else:
            item.notice("not carried over: it names no model_name that was")

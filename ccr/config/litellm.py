"""A LiteLLM config.yaml -> our raw settings, and line by line what could not be carried over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ccr.config.problems import Fields, Place, Report
from ccr.config.schema import Notice
from ccr.config.vendors import vendor_named
from ccr.messages.json import Json, JsonObject

REFERENCE = "os.environ/"
CARRIED = frozenset({
    "model", "api_key", "api_base", "base_url", "headers", "extra_headers", "extra_body", "timeout", "vertex_project",
    "vertex_location", "aws_region_name",
})  # fmt: skip
# What LiteLLM needs told and we do not.
HARMLESS = frozenset({
    "drop_params", "additional_drop_params", "modify_params", "api_version", "stream", "custom_llm_provider",
    "use_chat_completions_api", "use_chat_completions_url_for_anthropic_messages", "set_verbose", "json_logs",
    "disable_anthropic_gemini_context_caching_transform", "store_model_in_db", "input_cost_per_token", "output_cost_per_token",
    "cache_read_input_token_cost", "cache_creation_input_token_cost", "max_input_tokens", "max_output_tokens",
})  # fmt: skip
REASONS: dict[str, str] = {
    "rpm": "limits per deployment are not supported",
    "tpm": "limits per deployment are not supported",
    "max_parallel_requests": "limits per deployment are not supported",
    "weight": "there is no load balancing: deployments are tried in the order of the file",
    "order": "there is no load balancing: deployments are tried in the order of the file",
    "routing_strategy": "there is no load balancing: deployments are tried in the order of the file",
    "routing_strategy_args": "there is no load balancing: deployments are tried in the order of the file",
    "num_retries": "how often is retried is not configurable",
    "max_retries": "how often is retried is not configurable",
    "retry_policy": "how often is retried is not configurable",
    "allowed_fails": "when a provider is passed over is not configurable",
    "cooldown_time": "when a provider is passed over is not configurable",
    "context_window_fallbacks": "set Router.longContext to a model with a larger window",
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
CARRIED_SECTIONS: Mapping[str, frozenset[str]] = {
    "model_list": frozenset(),
    "general_settings": frozenset({"master_key", "disable_responses_id_security"}),
    "router_settings": frozenset({"fallbacks", "default_fallbacks", "model_group_alias"}),
    "litellm_settings": frozenset({"fallbacks", "default_fallbacks", "request_timeout"}),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Ours, while it grows."""

    providers: dict[str, dict[str, Json]] = field(default_factory=dict)  # by our name
    names: dict[str, str] = field(default_factory=dict)  # what makes deployments one provider -> its name
    groups: dict[str, list[str]] = field(default_factory=dict)  # model_name -> the targets of its deployments


def is_litellm(raw: JsonObject) -> bool:
    return "model_list" in raw and "Providers" not in raw and "providers" not in raw


def translated(raw: JsonObject) -> tuple[JsonObject, tuple[Notice, ...]]:
    """Each model_name becomes an alias for its first deployment; the others are its fallback, then the file's own."""
    report = Report()
    top = Place(_referenced(raw), "", report).opened()
    draft = Draft()
    for place in top["model_list"].items():
        _deployment(place, draft)
    for name, place in top.found.items():
        _say_what_is_lost(name, place)
    router, settings = top["router_settings"].opened(), top["litellm_settings"].opened()
    aliases = {name: targets[0] for name, targets in draft.groups.items() if not _known_anyway(name, draft)}
    aliases |= _further_names(router["model_group_alias"], draft)
    routes = _routes(draft)
    timeout = settings["request_timeout"].seconds()
    ours: dict[str, Json] = {
        "APIKEY": top["general_settings"].opened()["master_key"].value,
        "timeouts": {"total": timeout} if timeout else None,
        "Providers": list(draft.providers.values()),
        "Router": {route: draft.groups[group][0] for route, group in routes.items()},
        "aliases": aliases,
        "fallback": _fallback(draft, routes, (router, settings)),
    }
    return {key: value for key, value in ours.items() if value}, (*report.faults, *report.notices)


def _known_anyway(name: str, draft: Draft) -> bool:
    """Our own export lists each target in both spellings, which need no alias where the provider keeps its name."""
    target = draft.groups[name][0]
    return target in draft.groups and name in (target, target.replace(",", "/", 1))


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
        provider = _provider(vendor.name if vendor else prefix or "custom", base, params, draft, dialect)
        _offered(place, name, rest.removeprefix(RESPONSES), provider, params, draft)


def _offered(place: Place, name: str, model: str, provider: str, params: Fields, draft: Draft) -> None:
    if "*" in name:
        _wildcard(place, name, model, provider)
    else:
        _add_model(draft.providers[provider], model, params["extra_body"])
        _add_limits(draft.providers[provider], model, place.opened())
        draft.groups.setdefault(name, []).append(f"{provider},{model}")


def _at_a_cloud(
    place: Place, name: str, cloud: str, model: str, base: str | None, params: Fields, draft: Draft
) -> None:
    """Anthropic's models at Vertex and Bedrock, and Gemini at Vertex; where LiteLLM asks the environment, so do we."""
    for way in BEDROCK_WAYS:
        model = model.removeprefix(way)
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
    _offered(place, name, model, _provider(cloud, base, params, draft, dialect), params, draft)


def _vendor_of(model: str) -> str:
    """LiteLLM knows some models without their provider."""
    return (
        "anthropic" if model.startswith("claude") else "openai" if model.startswith(("gpt", "o1", "o3", "o4")) else ""
    )


def _wildcard(place: Place, name: str, model: str, provider: str) -> None:
    if model == "*" and name == f"{provider}/*":
        place.notice(f'needs no alias: any model can be asked for as "{provider}/model" or "{provider},model"')
    else:
        place.notice(f'not carried over: an alias has no wildcards; ask for "{provider},model"')


def _provider(vendor: str, base: str | None, params: Fields, draft: Draft, dialect: str = "") -> str:
    """The name of a deployment's provider; deployments that differ in the model alone share one."""
    known = vendor_named(vendor)
    if vendor == "anthropic" and base:
        dialect = "anthropic"
    if vendor == "azure" and base and "/openai" not in base:
        base = f"{base.rstrip('/')}/openai/v1"  # Azure's API without versions, which all deployments share
    key = params["api_key"].value or (f"${{{known.keys[0]}}}" if known and known.keys and not base else None)
    seconds = params["timeout"].seconds()
    headers = {**_values(params["headers"]), **_values(params["extra_headers"])}
    entry: dict[str, Json] = {
        "api_base_url": base,
        "dialect": dialect,
        "api_key": key,
        "headers": headers,
        "timeouts": {"total": seconds} if seconds else None,
    }
    identity = repr((vendor, entry))
    if identity not in draft.names:
        number = sum(each.startswith(repr(vendor), 1) for each in draft.names) + 1
        name = vendor if number == 1 else f"{vendor}-{number}"
        if known and name != vendor and not base:  # the name alone no longer says where that is
            entry |= {"api_base_url": known.url, "dialect": dialect or known.dialect}
        draft.names[identity] = name
        draft.providers[name] = {"name": name} | {field: value for field, value in entry.items() if value}
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


def _further_names(place: Place, draft: Draft) -> dict[str, str]:
    """model_group_alias: `{"x": "group"}` or `{"x": {"model": "group", …}}`."""
    found: dict[str, str] = {}
    for name, entry in place.entries():
        group = entry.opened()["model"].text() if isinstance(entry.value, Mapping) else entry.text()
        if group and group in draft.groups:
            found[name] = draft.groups[group][0]
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
    usual: list[str] = []
    for section in sections:
        usual += _groups(section["default_fallbacks"], draft)
        for place in section["fallbacks"].items():
            for name, further in place.entries():
                own.setdefault(name, []).extend(_groups(further, draft))
    found: dict[str, Json] = {}
    for name, targets in draft.groups.items():
        others = [target for group in own.get(name, usual) for target in draft.groups[group]]
        chain = [target for target in dict.fromkeys((*targets, *others)) if target != targets[0]]
        if chain:
            owner = targets[0] if _known_anyway(name, draft) else name
            found |= {route: chain for route, group in routes.items() if group == name} | {owner: chain}
    return found


def _groups(chain: Place, draft: Draft) -> Iterator[str]:
    for item in chain.items():
        name = item.text()
        if name and name in draft.groups:
            yield name
        else:
            item.notice("not carried over: it names no model_name that was")

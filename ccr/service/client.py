"""What Claude Code needs to speak through the router: its environment, and where its program is."""

import contextlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ccr.config.schema import Config
from ccr.env import ADDED, HIDDEN, KEPT, NAMES
from ccr.errors import ServiceProblem
from ccr.providers.addresses import vendor_of
from ccr.service import windows

# Background requests come under the main model's name unless the client is given another one for them.
BACKGROUND_MODEL = "claude-haiku-4-5-20251001"
LOOPBACK = ("127.0.0.1", "localhost")
TOKEN, HEADERS = "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"
# Auto mode's safety check runs at Anthropic, beside the answer; at 0 the client asks a model of its own choice instead.
# Where neither can be, each action waits for the user, and with -p is refused.
OWN_CHECK = "CLAUDE_CODE_AUTO_MODE_SERVER"
TOOLS = Path(__file__).parents[2] / ".tools" / "bin"


@dataclass(frozen=True, slots=True)
class Environment:
    set: Mapping[str, str]
    unset: tuple[str, ...] = HIDDEN
    path: tuple[str, ...] = ()  # folders that come last on PATH

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.set, *self.unset, *(("PATH",) if self.path else ()))

    def applied(self, env: Mapping[str, str]) -> dict[str, str]:
        """What is changed is kept, for a router that is started there and for `ccr deactivate`."""
        stays = {name: value for name, value in env.items() if name not in self.unset}
        kept = {f"{KEPT}{name}": env[name] for name in self.names if name in env}
        if self.path:
            kept[ADDED] = ":".join(self.path)
            stays["PATH"] = ":".join(filter(None, [env.get("PATH"), *self.path]))
        return {**stays, **self.set, **kept, NAMES: " ".join(self.names)}


def environment(
    config: Config, address: str, key: str, env: Mapping[str, str], context: str | None = None
) -> Environment:
    """`env` is the user's own: what it says of proxies and headers is extended, not replaced."""
    values = {
        "ANTHROPIC_BASE_URL": address,
        "API_TIMEOUT_MS": str(config.client_timeout_ms),
        "DISABLE_TELEMETRY": "true",
        "DISABLE_COST_WARNINGS": "true",
        "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "1",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",  # /v1/models becomes part of its /model menu
    }
    # In the place of a Claude login no token may stand: it would be sent instead.
    login = any(provider.auth == "client" for provider in config.providers)
    headers = {"x-ccr-key": key} if login else {}
    if not login:
        values[TOKEN] = key
    if context:
        headers["x-ccr-route"] = context
    if headers:
        values[HEADERS] = _with_headers(env.get(HEADERS, ""), headers)
    if not (env.get(OWN_CHECK) or _all_at_anthropic(config)):
        values[OWN_CHECK] = "0"
    values |= _no_proxy(env) | windows.variables(config, env)
    if config.routes.get("background") and not env.get("ANTHROPIC_DEFAULT_HAIKU_MODEL"):
        values["ANTHROPIC_SMALL_FAST_MODEL"] = env.get("ANTHROPIC_SMALL_FAST_MODEL") or BACKGROUND_MODEL
    if config.non_interactive:
        values |= {"CI": "true", "FORCE_COLOR": "0", "NODE_NO_READLINE": "1", "TERM": "dumb"}
    return Environment(values, unset=(*HIDDEN, TOKEN) if login else HIDDEN)


def _all_at_anthropic(config: Config) -> bool:
    vendors = [vendor_of(provider) for provider in config.providers]
    return bool(vendors) and all(vendor and vendor.name == "anthropic" for vendor in vendors)


def with_programs(
    config: Config, address: str, key: str, env: Mapping[str, str], context: str | None = None
) -> Environment:
    """The same, and claude and ccr are on PATH too, wherever they are: for a shell, and for what claude itself runs."""
    return replace(environment(config, address, key, env, context), path=tuple(_folders(config, env)))


def _folders(config: Config, env: Mapping[str, str]) -> list[str]:
    """Where the programs lie that PATH does not have."""
    programs = [Path(sys.executable).with_name("ccr")]
    with contextlib.suppress(ServiceProblem):
        programs.append(find_claude(config, env))
    missing = [each for each in programs if not shutil.which(each.name, path=env.get("PATH", "")) and each.exists()]
    return list(dict.fromkeys(str(each.parent) for each in missing if each.name in ("ccr", "claude")))


def _no_proxy(env: Mapping[str, str]) -> dict[str, str]:
    """Both spellings where the user has both: programs differ in which they read first."""
    names = [name for name in ("NO_PROXY", "no_proxy") if env.get(name)] or ["NO_PROXY"]
    return {name: _extended(env.get(name, "")) for name in names}


def _extended(hosts: str) -> str:
    listed = [host.strip() for host in hosts.split(",") if host.strip()]
    return ",".join([*listed, *(host for host in LOOPBACK if host not in listed)])


def _with_headers(lines: str, ours: Mapping[str, str]) -> str:
    others = [line for line in lines.splitlines() if line and line.partition(":")[0].strip().lower() not in ours]
    return "\n".join([*others, *(f"{name}: {value}" for name, value in ours.items())])


def find_claude(config: Config, env: Mapping[str, str], tools: Path = TOOLS) -> Path:
    """CLAUDE_PATH, the file's CLAUDE_PATH, PATH, then the checkout's own."""
    for chosen, source in ((env.get("CLAUDE_PATH"), "CLAUDE_PATH"), (config.claude_path, "the file's CLAUDE_PATH")):
        if chosen:
            found = shutil.which(Path(chosen).expanduser(), path=env.get("PATH", ""))
            if not found:
                raise ServiceProblem(f"{source} is {chosen}, and that is no program")
            return Path(found)
    found = shutil.which("claude", path=env.get("PATH", "")) or shutil.which("claude", path=str(tools))
    if not found:
        raise ServiceProblem("claude is not installed: npm install -g @anthropic-ai/claude-code, or set CLAUDE_PATH")
    return Path(found)

"""The one place that reads the environment. Everybody else takes a Mapping."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable("CCR_CONFIG_PATH", "the configuration file, instead of ~/.claude-code-router/config.json"),
    Variable("CCR_HOST", "the address to listen on, instead of the file's HOST (127.0.0.1)"),
    Variable("CCR_PORT", "the port to listen on, instead of the file's PORT (3456)"),
    Variable("CCR_API_KEY", "the key that clients must send, instead of the file's APIKEY"),
    Variable("CCR_LOG_LEVEL", "error, warn, info or debug, instead of the file's LOG_LEVEL"),
    Variable("CCR_DEBUG", "1: debug output on stderr, and tracebacks instead of one-line errors"),
    Variable("CCR_HOME", "where state and logs live, instead of ~/.claude-code-router"),
    Variable("CCR_LOGS", "the folder of the request log, instead of logs in CCR_HOME"),
    Variable("CCR_ROUTER", "the address of a router that somebody else runs: commands ask it, with CCR_API_KEY"),
    Variable("CCR_SERVICE", "the s6 service directory by which the router at CCR_ROUTER is started and stopped"),
    Variable("CCR_LOCALHOST", "what localhost means in a provider's address: in a container, the host's name"),
    Variable("CLAUDE_PATH", "the claude program that `ccr code` and `ccr shell` run"),
    Variable("NO_COLOR", "any value: plain output"),
)


OVERRIDDEN = ("ANTHROPIC_BASE_URL",)
HIDDEN = ("ANTHROPIC_API_KEY",)

# Before the name of a variable that a shell of ours sets otherwise or not at all: what the user has it for. Empty: unset.
KEPT = "CCR_KEPT_"


def current() -> Mapping[str, str]:
    """A copy of the process's environment, as it is without the changes of `ccr shell` and `ccr activate`."""
    return restored(os.environ)


def restored(environment: Mapping[str, str]) -> Mapping[str, str]:
    own = {name: value for name, value in environment.items() if not name.startswith(KEPT)}
    for name in OVERRIDDEN:
        if f"{KEPT}{name}" in environment:
            own[name] = environment[f"{KEPT}{name}"]
    for name in HIDDEN:
        own.setdefault(name, environment.get(f"{KEPT}{name}", ""))
    return {name: value for name, value in own.items() if value or name not in (*OVERRIDDEN, *HIDDEN)}

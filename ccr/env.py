"""The one place that reads the environment. Everybody else takes a Mapping."""

import os
from collections.abc import Mapping
from typing import NamedTuple


class Variable(NamedTuple):  # a dataclass would cost the status line 10 ms
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


# What leads claude past any ANTHROPIC_BASE_URL, or sends another key along: unset where the router is used.
HIDDEN = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_UNIX_SOCKET",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_GATEWAY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_VERTEX",
)

# Before the name of a variable that a shell of ours has changed: what it was; not there: it was not set.
KEPT = "CCR_KEPT_"
NAMES = f"{KEPT}NAMES"  # which were changed
ADDED = f"{KEPT}PATH"  # which folders were added to PATH: it is the one that others change too


def current() -> Mapping[str, str]:
    """A copy of the process's environment, as it is without the changes of `ccr shell` and `ccr activate`."""
    return restored(os.environ)


def changed() -> Mapping[str, str]:
    """The same with these changes."""
    return dict(os.environ)


def restored(environment: Mapping[str, str]) -> Mapping[str, str]:
    names = environment.get(NAMES, "").split()
    stays = {
        name: value
        for name, value in environment.items()
        if not name.startswith(KEPT) and (name not in names or (name in HIDDEN and value))
    }
    before = {name: environment[KEPT + name] for name in names if KEPT + name in environment}
    if "PATH" in before:
        before["PATH"] = _without(environment.get("PATH", ""), environment[ADDED])
    return {**before, **stays}  # what was hidden, and is set all the same, is newer


def _without(path: str, added: str) -> str:
    return ":".join(folder for folder in path.split(":") if folder not in added.split(":"))

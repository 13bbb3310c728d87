"""What Claude Code is told of the windows of the routed models, so that it compacts before the smallest overflows.

Measured with 2.1.197, 2.1.260 and 2.1.329: it compacts at min(AUTO, the window that it takes its model to have) - 33,000
tokens, where a percentage is set at that share of min(…) - 20,000 if that is less. AUTO is at least 100,000; MAX holds for
models whose names do not start with claude-, and ends the warning that 1 M is assumed of them."""

import math
from collections.abc import Iterator, Mapping

from ccr.config.routes import behind
from ccr.config.schema import Config, Model
from ccr.ids import Target
from ccr.providers import models

AUTO, MAX = "CLAUDE_CODE_AUTO_COMPACT_WINDOW", "CLAUDE_CODE_MAX_CONTEXT_TOKENS"
SHARE = "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"
LEAST, MOST = 100_000, 1_000_000  # what AUTO can be
SUMMARY = 20_000  # what the client leaves for its summary
TOO_SMALL = 40_000  # the client's own prompt has up to 20,000: soon after it compacts, it would again
FULL = 0.7  # of a window under LEAST: when to compact
MARGIN = 1.35  # by how much a vendor's count may exceed ours, by which longContextThreshold is decided

# Background work and searches have prompts of their own, not the conversation.
APART = ("background", "webSearch")
BEFORE_LONG = ("image", "longContext")  # the rules that longContextThreshold keeps nothing from


def variables(config: Config, env: Mapping[str, str]) -> dict[str, str]:
    """Nothing where no window is known, or where the user says something of it."""
    window = smallest(config)
    if window is None or any(env.get(name) for name in (AUTO, MAX, SHARE)):
        return {}
    told = str(min(MOST, max(LEAST, window)))
    if window >= LEAST:
        return {AUTO: told, MAX: told}
    if window < TOO_SMALL:
        return {}
    return {AUTO: told, MAX: told, SHARE: str(int(100 * FULL * window / (LEAST - SUMMARY)))}


def smallest(config: Config) -> int | None:
    """The longest prompt that all routed models take which see the conversation."""
    return min((room for _, room in _rooms(config)), default=None)


def warnings(config: Config) -> Iterator[str]:
    """One line for each model that is too small for Claude Code at all."""
    for target, room in dict(_rooms(config)).items():
        if room < TOO_SMALL:
            yield (
                f"{target} takes {room:,} tokens, and Claude Code's own prompt has up to 20,000: start its server with a "
                "larger window and write it into limits, or choose another model"
            )


def _rooms(config: Config) -> Iterator[tuple[Target, int]]:
    routes = config.routes
    longest = routes.long_context_threshold * MARGIN if routes.get("longContext") else math.inf
    for name, target in routes.targets.items():
        chain = behind(target, config.chains.get(name, ()), [name], config.fallback)
        for each in (target, *chain) if name not in APART else ():
            room = known(config, each).room
            if room and (room < longest or name in BEFORE_LONG):
                yield each, room


def known(config: Config, target: Target) -> Model:
    provider = next((each for each in config.providers if each.name.lower() == target.provider.lower()), None)
    return models.of(provider, target.model) if provider else models.UNKNOWN

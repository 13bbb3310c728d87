"""What is known of models: how much they take, how much they give, what it costs. The rows are in known.py."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from urllib.parse import urlsplit

from ccr.config.exposure import is_loopback
from ccr.config.schema import Model, Price, Provider
from ccr.ids import ModelName
from ccr.providers import addresses
from ccr.providers.known import TABLE

__all__ = ["UNKNOWN", "Model", "Price", "known", "merged", "model", "of", "offers", "plain", "stated"]

UNKNOWN = Model()
FREE = Price(0, 0, 0, 0)

# Whose models nobody else runs: their limits and prices hold wherever they are offered.
CLOSED = ("anthropic", "openai", "gemini", "xai")
# Who made the others, then who has weights of them: the limits are what a host can offer at most, the price is its own.
OPEN = ("mistral", "deepseek", "moonshot", "zai", "dashscope", "minimax", "volcengine", "weights")

# https://docs.github.com/github-models: how much a model takes there depends on the account's plan.
BY_ACCOUNT = ("github",)

# What hosts have before and behind a name: "us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1@20250805".
_MAKER = re.compile(r"^(?:[a-z-]+\.)?anthropic\.")
_DATE = re.compile(r"(?:[@-]20\d\d-?[01]\d-?\d\d)?(?:-v\d+)?$")
_POINT = re.compile(r"(?<=\d)[.p](?=\d)")  # claude-opus-4.8, glm-5p2


def of(provider: Provider, name: ModelName) -> Model:
    return known(name, provider.limits, offers(provider))


def known(name: ModelName, limits: Mapping[str, Model], offers: str | None) -> Model:
    """As the user says, then as its vendor does. `offers`: whose models they are, "" where that is not known; None: only
    what the user says holds."""
    return merged(stated(name, limits), UNKNOWN if offers is None else model(name, offers))


def stated(name: ModelName, limits: Mapping[str, Model]) -> Model:
    """What the user says of it."""
    return limits.get(name) or limits.get("*") or UNKNOWN


def offers(provider: Provider) -> str | None:
    """A local server's window is how it was started, whatever its model could do."""
    vendor = addresses.vendor_of(provider)
    url = addresses.base(provider, vendor, addresses.dialect(provider, vendor))
    local = vendor is not None and vendor.keyless and vendor.auth is None
    if local or is_loopback(urlsplit(url).hostname or "") or (vendor and vendor.name in BY_ACCOUNT):
        return None
    return vendor.name if vendor else ""


@lru_cache(4096)
def model(name: ModelName, vendor: str = "") -> Model:
    """By its own name, whatever stands before it (`anthropic/`, `models/`, `~`) and behind it (`:online`). The vendor
    is who offers it; "" is somebody whom we do not know."""
    sections, own = _sections(), plain(name)
    made = next((sections[maker][own] for maker in CLOSED if own in sections[maker]), None)
    if made is None and vendor:
        made = next((sections[maker][own] for maker in OPEN if own in sections[maker]), UNKNOWN)
        made = replace(made, price=None)
    found = merged(sections.get(vendor, {}).get(own), made or UNKNOWN)
    # https://openrouter.ai/docs/faq: what costs nothing ends so.
    return replace(found, price=FREE) if vendor == "openrouter" and name.endswith(":free") else found


def merged(own: Model | None, other: Model) -> Model:
    """The first, and from the second what the first does not say."""
    if own is None:
        return other
    return Model(
        own.context or other.context,
        own.output or other.output,
        own.price or other.price,
        own.prompt if own.context else other.prompt,
    )


def plain(name: str) -> str:
    """Without what hosts add, in one spelling."""
    own = name.lower().rpartition("/")[2].partition(":")[0].removesuffix("[1m]")
    return _POINT.sub("-", _DATE.sub("", _MAKER.sub("", own)))


@cache
def _sections() -> Mapping[str, Mapping[str, Model]]:
    return {section.split()[0].rstrip("]"): dict(_rows(section)) for section in TABLE.split("\n[")[1:]}


def _rows(section: str) -> Iterator[tuple[str, Model]]:
    for line in filter(None, section.splitlines()[1:]):
        names, window, output, *dollars = line.split()
        context, _, prompt = window.partition(":")
        known = Model(_tokens(context), _tokens(output), _price(dollars), _tokens(prompt))
        for name in names.split("|"):
            yield plain(name), known


def _tokens(text: str) -> int | None:
    if text in ("", "-"):
        return None
    return int(text.removesuffix("M")) * (1_000_000 if text.endswith("M") else 1)


def _price(dollars: list[str]) -> Price | None:
    if not dollars:
        return None
    given, gotten, read, write = ([None if each == "-" else float(each) for each in dollars] + [None] * 4)[:4]
    assert given is not None
    assert gotten is not None
    return Price(given, gotten, read, write)

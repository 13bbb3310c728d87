"""The questions of `ccr config init`: each is asked until the answer can be one."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import typer

from ccr.cli import output
from ccr.config.vendors import VENDORS, Vendor, vendor_named

Wrong = Callable[[str], str | None]  # what is wrong with an answer

LIKE_A_KEY = re.compile(r"(sk-|gsk_|xai-|AIza|nvapi-|hf_|\$).*|[0-9a-fA-F]{32,}")


def provider(usual: str, address: str | None) -> tuple[str, str | None]:
    """Its name and, unless that is known, its address."""
    output.say("Known vendors, with the variable that usually holds the key:")
    output.table(((each.name, each.title, each.keys[0] if each.keys else "no key") for each in VENDORS), indent="  ")
    while True:
        name = _asked("Provider (one of these, or a name of your own)", _wrong_name, usual)
        if address is not None or _is_known(vendor_named(name)):
            return name, address
        if found := url(name, "; empty: choose another provider"):
            return name, found


def url(name: str, otherwise: str = "") -> str:
    def wrong(answer: str) -> str | None:
        return None if otherwise and not answer else _wrong_url(answer)

    return _asked(f"Address of {name}'s API (https://…/v1{otherwise})", wrong)


def key(variable: str) -> str:
    question = f"Key (empty: from ${variable})" if variable else "Key (empty: none)"
    return _asked(question, _wrong_key, hidden=True)


def model(usual: str, secret: str) -> str:
    def wrong(answer: str) -> str | None:
        if answer == secret or LIKE_A_KEY.fullmatch(answer):
            return "that looks like a key; asked for is a model's name"
        return None if answer and not re.search(r"[\s,]", answer) else "a model's name has no spaces and no commas"

    return _asked("Model", wrong, usual)


def router_key() -> str:
    return _asked("Key that clients must send (empty: one is made)", _wrong_key)


def _asked(question: str, wrong: Wrong, usual: str = "", *, hidden: bool = False) -> str:
    while True:
        answer = typer.prompt(question, default=usual, show_default=bool(usual), hide_input=hidden).strip()
        fault = wrong(answer)
        if fault is None:
            return str(answer)
        output.warn(fault)


def _is_known(vendor: Vendor | None) -> bool:
    return bool(vendor and vendor.url)


def _wrong_name(answer: str) -> str | None:
    return None if re.fullmatch(r"[\w.-]+", answer) else "a provider's name is made of letters, digits, - _ and ."


def _wrong_url(answer: str) -> str | None:
    try:
        place = urlsplit(answer)
        fine = place.scheme in ("http", "https") and place.hostname and not re.search(r"\s", answer)
    except ValueError:
        fine = False
    return None if fine else "that is no URL; it begins with https:// or http://"


def _wrong_key(answer: str) -> str | None:
    return None if re.fullmatch(r"[!-~]*", answer) else "a key has no spaces and only plain characters"

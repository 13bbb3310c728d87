"""The first configuration, as `ccr config init` writes it."""

from dataclasses import dataclass

from ccr.config.schema import Provider
from ccr.config.show import text
from ccr.config.vendors import vendor_named
from ccr.config.zero import routes
from ccr.ids import ProviderName
from ccr.messages.json import Json


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked for. Empty answers are filled in from what is known of the vendor, or left out."""

    provider: str
    key: str = ""  # the key itself, or $NAME of a variable
    url: str = ""
    models: tuple[str, ...] = ()
    router_key: str = ""  # what clients must send; empty: one that is made at the first start


def scaffold(answers: Answers) -> str:
    vendor = vendor_named(answers.provider)
    usual = (vendor.model, vendor.background) if vendor else ()
    models = answers.models or tuple(dict.fromkeys(name for name in usual if name))
    key = answers.key or (f"${vendor.keys[0]}" if vendor and vendor.keys else "")
    provider: dict[str, Json] = {"name": answers.provider}
    if url := answers.url or (vendor.url if vendor else ""):
        provider["api_base_url"] = url
    if key:
        provider["api_key"] = key
    provider["models"] = list(models)
    chosen = routes((Provider(ProviderName(answers.provider), answers.url, models=models),))
    settings: dict[str, Json] = {"APIKEY": answers.router_key} if answers.router_key else {}
    settings |= {"Providers": [provider], "Router": {route: str(target) for route, target in chosen.items()}}
    return text(settings)

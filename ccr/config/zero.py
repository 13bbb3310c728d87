"""Settings where there are none: providers from the keys that are set, a local Ollama, or the guide."""

from collections.abc import Mapping

from ccr.config.pool import parts
from ccr.config.schema import Key, Provider, Secret
from ccr.config.vendors import VENDORS, Vendor, vendor_named
from ccr.ids import ModelName, ProviderName, Target

GUIDE = Provider(ProviderName("guide"), "guide:", models=("guide",), dialect="anthropic")


def providers(env: Mapping[str, str], ollama: tuple[str, ...] = ()) -> tuple[Provider, ...]:
    """`ollama` is what a local one offers; the guide answers where there is nothing else."""
    found = [provider for vendor in VENDORS if (provider := _from_key(vendor, env))]
    if ollama:
        found.append(Provider(ProviderName("ollama"), "", models=ollama))
    return tuple(found) or (GUIDE,)


def _from_key(vendor: Vendor, env: Mapping[str, str]) -> Provider | None:
    if vendor.name == "anthropic" and env.get("ANTHROPIC_BASE_URL"):
        return None  # then the key is for whatever stands there: this router, often
    variable = next((name for name in vendor.keys if parts(env.get(name, ""))), None)
    if variable is None or not vendor.model:
        return None
    models = tuple(dict.fromkeys(name for name in (vendor.model, vendor.background) if name))
    keys = tuple(Key(Secret(key), str(number), variable) for number, key in enumerate(parts(env[variable]), 1))
    return Provider(ProviderName(vendor.name), "", keys, models=models)


def routes(providers: tuple[Provider, ...]) -> dict[str, Target]:
    """The first provider that can be asked, with its first model, or its vendor's usual one."""
    for provider in sorted(providers, key=lambda each: each.key_missing):
        vendor = vendor_named(provider.name)
        if provider.dialect == "search":
            continue
        model = provider.models[0] if provider.models else vendor.model if vendor else ""
        if not model:
            continue
        found = {"default": Target(provider.name, ModelName(model))}
        if vendor and vendor.background and (not provider.models or vendor.background in provider.models):
            found["background"] = Target(provider.name, ModelName(vendor.background))
        return found
    return {}

"""A configured provider, resolved to something that can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccr.config.schema import AuthStyle, Secret, Timeouts
from ccr.ids import ModelName, ProviderName
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.quirks import Quirk


@dataclass(frozen=True, slots=True)
class Upstream:
    name: ProviderName
    dialect: UpstreamDialect
    url: str  # the full endpoint for messages
    auth: AuthStyle
    key: Secret | None
    key_source: str | None
    models: tuple[ModelName, ...]
    quirks: tuple[Quirk, ...]
    model_quirks: Mapping[ModelName, tuple[Quirk, ...]]
    headers: Mapping[str, str]
    proxy: str | None
    timeouts: Timeouts

    def quirks_for(self, model: ModelName) -> tuple[Quirk, ...]:
        return (*self.quirks, *self.model_quirks.get(model, ()))

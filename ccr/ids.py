"""Names that must not be swapped."""

from dataclasses import dataclass
from typing import NewType

ProviderName = NewType("ProviderName", str)
ModelName = NewType("ModelName", str)


@dataclass(frozen=True, slots=True)
class Target:
    """A model of a provider: where a request can go."""

    provider: ProviderName
    model: ModelName

    def __str__(self) -> str:
        return f"{self.provider},{self.model}"

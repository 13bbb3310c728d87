"""What JSON is, to the type checker."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

NOTHING: JsonObject = MappingProxyType({})

"""What JSON is, to the type checker."""

from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]


class _Nothing(dict[str, Json]):
    """An empty object that encodes as one, and has a hash: a dataclass takes no other default (Python 3.11)."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


NOTHING: JsonObject = _Nothing()

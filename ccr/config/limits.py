"""Providers[].limits: what the user knows of models -> Model."""

from collections.abc import Iterator, Mapping

from ccr.config import keys
from ccr.config.problems import Place
from ccr.config.schema import Model, Price

MOST = 2**31  # tokens


def limits(place: Place) -> Mapping[str, Model]:
    return dict(_models(place))


def _models(place: Place) -> Iterator[tuple[str, Model]]:
    for name, entry in place.entries():
        if isinstance(entry.value, Mapping):
            fields = entry.fields(keys.LIMITS)
            context, output = (fields[each].integer(1, MOST) for each in ("context", "output"))
            yield name, Model(context, output, _price(fields["price"]))
        elif context := entry.integer(1, MOST):
            yield name, Model(context)


def _price(place: Place) -> Price | None:
    if place.empty:
        return None
    fields = place.fields(keys.PRICE)
    dollars = {name: _dollars(fields[name]) for name in ("input", "output", "cache_read", "cache_write")}
    for name in ("input", "output"):
        if fields[name].empty:
            fields[name].wrong("dollars for a million tokens")
    if dollars["input"] is None or dollars["output"] is None:
        return None
    return Price(dollars["input"], dollars["output"], dollars["cache_read"], dollars["cache_write"])


def _dollars(place: Place) -> float | None:
    value = place.number()
    if value is not None and value < 0:
        place.fault(f"expected dollars, not {place.value}")
        return None
    return value

"""What is known of models: how much they take, how much they give, what it costs. Data, with sources."""

import re
from dataclasses import dataclass

from ccr.ids import ModelName


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens. None: not known, which is not free."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Tokens; None: not known."""

    context: int | None = None  # prompt and answer together
    output: int | None = None  # the longest answer
    price: Price | None = None


UNKNOWN = Model()


@dataclass(frozen=True, slots=True)
class Row:
    names: str  # a pattern for the whole name, without the vendor's prefix
    model: Model
    source: str


ROWS: tuple[Row, ...] = ()


def model(name: ModelName) -> Model:
    """By its own name, whatever stands before it (`anthropic/`, `models/`, `~`) and behind it (`:online`)."""
    plain = name.rpartition("/")[2].partition(":")[0].lower()
    return next((row.model for row in ROWS if re.fullmatch(row.names, plain)), UNKNOWN)

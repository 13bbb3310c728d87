"""How large a prompt is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenCount:
    tokens: int
    exact: bool  # False: an estimate

"""The two kinds of upstream behind the router, so that one test can be about both."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.parts import Part
from tests.support.upstream import Answer, Upstream


@dataclass(frozen=True)
class Side:
    """One kind of upstream, the target that leads to it, and how it says things."""

    model: str
    key: str  # the provider's, as the router knows it
    upstream: Upstream
    stream: Callable[..., Answer]
    reply: Callable[..., Answer]
    path: str

    def script(self, *parts: Part, streaming: bool) -> None:
        self.upstream.play([self.stream(*parts) if streaming else self.reply(*parts)])


streams = pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "whole"])

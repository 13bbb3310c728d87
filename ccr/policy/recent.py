"""A memory with a bound."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """Holds what was set last, the newest at the end; beyond `most` the one that was set longest ago is forgotten, and of
    those that are `kept` none while there are others."""

    def __init__(self, most: int, kept: Callable[[K], bool] = lambda key: False) -> None:
        super().__init__()
        self._most = most
        self._kept = kept

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            del self[next((each for each in self if not self._kept(each)), next(iter(self)))]

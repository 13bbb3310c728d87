"""What stands beside a transformer's name in the settings."""

from ccr.config.problems import folded
from ccr.messages.json import Json, JsonObject


class Options:
    """Options by name, in any spelling. What cannot be used is a ValueError; what is not known is noted."""

    def __init__(self, raw: JsonObject, *known: str) -> None:
        names = {folded(name): name for name in known}
        self._found = {names[folded(key)]: value for key, value in raw.items() if folded(key) in names}
        strays = [key for key in raw if folded(key) not in names]
        takes = f"it takes {', '.join(known)}" if known else "it takes no options"
        self.notes = (f"does not know {', '.join(strays)}; {takes}",) if strays else ()

    def count(self, name: str) -> int | None:
        value = self._found.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise ValueError(f"needs {name}, a whole number above 0")

    def number(self, name: str) -> int | float | None:
        value = self._found.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise ValueError(f"takes a number as {name}")

    def flag(self, name: str, *, usual: bool) -> bool:
        value: Json = self._found.get(name)
        if value is None:
            return usual
        if isinstance(value, bool):
            return value
        raise ValueError(f"takes true or false as {name}")

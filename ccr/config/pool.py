"""Providers[].api_key -> its keys: one text, or a list of texts and of objects."""

import re
from collections.abc import Iterator, Mapping

from ccr.config import keys
from ccr.config.interpolate import REFERENCE
from ccr.config.problems import Fields, Place
from ccr.config.schema import Key, Secret
from ccr.config.show import MASK

VISIBLE = re.compile(r"[!-~]+")  # what a header can hold as one word
PLACEHOLDER = re.compile(r"(sk-)?(x{3,}|\.{3})|<.*>|(sk-)?your[-_ ].*key.*", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")  # what a header and a log can hold, and tell from others
PARTS = re.compile(r"[,\r\n]+")  # between the keys in one text; no key has a comma
MOST = 2**31


def pool(place: Place, sources: Mapping[str, str], provider: str) -> tuple[Key, ...]:
    """All that are written, each once. One whose variable is not set has no secret."""
    found: list[tuple[Place, Key]] = []
    for entry in place.items() if isinstance(place.value, list) else (place,):
        for each in _entry(entry, sources, len(found) + 1, alone=entry is place):
            _add(each, found)
    left = any(key.secret for _, key in found)
    for at, key in found:
        if not key.secret:
            end = "this key is left out" if left else f"{provider} cannot be asked until it is"
            at.notice(f"{key.source} is not set, so {end}")
    return tuple(key for _, key in found)


def parts(text: str) -> list[str]:
    """The keys in a text or a variable."""
    return [part.strip() for part in PARTS.split(text) if part.strip()]


def _add(new: tuple[Place, Key], found: list[tuple[Place, Key]]) -> None:
    place, key = new
    for other, known in found:
        if key.secret and key.secret == known.secret and key.secret != Secret(MASK):
            place.notice(f"is the same key as {other.path}; it is used once")
            return
        if key.name == known.name:
            place.fault(f'"{key.name}" is the name of the key at {other.path} already; give each its own')
    found.append(new)


def _entry(entry: Place, sources: Mapping[str, str], first: int, *, alone: bool) -> Iterator[tuple[Place, Key]]:
    plain = not isinstance(entry.value, Mapping)
    fields = Fields({"key": entry}, entry) if plain else entry.fields(keys.KEY)
    place = fields["key"]
    name, share, priority = _name(fields["name"]), weight(fields["weight"]), fields["priority"].integer(1, 1000)
    rpm, tpm, concurrency = (fields[each].integer(1, MOST) for each in ("rpm", "tpm", "concurrency"))
    written = list(_secrets(place, sources))
    if not written and place.empty and not (plain and alone):
        place.wrong("a key, or $NAME of a variable")
    for number, (secret, source) in enumerate(written):
        own = f"{name}.{number + 1}" if name and len(written) > 1 else name or str(first + number)
        yield place, Key(secret, own, source, share, priority or 1, rpm, tpm, concurrency)


def _secrets(place: Place, sources: Mapping[str, str]) -> Iterator[tuple[Secret, str | None]]:
    """Each with the variable that it comes from."""
    if place.value is None and (unset := place.report.unset.get(place.path)):
        yield Secret(""), unset
    for part in parts(place.text() or ""):
        if unfilled := REFERENCE.fullmatch(part):  # of several in one text, one that is not set
            yield Secret(""), unfilled["braced"] or unfilled["bare"]
        elif not VISIBLE.fullmatch(part):
            place.fault("has spaces or characters that no key has; copy it again")
        else:
            if PLACEHOLDER.fullmatch(part):
                place.notice(
                    "looks like the placeholder of an example; put the provider's key there, or $NAME of a variable"
                )
            yield Secret(part), sources.get(place.path)


def _name(place: Place) -> str | None:
    name = place.text()
    if name and not NAME.fullmatch(name):
        place.fault("a key's name has up to 40 letters, digits and . _ - @ alone")
        return None
    return name


def weight(place: Place) -> float:
    found = place.number()
    if found is not None and not 0 < found <= MOST:
        place.fault(f"expected a weight, more than 0, not {place.value}")
    return 1.0 if found is None else found

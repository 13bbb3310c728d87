"""The values as one line: in our own form, or by the modules of a CCR configuration. Never wider than it may be."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ccr.service.nearby import Object
from ccr.service.statusline.values import Values, branch, dollars, percent, tokens, variables

COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
DIM, RED, YELLOW, CYAN = "2", "31", "33", "36"
ARROW = "\ue0b0"  # powerline's
BETWEEN = " · "
NARROW, FULL = 0.75, 0.9  # how full the window is when it becomes yellow, red


class Part(NamedTuple):
    text: str
    code: str = ""  # of its colour, as in ESC [ code m
    background: str = ""
    weight: int = 0  # where there is little room, the lightest stay


def line(seen: Values, wanted: Object, width: int, *, plain: bool) -> str:
    """`wanted` is the configuration's own form, if it has one."""
    modules = wanted.get("modules")
    own = _modules(modules, seen) if isinstance(modules, list) else []
    if own:
        return _joined(own, wanted.get("style") == "powerline", width, plain=plain)
    parts = _fitting(_usual(seen), len(BETWEEN), width)
    return BETWEEN.join(part.text if plain else _colored(part.text, part.code) for part in parts)


def _usual(seen: Values) -> list[Part]:
    if not seen.model:
        return [Part("ccr: no route yet", DIM)]
    name = f"{seen.model} ✗ {seen.status}" if seen.status else seen.model
    parts = [Part(name, RED if seen.status else CYAN)]
    if seen.rule:
        parts.append(Part(seen.rule if seen.tries < 2 else f"{seen.rule}, {seen.tries} tries", DIM, weight=2))
    if (used := seen.used) is not None and not seen.status:
        parts.append(Part(f"{_about(seen)}{_context(used, seen)}", _alarm(seen.fullness), weight=1))
    if seen.all_input or seen.all_output:
        parts.append(Part(f"↑{tokens(seen.all_input)} ↓{tokens(seen.all_output)}", weight=4))
    if seen.cache_share:
        parts.append(Part(f"{percent(seen.cache_share)} cached", DIM, weight=5))
    if seen.cost is not None:
        parts.append(Part(dollars(seen), weight=3))
    return parts


def _context(used: int, seen: Values) -> str:
    if not seen.window:
        return tokens(used)
    return f"{tokens(used)} of {tokens(seen.window)} ({percent(seen.fullness)})"


def _about(seen: Values) -> str:
    return "~" if seen.estimated else ""


def _alarm(fullness: float | None) -> str:
    if fullness is None or fullness < NARROW:
        return ""
    return RED if fullness >= FULL else YELLOW


def _modules(modules: Sequence[object], seen: Values) -> list[Part]:
    known = variables(seen)
    parts: list[Part] = []
    for weight, module in enumerate(modules, 1):
        if not isinstance(module, Mapping):
            continue
        template, icon = str(module.get("text", "")), str(module.get("icon", ""))
        if "{{gitBranch}}" in template and "gitBranch" not in known:
            known["gitBranch"] = branch(seen.folder)
        if text := _filled(template, known):
            color, background = str(module.get("color", "")), str(module.get("background", ""))
            whole = f"{icon} {text}" if icon else text
            parts.append(Part(_printable(whole), _code(color, 30), _code(background, 40), weight))
    return parts


def _filled(template: str, known: Mapping[str, str]) -> str:
    """Empty where it names something and none of that is known."""
    pieces = template.split("{{")
    filled, found = pieces[0], not pieces[1:]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}}")
        value = known.get(name, "") if closed else ""
        found = found or bool(value)
        filled += value + rest
    return filled.replace("()", "").strip() if found else ""  # what stood in them is not known


def _joined(parts: list[Part], powerline: bool, width: int, *, plain: bool) -> str:
    parts = _fitting(parts, 3 if powerline else 1, width)
    if plain:
        return " ".join(part.text for part in parts)
    if not powerline:
        return " ".join(_colored(part.text, ";".join(filter(None, (part.code, part.background)))) for part in parts)
    drawn = ""
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        own = part.background or "40"
        drawn += _colored(f" {part.text} ", ";".join(filter(None, (part.code, own))))
        behind = (after.background or "40") if after else ""
        drawn += _colored(ARROW, ";".join(filter(None, (_as_foreground(own), behind))))
    return drawn


def _fitting(parts: list[Part], between: int, width: int) -> list[Part]:
    """Those that there is room for, the lightest first; the first of all stays, shortened if need be."""
    kept, left = {0}, width - sum(len(part.text) for part in parts[:1])
    for place in sorted(range(1, len(parts)), key=lambda place: parts[place].weight):
        if len(parts[place].text) + between <= left:
            kept.add(place)
            left -= len(parts[place].text) + between
    return [part._replace(text=part.text[: max(1, width)]) for place, part in enumerate(parts) if place in kept]


def _colored(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if code else text


def _code(name: str, base: int) -> str:
    """bg_bright_blue, bright_blue, #88aaff -> what the terminal takes; 30 is a foreground, 40 a background."""
    name = name.removeprefix("bg_")
    bright = name.removeprefix("bright_")
    if bright in COLORS:
        return str(base + COLORS.index(bright) + (60 if bright != name else 0))
    digits = name.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return ""
    return f"{base + 8};2;{red};{green};{blue}"


def _as_foreground(code: str) -> str:
    first, semicolon, rest = code.partition(";")
    return f"{int(first) - 10}{semicolon}{rest}"


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())

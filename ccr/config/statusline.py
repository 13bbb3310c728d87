"""StatusLine, as configs of CCR 2 have it -> what `ccr statusline` draws."""

import re
from collections.abc import Iterator

from ccr.config.keys import MODULE, STATUS_LINE
from ccr.config.problems import Place, folded
from ccr.config.schema import Module, StatusLine

# What a template may name, and what it shows.
VARIABLES = {
    "workDirName": "the folder's name",
    "gitBranch": "its branch",
    "model": "the model that answered last",
    "provider": "whose it is",
    "rule": "the rule that chose it",
    "inputTokens": "tokens of its prompt, cached or not",
    "outputTokens": "tokens of its answer",
    "totalInputTokens": "tokens of all prompts of the session",
    "totalOutputTokens": "tokens of all its answers",
    "cacheShare": "how much of all prompts came from the provider's cache",
    "contextPercent": "how full the model's window is",
    "contextWindowSize": "that window, in tokens",
    "cost": "dollars, where the price is known",
    "tokenSpeed": "tokens in a second of the last answer",
    "timeToFirstToken": "milliseconds until it began",
    "duration": "how long the session lasts",
    "linesAdded": "lines that Claude Code added",
    "linesRemoved": "lines that it removed",
    "netLines": "the difference",
    "version": "Claude Code's version",
    "sessionId": "the session",
}
# It is drawn when an answer has ended.
SILENT = ("isStreaming", "streamingIndicator")

TEXTS = {
    "workDir": "{{workDirName}}",
    "gitBranch": "{{gitBranch}}",
    "model": "{{model}}",
    "usage": "{{inputTokens}} {{outputTokens}}",
    "speed": "{{tokenSpeed}} t/s",
}
COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COLOR = re.compile(rf"(bg_)?(bright_)?({'|'.join(COLORS)})|#?([0-9a-fA-F]{{3}}|[0-9a-fA-F]{{6}})")
MOST_MODULES = 32


def status_line(place: Place) -> StatusLine:
    fields = place.fields({**STATUS_LINE, **{folded(name): name for name in _own_styles(place)}})
    style = fields["currentStyle"].text() or "default"
    if not fields["fontFamily"].empty:
        fields["fontFamily"].notice("has no effect: the font is the terminal's")
    return StatusLine(
        enabled=fields["enabled"].boolean() or False,
        style=style,
        modules=tuple(_modules(fields[style].opened()["modules"])),
    )


def _own_styles(place: Place) -> Iterator[str]:
    """A style of one's own may have any name."""
    entries = place.entries() if isinstance(place.value, dict) else ()
    return (name for name, entry in entries if isinstance(entry.value, dict))


def _modules(place: Place) -> Iterator[Module]:
    for item in list(place.items())[:MOST_MODULES]:
        fields = item.fields(MODULE)
        kind = fields["type"].text() or ""
        if kind == "script":
            item.notice("scripts are not run in the status line; use a text with {{variables}}")
            continue
        text = fields["text"].text() or TEXTS.get(kind, "")
        for name in re.findall(r"\{\{(\w+)\}\}", text):
            if name not in VARIABLES:
                why = "it is drawn when an answer has ended" if name in SILENT else "there is no such variable"
                fields["text"].notice(f"{{{{{name}}}}} shows nothing: {why}")
        yield Module(kind, fields["icon"].text() or "", text, _color(fields["color"]), _color(fields["background"]))


def _color(place: Place) -> str:
    name = place.text() or ""
    if name and not COLOR.fullmatch(name):
        place.notice(f'"{name}" is no colour: expected such as bright_blue or #88aaff')
        return ""
    return name

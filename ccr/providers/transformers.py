"""Transformers, as the settings name them -> quirks."""

from collections.abc import Iterator, Mapping

from ccr.config.problems import folded
from ccr.config.schema import JAVASCRIPT, Config, Notice, QuirkUse
from ccr.providers.custom import Custom, custom
from ccr.wire.quirks import DIALECTS, INSTEAD, QUIRKS, Makes, Options, Quirk, known

BUILT_IN: Mapping[str, Makes] = {folded(name): make for name, make in QUIRKS.items()}
SPOKEN = known(DIALECTS)
ELSEWHERE = known(INSTEAD)


def makers(config: Config, notices: list[Notice]) -> Mapping[str, Makes]:
    """Folded name -> what makes it; a file of the user's stands in for a built-in one. Raises ConfigInvalid."""
    own: dict[str, Custom] = {}
    unread: dict[str, Makes] = {}
    for index, file in enumerate(config.transformers):
        place = f"transformers[{index}]"
        if file.path.endswith(JAVASCRIPT):
            notices.append(Notice(f"{place}.path", _javascript(file.path)))
        elif file.source is None:
            if not config.source:  # where it runs elsewhere, the router there has read it
                notices.append(Notice(f"{place}.path", "is not read here: the configuration does not come from a file"))
            unread[folded(_stem(file.path))] = lambda options: Quirk("unread")
        else:
            made = custom(file)
            name = folded(made.name)
            if name in SPOKEN or name in own:
                whose = f"the name of {own[name].path}" if name in own else "a dialect's name"
                raise made.invalid(f'"{made.name}" is {whose} already; give NAME another value')
            notices += [Notice(place, text) for text in _told(made, config)]
            own[name] = made
    return {**BUILT_IN, **unread, **{name: each.quirk for name, each in own.items()}}


def _told(made: Custom, config: Config) -> Iterator[str]:
    name = folded(made.name)
    if name in BUILT_IN:
        yield f'{made.path} stands in for the built-in "{made.name}"'
    uses = (use for each in config.providers for uses in (each.quirks, *each.model_quirks.values()) for use in uses)
    if all(folded(use.name) != name for use in uses):
        yield f'no provider uses "{made.name}"; name it in a transformer.use'


def quirks(uses: tuple[QuirkUse, ...], path: str, makes: Mapping[str, Makes], notices: list[Notice]) -> Iterator[Quirk]:
    for index, use in enumerate(uses):
        made = _made(use, makes)
        said = made.notes if isinstance(made, Quirk) else made
        notices += [Notice(f"{path}[{index}]", f'"{use.name}" {text}') for text in said]
        if isinstance(made, Quirk):
            yield made


def _made(use: QuirkUse, makes: Mapping[str, Makes]) -> Quirk | tuple[str, ...]:
    """The quirk, or why there is none."""
    name = folded(use.name)
    if name in SPOKEN:
        return Options(use.options, *DIALECTS[SPOKEN[name]]).notes
    if name not in makes:
        return (INSTEAD[ELSEWHERE[name]] if name in ELSEWHERE else "is not a known transformer and has no effect",)
    try:
        return makes[name](use.options)
    except ValueError as wrong:
        return (f"{wrong}; it has no effect",)


def _javascript(path: str) -> str:
    """Many of these files are copies of what is built in."""
    stem = folded(_stem(path))
    for name in (stem, stem.removesuffix("transformer")):
        if name in BUILT_IN or name in SPOKEN:
            built_in = known(QUIRKS).get(name) or SPOKEN[name]
            return f'JavaScript is not loaded; "{built_in}" is built in and needs no file: take this entry out'
        if name in ELSEWHERE:
            return f"JavaScript is not loaded; {ELSEWHERE[name]} {INSTEAD[ELSEWHERE[name]]}"
    return "JavaScript is not loaded; write it in Python (docs/transformers.md), or use a built-in one"


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]

"""YAML text -> plain values, and its nodes with their places. Raises ConfigInvalid, and RecursionError."""

from collections.abc import Iterator

import yaml

from ccr.errors import ConfigInvalid


class Loader(yaml.SafeLoader):
    """Safe, and dates stay text: model names look like them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def decode(text: str) -> object:
    try:
        node = yaml.compose(text, Loader)
        for mapping in _mappings(node, set()):
            _no_yaml_twins(mapping)
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        where = _mark(mark) if mark else ""
        raise ConfigInvalid(f"{where}not YAML: {broken.problem}; look at the indentation and the colons") from None
    except yaml.YAMLError as broken:
        raise ConfigInvalid(f"not YAML: {str(broken).splitlines()[0]}") from None


def _mark(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: "


def _mappings(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.MappingNode]:
    """Each once, however many anchors point to it."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item, seen)


def _no_yaml_twins(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.tag != "tag:yaml.org,2002:str":
            raise ConfigInvalid(f"{_mark(key.start_mark)}a key that is not text; put it in quotes")
        if key.value in seen:
            raise ConfigInvalid(f'{_mark(key.start_mark)}"{key.value}" is here for the second time; keep one')
        seen.add(key.value)

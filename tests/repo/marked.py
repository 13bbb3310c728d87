"""Which tests say what they are about: `@pytest.mark.trap(12)`, `@pytest.mark.contract("6", "what happens")`."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.repo.files import ROOT


class Marked(NamedTuple):
    arguments: tuple[object, ...]
    test: str  # as pytest names it


@cache
def decorated(mark: str) -> tuple[Marked, ...]:
    """Every test with that mark, in the order of the files."""
    return tuple(_decorated(mark))


def _decorated(mark: str) -> Iterator[Marked]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        if f"mark.{mark}" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for arguments in _marks(node, mark):
                    yield Marked(arguments, f"{path.relative_to(ROOT)}::{node.name}")


def marked() -> dict[int, list[str]]:
    """A trap's number -> the tests that are about it."""
    found: dict[int, list[str]] = defaultdict(list)
    for numbers, test in decorated("trap"):
        for number in numbers:
            assert isinstance(number, int)
            found[number].append(test)
    return dict(found)


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef, mark: str) -> Iterator[tuple[object, ...]]:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(ast.Attribute(attr=name), args) if name == mark:
                yield tuple(map(ast.literal_eval, args))
            case _:
                pass

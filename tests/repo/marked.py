"""Which tests say that they are about a trap."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.repo.files import ROOT


def marked() -> dict[int, list[str]]:
    """Number -> the tests with @pytest.mark.trap(number), as pytest names them."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for number, name in _in(path):
            found[number].append(f"{path.relative_to(ROOT)}::{name}")
    return dict(found)


def _in(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(ast.Attribute(attr="trap"), args):
                        yield from ((arg.value, node.name) for arg in args if isinstance(arg, ast.Constant))  # type: ignore[misc]
                    case _:
                        pass

"""Every source file has its test file at the same place."""

import ast
from pathlib import Path

from tests.repo.files import ROOT, tracked

NOT_ASKED = {"__init__.py", "__main__.py"}

# Files without a test file. The list may only shrink: an entry whose test exists, or whose file is gone, fails.
EXEMPT: dict[str, str] = {}


def place_of_test(source: Path) -> Path:
    return Path("tests", *source.parts[1:-1], f"test_{source.name}")


def only_declares(source: Path) -> bool:
    """No function with a body: ports, tables, values. Whoever uses them tests them."""
    functions = [
        node
        for node in ast.walk(ast.parse((ROOT / source).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    bodies = [statement for function in functions for statement in function.body]
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in bodies)


def test_every_source_file_has_its_test_file() -> None:
    sources = [path for path in tracked("ccr") if path.suffix == ".py" and path.name not in NOT_ASKED]
    without = [source for source in sources if not (ROOT / place_of_test(source)).exists()]
    missing = [f"{source} -> {place_of_test(source)}" for source in without if not only_declares(source)]
    assert [line for line in missing if line.split()[0] not in EXEMPT] == []


def test_exemptions_are_still_needed() -> None:
    done = [path for path in EXEMPT if (ROOT / place_of_test(Path(path))).exists()]
    gone = [path for path in EXEMPT if not (ROOT / path).exists()]
    assert (done, gone) == ([], [])

"""The repository's own files, for the tests about them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked(*under: str) -> list[Path]:
    """What is, or is about to be, in the repository; relative to ROOT."""
    # The owner of the checkout may be another user: git asks for this switch then.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard", "--", *under]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def is_shell(path: Path) -> bool:
    with (ROOT / path).open("rb") as file:
        first = file.readline().rstrip()
    return first.startswith(b"#!") and first.endswith((b"/sh", b"bash"))

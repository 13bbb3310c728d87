"""Stand-ins for s6's programs, on a PATH of their own, and a service directory that they speak of."""

from collections.abc import Sequence
from pathlib import Path

UP = "true true 7 -1 NA 60"
ANEW = "true true 8 -1 NA 0"
STOPPING = "true false 7 -1 NA 60"
DOWN = "false false -1 0 NA 60"
BETWEEN = "false true -1 1 NA 0"
GIVEN_UP = "false false -1 1 NA 5"

SVSTAT = """#!/bin/sh
for folder; do :; done
head -n 1 "$folder/seen"
if [ "$(wc -l <"$folder/seen")" -gt 1 ]; then sed -i 1d "$folder/seen"; fi
"""
SVC = """#!/bin/sh
echo "$1" >>"$2/sent"
if [ -e "$2/after$1" ]; then cat "$2/after$1" >"$2/seen"; fi
if [ -e "$2/prints" ]; then cat "$2/prints" >>"$2/output"; fi
"""


class S6:
    """What s6-svstat says, one line after the other, the last one from then on; and what s6-svc was told."""

    def __init__(self, folder: Path, name: str = "router") -> None:
        self.folder = folder / "s6" / name
        self.output = folder / "ccr" / "log" / name / "current"
        self.programs = folder / "programs"
        for path in (self.folder, self.output.parent, self.programs):
            path.mkdir(parents=True)
        self.output.touch()
        (self.folder / "output").symlink_to(self.output)
        self.program("s6-svstat", SVSTAT)
        self.program("s6-svc", SVC)

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def says(self, *lines: str) -> None:
        _write(self.folder / "seen", lines)

    def after(self, command: str, *lines: str) -> None:
        """What it says once s6-svc was given `command`."""
        _write(self.folder / f"after{command}", lines)

    def prints(self, *lines: str) -> None:
        """What the service prints when s6-svc was called."""
        _write(self.folder / "prints", lines)

    @property
    def sent(self) -> list[str]:
        path = self.folder / "sent"
        return path.read_text().split() if path.exists() else []

    def environment(self, path: str) -> dict[str, str]:
        return {"CCR_SERVICE": str(self.folder), "PATH": f"{self.programs}:{path}"}


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))

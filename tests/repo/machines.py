"""Machines for the tests of scripts: a PATH with the plainest tools, and stand-ins for the rest."""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.repo.files import ROOT


@dataclass(frozen=True, slots=True)
class Machine:
    folder: Path

    def has(self, tools: Iterable[str]) -> None:
        for tool in tools:
            (self.folder / "bin").mkdir(exist_ok=True)
            (self.folder / "bin" / tool).symlink_to(shutil.which(tool) or f"/missing/{tool}")

    def stand_in(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "scripts" / script, *arguments],
            env={"PATH": str(self.folder / "bin"), "TMPDIR": str(self.folder), **environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )

"""A service that s6 runs, by s6's own programs."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccr.errors import ServiceProblem

FIELDS = ("up", "wantedup", "pid", "exitcode", "signal", "updownfor")
MOST_LINES = 10
# s6-log puts one before each line, if it is told to.
STAMP = re.compile(r"^(@[0-9a-f]{24}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) +")


@dataclass(frozen=True, slots=True)
class Seen:
    """What s6-svstat tells."""

    up: bool
    wanted: bool  # down and not wanted: stopped, or given up
    pid: int | None
    ended: str  # how the last process ended: "exit code 1", "SIGKILL"; "" when it was well, or is not known
    seconds: float  # since it is so


class Service:
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.name = folder.name
        self._folder = folder
        self._path = env.get("PATH", "")

    @property
    def output(self) -> Path:
        """What its process prints: /run/s6/NAME is logged to /run/ccr/log/NAME/current."""
        return self._folder.parents[1] / "ccr" / "log" / self.name / "current"

    def seen(self) -> Seen:
        said = self._run("s6-svstat", "-o", ",".join(FIELDS)).split()
        if len(said) != len(FIELDS):
            raise ServiceProblem(f"s6-svstat says of {self._folder} what is not understood: {' '.join(said)}")
        up, wanted, pid, code, signal, seconds = said
        ended = f"exit code {code}" if int(code) > 0 else signal if signal not in ("NA", "SIGTERM") else ""
        return Seen(up == "true", wanted == "true", int(pid) if int(pid) > 0 else None, ended, float(seconds))

    def send(self, commands: str) -> None:
        """Letters of s6-svc, in their order: u up, d down, r restart, k kill."""
        self._run("s6-svc", f"-{commands}")

    def printed(self) -> int:
        """How far its output has got."""
        try:
            return self.output.stat().st_size
        except OSError:
            return 0

    def last_words(self, since: int) -> str:
        """What it printed after `since`, at the end; each line once, as s6 may have tried again."""
        try:
            with self.output.open("rb") as file:
                file.seek(since if since <= self.printed() else 0)  # shorter: it was rotated
                said = file.read().decode(errors="replace")
        except OSError as error:
            return f"({self.output}: {error.strerror})"
        lines = (STAMP.sub("", line).removeprefix("ccr: ") for line in said.splitlines())
        return "\n".join(list(dict.fromkeys(line for line in lines if line.strip()))[-MOST_LINES:])

    def _run(self, program: str, *arguments: str) -> str:
        found = shutil.which(program, path=self._path)
        if found is None:
            raise ServiceProblem(f"CCR_SERVICE is set, and {program} is not on the PATH: install s6, or unset it")
        try:
            done = subprocess.run(
                (found, *arguments, str(self._folder)), capture_output=True, text=True, timeout=10, check=False
            )
        except subprocess.TimeoutExpired:
            raise ServiceProblem(f"{program} does not end; is s6 well? ({self._folder})") from None
        if done.returncode != 0:
            why = " ".join(done.stderr.split()) or f"{program} ended with exit code {done.returncode}"
            raise ServiceProblem(f"{why} (CCR_SERVICE is {self._folder})")
        return done.stdout

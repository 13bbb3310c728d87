"""A terminal in which a program runs, to be read and typed into: tmux, with a server of its own."""

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_numbers = itertools.count()


class Screen:
    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], folder: Path, *, columns: int = 140, lines: int = 50
    ) -> None:
        assert shutil.which("tmux"), "tmux is missing (Debian: apt-get install tmux)"
        self._server = f"ccr-test-{os.getpid()}-{next(_numbers)}"
        plain = ["env", "-i", *(f"{name}={value}" for name, value in {**env, "TERM": "xterm-256color"}.items())]
        size = ("-x", str(columns), "-y", str(lines))
        stays = ("start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";")
        self._tmux("-f", "/dev/null", *stays, "new-session", "-d", *size, "-c", str(folder), *plain, *command)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._tmux("kill-server", check=False)

    @property
    def text(self) -> str:
        """What can be seen."""
        return self._tmux("capture-pane", "-p")

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)
        time.sleep(0.4)  # what comes with the text would count as pasted

    def press(self, *keys: str) -> None:
        """tmux's names: Enter, Escape, Up, C-c."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.1)

    def say(self, text: str) -> None:
        self.type(text)
        self.press("Enter")

    def wait_for(self, text: str, seconds: float = 20) -> str:
        until = time.monotonic() + seconds
        while text not in (seen := self.text):
            assert time.monotonic() < until, f"no {text!r} within {seconds:g} s:\n{seen}"
            time.sleep(0.05)
        return seen

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, *words], capture_output=True, text=True, timeout=20, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

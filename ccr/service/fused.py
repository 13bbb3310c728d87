"""The fused container, which the script beside this file builds, starts and enters."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ccr.errors import ServiceProblem

SCRIPT = Path(__file__).with_name("container")

Proxy = Literal["router", "litellm"]
Verb = Literal["enter", "shell", "ssh", "logs", "status", "down", "clean", "deliver"]


@dataclass(frozen=True, slots=True)
class Instance:
    """What names one; None: as the environment says, or as usual."""

    name: str | None = None
    port: int | None = None
    workspace: Path | None = None
    run: str | None = None  # this command instead of a shell

    def variables(self) -> dict[str, str]:
        said = {
            "NAME": self.name,
            "PORT": None if self.port is None else str(self.port),
            "WORKSPACE": None if self.workspace is None else str(self.workspace.absolute()),
            "CCR_RUN": self.run,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Call:
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)  # it holds keys


def call(verb: Verb, words: tuple[str, ...], instance: Instance, env: Mapping[str, str]) -> Call:
    """Raises ServiceProblem where containers cannot be started from."""
    if env.get("CCR_SERVICE"):
        raise ServiceProblem("this is the container already: it is started and stopped from outside")
    bash = shutil.which("bash", path=env.get("PATH", ""))
    if bash is None:
        raise ServiceProblem("bash is not installed, and the container's script needs it")
    return Call((bash, str(SCRIPT), verb, *words), {**env, **instance.variables()})

"""What runs on several remotes, asked at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ccr.errors import ServiceProblem
from ccr.messages.json import JsonObject
from ccr.service.remote import remotes, ssh
from ccr.service.remote.remotes import Remote
from ccr.service.remote.ssh import Person, Ran

COMMAND = ("ccr", "status", "--json")
WITHIN = 20.0  # seconds
AT_ONCE = 16
NO_SUCH_COMMAND = 127

Condition = Literal["running", "not running", "unhealthy", "unreachable", "unclear"]


class Said(msgspec.Struct):
    """What we read of the answer; the rest is passed on as it came."""

    condition: Literal["running", "not running", "unhealthy"]
    uptime: float | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    remote: Remote
    condition: Condition
    uptime: float | None = None
    config: str | None = None
    problem: str = ""  # why we know no better
    answer: JsonObject | None = None

    @property
    def well(self) -> bool:
        return self.condition == "running"

    def as_json(self) -> JsonObject:
        return {"condition": self.condition, "problem": self.problem or None, "status": self.answer}


def survey(asked: Sequence[Remote], home: Path, person: Person) -> list[Found]:
    """In the order of the question."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda remote: look(remote, home, person), asked))


def look(remote: Remote, home: Path, person: Person) -> Found:
    try:
        keys = remotes.keys(home, remote)
        with ssh.connected(remote, keys, remotes.keys_path(home), person) as connection:
            return read(remote, connection.run(COMMAND, WITHIN))
    except ServiceProblem as problem:
        return Found(remote, "unreachable", problem=problem.message)


def read(remote: Remote, ran: Ran) -> Found:
    try:
        said = msgspec.json.decode(ran.out, type=Said)
        return Found(remote, said.condition, said.uptime, said.config, answer=msgspec.json.decode(ran.out))
    except msgspec.MsgspecError:
        pass
    if ran.code == NO_SUCH_COMMAND:
        return Found(remote, "unclear", problem=f"{remote.name}: there is no ccr on the PATH of {remote}")
    lines = ran.err.decode(errors="replace").strip().splitlines() or ["nothing"]
    problem = f"{remote.name}: `ccr status` there ended with {ran.code} and said: {lines[-1]}"
    return Found(remote, "unclear", problem=problem)

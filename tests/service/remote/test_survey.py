import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from ccr.service.remote import remotes, survey
from ccr.service.remote.remotes import Remote
from ccr.service.remote.ssh import Person, Ran
from ccr.service.remote.survey import Found
from tests.support.ssh_server import Command, Server, listening, made, printing, public

STATUS = {"condition": "running", "running": True, "uptime": 61.0, "config": "c.json", "address": "http://127.0.0.1:1"}
RUNNING = printing(json.dumps(STATUS).encode())
BOX = Remote("box", "developer", "box.test")


def hosts(folder: Path, *commands: Command) -> Iterator[tuple[Remote, Server]]:
    """One for each, saved under the names a, b, …"""
    key = made(folder / "identity")
    with contextlib.ExitStack() as stack:
        for name, command in zip("abcdefgh", commands, strict=False):
            host = Server(made(folder / name), {"ccr status --json": command}, key)
            server = stack.enter_context(listening(host))
            remote = server.remote(folder / "identity", name)
            remotes.save(folder, remote, [public(server.host_key)])
            yield remote, server


@contextlib.contextmanager
def asked(folder: Path, *commands: Command) -> Iterator[list[Found]]:
    opened = hosts(folder, *commands)
    found = [remote for _, (remote, _server) in zip(commands, opened, strict=False)]
    yield survey.survey(found, folder, Person(folder))
    opened.close()  # type: ignore[attr-defined]


def test_what_runs_is_told(tmp_path: Path) -> None:
    with asked(tmp_path, RUNNING) as (found,):
        assert (found.condition, found.well, found.uptime, found.config) == ("running", True, 61.0, "c.json")
        assert found.as_json() == {"condition": "running", "problem": None, "status": STATUS}


def test_each_answer_belongs_to_who_was_asked(tmp_path: Path) -> None:
    with asked(tmp_path, RUNNING, printing(b'{"condition": "not running"}', code=3)) as found:
        assert [(each.remote.name, each.condition) for each in found] == [("a", "running"), ("b", "not running")]


def test_hosts_are_asked_at_the_same_time(tmp_path: Path) -> None:
    def slow(channel: paramiko.Channel) -> int | None:
        time.sleep(1)
        return RUNNING(channel)

    begun = time.monotonic()
    with asked(tmp_path, slow, slow, slow, slow) as found:
        assert all(each.well for each in found)
    assert time.monotonic() - begun < 3.5


def test_a_host_that_is_gone_does_not_hide_the_others(tmp_path: Path) -> None:
    opened = hosts(tmp_path, RUNNING)
    remote, _ = next(opened)
    gone = replace(remote, name="gone", port=1)
    found = survey.survey([gone, remote], tmp_path, Person(tmp_path))
    opened.close()  # type: ignore[attr-defined]
    assert [each.condition for each in found] == ["unreachable", "running"]
    assert "cannot be reached" in found[0].problem


@pytest.mark.parametrize(
    ("ran", "problem"),
    [
        (Ran(127, b"", b"sh: 1: ccr: not found\n"), "there is no ccr on the PATH of developer@box.test"),
        (Ran(1, b"", b"more\nccr: cannot read it\n"), "ended with 1 and said: ccr: cannot read it"),
        (Ran(0, b"Welcome!", b""), "ended with 0 and said: nothing"),
        (Ran(0, b'{"condition": "odd"}', b""), "ended with 0 and said: nothing"),
    ],
)
def test_what_is_no_status_is_unclear(ran: Ran, problem: str) -> None:
    found = survey.read(BOX, ran)
    assert (found.condition, found.well) == ("unclear", False)
    assert problem in found.problem

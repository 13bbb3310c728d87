import json
import os
import resource
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ccr.config.schema import Log
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.record import Record, Tried
from ccr.messages.reply import Usage
from ccr.observe.requestlog import RequestLog

Opener = Callable[..., RequestLog]

TARGET = Target(ProviderName("acme"), ModelName("m"))
RECORD = Record(
    time=1_700_000_000.5,
    request_id="req_1",
    session="s",
    client="anthropic",
    agent="claude-cli/2",
    asked_for="claude-opus",
    rule="default",
    target=TARGET,
    attempts=(Tried(TARGET, None, 0.25),),
    status=200,
    usage=Usage(input=10, output=5, cache_read=3),
    estimated=False,
    streamed=True,
    first_token=0.1,
    seconds=0.3,
    error=None,
    stop_reason="end_turn",
    request_class="subagent",
    agent_type="Explore",
)


@pytest.fixture
def open_log() -> Iterator[Opener]:
    with ExitStack() as opened:

        def make(path: Path, log: Log | None = None) -> RequestLog:
            made = RequestLog(path, log or Log())
            opened.callback(made.close)
            return made

        yield make


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_a_request_is_one_line_of_json(open_log: Opener, tmp_path: Path) -> None:
    open_log(tmp_path / "logs" / "ccr.log")(RECORD)
    (line,) = lines(tmp_path / "logs" / "ccr.log")
    assert line == {
        "level": "info",
        "time": "2023-11-14T22:13:20.500+00:00",
        "event": "request",
        "id": "req_1",
        "session": "s",
        "client": "anthropic",
        "agent": "claude-cli/2",
        "class": "subagent",
        "agent_type": "Explore",
        "asked_for": "claude-opus",
        "rule": "default",
        "target": "acme,m",
        "attempts": [{"target": "acme,m", "failure": None, "ms": 250}],
        "status": 200,
        "stream": True,
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 3,
        "cache_write_tokens": None,
        "estimated": False,
        "stop_reason": "end_turn",
        "first_token_ms": 100,
        "ms": 300,
        "error": None,
    }


def test_an_attempt_that_failed_says_how_and_with_which_key(open_log: Opener, tmp_path: Path) -> None:
    tried = Tried(TARGET, "slow down", 0.1, "2", "limited")
    open_log(tmp_path / "ccr.log")(replace(RECORD, attempts=(tried,)))
    (line,) = lines(tmp_path / "ccr.log")
    assert line["attempts"] == [{"target": "acme,m", "key": "2", "failure": "slow down", "kind": "limited", "ms": 100}]


def test_who_was_passed_over_is_told(open_log: Opener, tmp_path: Path) -> None:
    open_log(tmp_path / "ccr.log")(replace(RECORD, passed_over=(TARGET,)))
    assert lines(tmp_path / "ccr.log")[0]["passed_over"] == ["acme,m"]


def test_an_attempt_that_broke_off_says_so(open_log: Opener, tmp_path: Path) -> None:
    open_log(tmp_path / "ccr.log")(replace(RECORD, attempts=(Tried(TARGET, "it ended", 0.1, kind="cut", broke=True),)))
    (line,) = lines(tmp_path / "ccr.log")
    assert line["attempts"] == [
        {"target": "acme,m", "failure": "it ended", "kind": "cut", "broke": True, "ms": 100},
    ]


def test_only_the_owner_writes_it_and_their_group_may_read_along(open_log: Opener, tmp_path: Path) -> None:
    open_log(tmp_path / "ccr.log")(RECORD)
    assert stat.S_IMODE((tmp_path / "ccr.log").stat().st_mode) == 0o640


def test_a_pipe_is_no_log_and_nobody_waits_for_its_reader(
    open_log: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "ccr.log")
    log = open_log(tmp_path / "ccr.log")
    log(RECORD)
    assert log.broken
    assert "ccr.log cannot be written: [Errno 29] it is a pipe, not a file" in capsys.readouterr().err


def test_a_request_that_got_nowhere_has_a_line_too(open_log: Opener, tmp_path: Path) -> None:
    record = replace(
        RECORD, rule=None, target=None, attempts=(), first_token=None, status=400, error="messages: missing"
    )
    open_log(tmp_path / "ccr.log")(record)
    (line,) = lines(tmp_path / "ccr.log")
    assert (line["level"], line["target"], line["first_token_ms"]) == ("error", None, None)


def test_a_page_of_an_error_is_shortened(open_log: Opener, tmp_path: Path) -> None:
    failure = "x" * 100_000
    record = replace(RECORD, error=failure, attempts=(Tried(TARGET, failure, 0.1),))
    open_log(tmp_path / "ccr.log")(record)
    assert (tmp_path / "ccr.log").stat().st_size < 6_000


@pytest.mark.parametrize(("level", "expected"), [("error", ["boom"]), ("info", ["boom", "start"])])
def test_the_level_decides_what_is_written(open_log: Opener, tmp_path: Path, level: str, expected: list[str]) -> None:
    log = open_log(tmp_path / "ccr.log", Log(level="error" if level == "error" else "info"))
    log.note("error", "boom", 0.0, cause="why")
    log.note("info", "start", 0.0)
    log.note("debug", "detail", 0.0)
    assert [line["event"] for line in lines(tmp_path / "ccr.log")] == expected


def test_a_log_that_is_off_writes_nothing(open_log: Opener, tmp_path: Path) -> None:
    open_log(tmp_path / "ccr.log", Log(enabled=False))(RECORD)
    assert not (tmp_path / "ccr.log").exists()


def test_a_reload_changes_the_level(open_log: Opener, tmp_path: Path) -> None:
    log = open_log(tmp_path / "ccr.log", Log(level="error"))
    log.configure(Log(level="debug"))
    log.note("debug", "detail", 0.0)
    assert len(lines(tmp_path / "ccr.log")) == 1


def test_it_is_rotated_and_bounded(open_log: Opener, tmp_path: Path) -> None:
    log = open_log(tmp_path / "ccr.log", Log(max_bytes=1000, keep=2))
    for number in range(20):
        log(replace(RECORD, request_id=f"req_{number}"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["ccr.log", "ccr.log.1", "ccr.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert lines(tmp_path / "ccr.log")[-1]["id"] == "req_19"


def test_it_goes_on_where_it_was_after_a_restart(open_log: Opener, tmp_path: Path) -> None:
    for _ in range(2):
        log = open_log(tmp_path / "ccr.log")
        log(RECORD)
        log.close()
    assert len(lines(tmp_path / "ccr.log")) == 2


def test_a_disk_that_cannot_be_written_is_told_once_and_stops_nothing(
    open_log: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log = open_log(tmp_path / "logs" / "ccr.log")
    log(RECORD)
    log(RECORD)
    assert capsys.readouterr().err.count("cannot be written") == 1
    assert log.broken


def test_a_log_that_somebody_moved_is_begun_anew(open_log: Opener, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "ccr.log"
    log = open_log(path)
    log(RECORD)
    path.parent.rename(tmp_path / "old")
    log(RECORD)
    assert (len(lines(path)), len(lines(tmp_path / "old" / "ccr.log"))) == (1, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_logs_in_a_users_folder_is_the_users(open_log: Opener, tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    open_log(tmp_path / "logs" / "ccr.log")(RECORD)
    assert {path.stat().st_uid for path in (tmp_path / "logs", tmp_path / "logs" / "ccr.log")} == {65534}


def test_a_disk_that_was_full_has_no_half_of_a_line(
    open_log: Opener, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ccr.log"
    log = open_log(path)
    log(RECORD)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, before[1]))
    try:
        log(RECORD)
        log(RECORD)
        broken = log.broken
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert broken
    assert capfd.readouterr().err.count("cannot be written") == 1
    log(RECORD)
    assert log.broken is None
    assert len(lines(path)) == 2

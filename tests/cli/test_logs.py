import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ccr
from tests.support.s6 import S6

LINE = '{"level":"info","time":"2026-01-02T03:04:05.678+00:00","event":"start","config":"c"}'


def logs(home: Path, name: str, *lines: str) -> None:
    (home / "logs").mkdir(parents=True)
    (home / "logs" / name).write_text("".join(f"{line}\n" for line in lines))


def test_lines_are_readable(ccr: Ccr, home: Path) -> None:
    logs(home, "ccr.log", LINE)
    assert ccr("logs").out == "2026-01-02 03:04:05  info  start  config: c\n"


def test_lines_are_json_for_programs(ccr: Ccr, home: Path) -> None:
    logs(home, "ccr.log", LINE, LINE)
    assert ccr("logs", "--json", "-n", "1").out == f"{LINE}\n"


def test_the_process_has_its_own(ccr: Ccr, home: Path) -> None:
    logs(home, "ccr.out", "the router listens")
    assert ccr("logs", "--process").out == "the router listens\n"


def test_without_a_log_there_is_a_sentence(ccr: Ccr, home: Path) -> None:
    done = ccr("logs")
    assert (done.code, done.err) == (1, f"ccr: there is no {home}/logs/ccr.log yet: it begins with the router\n")


def test_the_log_may_lie_elsewhere(ccr: Ccr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ccr.log").write_text(f"{LINE}\n")
    monkeypatch.setenv("CCR_LOGS", str(tmp_path))
    assert ccr("logs", "--json").out == f"{LINE}\n"


def test_what_a_service_printed_is_s6s_log(ccr: Ccr, s6: S6) -> None:
    s6.output.write_text("the router listens\n")
    assert ccr("logs", "--process").out == "the router listens\n"


@pytest.mark.usefixtures("elsewhere")
def test_a_log_that_is_not_here_is_said(ccr: Ccr) -> None:
    done = ccr("logs")
    assert done.code == 1
    assert "is kept where it runs; CCR_LOGS names its folder" in done.err


def test_a_line_for_programs_gives_a_terminal_no_orders(ccr: Ccr, home: Path) -> None:
    said = {"event": "request", "error": "\x9b2J \u202e \x7f caf\u00e9"}
    logs(home, "ccr.log", json.dumps(said, ensure_ascii=False))
    shown = ccr("logs", "--json")
    assert shown.json == said
    assert "caf\u00e9" in shown.out
    assert shown.out.removesuffix("\n").isprintable()

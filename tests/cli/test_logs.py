from pathlib import Path

from tests.cli.conftest import Ccr

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

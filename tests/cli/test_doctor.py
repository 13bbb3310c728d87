import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr.cli.doctor import as_by_ctrl_c
from tests.cli.conftest import CONFIG, Ccr
from tests.support.pages import Pages


def test_nothing_configured_is_no_problem_and_the_next_step_is_said(ccr: Ccr) -> None:
    done = ccr("doctor", "--only", "config", "--only", "keys")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "warning  configuration: there is no provider yet",
        f"         {done.out.splitlines()[1].strip()}",
        "skipped  keys: there is no provider yet",
        "0 problems, 1 warning",
    ]
    assert done.out.splitlines()[1].startswith("         -> `ccr config init` asks for one")


def test_all_well_is_said(ccr: Ccr) -> None:
    assert ccr("doctor", "--only", "versions").out.endswith("\nall is well\n")


def test_where_nothing_could_be_looked_at_nothing_is_said_to_be_well(ccr: Ccr, config: Path) -> None:
    config.write_text("{")
    assert ccr("doctor", "--only", "port").out.splitlines() == [
        "skipped  port: needs the configuration, which cannot be had (`--only config` says why)",
        "nothing was looked at",
    ]


def test_json_has_a_stable_shape(ccr: Ccr, config: Path) -> None:
    done = ccr("doctor", "--json", "--only", "config")
    assert done.code == 0
    found = done.json
    assert isinstance(found, dict)
    assert set(found) == {"ok", "problems", "warnings", "findings"}
    assert found["findings"][0] == {
        "check": "config",
        "state": "ok",
        "title": "configuration",
        "seen": f"{config} is valid",
        "remedy": None,
    }


def test_a_broken_configuration_is_a_problem_and_the_others_are_looked_at_all_the_same(ccr: Ccr, config: Path) -> None:
    config.write_text("{")
    done = ccr("doctor", "--quick", "--json", "--only", "config", "--only", "keys", "--only", "disk")
    assert done.code == 1
    assert isinstance(done.json, dict)
    assert [(each["check"], each["state"]) for each in done.json["findings"]] == [
        ("config", "problem"),
        ("keys", "skipped"),
        ("disk", "ok"),
    ]


def test_a_port_that_another_program_has_is_a_problem(ccr: Ccr, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        config.write_text(json.dumps({**CONFIG, "PORT": taker.getsockname()[1]}))
        done = ccr("doctor", "--only", "port")
    assert done.code == 1
    assert f"is taken by pid {os.getpid()}" in done.out
    assert "-> stop that, or choose another port" in done.out


def test_a_file_of_keys_that_others_can_read_is_a_problem(ccr: Ccr, config: Path) -> None:
    config.chmod(0o644)
    done = ccr("doctor", "--only", "permissions")
    assert (done.code, f"-> chmod 600 {config}" in done.out) == (1, True)


def test_no_key_is_shown(ccr: Ccr, config: Path) -> None:
    done = ccr("doctor", "--quick", "--json")
    assert "sk-hidden" not in done.out


def test_a_check_that_is_none_is_one_line(ccr: Ccr) -> None:
    done = ccr("doctor", "--only", "kyes")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("ccr: there is no check kyes; there are versions, config, ")


def test_a_router_elsewhere_is_looked_at_as_far_as_it_can_be(
    ccr: Ccr, elsewhere: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ccr("doctor", "--quick", "--json")
    assert isinstance(done.json, dict)
    states = {each["check"]: each["state"] for each in done.json["findings"]}
    assert (states["router"], states["permissions"], states["providers"]) == ("warning", "skipped", "skipped")


def test_a_terminal_shows_what_is_being_looked_at(
    ccr: Ccr, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert ccr("doctor", "--only", "versions").err == "\r\033[Kversions …\r\033[K"


@pytest.fixture(params=["as at the start", "somebody's own"])
def handled(request: pytest.FixtureRequest) -> Iterator[None]:
    """Who handles SIGINT; tests may be run where nobody does."""

    def own(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, own if request.param == "somebody's own" else signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handled")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_ends_it_twice_does_not_end_the_cleaning(by: signal.Signals) -> None:
    before = signal.getsignal(by)
    cleaned = False
    with pytest.raises(KeyboardInterrupt), as_by_ctrl_c():
        try:
            os.kill(os.getpid(), by)
            time.sleep(1)
        finally:
            for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                os.kill(os.getpid(), each)
            time.sleep(0.001)
            cleaned = True
    assert cleaned
    assert signal.getsignal(by) is before

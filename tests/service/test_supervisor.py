from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service.supervisor import Seen, Service
from tests.support.s6 import DOWN, GIVEN_UP, S6, UP


@pytest.fixture
def service(s6: S6, environment: dict[str, str]) -> Service:
    return Service(s6.folder, s6.environment(environment["PATH"]))


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (UP, Seen(True, True, 7, "", 60.0)),
        (DOWN, Seen(False, False, None, "", 60.0)),
        (GIVEN_UP, Seen(False, False, None, "exit code 1", 5.0)),
        ("false false -1 -1 SIGKILL 1", Seen(False, False, None, "SIGKILL", 1.0)),
        ("false false -1 -1 SIGTERM 1", Seen(False, False, None, "", 1.0)),
    ],
)
def test_what_s6_tells_is_understood(s6: S6, service: Service, said: str, seen: Seen) -> None:
    s6.says(said)
    assert service.seen() == seen


def test_something_else_is_said_as_it_is(s6: S6, service: Service) -> None:
    s6.says("what ever")
    with pytest.raises(ServiceProblem, match="not understood: what ever"):
        service.seen()


def test_letters_reach_s6(s6: S6, service: Service) -> None:
    service.send("dk")
    assert s6.sent == ["-dk"]


def test_what_s6_refuses_is_one_line_with_the_place(s6: S6, service: Service) -> None:
    s6.program("s6-svc", "#!/bin/sh\necho 's6-svc: fatal: unable to control it: Permission denied' >&2\nexit 111\n")
    with pytest.raises(ServiceProblem) as problem:
        service.send("u")
    assert problem.value.message == (
        f"s6-svc: fatal: unable to control it: Permission denied (CCR_SERVICE is {s6.folder})"
    )


def test_without_s6_the_remedy_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="s6-svstat is not on the PATH: install s6, or unset it"):
        Service(Path("/run/s6/router"), {"PATH": str(tmp_path)}).seen()


def test_its_output_lies_where_the_container_logs_it() -> None:
    assert Service(Path("/run/s6/litellm"), {}).output == Path("/run/ccr/log/litellm/current")


def test_last_words_are_those_since_a_point_without_time_stamps(s6: S6, service: Service) -> None:
    s6.output.write_text("2026-01-02 03:04:05.678901234  ccr: an older fault\n")
    since = service.printed()
    with s6.output.open("a") as file:
        file.write("2026-01-02 03:04:06.678901234  ccr: PORT: not a number\n@4000000065a1b2c3d4e5f607 and more\n")
    assert service.last_words(since) == "PORT: not a number\nand more"


def test_what_is_printed_at_each_try_is_said_once(s6: S6, service: Service) -> None:
    s6.output.write_text("ccr: broken\nccr: router ended with exit code 1\n\n" * 2)
    assert service.last_words(0) == "broken\nrouter ended with exit code 1"


def test_only_the_last_lines_count(s6: S6, service: Service) -> None:
    s6.output.write_text("".join(f"{number}\n" for number in range(100)))
    assert service.last_words(0).split() == [str(number) for number in range(90, 100)]


def test_after_a_rotation_all_counts(s6: S6, service: Service) -> None:
    s6.output.write_text("ccr: new\n")
    assert service.last_words(since=1000) == "new"


def test_output_that_cannot_be_read_is_said(s6: S6, service: Service) -> None:
    s6.output.unlink()
    assert service.printed() == 0
    assert service.last_words(0) == f"({s6.output}: No such file or directory)"

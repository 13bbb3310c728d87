import json
from itertools import islice
from pathlib import Path
from threading import Timer

import pytest

from ccr.service.logs import BLOCK, follow, readable, tail


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, ["a", "b", "c"])]
)
def test_the_last_lines_are_taken(tmp_path: Path, count: int, expected: list[str]) -> None:
    (tmp_path / "log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "log", count) == expected


def test_long_lines_are_taken_whole(tmp_path: Path) -> None:
    lines = [letter * BLOCK for letter in "abc"]
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    assert tail(tmp_path / "log", 2) == lines[1:]


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"a": "\u2028\x85"}\n')
    assert tail(tmp_path / "log", 5) == ['{"a": "\u2028\x85"}']


def test_an_empty_log_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    assert tail(tmp_path / "log", 5) == []


def test_what_comes_is_followed_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")

    def write() -> None:
        with path.open("a") as file:
            file.write("one\ntw")
            file.flush()
            file.write("o\n")
        path.replace(tmp_path / "log.1")
        path.write_text("three\n")

    timer = Timer(0.05, write)
    timer.start()
    assert list(islice(follow(path, every=0.01), 3)) == ["one", "two", "three"]
    timer.join()


def request(**fields: object) -> str:
    said = {"time": "2026-01-02T03:04:05.678+00:00", "event": "request", "id": "req_1", "status": 200, "rule": "think"}
    return json.dumps({**said, "target": "or,a", "input_tokens": 1200, "output_tokens": 30, "ms": 2100, **fields})


def test_a_request_is_one_line() -> None:
    expected = "2026-01-02 03:04:05  200  think -> or,a  1,200 in, 30 out, whole 2.1 s, req_1"
    assert readable(request()) == expected


def test_a_request_says_what_it_was_for() -> None:
    subagent = readable(request(**{"class": "subagent", "agent_type": "Explore"}))
    assert "200  subagent Explore  think -> or,a  1,200 in" in subagent
    assert "200  main              think -> or,a  1,200 in" in readable(request(**{"class": "main"}))


def test_a_request_says_what_is_unusual() -> None:
    line = readable(request(cache_read_tokens=900, first_token_ms=400, asked_for="claude-opus"))
    assert "200  claude-opus: think -> or,a  " in line
    assert line.endswith("1,200 in, 900 cached, 30 out, first token 0.4 s, whole 2.1 s, req_1")


def test_each_failed_attempt_stands_below() -> None:
    failed = {"target": "or,a", "failure": "overloaded\n" + 300 * "x", "ms": 300}
    first, second = readable(request(attempts=[failed, {"target": "or,b", "failure": None, "ms": 9}])).splitlines()
    assert first.endswith("req_1")
    assert second.strip().startswith("or,a failed after 0.3 s: overloaded xxx")
    assert second.endswith("x…")
    assert len(second) < 260


def test_what_was_tried_stands_in_its_order() -> None:
    limited = {"target": "or,a", "key": "2", "kind": "limited", "failure": "slow down [or,a key 2]", "ms": 300}
    first, second = readable(request(attempts=[limited, {"target": "groq,b", "failure": None, "ms": 9}])).splitlines()
    assert "think -> or,a key 2 limited -> groq,b  1,200 in" in first
    assert second.strip() == "or,a key 2 failed after 0.3 s: slow down"


def test_who_was_passed_over_is_told_before_who_was_asked() -> None:
    assert "think -> (or,a, or,b passed over) groq,c  1,200 in" in readable(
        request(target="groq,c", passed_over=["or,a", "or,b"])
    )
    attempts = [{"target": "groq,c", "failure": "no", "kind": "busy", "ms": 1}, {"target": "or,d", "ms": 1}]
    line = readable(request(passed_over=["or,a"], attempts=attempts))
    assert "think -> (or,a passed over) groq,c busy -> or,d  1,200 in" in line


def test_an_answer_that_broke_off_and_went_on_elsewhere_is_told_so() -> None:
    broke = {"target": "or,a", "kind": "cut", "failure": "it ended before its end [or,a]", "broke": True, "ms": 300}
    first, second = readable(request(attempts=[broke, {"target": "groq,b", "failure": None, "ms": 9}])).splitlines()
    assert "or,a cut -> groq,b" in first
    assert second.strip() == "or,a broke off after 0.3 s: it ended before its end"


def test_an_error_that_is_one_of_the_failures_is_said_once() -> None:
    tried = [{"target": f"or,{name}", "failure": f"busy [or,{name}]", "ms": 300} for name in "ab"]
    line = readable(request(status=529, attempts=tried, error="busy [or,a] (also tried: or,b: busy)"))
    assert "answered with" not in line


def test_an_error_stands_below() -> None:
    line = readable(request(status=502, rule=None, target=None, input_tokens=None, ms=None, error="no answer"))
    assert line.splitlines()[0] == "2026-01-02 03:04:05  502  - -> -  ? in, 30 out, whole ?, req_1"
    assert line.splitlines()[1].strip() == "answered with the error: no answer"


def test_what_others_wrote_begins_no_line() -> None:
    assert "\n" not in readable(request(asked_for="m\n2026", rule="a\nb", target="c\rd"))


def test_a_failure_that_was_the_answer_is_said_once() -> None:
    tried = {"target": "or,a", "failure": "no funds [or,a]: top it up", "ms": 300}
    _, *below = readable(request(status=402, attempts=[tried], error=tried["failure"])).splitlines()
    assert [line.strip() for line in below] == ["or,a failed after 0.3 s: no funds: top it up"]


def test_an_event_says_its_fields() -> None:
    said = '{"level": "warn", "time": "2026-01-02T03:04:05", "event": "notice", "text": "hm"}'
    assert readable(said) == "2026-01-02 03:04:05  warn  notice  text: hm"


@pytest.mark.parametrize("line", ["", "{", "[]", "plain text"])
def test_what_is_no_line_of_ours_stays_as_it_is(line: str) -> None:
    assert readable(line) == line

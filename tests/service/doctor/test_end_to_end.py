"""The run itself is tests/e2e/test_doctor.py's; here is what is said of one that failed."""

import json
from pathlib import Path

import pytest

from ccr.service.doctor.end_to_end import Ended, _asked, _fault, end_to_end
from ccr.service.doctor.scripted import Scripted
from tests.service.doctor.conftest import Seen


def script(requests: int = 1, *, offered: bool = True, came_back: str | None = "1 word") -> Scripted:
    made = Scripted(Path("/note.txt"), "word")
    made.server_close()
    made.requests, made.offered, made.came_back = requests, offered, came_back
    return made


@pytest.mark.parametrize(
    ("ended", "played", "said"),
    [
        ((1, "no network"), script(0), "claude sent the router nothing: no network"),
        ((None, ""), script(0), "claude sent the router nothing within 30 s"),
        ((0, "OK"), script(offered=False), "claude did not offer its tool Read: OK"),
        ((0, ""), script(came_back=None), "claude was asked to call Read and did not"),
        ((0, "hm"), script(came_back="denied"), "the call of Read failed: denied"),
        ((None, ""), script(), "claude did not end within 30 s of its answer"),
        ((2, "oh"), script(), "claude ended with exit code 2 and without the answer: oh"),
    ],
)
def test_what_failed_is_said_from_the_point_where_it_failed(ended: Ended, played: Scripted, said: str) -> None:
    found = _fault(ended, played)
    assert found is not None
    assert (found.state, found.seen, bool(found.remedy)) == ("problem", said, True)


def test_an_answer_with_the_word_is_well() -> None:
    assert _fault((0, "the file says word"), script()) is None


def test_a_claude_that_is_missing_is_a_problem(seen: Seen) -> None:
    (found,) = end_to_end(seen(CLAUDE_PATH="/nowhere/claude"))
    assert found.state == "problem"


def test_where_managed_settings_bind_claude_to_a_router_it_is_not_tried(seen: Seen, tmp_path: Path) -> None:
    managed = {"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456"}}
    (tmp_path / "managed-settings.json").write_text(json.dumps(managed))
    (found,) = end_to_end(seen(CLAUDE_PATH="/nowhere/claude"), tmp_path)
    assert (found.state, "http://127.0.0.1:3456" in found.seen) == ("skipped", True)


def test_a_claude_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.service.doctor.end_to_end.WITHIN", 0.1)
    claude = tmp_path / "claude"
    claude.write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    claude.chmod(0o755)
    assert _asked(claude, tmp_path, {"PATH": "/usr/bin:/bin"}) == (None, "")


def test_a_claude_that_cannot_be_run_is_said(tmp_path: Path) -> None:
    code, said = _asked(tmp_path / "claude", tmp_path, {})
    assert (code, said) == (126, f"{tmp_path}/claude cannot be run: No such file or directory")


def test_a_router_that_does_not_start_is_a_problem(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.service.doctor.end_to_end.ROUTER", ("/bin/false",))
    (found,) = end_to_end(seen(CLAUDE_PATH="/bin/true"))
    assert found.seen.startswith("a router of its own does not start: the router ended with exit code 1")

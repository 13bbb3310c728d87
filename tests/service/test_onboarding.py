import errno
import json
import os
import stat
from pathlib import Path

import pytest

from ccr.messages.json import Json
from ccr.service import onboarding
from ccr.service.onboarding import answer, answered

HERE = Path("/w")
KEY = "sk-ant-0123456789012345678901"
said: list[str] = []


def test_a_first_start_is_answered() -> None:
    assert answered({}) == {"hasCompletedOnboarding": True}
    assert answered({}, HERE, KEY) == {
        "hasCompletedOnboarding": True,
        "projects": {"/w": {"hasTrustDialogAccepted": True}},
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
    }


def test_what_is_not_known_stays_where_it_is() -> None:
    before: Json = {"odd": [1.5, None], "projects": {"/w": {"mine": 1}, "/x": {"hasTrustDialogAccepted": False}}}
    after = answered(before, HERE)
    assert list(after) == ["odd", "projects", "hasCompletedOnboarding"]
    assert after["projects"] == {
        "/w": {"mine": 1, "hasTrustDialogAccepted": True},
        "/x": {"hasTrustDialogAccepted": False},
    }


def test_an_answer_is_not_overwritten() -> None:
    before: Json = {
        "hasCompletedOnboarding": True,
        "projects": {"/w": {"hasTrustDialogAccepted": True}},
        "customApiKeyResponses": {"rejected": [KEY[-20:]]},
    }
    assert answered(before, HERE, KEY) == before


def test_a_no_that_nobody_gave_is_no_answer() -> None:
    before: Json = {"projects": {"/w": {"hasTrustDialogAccepted": False}}}
    assert answered(before, HERE)["projects"] == {"/w": {"hasTrustDialogAccepted": True}}


def test_the_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / ".claude.json"
    answer(path, said.append, HERE)
    assert json.loads(path.read_text())["projects"] == {"/w": {"hasTrustDialogAccepted": True}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.stat().st_ino
    answer(path, said.append, HERE)
    assert path.stat().st_ino == written
    assert said == []


def test_a_link_and_its_rights_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / ".claude.json"
    real.write_text('{"name": "\\ud83d \u00e9"}')
    real.chmod(0o644)
    link.symlink_to(real)
    answer(link, said.append)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o644
    assert json.loads(real.read_text()) == {"name": "\ud83d \u00e9", "hasCompletedOnboarding": True}


@pytest.mark.parametrize(
    "text",
    [
        '{"hasCompl',
        "[]",
        '{"projects": []}',
        '{"projects": {"/w": 1}}',
        "[" * 100_000,
        "",
        '{"odd": 1e400}',
        '{"customApiKeyResponses": 1}',
    ]
    + ['{"customApiKeyResponses": {"approved": "x"}}'],
)
def test_a_broken_file_is_left_alone_and_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".claude.json"
    path.write_text(text)
    told: list[str] = []
    answer(path, told.append, HERE, KEY)
    assert path.read_text() == text
    assert told == [f"{path} is broken and was left as it is: claude will say more, and ask its first questions"]


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    told: list[str] = []
    for name in ("pipe", "loop"):
        answer(tmp_path / name, told.append, HERE)
    assert len(told) == 2
    assert (tmp_path / "loop").is_symlink()


def test_a_file_that_may_not_be_written_stays(tmp_path: Path) -> None:
    path = tmp_path / ".claude.json"
    path.write_text("{}")
    path.chmod(0o400)
    told: list[str] = []
    answer(path, told.append, HERE)
    assert (path.read_text(), told) == (
        "{}",
        [
            f"{path}: its owner wants it unchanged (mode 400); chmod u+w allows it; it was left as it is: "
            "claude will ask its first questions"
        ],
    )


def test_a_file_that_is_no_text_is_broken_too(tmp_path: Path) -> None:
    path = tmp_path / ".claude.json"
    path.write_bytes(b"\xff\xfe")
    told: list[str] = []
    answer(path, told.append, HERE)
    assert len(told) == 1


def test_claude_keeps_its_file_at_home_or_where_it_is_told(tmp_path: Path) -> None:
    assert onboarding.file({"HOME": "/h"}) == Path("/h/.claude.json")
    assert onboarding.file({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}) == Path("/c/.claude.json")
    folder = onboarding.own_folder({"HOME": str(tmp_path)})
    assert folder == tmp_path / ".claude-code-router" / "claude"
    assert folder.is_dir()


def test_a_file_that_cannot_be_replaced_is_told_and_claude_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(old: str, new: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy", old)

    monkeypatch.setattr("os.replace", busy)
    path = tmp_path / ".claude.json"
    path.write_text("{}")
    told: list[str] = []
    answer(path, told.append, HERE)
    assert len(told) == 1
    assert told[0].startswith(f"{path}: is mounted by itself and cannot be replaced; mount its folder")

import os
from pathlib import Path

import pytest

from ccr.service.doctor import machine
from ccr.service.doctor.finding import Finding
from tests.service.doctor.conftest import Seen, acme


def test_versions_name_ours_and_pythons(seen: Seen) -> None:
    (found,) = machine.versions(seen())
    assert "Python 3." in found.seen


def test_files_for_the_user_alone_are_well(seen: Seen) -> None:
    (found,) = machine.permissions(seen(acme()))
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("mode", "what"), [(0o644, "can be read by others (0644)"), (0o666, "can be changed by others")]
)
def test_a_file_with_keys_that_others_can_read_is_a_problem(seen: Seen, tmp_path: Path, mode: int, what: str) -> None:
    here = seen(acme())
    file = tmp_path / ".claude-code-router" / "config.json"
    file.chmod(mode)
    (found,) = machine.permissions(here)
    assert what in found.seen
    assert found.remedy == f"chmod 600 {file}"


def test_the_routers_own_key_is_looked_at_too(seen: Seen, tmp_path: Path) -> None:
    here = seen(acme())
    (tmp_path / ".claude-code-router" / "key").chmod(0o640)
    (found,) = machine.permissions(here)
    assert "key holds keys and can be read by others" in found.seen


def test_a_file_without_keys_may_be_read(seen: Seen, tmp_path: Path) -> None:
    here = seen(acme(api_key="$ACME_KEY"), ACME_KEY="sk-0123456789")
    (tmp_path / ".claude-code-router" / "config.json").chmod(0o644)
    assert [each.state for each in machine.permissions(here)] == ["ok"]


def test_a_broken_file_may_hold_keys(seen: Seen, tmp_path: Path) -> None:
    here = seen("{")
    (tmp_path / ".claude-code-router" / "config.json").chmod(0o644)
    assert [each.state for each in machine.permissions(here)] == ["problem"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_a_problem(seen: Seen, tmp_path: Path) -> None:
    here = seen(acme())
    os.chown(tmp_path / ".claude-code-router" / "config.json", 12_345, -1)
    (found,) = machine.permissions(here)
    assert "belongs to another user (12345)" in found.seen


def test_the_files_of_a_router_elsewhere_are_not_here(seen: Seen) -> None:
    assert [each.state for each in machine.permissions(seen(CCR_ROUTER="http://127.0.0.1:1"))] == ["skipped"]


def test_a_home_that_can_be_made_is_well(seen: Seen, tmp_path: Path) -> None:
    (found,) = machine.home(seen(CCR_HOME=str(tmp_path / "a" / "b")))
    assert (found.state, found.seen) == ("ok", f"{tmp_path}/a/b can be written")


def test_a_home_that_cannot_be_written_is_a_problem(seen: Seen) -> None:
    (found,) = machine.home(seen(CCR_HOME="/proc/nothing"))
    assert (found.state, found.remedy) == ("problem", "make that possible, or set CCR_HOME to a folder that can be")


def test_a_folder_for_logs_that_cannot_be_written_is_a_problem(seen: Seen, tmp_path: Path) -> None:
    logs = tmp_path / ".claude-code-router" / "logs"
    here = seen(acme())
    logs.touch()  # a file in its place: root, too, is kept from it
    (found,) = machine.home(here)
    assert (found.state, found.seen) == ("problem", f"{logs} cannot be written: Not a directory")
    assert found.remedy == "make that possible, or set CCR_LOGS to a folder that can be"


def test_the_logs_of_a_router_elsewhere_are_not_here(seen: Seen) -> None:
    (found,) = machine.home(seen(CCR_ROUTER="http://127.0.0.1:1", CCR_LOGS="/proc/nothing"))
    assert found.state == "ok"


@pytest.mark.parametrize(("free", "state"), [(10, "problem"), (100, "warning"), (5000, "ok")])
def test_a_full_disk_is_seen_before_it_is_full(seen: Seen, free: int, state: str) -> None:
    (found,) = machine.disk(seen(), lambda path: free * machine.MB)
    assert isinstance(found, Finding)
    assert found.state == state


def test_the_real_disk_is_asked(seen: Seen) -> None:
    (found,) = machine.disk(seen())
    assert "free at" in found.seen

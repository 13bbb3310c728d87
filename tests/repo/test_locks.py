"""What is installed is pinned and hashed, whole."""

import json
import re
import tomllib
from typing import Any

import pytest

from tests.repo.files import ROOT

LOCKS = ["run", "dev", "litellm", "node"]
NPM = ["devcontainer/npm", "tests/image/npm", "tests/e2e/npm", "tests/e2e/clients"]


def entries(lock: str) -> dict[str, str]:
    """Requirement name -> its whole entry, continuation lines joined."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text().replace("\\\n", " ")
    return {line.split("==")[0].lower(): line for line in text.splitlines() if line and not line.startswith("#")}


def versions(lock: str) -> dict[str, str]:
    return {name: line.split("==")[1].split()[0] for name, line in entries(lock).items()}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_pinned_and_hashed(lock: str) -> None:
    entry = re.compile(r"[a-z0-9.-]+==\S+( ;[^\\]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", re.IGNORECASE)
    assert [line for line in entries(lock).values() if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_packages_and_no_options(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    assert [line for line in text.splitlines() if line.startswith("-") or "://" in line] == []


def test_the_run_lock_holds_what_the_project_asks_for() -> None:
    asked = names(project()["project"]["dependencies"]) | names(project()["dependency-groups"]["build"])
    assert asked - entries("run").keys() == set()


def test_the_dev_lock_holds_the_dev_group() -> None:
    assert names(project()["dependency-groups"]["dev"]) - entries("dev").keys() == set()


def test_the_dev_lock_holds_the_extras() -> None:
    extras = project()["project"]["optional-dependencies"].values()
    assert {name for extra in extras for name in names(extra)} - entries("dev").keys() == set()


def test_tests_run_on_the_versions_that_users_get() -> None:
    assert versions("run").items() <= versions("dev").items()


def test_litellm_has_a_lock_of_its_own() -> None:
    assert names(project()["dependency-groups"]["litellm"]) - entries("litellm").keys() == set()
    assert [lock for lock in ("run", "dev") if "litellm" in entries(lock)] == []


def npm(folder: str, name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((ROOT / folder / name).read_text())
    return parsed


@pytest.mark.parametrize("folder", NPM)
def test_npm_packages_are_hashed_and_come_from_anywhere(folder: str) -> None:
    packages = {path: entry for path, entry in npm(folder, "package-lock.json")["packages"].items() if path}
    assert [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


@pytest.mark.parametrize(
    ("folder", "packages"),
    [("devcontainer/npm", {"tiktoken", "@anthropic-ai/claude-code"}), ("tests/image/npm", {"@devcontainers/cli"})],
)
def test_npm_packages_are_pinned_exactly(folder: str, packages: set[str]) -> None:
    package = npm(folder, "package.json")
    asked = package.get("dependencies", {}) | package.get("devDependencies", {})
    assert asked.keys() == packages
    assert [version for version in asked.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []

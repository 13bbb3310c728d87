"""`make help` is complete, and a target is a script."""

import re
import subprocess

from tests.repo.files import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def test_help_lists_every_target() -> None:
    assert set(re.findall(r"^  make ([a-z0-9-]+) ", make("help"), re.MULTILINE)) == TARGETS


def test_make_alone_prints_the_help() -> None:
    assert make() == make("help")


def test_every_rule_is_a_public_target() -> None:
    assert set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE)) == TARGETS


def test_every_target_is_one_script() -> None:
    recipes = re.findall(r"^\t@(\S+)", MAKEFILE, re.MULTILINE)
    assert [recipe for recipe in recipes if recipe != "awk" and not (ROOT / recipe).is_file()] == []

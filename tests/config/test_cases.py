"""Golden files: a configuration, a line of dashes, what it comes to. A new case is a new file in cases/.

What it comes to is every setting that is not as without a file, then the notes; or else the faults.
The environment is ENV, and nothing else.
"""

import json
from pathlib import Path

import pytest

from ccr.config.parse import parse
from ccr.config.schema import Config
from ccr.config.show import settings
from ccr.config.text import read
from ccr.errors import ConfigInvalid

ENV = {"HOME": "/home/dev", "DEEPSEEK_API_KEY": "sk-deep", "GATEWAY_HOST": "gateway.test", "EMPTY": ""}
CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
DASHES = "\n----\n"


def comes_to(text: str) -> str:
    try:
        config = parse(read(text), ENV)
    except ConfigInvalid as broken:
        return broken.message + "\n"
    usual = settings(parse({}, {}))
    changed = {name: value for name, value in settings(config).items() if usual.get(name) != value}
    notes = [f"note: {notice}" for notice in config.notices]
    return "\n".join([json.dumps(changed, indent=2, ensure_ascii=False), *notes]) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_configuration_comes_to_what_the_case_says(case: Path) -> None:
    text, _, expected = case.read_text().partition(DASHES)
    assert comes_to(text) == expected


def test_what_is_shown_is_understood_again() -> None:
    text, _, _ = (Path(__file__).parent / "cases" / "ccr2-five-providers.case").read_text().partition(DASHES)
    once = parse(read(text), ENV)
    again = parse(settings(once), ENV)
    assert without_keys(again) == without_keys(once)


def without_keys(config: Config) -> dict[str, object]:
    shown = dict(settings(config))
    return {name: value for name, value in shown.items() if name != "APIKEY"}

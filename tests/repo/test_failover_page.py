"""The examples of docs/failover.md are configurations."""

import re
from pathlib import Path

import pytest

from ccr.config.parse import parse
from ccr.config.text import read
from ccr.messages.json import Json

PAGE = (Path(__file__).parents[2] / "docs" / "failover.md").read_text()
EXAMPLES = re.findall(r"```json5\n(.*?)```", PAGE, re.DOTALL)
KEYS = ("OPENROUTER_API_KEY", "OPENROUTER_SPARE", "OPENROUTER_TEAM")
OTHERS: list[Json] = [
    {"name": name, "api_base_url": f"https://{name}.test/v1"}
    for name in ("openrouter", "deepseek", "gemini", "zai", "local")
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_says_what_it_means(text: str) -> None:
    raw = read(text, ".json5")
    own = raw.get("Providers", OTHERS)
    config = parse({"Router": {"default": ""}, **raw, "Providers": own}, {name: name.lower() for name in KEYS})
    assert [str(notice) for notice in config.notices if "has no default" not in notice.text] == []

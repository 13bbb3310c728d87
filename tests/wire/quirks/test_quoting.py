"""What Markdown shows as quoted."""

import pytest

from ccr.wire.quirks.quoting import Quoting


def quoted(text: str) -> bool:
    found = set()
    for size in (1, 7, 1000):
        quoting = Quoting()
        for at in range(0, len(text), size):
            quoting.read(text[at : at + size])
        found.add(quoting.quoted)
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    "text", ["`", "a `b", "``a`", "> ", "a\n > b", "```xml\n", "~~~python\na\n", "````md\n```\n", "```xml\n```x\n"]
)
def test_fences_of_other_languages_inline_code_and_quotations_quote(text: str) -> None:
    assert quoted(text)


@pytest.mark.parametrize("text", ["", "a `b` ", "`a\n", "```\n", "```json\n", "```xml\na\n```\n", "> a\n", "a > b"])
def test_nothing_else_does(text: str) -> None:
    assert not quoted(text)


def test_a_long_line_is_read_in_time_that_grows_with_its_length() -> None:
    quoting = Quoting()
    for _ in range(300_000):
        quoting.read("x")
    assert not quoting.quoted

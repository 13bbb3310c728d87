from pathlib import Path

import pytest
import tiktoken

from ccr.errors import ConfigInvalid
from ccr.routing.bpe import LONGEST, Bpe, data_path, encoder, load, parts
from ccr.routing.tokens import Estimate

DATA = data_path()
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the tokenizer's data is missing: run scripts/install")

LONG = {
    "letters": "a" * 1_000_000,
    "blanks before a letter": " " * 1_000_000 + "x",
    "line feeds before a letter": "\n" * 1_000_000 + "x",
    "signs": "^" * 1_000_000,
    "Chinese": "你好世界" * 250_000,
}


@pytest.fixture(scope="module")
def bpe() -> Bpe:
    return load(DATA)


@needs_data
@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("hello world", 2), ("tiktoken is great!", 6), ("<|endoftext|>", 7), ("a\ud83db", 3)]
)
def test_counts_are_those_of_cl100k_base(bpe: Bpe, text: str, tokens: int) -> None:
    assert bpe.count(text) == tokens


@needs_data
def test_cutting_a_long_text_changes_no_count(bpe: Bpe) -> None:
    text = Path(tiktoken.core.__file__).read_text() * 4
    assert len(text) > 2 * LONGEST
    assert bpe.count(text) == sum(bpe.count(line) for line in pretokens(text))


def pretokens(text: str) -> list[str]:
    """The text by its certain borders, each piece much shorter than the longest."""
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if blocks and (line[0].isspace() or blocks[-1][-1:] != "\n"):
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks


@needs_data
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_megabyte_without_a_break_is_counted(bpe: Bpe, text: str) -> None:
    assert 0 < bpe.count(text) <= len(text.encode())


@pytest.mark.parametrize("text", [*LONG.values(), "word " * 10_000, "line\n" * 10_000])
def test_parts_are_short_and_make_up_the_text(text: str) -> None:
    cut = list(parts(text))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= LONGEST


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file.*run scripts/install"):
        load(tmp_path / "gone")


def test_another_file_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("IQ== 0\n")
    with pytest.raises(ConfigInvalid, match="not the data of cl100k_base"):
        load(tmp_path / "other")


def test_without_the_data_counts_are_estimates_and_that_is_reported(tmp_path: Path) -> None:
    reports: list[str] = []
    assert isinstance(encoder(tmp_path / "gone", reports.append), Estimate)
    assert len(reports) == 1
    assert reports[0].endswith("until then token counts are estimates")


@needs_data
def test_with_the_data_counts_are_exact() -> None:
    assert encoder(DATA, pytest.fail).exact


def test_the_data_is_looked_for_in_the_environments_own_folder() -> None:
    assert data_path("/opt/ccr") == Path("/opt/ccr/share/ccr/cl100k_base.tiktoken")

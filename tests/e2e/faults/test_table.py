"""The table of faults and outcomes (docs/faults.md) is what a real router does."""

from pathlib import Path

from tests.e2e.faults.table import COLUMNS, PLACES, known, rows, told


def test_every_fault_ends_as_the_table_says(tmp_path: Path) -> None:
    """Within its deadlines, without a stack trace, and never with half an answer that looks whole."""
    suspects = {row for row, _ in wrong(told(tmp_path))}
    assert len(suspects) <= 3, suspects
    # The deadlines are short: who missed one on a busy machine is asked once more, by itself.
    for row in suspects:
        assert wrong(told(tmp_path, only=row)) == {}


def wrong(found: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    expected = known()
    return {
        (row, column): (words, expected[row][column])
        for row, cells in found.items()
        for column, words in cells.items()
        if words != expected[row][column]
    }


def test_the_table_has_every_fault_in_every_setting() -> None:
    assert list(known()) == [row.name for row in rows()]
    assert {row.fault.where for row in rows()} == set(PLACES)
    assert {tuple(cells) for cells in known().values()} == {COLUMNS}

import pytest

from ccr.wire.gemini.families import Family, Level, family


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("gemini-3-pro-preview", (3, 0)),
        ("models/gemini-2.5-flash-lite", (2, 5)),
        ("google/gemini-3.1-pro@001", (3, 1)),
        ("gemini-1.5-pro-002", (1, 5)),
        ("gemini-flash-lite-latest", (3, 0)),
        ("gemini-pro-latest", (3, 0)),
        ("gemma-3-27b-it", None),
        ("my-alias", None),
    ],
)
def test_the_version_is_read_from_the_name(model: str, version: tuple[int, int] | None) -> None:
    assert family(model).version == version


@pytest.mark.parametrize(
    ("model", "budgets", "can_rest"),
    [
        ("gemini-2.5-pro", (128, 32768), False),
        ("gemini-2.5-flash", (1, 24576), True),
        ("gemini-2.5-flash-lite-preview", (512, 24576), True),
        ("gemini-2.5-flash-image", None, False),
        ("gemini-2.0-flash", None, False),
        ("gemini-3-pro", None, False),
    ],
)
def test_the_generation_of_2_5_thinks_by_budget(model: str, budgets: tuple[int, int] | None, can_rest: bool) -> None:
    assert family(model).budgets == budgets
    assert family(model).can_rest is can_rest


@pytest.mark.parametrize(
    ("model", "levels"),
    [
        ("gemini-3-pro-preview", ("low", "high")),
        ("gemini-3.1-pro-preview", ("low", "medium", "high")),
        ("gemini-3-flash-preview", ("minimal", "low", "medium", "high")),
        ("gemini-3-pro-image", ()),
        ("gemini-2.5-pro", ()),
    ],
)
def test_from_3_on_there_are_levels(model: str, levels: tuple[Level, ...]) -> None:
    assert family(model).levels == levels


def test_of_a_foreign_name_nothing_is_presumed() -> None:
    assert family("my-alias") == Family()
    assert not family("my-alias").newer


@pytest.mark.trap(84)
@pytest.mark.parametrize(("model", "most"), [("gemini-2.0-flash", 8192), ("gemini-2.5-pro", 65536)])
def test_each_family_has_its_most_tokens(model: str, most: int) -> None:
    assert family(model).most_tokens == most

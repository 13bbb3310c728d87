import pytest

from ccr.config.schema import DialectName
from ccr.providers.dialects import spoken


@pytest.mark.parametrize(
    ("dialect", "wire"),
    [
        ("anthropic", "anthropic"),
        ("openai", "openai"),
        ("gemini", "gemini"),
        ("vertex-gemini", "gemini"),
        ("search", "search"),
        ("responses", "responses"),
    ],
)
def test_a_dialect_has_somebody_who_speaks_it(dialect: DialectName, wire: str) -> None:
    assert spoken(dialect, None).name == wire

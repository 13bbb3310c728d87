"""Names that must not be swapped."""

from ccr.ids import ModelName, ProviderName, Target


def test_a_target_reads_as_claude_code_writes_it() -> None:
    assert str(Target(ProviderName("openrouter"), ModelName("x/y:online"))) == "openrouter,x/y:online"

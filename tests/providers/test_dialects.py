import pytest

from ccr.config.schema import DialectName
from ccr.config.vendors import vendor_named
from ccr.providers.dialects import spoken
from ccr.wire.anthropic import BedrockClaude, BedrockRuntimeClaude, VertexClaude


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


@pytest.mark.parametrize(
    ("dialect", "url", "speaker"),
    [
        ("vertex-claude", "https://aiplatform.googleapis.com/v1/projects/p/locations/l", VertexClaude),
        ("bedrock-claude", "https://bedrock-mantle.us-east-1.api.aws", BedrockClaude),
        ("bedrock-claude", "https://bedrock-runtime.us-east-1.amazonaws.com", BedrockRuntimeClaude),
        ("bedrock-claude", "https://inside.test/model", BedrockRuntimeClaude),
    ],
)
def test_a_clouds_door_is_known_by_its_address(dialect: DialectName, url: str, speaker: type) -> None:
    assert type(spoken(dialect, None, url)) is speaker


def test_a_lookalike_is_known_by_its_vendor() -> None:
    assert spoken("anthropic", None).verbatim
    assert not spoken("anthropic", vendor_named("deepseek")).verbatim

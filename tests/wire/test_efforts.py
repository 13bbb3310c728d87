import pytest

from ccr.messages.request import Effort, Reasoning, Request
from ccr.wire.efforts import fitting, known, wanted


@pytest.mark.parametrize(
    ("model", "lowest", "highest"),
    [
        ("gpt-5", "minimal", "high"),
        ("gpt-5-mini-2025-08-07", "minimal", "high"),
        ("gpt-5-codex", "low", "high"),
        ("gpt-5-pro", "high", "high"),
        ("gpt-5.1", "none", "high"),
        ("gpt-5.1-codex", "low", "high"),
        ("gpt-5.1-codex-max", "low", "xhigh"),
        ("gpt-5.2-chat-latest", "medium", "medium"),
        ("gpt-5.2-pro", "medium", "xhigh"),
        ("gpt-5.3-codex", "low", "xhigh"),
        ("gpt-5.5", "none", "xhigh"),
        ("openai/GPT-6-astra", "none", "xhigh"),
        ("o4-mini", "low", "high"),
        ("codex-mini-latest", "low", "high"),
    ],
)
def test_the_efforts_of_a_model(model: str, lowest: Effort, highest: Effort) -> None:
    efforts = known(model)
    assert efforts
    assert (efforts[0], efforts[-1]) == (lowest, highest)


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4o-mini", "gpt-4.1", "chatgpt-4o-latest", "gpt-5-chat-latest"])
def test_models_that_do_not_think(model: str) -> None:
    assert known(model) == ()


@pytest.mark.parametrize("model", ["grok-4", "gpt-oss-120b", "qwen3", "my-deployment", "olmo"])
def test_of_other_models_nothing_is_known(model: str) -> None:
    assert known(model) is None


def test_a_wish_fits_from_below() -> None:
    assert fitting("max", ("low", "medium")) == "medium"
    assert fitting("medium", ("low", "medium", "high")) == "medium"
    assert fitting("none", ("high",)) == "high"


@pytest.mark.parametrize(
    ("reasoning", "effort", "wish"),
    [
        (None, None, None),
        (None, "high", "high"),
        (Reasoning("disabled"), "high", "none"),
        (Reasoning("enabled", 1024), None, "low"),
        (Reasoning("enabled", 8000), None, "medium"),
        (Reasoning("enabled", 31999), None, "high"),
        (Reasoning("enabled", 1024), "max", "max"),
        (Reasoning("adaptive"), None, "medium"),
    ],
)
def test_how_much_a_request_wants(reasoning: Reasoning | None, effort: Effort | None, wish: Effort | None) -> None:
    assert wanted(Request("m", (), reasoning=reasoning, effort=effort)) == wish

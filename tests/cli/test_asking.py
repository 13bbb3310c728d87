import pytest

from ccr.cli import asking
from tests.cli.conftest import Terminal


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> "list[str]":
    """What a person types, one after the other."""
    typed: list[str] = []
    monkeypatch.setattr("sys.stdin", Typed(typed))
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream=None: typed.pop(0))
    return typed


class Typed(Terminal):
    def __init__(self, typed: list[str]) -> None:
        self._typed = typed

    def readline(self) -> str:
        return self._typed.pop(0) + "\n"


def test_a_known_vendor_needs_no_address(answers: list[str]) -> None:
    answers += [""]
    assert asking.provider("groq", None) == ("groq", None)


def test_a_slip_in_a_vendors_name_can_be_mended(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers += ["two words", "opnrouter", "", "openrouter"]
    assert asking.provider("groq", None) == ("openrouter", None)
    assert "a provider's name is made of" in capsys.readouterr().err


def test_an_address_is_asked_for_until_it_is_a_url(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers += ["mine", "nowhere", "http://[", "http://127.0.0.1:9/v1"]
    assert asking.provider("groq", None) == ("mine", "http://127.0.0.1:9/v1")
    assert capsys.readouterr().err.count("that is no URL") == 2
    answers += ["", "https://a.example/v1"]
    assert asking.url("mine") == "https://a.example/v1"


def test_a_key_is_no_model(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers += ["the-secret", "sk-other", "a b", "m"]
    assert asking.model("", "the-secret") == "m"
    said = capsys.readouterr().err
    assert said.count("that looks like a key") == 2
    assert "the-secret" not in said


def test_a_key_has_no_spaces(answers: list[str]) -> None:
    answers += ["a b", "sk-a"]
    assert asking.key("MINE") == "sk-a"
    answers += ["a b", ""]
    assert asking.router_key() == ""

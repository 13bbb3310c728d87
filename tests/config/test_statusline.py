import pytest

from ccr.config.parse import parse
from ccr.config.schema import Config, Module, StatusLine
from ccr.config.show import settings
from ccr.messages.json import Json


def parsed(line: Json) -> Config:
    return parse({"StatusLine": line, "Providers": [{"name": "ollama", "models": ["m"]}]}, {})


def of(line: Json) -> StatusLine:
    return parsed(line).status_line


def told(line: Json) -> list[str]:
    return [str(notice) for notice in parsed(line).notices if "StatusLine" in notice.path]


def test_without_one_it_is_off() -> None:
    assert of(None) == StatusLine()


def test_the_modules_of_the_style_in_use_count() -> None:
    module = {"type": "model", "icon": "*", "text": "{{model}}", "color": "bright_cyan", "background": "bg_black"}
    line = of({"enabled": True, "currentStyle": "powerline", "powerline": {"modules": [module]}, "default": {}})
    assert line == StatusLine(True, "powerline", (Module("model", "*", "{{model}}", "bright_cyan", "bg_black"),))


def test_a_style_of_ones_own_is_one() -> None:
    line: Json = {"enabled": True, "currentStyle": "Mine", "Mine": {"modules": [{"type": "gitBranch"}]}}
    assert of(line).modules == (Module("gitBranch", "", "{{gitBranch}}", "", ""),)
    assert told(line) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"fontFamily": "Hack"}, "StatusLine.fontFamily: has no effect: the font is the terminal's"),
        (
            {"default": {"modules": [{"type": "script", "scriptPath": "/x.js"}]}},
            "StatusLine.default.modules[0]: scripts are not run in the status line; use a text with {{variables}}",
        ),
        (
            {"default": {"modules": [{"text": "{{isStreaming}}"}]}},
            "StatusLine.default.modules[0].text: {{isStreaming}} shows nothing: it is drawn when an answer has ended",
        ),
        (
            {"default": {"modules": [{"text": "{{wat}}"}]}},
            "StatusLine.default.modules[0].text: {{wat}} shows nothing: there is no such variable",
        ),
        (
            {"default": {"modules": [{"color": "mauve"}]}},
            'StatusLine.default.modules[0].color: "mauve" is no colour: expected such as bright_blue or #88aaff',
        ),
    ],
)
def test_only_what_has_no_effect_is_told(line: Json, said: str) -> None:
    assert told(line) == [said]


def test_what_is_shown_can_be_read_again() -> None:
    line: Json = {"enabled": True, "currentStyle": "powerline", "powerline": {"modules": [{"type": "model"}]}}
    config = parsed(line)
    assert parse(settings(config), {}).status_line == config.status_line

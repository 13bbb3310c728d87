from pathlib import Path
from typing import Any

import pytest

from ccr.service.statusline.line import line
from ccr.service.statusline.values import Values

SEEN = Values(
    model="deepseek-chat", provider="deepseek", rule="think", tries=1, prompt=23_000, output=400, window=128_000,
    all_input=41_000, all_output=2100, cache_share=0.87, cost=0.031, folder="/home/me/project",
)  # fmt: skip


def plain(seen: Values, width: int = 120, **wanted: Any) -> str:
    return line(seen, wanted, width, plain=True)


def module(text: str, **others: str) -> dict[str, str]:
    return {"text": text, **others}


def test_all_that_is_known() -> None:
    assert plain(SEEN) == "deepseek-chat · think · 23k of 128k (18%) · ↑41k ↓2.1k · 87% cached · $0.031"


@pytest.mark.parametrize("width", range(1, 90))
def test_it_is_never_wider_than_it_may_be(width: int) -> None:
    assert 0 < len(plain(SEEN, width)) <= width
    modules = [module("{{model}}"), module("{{rule}}"), module("{{cost}}")]
    assert 0 < len(plain(SEEN, width, modules=modules)) <= width


def test_where_there_is_little_room_the_model_and_its_window_stay() -> None:
    assert plain(SEEN, 40) == "deepseek-chat · 23k of 128k (18%)"


def test_before_the_first_answer_it_is_short() -> None:
    assert plain(Values(model="llama")) == "llama"
    assert plain(Values()) == "ccr: no route yet"


def test_without_a_window_it_says_how_much_was_used() -> None:
    assert plain(SEEN._replace(window=None, cost=None)) == "deepseek-chat · think · 23k · ↑41k ↓2.1k · 87% cached"


def test_estimates_say_so() -> None:
    assert "~23k of 128k" in plain(SEEN._replace(estimated=True))


def test_a_failure_is_told_in_red() -> None:
    failed = SEEN._replace(status=529, tries=2, all_input=0, all_output=0, cache_share=None, cost=None)
    assert plain(failed) == "deepseek-chat ✗ 529 · think, 2 tries"
    assert line(failed, {}, 120, plain=False).startswith("\033[31mdeepseek-chat ✗ 529\033[0m")


@pytest.mark.parametrize(("prompt", "code"), [(100_000, "\033[33m100k"), (120_000, "\033[31m120k"), (9000, " 9.4k")])
def test_a_window_that_fills_up_is_coloured(prompt: int, code: str) -> None:
    assert code in line(SEEN._replace(prompt=prompt), {}, 120, plain=False)


def test_modules_of_a_configuration_are_drawn_in_their_colours() -> None:
    modules = [
        module("{{workDirName}}", icon="@", color="bright_blue"),
        module("{{model}}", color="#88aaff", background="bg_black"),
        module("as it is"),
    ]
    drawn = line(SEEN, {"style": "default", "modules": modules}, 120, plain=False)
    assert drawn == "\033[94m@ project\033[0m \033[38;2;136;170;255;40mdeepseek-chat\033[0m as it is"


def test_a_module_of_which_nothing_is_known_is_left_out() -> None:
    modules = [module("{{model}}"), module("took {{duration}}"), module("↑{{inputTokens}} of {{nothing}}")]
    assert plain(SEEN, modules=modules) == "deepseek-chat ↑23k of"


def test_brackets_around_what_is_not_known_are_left_out() -> None:
    assert line(Values(model="m"), {"modules": [module("{{model}} ({{rule}})")]}, 80, plain=True) == "m"


def test_the_branch_is_looked_up_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert plain(SEEN._replace(folder=str(tmp_path)), modules=[module("{{gitBranch}}"), module("{{model}}")]) == (
        "main deepseek-chat"
    )


def test_powerline_has_backgrounds_and_arrows() -> None:
    modules = [
        module("{{model}}", color="white", background="bg_bright_blue"),
        module("{{cost}}", color="#fff", background="#102030"),
    ]
    assert line(SEEN, {"style": "powerline", "modules": modules}, 120, plain=False) == (
        "\033[37;104m deepseek-chat \033[0m\033[94;48;2;16;32;48m\ue0b0\033[0m"
        "\033[38;2;255;255;255;48;2;16;32;48m $0.031 \033[0m\033[38;2;16;32;48m\ue0b0\033[0m"
    )


@pytest.mark.parametrize("modules", ["x", [], [1], [None], [{"icon": 1}], [{"text": "{{"}]])
def test_garbage_for_modules_is_not_drawn(modules: object) -> None:
    assert plain(SEEN, modules=modules, style="powerline") == plain(SEEN)
    assert line(SEEN, {"modules": [module("x", color="mauve")], "style": "powerline"}, 120, plain=False)


def test_a_configuration_cannot_order_the_terminal_about() -> None:
    assert "\033" not in plain(SEEN, modules=[module("a\033]0;b\a{{model}}")])

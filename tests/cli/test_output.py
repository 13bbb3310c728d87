import pytest

from ccr.cli import output


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (61, "1 min"), (3599, "60 min"), (7200, "2 h"), (180000, "2 d")]
)
def test_a_duration_is_in_the_unit_that_says_enough(seconds: float, said: str) -> None:
    assert output.duration(seconds) == said


def test_columns_are_aligned_and_lines_not_padded(capsys: pytest.CaptureFixture[str]) -> None:
    output.table([("a", "1", ""), ("bbb", "2", "x")], head=("N", "V", "W"), indent=" ")
    assert capsys.readouterr().out == " N    V  W\n a    1\n bbb  2  x\n"


def test_no_rows_are_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    output.table([])
    assert capsys.readouterr().out == ""


def test_nothing_that_others_wrote_gives_the_terminal_orders(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\033]0;x\a\033[2J\x9bb\u202ec\u2028d\ud800"
    output.say(output.Styled("\033[32mgood\033[0m"), f" {evil}")
    output.warn(evil)
    output.note(evil)
    output.show_json([evil])
    said = capsys.readouterr()
    assert said.out.startswith("\033[32mgood\033[0m a�]0;x��[2J�b�c d�\n")
    assert "\\u202ec\\u2028d\\ud800" in said.out
    assert said.out.count("\033") == 2
    assert said.err == "ccr: a�]0;x��[2J�b�c d�\na�]0;x��[2J�b�c d�\n"


def test_one_is_not_many() -> None:
    assert (output.counted(1, "fault"), output.counted(2, "fault")) == ("1 fault", "2 faults")


class Terminal:
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert output.styled("x", "good") == "x"
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert output.styled("x", "good") == "\033[32mx\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.styled("x", "good") == "x"


def test_colours_in_a_name_are_none_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\033[31mm\033[0m"
    output.say(evil)
    output.say(output.styled(evil, "good"))
    output.table([(evil, output.Styled("\033[32mgood\033[0m"))])
    said = capsys.readouterr().out.splitlines()
    assert [line.count("\033") for line in said] == [0, 0, 2]

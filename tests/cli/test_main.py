import pytest

from ccr.cli.main import run
from tests.cli.conftest import Ccr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frob"], "No such command 'frob'; try `ccr --help`"),
        (["start", "--port"], "Option '--port' requires an argument; try `ccr --help`"),
        (["start", "--port", "x"], "--port takes a number from 0 to 65535; try `ccr start --help`"),
        (["start", "--port", "70000"], "--port takes a number from 0 to 65535; try `ccr start --help`"),
        (["activate", "--shell", "tcsh"], "--shell takes bash, zsh, fish or pwsh; try `ccr activate --help`"),
        (["logs", "-n", "x"], "--lines takes a number; try `ccr logs --help`"),
        (["stop", "--wait", "x"], "--wait takes a number of seconds; try `ccr stop --help`"),
        (["route", "explain", "x", "--dialect", "y"], "--dialect takes anthropic or openai; try"),
        (["strat"], "No such command 'strat'; did you mean start; try `ccr --help`"),
        (["status", "--jsn"], "No such option: --jsn; did you mean --json; try `ccr status --help`"),
        (["config", "frob"], "No such command 'frob'; try `ccr config --help`"),
        (["status", "--frob"], "No such option: --frob; try `ccr status --help`"),
        (["route", "explain"], "Missing argument 'FILE'; try `ccr route explain --help`"),
    ],
)
def test_what_is_not_understood_is_one_line_with_a_hint(ccr: Ccr, words: list[str], said: str) -> None:
    done = ccr(*words)
    assert done.code == 2
    assert done.err.startswith(f"ccr: {said}")
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_an_error_is_one_line(ccr: Ccr) -> None:
    done = ccr("config", "validate", "/no/file")
    assert done.code == 1
    assert done.err.splitlines()[0] == "ccr: /no/file: cannot be read: No such file or directory"


def test_a_file_that_is_not_there_is_one_line(ccr: Ccr) -> None:
    done = ccr("route", "explain", "/no/file")
    assert (done.code, done.err) == (1, "ccr: /no/file: No such file or directory\n")


def test_debug_shows_where(ccr: Ccr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCR_DEBUG", "1")
    assert "Traceback" in ccr("route", "explain", "/no/file").err


def test_a_reader_that_leaves_is_no_fault(ccr: Ccr, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None: ...

    monkeypatch.setattr("sys.stdout", Closed())
    assert run(["--version"]) == 1

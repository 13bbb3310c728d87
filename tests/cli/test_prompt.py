import pytest

from tests.cli.conftest import Ccr


@pytest.mark.parametrize("command", ["statusline", "prompt"])
def test_the_fast_commands_have_their_help(ccr: Ccr, command: str) -> None:
    done = ccr(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: ccr {command}" in done.out

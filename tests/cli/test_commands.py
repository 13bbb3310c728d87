import pytest

from tests.cli.conftest import Ccr


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_help_lists_all_commands(ccr: Ccr, words: tuple[str, ...]) -> None:
    done = ccr(*words)
    assert (done.code, done.err) == (0, "")
    names = "start stop restart status code shell activate env models logs version config route".split()
    assert [name for name in names if f"\n  {name} " not in done.out] == []


@pytest.mark.parametrize("group", ["config", "route"])
def test_a_group_alone_prints_its_help(ccr: Ccr, group: str) -> None:
    done = ccr(group)
    assert done.code == 0
    assert done.out.startswith(f"Usage: ccr {group}")


def test_the_version_also_comes_with_other_options(ccr: Ccr) -> None:
    assert ccr("--version", "status").out == ccr("--version").out


def test_help_is_asked_for_in_every_way(ccr: Ccr) -> None:
    assert ccr("help").out == ccr("-h").out == ccr("--help").out
    assert ccr("help", "config", "init").out == ccr("config", "init", "-h").out
    assert ccr("help", "frob").err == "ccr: No such command 'frob'; try `ccr --help`\n"

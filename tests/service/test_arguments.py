import pytest

from ccr.errors import ServiceProblem
from ccr.service.arguments import Arguments, understand


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fix `date` and $HOME",),
        ("mcp", "list"),
        ("mcp", "add", "browser", "npx", "server", "--isolated", "--trust", "--context", "x"),
        ("--", "--isolated", "--trust"),
        ("--isolated=yes", "--trust-workspace"),
        ("--append-system-prompt", "--trust"),
        ("--add-dir", "a", "--add-dir", "b"),
        ("-p", "hi", "--output-format", "json"),
        ("--", "--context", "background"),
        ("mcp", "add", "x", "--", "cmd", "--context", "y"),
        ("--help",),
        ("",),
        ("/model",),
        ("/model sonnet and more",),
        ("say /model a,b to it",),
        ("--append-system-prompt", "/model a,b c"),
        ("--settings", '{"env":{}}'),
    ],
)
def test_what_is_not_ours_stays_as_it_is(words: tuple[str, ...]) -> None:
    assert understand(words) == Arguments(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--context", "background", "hi"), ("hi",)),
        (("-p", "--context=background", "hi", "--verbose"), ("-p", "hi", "--verbose")),
        (("hi", "--context", "background"), ("hi",)),
        (("--context", "background", "--", "--context"), ("--", "--context")),
    ],
)
def test_context_is_ours(words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert understand(words) == Arguments(expected, context="background")


def test_the_questions_of_a_first_start_are_ours_on_request() -> None:
    assert understand(["-p", "--trust", "hi"]) == Arguments(("-p", "hi"), trust=True)
    assert understand(["--isolated", "--trust", "--context", "a"]) == Arguments((), "a", isolated=True, trust=True)


@pytest.mark.parametrize("words", [("--context",), ("--context", ""), ("--context=",), ("--context", "a b\nx: y")])
def test_context_needs_a_name(words: tuple[str, ...]) -> None:
    with pytest.raises(ServiceProblem, match="needs the name of a route"):
        understand(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("/model or,qwen/q:free fix it\nnow",), ("--model", "or,qwen/q:free", "fix it\nnow")),
        (("-p", "/model a,b hi"), ("--model", "a,b", "-p", "hi")),
        (("/model a,b",), ("--model", "a,b")),
        (("/model a,b -x",), ("--model", "a,b", " -x")),
        (("-p", "--", "/model a,b -x"), ("--model", "a,b", "-p", "--", "-x")),
        (("/model a,b /model c,d",), ("--model", "a,b", "/model c,d")),
    ],
)
def test_a_prompt_can_choose_its_model(words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert understand(words).claude == expected


@pytest.mark.parametrize("option", ["--append-system-prompt", "--mcp-config"])
def test_a_text_that_looks_like_our_option_stays_the_options_text(option: str) -> None:
    assert understand([option, "--context", "zz"]).claude == (option, "--context", "zz")

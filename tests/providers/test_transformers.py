import pytest

from ccr.config.schema import Config, Notice, Provider, QuirkUse, TransformerFile
from ccr.errors import ConfigInvalid
from ccr.ids import ProviderName
from ccr.messages.json import Json
from ccr.messages.request import Request
from ccr.providers.transformers import makers, quirks
from ccr.wire.dialect import Payload
from ccr.wire.quirks import DIALECTS, INSTEAD, QUIRKS, Quirk
from tests.support.quirks import TARGET

MINE = TransformerFile("/cfg/mine.py", {}, "def request(body, context): pass")


def made(*uses: QuirkUse, files: tuple[TransformerFile, ...] = ()) -> tuple[list[Quirk], list[str]]:
    notices: list[Notice] = []
    config = Config((Provider(ProviderName("p"), "", quirks=uses),), transformers=files)
    found = list(quirks(uses, "use", makers(config, notices), notices))
    return found, [str(notice) for notice in notices]


@pytest.mark.parametrize("name", [*QUIRKS, *DIALECTS])
def test_no_name_of_ccr_is_reported_as_without_effect(name: str) -> None:
    options: dict[str, Json] = {"max_tokens": 5} if name == "maxtoken" else {}
    assert made(QuirkUse(name, options))[1] == []


@pytest.mark.parametrize("name", ["Deep-Seek", "DEEPSEEK", "deep_seek"])
def test_case_and_dashes_do_not_matter(name: str) -> None:
    assert [quirk.name for quirk in made(QuirkUse(name))[0]] == ["deepseek"]


@pytest.mark.parametrize("name", INSTEAD)
def test_javascript_that_circulates_is_told_with_what_to_do(name: str) -> None:
    assert made(QuirkUse(name)) == ([], [f'use[0]: "{name}" {INSTEAD[name]}'])


def test_unknown_names_and_options_are_reported_by_name() -> None:
    found, notices = made(
        QuirkUse("mine"),
        QuirkUse("reasoning", {"enable": True, "depth": 3}),
        QuirkUse("maxtoken"),
        QuirkUse("Anthropic", {"UseBearer": True, "x": 1}),
    )
    assert [quirk.name for quirk in found] == ["reasoning"]
    assert notices == [
        'use[0]: "mine" is not a known transformer and has no effect',
        'use[1]: "reasoning" does not know depth; it takes enable',
        'use[2]: "maxtoken" needs max_tokens, a whole number above 0; it has no effect',
        'use[3]: "Anthropic" does not know x; it takes UseBearer',
    ]


def test_a_file_of_ones_own_is_known_by_its_name() -> None:
    found, notices = made(QuirkUse("Mine"), files=(MINE,))
    assert ([quirk.name for quirk in found], notices) == (["mine"], [])


def test_a_file_that_nobody_uses_or_that_stands_in_for_a_built_in_one_is_told() -> None:
    groq = TransformerFile("/cfg/groq.py", {}, "def request(body, context): pass")
    found, notices = made(QuirkUse("groq"), files=(MINE, groq))
    assert found[0].payload != Quirk("groq").payload
    assert notices == [
        'transformers[0]: no provider uses "mine"; name it in a transformer.use',
        'transformers[1]: /cfg/groq.py stands in for the built-in "groq"',
    ]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("NAME = 'Mine'", '"Mine" is the name of /cfg/mine.py already; give NAME another value'),
        ("NAME = 'Open-AI'", '"Open-AI" is a dialect\'s name already; give NAME another value'),
    ],
)
def test_a_name_means_one_thing(second: str, said: str) -> None:
    other = TransformerFile("/cfg/other.py", {}, f"{second}\n{MINE.source}")
    with pytest.raises(ConfigInvalid) as fault:
        made(QuirkUse("mine"), files=(MINE, other))
    assert fault.value.message == f"/cfg/other.py: {said}"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/x/deepseek.js", '"deepseek" is built in and needs no file: take this entry out'),
        ("/x/StreamOptions.transformer.cjs", '"streamoptions" is built in'),
        ("/x/gemini-transformer.mjs", '"gemini" is built in'),
        ("plugins/qwen-cli.js", f"JavaScript is not loaded; qwen-cli {INSTEAD['qwen-cli']}"),
        ("plugins/mine.js", "JavaScript is not loaded; write it in Python (docs/transformers.md)"),
    ],
)
def test_javascript_is_not_loaded_and_what_is_built_in_is_named(path: str, said: str) -> None:
    _, (notice,) = made(files=(TransformerFile(path),))
    assert notice.startswith("transformers[0].path: JavaScript is not loaded; ")
    assert said in notice


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", ["transformers[0].path: is not read here: the configuration does not come from a file"]),
        ("/there/config.json", []),
    ],
    ids=["from stdin", "a router's elsewhere"],
)
def test_a_file_that_is_out_of_reach_is_known_by_its_name(source: str, said: list[str]) -> None:
    notices: list[Notice] = []
    config = Config(transformers=(TransformerFile("mine.py"),), source=source)
    (found,) = quirks((QuirkUse("mine", {"a": 1}),), "use", makers(config, notices), notices)
    assert found.finished(Payload({"a": 1}), Request("m", ()), TARGET, "openai").body == {"a": 1}
    assert [str(notice) for notice in notices] == said

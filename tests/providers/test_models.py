"""What is known of models."""

from dataclasses import replace

import pytest

from ccr.config.schema import Model, Price, Provider
from ccr.config.vendors import VENDORS, vendor_named
from ccr.ids import ModelName, ProviderName
from ccr.providers.known import TABLE
from ccr.providers.models import CLOSED, FREE, OPEN, UNKNOWN, merged, model, of, plain


def known(name: str, vendor: str = "") -> Model:
    return model(ModelName(name), vendor)


def test_of_an_unknown_model_nothing_is_known() -> None:
    assert known("nobody/has-heard-of-it") == known("nobody/has-heard-of-it", "openrouter") == UNKNOWN


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("claude-haiku-4-5", "anthropic"),
        ("claude-haiku-4-5-20251001", "anthropic"),
        ("claude-haiku-4-5[1m]", "anthropic"),
        ("anthropic/claude-haiku-4.5", "vercel"),
        ("~anthropic/Claude-Haiku-4.5:online", "openrouter"),
        ("claude-haiku-4-5@20251001", "vertex"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("claude-haiku-4-5", ""),
    ],
)
def test_a_model_is_known_under_what_hosts_call_it(name: str, vendor: str) -> None:
    assert known(name, vendor) == Model(200_000, 64_000, Price(1, 5, 0.1, 1.25))


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("accounts/fireworks/models/glm-5p2", "glm-5-2"),
        ("models/gemini-2.5-pro", "gemini-2-5-pro"),
        ("gpt-5.5-2026-04-23", "gpt-5-5"),
        ("openai/gpt-oss-120b:free", "gpt-oss-120b"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "qwen3-coder-480b-a35b-instruct"),
    ],
)
def test_the_plain_name(name: str, spelled: str) -> None:
    assert plain(name) == spelled


def test_a_prompt_may_be_limited_apart_from_the_window() -> None:
    found = known("gpt-5", "openai")
    assert (found.context, found.prompt, found.output, found.room) == (400_000, 272_000, 128_000, 272_000)
    assert Model(9).room == 9


def test_a_host_has_its_own_limits_and_prices() -> None:
    groq, cerebras = known("openai/gpt-oss-120b", "groq"), known("gpt-oss-120b", "cerebras")
    assert (groq.context, groq.output, groq.price) == (131_072, 65_536, Price(0.15, 0.6, 0.075))
    assert cerebras.output == 32_768


def test_what_a_host_does_not_say_is_the_makers_but_not_its_price() -> None:
    assert known("zai-org/GLM-5.2", "huggingface") == Model(1_000_000, 128_000)
    router = known("z-ai/glm-5.2", "openrouter")
    assert (router.context, router.price) == (1_000_000, Price(0.93, 3, 0.18))


def test_of_open_weights_at_an_unknown_host_nothing_is_known() -> None:
    assert known("glm-5.2") == UNKNOWN


def test_what_openrouter_calls_free_is_free() -> None:
    assert known("openai/gpt-oss-120b:free", "openrouter").price == FREE
    assert known("gpt-oss:free", "groq").price is None


def test_what_is_said_first_counts() -> None:
    other = Model(10, 5, Price(1, 2), prompt=8)
    assert merged(None, other) == merged(UNKNOWN, other) == other
    assert merged(Model(context=20), other) == Model(20, 5, Price(1, 2))
    assert merged(Model(output=3, price=FREE), other) == Model(10, 3, FREE, prompt=8)


SECTIONS = {section.split()[0].rstrip("]"): section.splitlines() for section in TABLE.split("\n[")[1:]}


def test_every_section_is_a_vendors_and_has_a_source() -> None:
    assert {each for each in SECTIONS if not vendor_named(each)} == {"weights"}
    assert all(lines[0].split()[1].startswith("https://") for lines in SECTIONS.values())
    assert {*CLOSED, *OPEN} <= SECTIONS.keys()


def test_no_name_stands_twice_in_a_section() -> None:
    for lines in SECTIONS.values():
        names = [plain(name) for line in lines[1:] if line for name in line.split()[0].split("|")]
        assert len(names) == len(set(names))


def test_the_figures_are_sane() -> None:
    for section, lines in SECTIONS.items():
        for line in filter(None, lines[1:]):
            found = known(line.split("|")[0].split()[0], "" if section == "weights" else section)
            if found.context and found.output:
                assert 0 < found.output <= found.context, line
            if found.prompt and found.context:
                assert found.prompt < found.context, line
            if found.price:
                assert 0 <= (found.price.cache_read or 0) <= found.price.input <= found.price.output, line


@pytest.mark.parametrize("vendor", [each for each in VENDORS if each.name in SECTIONS], ids=lambda each: each.name)
def test_the_usual_models_of_a_vendor_are_known(vendor: object) -> None:
    names = {name for each in VENDORS if each is vendor for name in (each.model, each.background) if name}
    offering = next(each.name for each in VENDORS if each is vendor)
    assert all(known(name, offering).context for name in names)


def test_what_is_known_of_a_configured_providers_model() -> None:
    groq = Provider(ProviderName("groq"), "", limits={"*": Model(output=9)})
    assert of(groq, ModelName("openai/gpt-oss-120b")) == Model(131_072, 9, Price(0.15, 0.6, 0.075))
    assert of(replace(groq, url="http://localhost:9/v1"), ModelName("openai/gpt-oss-120b")) == Model(output=9)

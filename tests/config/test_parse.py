import pytest

from ccr.config.parse import parse
from ccr.config.schema import TransformerFile
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json

LOCAL: dict[str, Json] = {"Providers": [{"name": "local", "url": "http://localhost:8000/v1", "models": ["m"]}]}


def test_the_environment_wins_over_the_file() -> None:
    env = {"CCR_HOST": "::1", "CCR_PORT": "5000", "CCR_API_KEY": "mine", "CCR_LOG_LEVEL": "debug"}
    config = parse({"HOST": "127.0.0.1", "PORT": 1, "APIKEY": "file", "LOG_LEVEL": "error"}, env)
    server = config.server
    assert (server.host, server.port, server.key and server.key.reveal()) == ("::1", 5000, "mine")
    assert config.log.level == "debug"


def test_a_fault_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ConfigInvalid, match=r"^CCR_PORT: expected a number, not text$"):
        parse({}, {"CCR_PORT": "many"})


def test_a_setting_of_ccr_that_has_no_effect_says_what_to_do_instead() -> None:
    notices = parse({**LOCAL, "noServer": True, "OPENAI_MODEL": "gpt-5"}, {}).notices
    assert "OPENAI_MODEL: has no effect here; set Router.default" in map(str, notices)


def test_nothing_at_all_is_the_guide() -> None:
    config = parse({}, {}, source="the environment")
    assert [provider.name for provider in config.providers] == ["guide"]
    assert (config.notices, config.source) == ((), "the environment")


def test_a_route_without_any_provider_says_how_to_get_one() -> None:
    with pytest.raises(ConfigInvalid, match="none is configured: add it to Providers, or set a variable such as"):
        parse({"Router": {"default": "openai,x"}}, {})


def test_a_local_ollama_stands_in_for_providers() -> None:
    assert str(parse({}, {}, ollama=("qwen3",)).routes.get("default")) == "ollama,qwen3"


@pytest.mark.parametrize("host", ["a b", "http://x", "x:80"])
def test_an_odd_address_to_listen_on_is_a_fault(host: str) -> None:
    with pytest.raises(ConfigInvalid, match="is not an address to listen on"):
        parse({"HOST": host}, {})


def test_a_key_that_no_header_can_hold_is_a_fault_and_is_not_printed() -> None:
    with pytest.raises(ConfigInvalid) as broken:
        parse({"APIKEY": "schlüssel bund"}, {})
    assert broken.value.message.startswith("APIKEY: has spaces")
    assert "bund" not in broken.value.message


def test_port_nought_and_no_kept_logs_are_values() -> None:
    config = parse({"PORT": 0, "LOG_KEEP": 0, "LOG": False}, {})
    assert (config.server.port, config.log.keep, config.log.enabled) == (0, 0, False)


def test_a_provider_that_is_the_router_itself_is_a_fault() -> None:
    with pytest.raises(ConfigInvalid, match="is the router itself"):
        parse({**LOCAL, "PORT": 8000}, {})


def test_the_background_is_chosen_only_where_no_route_is_set() -> None:
    env = {"DEEPSEEK_API_KEY": "k"}
    assert set(parse({}, env).routes.targets) == {"default", "background"}
    assert set(parse({"Router": {"think": "deepseek,x"}}, env).routes.targets) == {"default", "think"}


def test_without_a_home_a_tilde_stays() -> None:
    assert parse({"CUSTOM_ROUTER_PATH": "~/r.py"}, {}).custom_router == "~/r.py"


def test_files_of_transformers_have_a_path_and_options() -> None:
    given: Json = [
        {"path": "~/mine.py", "options": {"n": 1, "key": "$N"}},
        "other.py",
        {"name": "deepseek", "providers": []},
    ]
    config = parse({"transformers": given}, {"HOME": "/home/me", "N": "2"})
    assert config.transformers == (
        TransformerFile("/home/me/mine.py", {"n": 1, "key": "2"}),
        TransformerFile("other.py"),
    )
    assert "transformers[2]: has no path and is ignored; name a Python file (docs/transformers.md)" in [
        str(notice) for notice in config.notices
    ]


def test_a_block_outside_of_a_provider_is_told() -> None:
    config = parse({"transformers": {"maxTokens": 5}}, {})
    assert (
        "transformers: is no list of files and is ignored; what is for a provider stands in its own transformers"
        in [str(notice) for notice in config.notices]
    )

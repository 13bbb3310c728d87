import pytest

from ccr.upstream.ollama import offered
from tests.support import upstream as scripting
from tests.support.running import free_port


async def test_what_a_local_ollama_has_is_offered(scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, {"models": [{"name": "qwen3:8b"}, {"name": "llama3"}]})])
    assert await offered({"OLLAMA_HOST": scripted.url}) == ("qwen3:8b", "llama3")
    assert scripted.only.path == "/api/tags"


async def test_a_host_without_a_scheme_is_understood(scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, {"models": []})])
    assert await offered({"OLLAMA_HOST": scripted.url.removeprefix("http://")}) == ()


async def test_nobody_there_offers_nothing() -> None:
    assert await offered({"OLLAMA_HOST": f"127.0.0.1:{free_port()}"}) == ()


async def test_something_else_at_the_port_offers_nothing(scripted: scripting.Upstream) -> None:
    for answer in (scripting.reply(200, b"<html>"), scripting.reply(200, {"models": 3}), scripting.reply(404, {})):
        scripted.play([answer])
        assert await offered({"OLLAMA_HOST": scripted.url}) == ()


async def test_one_that_hangs_is_not_waited_for(scripted: scripting.Upstream) -> None:
    scripted.play([scripting.raw(scripting.HANG)])
    assert await offered({"OLLAMA_HOST": scripted.url}) == ()


async def test_in_a_container_the_host_is_asked(scripted: scripting.Upstream) -> None:
    with pytest.raises(AssertionError, match="a test asks for the address of host.example"):
        await offered({"CCR_LOCALHOST": "host.example"})

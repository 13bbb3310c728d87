import asyncio
import json
from pathlib import Path

import pytest

from ccr.assemble import Assembly
from ccr.errors import ConfigInvalid
from ccr.gateway.runtime import Current
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.dialect import Payload

CONFIG = {"Providers": [{"name": "acme", "api_base_url": "http://127.0.0.1:9/v1", "models": ["m"]}]}
ENV = {"OLLAMA_HOST": "127.0.0.1:9"}


def written(path: Path, **changes: object) -> Path:
    path.write_text(json.dumps({**CONFIG, "Router": {"default": "acme,m"}, **changes}))
    return path


def assembly(home: Path, path: Path | None = None, **variables: str) -> Assembly:
    return Assembly(path, {"HOME": str(home), **ENV, **variables})


async def test_without_anything_the_guide_answers(tmp_path: Path) -> None:
    maker = assembly(tmp_path)
    runtime = (await maker.begin()).runtime
    await maker.close()
    assert list(runtime.upstreams) == ["guide"]
    assert runtime.config.server.key


async def test_a_key_in_the_environment_makes_a_provider(tmp_path: Path) -> None:
    maker = assembly(tmp_path, OPENAI_API_KEY="sk-1")
    runtime = (await maker.begin()).runtime
    await maker.close()
    assert list(runtime.upstreams) == ["openai"]


async def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    maker = Assembly(written(tmp_path / "c.json", PORT=1111), {"HOME": str(tmp_path), **ENV}, "127.0.0.2", 2222)
    server = (await maker.begin()).runtime.config.server
    await maker.close()
    assert (server.host, server.port) == ("127.0.0.2", 2222)


async def test_a_broken_file_is_no_beginning(tmp_path: Path) -> None:
    maker = assembly(tmp_path, written(tmp_path / "c.json", Providers=7))
    with pytest.raises(ConfigInvalid, match="Providers"):
        await maker.begin()


def test_an_authority_that_cannot_be_read_is_no_beginning(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="NODE_EXTRA_CA_CERTS"):
        assembly(tmp_path, NODE_EXTRA_CA_CERTS="/nowhere/ca.pem")


async def changed(current: Current, generation: int) -> None:
    async with asyncio.timeout(5):
        while current.generation < generation and current.rejected is None:
            await asyncio.sleep(0.02)


async def test_a_changed_file_is_the_next_generation_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.1)
    written(path, Router={"default": "acme,other"})
    await changed(current, 2)
    assert str(current.runtime.config.routes.targets["default"]) == "acme,other"
    path.write_text("{ broken")
    await changed(current, 3)
    assert current.generation == 2
    assert current.rejected is not None
    written(path)
    current_rejected, current.rejected = current.rejected, None
    assert current_rejected
    await changed(current, 3)
    assert str(current.runtime.config.routes.targets["default"]) == "acme,m"
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()


async def test_what_a_changed_file_adds_to_note_is_logged_once(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json", CUSTOM_ROUTER_PATH="before.py")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.1)
    written(path, CUSTOM_ROUTER_PATH="router.js", Router={"think": "acme,m"})
    await changed(current, 2)
    written(path, CUSTOM_ROUTER_PATH="router.js")
    await changed(current, 3)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    log = (tmp_path / ".claude-code-router" / "logs" / "ccr.log").read_text()
    assert [log.count(name) for name in ("before.py", "router.js")] == [1, 1]


async def test_the_users_script_is_loaded_and_its_troubles_are_logged(tmp_path: Path) -> None:
    (tmp_path / "router.py").write_text("def route(request, config):\n    raise RuntimeError('oops')\n")
    path = written(tmp_path / "c.json", CUSTOM_ROUTER_PATH="router.py")
    maker = assembly(tmp_path, path)
    runtime = (await maker.begin()).runtime
    assert runtime.script
    question: JsonObject = {"body": {}, "headers": {}, "session_id": None, "token_count": 1}
    assert await runtime.script.route(question) is None
    await maker.close()
    assert "oops" in (tmp_path / ".claude-code-router" / "logs" / "ccr.log").read_text()


async def test_to_a_script_a_route_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "router.py").write_text("def route(request, config):\n    return config['Router']['default']\n")
    path = written(tmp_path / "c.json", CUSTOM_ROUTER_PATH="router.py", Router={"default": ["acme,m", "acme,n"]})
    maker = assembly(tmp_path, path)
    runtime = (await maker.begin()).runtime
    assert runtime.script
    question: JsonObject = {"body": {}, "headers": {}, "session_id": None, "token_count": 1}
    assert await runtime.script.route(question) == "acme,m"
    await maker.close()


async def test_a_transformer_is_loaded_again_with_the_file_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    provider = {**CONFIG["Providers"][0], "transformer": {"use": ["mine"]}}

    def says(word: str) -> None:
        mine.write_text(f"def request(body, context): body['says'] = '{word}'\n")
        written(path, Providers=[provider], transformers=[{"path": "mine.py"}])

    def said() -> object:
        upstream = current.runtime.upstreams[ProviderName("acme")]
        (quirk,) = upstream.quirks
        target = Target(upstream.name, ModelName("m"))
        return quirk.finished(Payload({}), Request("m", ()), target, "openai").body["says"]

    path = tmp_path / "c.json"
    says("one")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    assert said() == "one"
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.1)
    says("two")
    await changed(current, 2)
    assert said() == "two"
    mine.write_text("def request(")
    path.touch()
    await changed(current, 3)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    assert said() == "two"
    assert f"{mine}:1: '(' was never closed; correct it" in str(current.rejected)


async def test_a_changed_port_is_told_and_waits_for_a_restart(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    assert current.problems() == ()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    written(path, PORT=4567)
    await changed(current, 2)
    assert current.problems() == ("HOST and PORT are 127.0.0.1:4567 by now; `ccr restart` makes them hold",)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()


async def test_how_providers_have_been_doing_outlives_a_reload(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    before = current.runtime
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    written(path, PORT=4567)
    await changed(current, 2)
    assert current.runtime is not before
    assert current.runtime.standing is before.standing
    assert current.runtime.seats is before.seats
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()


async def test_a_transformer_that_changes_is_a_reload(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def request(body, context):\n    body['says'] = 'one'\n")
    provider = {**CONFIG["Providers"][0], "transformer": {"use": ["mine"]}}
    path = written(tmp_path / "c.json", Providers=[provider], transformers=[{"path": "mine.py"}])
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    (tmp_path / "mine.py").write_text("def request(body, context):\n    body['says'] = 'two'\n")
    await changed(current, 2)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    assert current.generation == 2


SLOW = """
import pathlib, time
here = pathlib.Path(__file__).parent
(here / "begun").touch()
for _ in range(1000):
    if (here / "served").exists():
        break
    time.sleep(0.005)
else:
    raise TimeoutError("nobody was served meanwhile")
def request(body, context):
    pass
"""


async def test_others_are_served_while_a_configuration_is_read(tmp_path: Path) -> None:
    provider = {**CONFIG["Providers"][0], "transformer": {"use": ["mine"]}}
    path = written(tmp_path / "c.json")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    (tmp_path / "mine.py").write_text(SLOW)
    written(path, Providers=[provider], transformers=[{"path": "mine.py"}])
    async with asyncio.timeout(5):
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.01)
    (tmp_path / "served").touch()
    await changed(current, 2)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    assert current.generation == 2


async def test_a_transformer_that_was_refused_and_is_mended_is_a_reload(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("def request(")
    provider = {**CONFIG["Providers"][0], "transformer": {"use": ["mine"]}}
    path = written(tmp_path / "c.json")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    written(path, Providers=[provider], transformers=[{"path": "mine.py"}])
    async with asyncio.timeout(5):
        while not current.rejected:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    mine.write_text("def request(body, context):\n    pass\n")
    async with asyncio.timeout(5):
        while current.rejected:
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    assert current.generation == 2


async def test_a_script_of_the_generation_before_answers_who_asks_it(tmp_path: Path) -> None:
    (tmp_path / "router.py").write_text("def route(request, config):\n    return 'acme,m'\n")
    path = written(tmp_path / "c.json", CUSTOM_ROUTER_PATH="router.py")
    maker = assembly(tmp_path, path)
    current = await maker.begin()
    before = current.runtime.script
    following = asyncio.create_task(maker.follow(current, interval=0.02))
    await asyncio.sleep(0.05)
    written(path, CUSTOM_ROUTER_PATH="router.py", Router={"default": "acme,other"})
    await changed(current, 2)
    question: JsonObject = {"body": {}, "headers": {}, "session_id": None, "token_count": 1}
    assert before
    assert await before.route(question) == "acme,m"
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await maker.close()
    assert await before.route(question) is None

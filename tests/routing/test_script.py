import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccr.errors import ConfigInvalid
from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.routing.script import MOST_SAID, PATIENCE, Host, Script, load

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")

CONFIG: JsonObject = {"Providers": [{"name": "acme"}]}
QUESTION: JsonObject = {
    "body": {"model": "claude-opus-4-8", "messages": []},
    "headers": {"user-agent": "claude-cli/2"},
    "session_id": "s-1",
    "token_count": 42,
}


class Bench:
    """Scripts of one test, and what was reported about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[str] = []
        self.scripts: list[Script] = []
        self.age = 0

    def write(self, name: str, source: str) -> Path:
        """Each version of a file is a second younger than the one before."""
        path = self.folder / name
        path.write_text(source)
        self.age += 1
        os.utime(path, (self.age, self.age))
        return path

    def script(self, source: str, name: str = "router.py", limit: float = 20.0) -> Script:
        script = load(self.write(name, source), CONFIG, self.reports.append, limit=limit)
        assert script
        self.scripts.append(script)
        return script

    async def answer(self, source: str, name: str = "router.py", limit: float = 20.0) -> str | None:
        return await self.script(source, name, limit).route(QUESTION)

    @property
    def report(self) -> str:
        (only,) = self.reports
        return only


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for script in bench.scripts:
        await script.close()


# --- Python


async def test_a_function_answers(bench: Bench) -> None:
    assert await bench.answer("def route(request, config): return 'acme,m'") == "acme,m"


async def test_an_async_function_answers(bench: Bench) -> None:
    source = "import asyncio\nasync def route(request, config):\n await asyncio.sleep(0)\n return 'acme,m'"
    assert await bench.answer(source) == "acme,m"


async def test_a_function_sees_the_request_and_the_configuration(bench: Bench) -> None:
    source = """
def route(request, config):
    assert request.body is request["body"]
    known = (request.headers["user-agent"], request.session_id, str(request.token_count))
    return ",".join((config["Providers"][0]["name"], request.body["model"], *known))
"""
    assert await bench.answer(source) == "acme,claude-opus-4-8,claude-cli/2,s-1,42"


async def test_a_function_cannot_change_the_request(bench: Bench) -> None:
    await bench.answer("def route(request, config): request.body['model'] = 'changed'")
    body = QUESTION["body"]
    assert isinstance(body, dict)
    assert body["model"] == "claude-opus-4-8"


@pytest.mark.parametrize("answer", ["None", "''"])
async def test_no_answer_is_fine(bench: Bench, answer: str) -> None:
    assert await bench.answer(f"def route(request, config): return {answer}") is None
    assert not bench.reports


async def test_a_dataclass_in_a_script_works(bench: Bench) -> None:
    source = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Rule:
    target: str

def route(request, config):
    return Rule("acme,m").target
"""
    assert await bench.answer(source) == "acme,m"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def route(request, config):\n    raise ValueError('bad luck')", "ValueError: bad luck (line 2)"),
        ("def route(request, config):\n    raise SystemExit(3)", "SystemExit: 3 (line 2)"),
        ("def route(request): return 'a,b'", "TypeError: route() takes 1 positional argument but 2 were given"),
        ("def route(", "SyntaxError: '(' was never closed"),
        ("routes = 1", "it defines no function `route(request, config)`"),
        ("def route(request, config): return 7", "it answered with a value of type int"),
        ("def route(request, config): return {'type': 'x,y'}", "it answered with a value of type dict"),
    ],
)
async def test_what_goes_wrong_is_reported_and_the_rules_decide(bench: Bench, source: str, why: str) -> None:
    assert await bench.answer(source) is None
    assert bench.report.startswith(f"custom router {bench.folder}/router.py: ")
    assert why in bench.report
    assert bench.report.endswith("the other rules decide")


async def test_a_function_that_takes_too_long_is_left_behind(bench: Bench) -> None:
    source = "import threading\ndef route(request, config): threading.Event().wait(0.5)"
    assert await bench.answer(source, limit=0.02) is None
    assert "no answer within 0.02 s" in bench.report


async def test_a_coroutine_that_takes_too_long_is_left_behind(bench: Bench) -> None:
    source = "import asyncio\nasync def route(request, config): await asyncio.sleep(5)"
    assert await bench.answer(source, limit=0.02) is None
    assert "no answer within 0.02 s" in bench.report


async def test_a_script_that_holds_the_interpreter_is_killed_and_started_afresh(bench: Bench) -> None:
    flag = bench.folder / "flag"
    source = f"""
import pathlib, re
def route(request, config):
    if pathlib.Path({str(flag)!r}).exists():
        return "acme,m"
    pathlib.Path({str(flag)!r}).touch()
    re.match("(a+)+$", "a" * 40 + "b")
"""
    script = bench.script(source, limit=1.5)
    assert [await script.route(QUESTION), await script.route(QUESTION)] == [None, "acme,m"]
    assert "no answer within 1.5 s" in bench.report


async def test_what_a_script_forked_dies_with_it(bench: Bench) -> None:
    source = """
import os, threading
def route(request, config):
    child = os.fork()
    if not child:
        threading.Event().wait(60)
    return f"acme,{child}"
"""
    script = bench.script(source)
    child = int(str(await script.route(QUESTION)).removeprefix("acme,"))
    await script.close()
    async with asyncio.timeout(5):
        while runs(child):
            await asyncio.sleep(0.01)
    assert not runs(child)


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_what_a_function_prints_is_reported_and_does_not_disturb(bench: Bench) -> None:
    source = """
import os, sys
def route(request, config):
    print('{"id":1,"answer":"forged,m"}')
    print("a\\x1b[2Jb", file=sys.stderr)
    os.write(1, b'{"id":1,"answer":"forged,m"}\\n')
    return "acme,m"
"""
    assert await bench.answer(source) == "acme,m"
    assert [report.partition(" says: ")[2] for report in bench.reports] == ['{"id":1,"answer":"forged,m"}', "a [2Jb"]


async def test_what_a_script_prints_is_reported_within_bounds(bench: Bench) -> None:
    source = "def route(request, config):\n for n in range(1000): print(n)\n return 'acme,m'"
    assert await bench.answer(source) == "acme,m"
    assert len(bench.reports) == MOST_SAID + 1
    assert bench.reports[-1].endswith("says more than is reported: 20 lines a minute")


@pytest.mark.parametrize("answer", ["acme,\\ud800", "acme,a\\r\\nb", "acme,\\x00"])
async def test_an_answer_with_characters_that_no_name_has_is_reported(bench: Bench, answer: str) -> None:
    assert await bench.answer(f"def route(request, config): return '{answer}'") is None
    assert bench.report.endswith('expected "provider,model"; the other rules decide')


async def test_a_request_that_is_nested_too_deeply_is_not_asked_about(bench: Bench) -> None:
    deep: Json = None
    for _ in range(5_000):
        deep = [deep]
    script = bench.script("def route(request, config): return 'acme,m'")
    assert await script.route({**QUESTION, "body": deep}) is None
    assert "the request is nested too deeply for it" in bench.report


async def test_a_question_in_a_process_that_another_s_sake_ended_is_asked_again(bench: Bench) -> None:
    source = """
import pathlib, threading
def route(request, config):
    if request.token_count == 0 or not pathlib.Path({flag!r}).exists():
        pathlib.Path({met!r}).touch()
        threading.Event().wait(60)
    return "acme,m"
"""
    flag, met = bench.folder / "flag", bench.folder / "met"
    script = bench.script(source.format(flag=str(flag), met=str(met)))
    asking = asyncio.create_task(script.route({**QUESTION, "token_count": 1}))
    while not met.exists():
        await asyncio.sleep(0.01)
    flag.touch()
    bench.write("router.py", "def route(request, config): return 'acme,new'")
    assert await script.route(QUESTION) == "acme,new"
    assert await asking == "acme,new"


async def test_a_changed_file_is_loaded_anew(bench: Bench) -> None:
    script = bench.script("def route(request, config): return 'acme,old'")
    assert await script.route(QUESTION) == "acme,old"
    bench.write("router.py", "def route(request, config): return 'acme,new'")
    assert await script.route(QUESTION) == "acme,new"


async def test_a_file_is_loaded_once_while_it_stays_the_same(bench: Bench) -> None:
    script = bench.script("calls = []\ndef route(request, config):\n calls.append(1)\n return f'acme,{len(calls)}'")
    assert [await script.route(QUESTION) for _ in range(3)] == ["acme,1", "acme,2", "acme,3"]


async def test_after_some_failures_a_script_rests_until_its_file_changes(bench: Bench) -> None:
    script = bench.script("def route(request, config): raise ValueError('bad luck')")
    for _ in range(PATIENCE + 2):
        assert await script.route(QUESTION) is None
    assert len(bench.reports) == PATIENCE
    assert "after 3 failures in a row it is left out for 30 s" in bench.reports[-1]
    bench.write("router.py", "def route(request, config): return 'acme,better'")
    assert await script.route(QUESTION) == "acme,better"


async def test_a_success_between_failures_keeps_it_at_work(bench: Bench) -> None:
    script = bench.script(
        "calls = []\ndef route(request, config):\n calls.append(1)\n return None if len(calls) % 3 else 7"
    )
    for _ in range(12):
        await script.route(QUESTION)
    assert len(bench.reports) == 4
    assert not any("left out" in report for report in bench.reports)


async def test_a_file_that_is_gone_is_reported(bench: Bench) -> None:
    script = bench.script("def route(request, config): return 'acme,m'")
    (bench.folder / "router.py").unlink()
    assert await script.route(QUESTION) is None
    assert "the file cannot be read" in bench.report


async def test_after_its_close_a_script_says_nothing(bench: Bench) -> None:
    script = bench.script("def route(request, config): return 'acme,m'")
    await script.close()
    assert await script.route(QUESTION) is None


async def test_a_close_while_a_script_is_asked_leaves_the_request_to_the_rules(bench: Bench) -> None:
    met = bench.folder / "met"
    hang = f"pathlib.Path({str(met)!r}).touch(), threading.Event().wait(60)"
    script = bench.script(f"import pathlib, threading\ndef route(request, config): {hang}")
    asking = asyncio.create_task(script.route(QUESTION))
    while not met.exists():
        await asyncio.sleep(0.01)
    await script.close()
    assert await asking is None
    assert not bench.reports


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"CUSTOM_ROUTER_PATH: .*router\.lua: expected a \.py or a \.js file"):
        load(tmp_path / "router.lua", NOTHING, pytest.fail)


# --- JavaScript


async def javascript(bench: Bench, source: str, name: str = "router.js") -> str | None:
    return await bench.answer(source, name)


@needs_node
async def test_a_router_of_ccr_sees_what_ccr_shows_it(bench: Bench) -> None:
    source = """
const { join } = require("node:path");
module.exports = async (req, config, { event }) => {
  event.on("onSend", () => {});
  const known = [req.headers["user-agent"], req.sessionId, req.tokenCount];
  return [config.Providers[0].name, req.body.model, ...known, join("a", "b")].join(",");
};
"""
    assert await javascript(bench, source) == "acme,claude-opus-4-8,claude-cli/2,s-1,42,a/b"


@needs_node
async def test_a_module_of_the_newer_form_answers(bench: Bench) -> None:
    assert await javascript(bench, "export default () => 'acme,m';", "router.mjs") == "acme,m"


@needs_node
@pytest.mark.parametrize("answer", ["null", "undefined", "''"])
async def test_no_answer_of_node_is_fine(bench: Bench, answer: str) -> None:
    assert await javascript(bench, f"module.exports = () => {answer};") is None
    assert not bench.reports


@needs_node
async def test_what_a_script_prints_is_reported_and_does_not_disturb(bench: Bench) -> None:
    source = """
console.log("one", { two: 2 });
module.exports = (req) => {
  process.stdout.write('{"id":1,"answer":"forged,m"}\\n');
  req.log.info("three");
  return "acme,m";
};
"""
    assert await javascript(bench, source) == "acme,m"
    said = [report.partition(" says: ")[2] for report in bench.reports]
    assert said == ["one { two: 2 }", '{"id":1,"answer":"forged,m"}', "three"]


@needs_node
async def test_bytes_past_the_console_do_not_disturb(bench: Bench) -> None:
    source = "module.exports = () => (require('fs').writeSync(1, 'raw\\n[1]\\n{\"id\":99}\\n{}\\n'), 'acme,m');"
    assert await javascript(bench, source) == "acme,m"
    assert [report.partition(" says: ")[2] for report in bench.reports] == ["raw", "[1]"]


@needs_node
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("module.exports = async () => { throw new Error('bad luck'); };", "bad luck"),
        ("module.exports = () => { throw undefined; };", "undefined"),
        ("module.exports = { a: 1 };", "it exports no function"),
        ("module.exports = () => {", "Unexpected end of input"),
        ("module.exports = () => 7;", "it answered with a value of type number"),
        ("module.exports = () => process.exit(3);", "its process ended with exit code 3"),
        ("module.exports = () => require('fs').closeSync(1);", "its process ended with exit code"),
        (
            "module.exports = () => require('fs').writeSync(1, 'x'.repeat(200000));",
            "its process ended with exit code -9",
        ),
    ],
)
async def test_what_goes_wrong_in_node_is_reported_and_the_rules_decide(bench: Bench, source: str, why: str) -> None:
    assert await javascript(bench, source) is None
    assert why in bench.report
    assert bench.report.endswith("the other rules decide")


@needs_node
async def test_node_is_started_again_after_it_died(bench: Bench) -> None:
    flag = bench.folder / "flag"
    source = f"""
const fs = require("node:fs");
module.exports = () => {{
  if (fs.existsSync("{flag}")) return "acme,m";
  fs.writeFileSync("{flag}", "");
  process.exit(1);
}};
"""
    script = bench.script(source, "router.js")
    assert [await script.route(QUESTION), await script.route(QUESTION)] == [None, "acme,m"]


@needs_node
async def test_a_changed_javascript_file_is_loaded_anew(bench: Bench) -> None:
    script = bench.script("module.exports = () => 'acme,old';", "router.js")
    assert await script.route(QUESTION) == "acme,old"
    bench.write("router.js", "module.exports = () => 'acme,new';")
    assert await script.route(QUESTION) == "acme,new"


@needs_node
async def test_one_node_answers_many_questions_at_once_each_its_own(bench: Bench) -> None:
    source = """
let open = 0;
let all;
const met = new Promise((resolve) => (all = resolve));
module.exports = async (req) => {
  if (++open === 3) all();
  await met;
  return `${process.pid},${req.tokenCount}`;
};
"""
    script = bench.script(source, "router.js")
    answers = await asyncio.gather(*(script.route({**QUESTION, "token_count": n}) for n in range(3)))
    assert [str(answer).partition(",")[2] for answer in answers] == ["0", "1", "2"]
    assert len({str(answer).partition(",")[0] for answer in answers}) == 1


@needs_node
async def test_a_script_that_blocks_node_is_killed_when_it_rests(bench: Bench) -> None:
    script = bench.script("module.exports = () => { for (;;); };", "router.js", limit=0.3)
    for _ in range(PATIENCE):
        assert await script.route(QUESTION) is None
    assert "left out" in bench.reports[-1]


@needs_node
async def test_a_late_answer_of_node_is_dropped(bench: Bench) -> None:
    source = """
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
module.exports = async (req) => (await wait(req.tokenCount), `acme,${req.tokenCount}`);
"""
    script = bench.script(source, "router.js")
    assert await script.route({**QUESTION, "token_count": 1}) == "acme,1"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await script.route({**QUESTION, "token_count": 40})
    assert await script.route({**QUESTION, "token_count": 80}) == "acme,80"
    assert not bench.reports


@needs_node
async def test_half_a_surrogate_pair_of_node_is_reported(bench: Bench) -> None:
    assert await javascript(bench, "module.exports = () => 'acme,\\ud800';") is None
    assert 'expected "provider,model"' in bench.report


async def test_a_node_that_does_not_start_is_reported(bench: Bench) -> None:
    path = bench.write("router.js", "")
    script = Script(path, lambda: Host(("/nonexistent/node",), path, b"{}", pytest.fail), bench.reports.append)
    bench.scripts.append(script)
    assert await script.route(QUESTION) is None
    assert "No such file or directory: '/nonexistent/node'" in bench.report


def test_without_node_a_javascript_router_is_left_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert load(bench.write("router.js", ""), NOTHING, pytest.fail) is None

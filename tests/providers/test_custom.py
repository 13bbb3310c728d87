import asyncio
import re
import textwrap
from typing import Any

import pytest

from ccr.config.schema import TransformerFile
from ccr.errors import ConfigInvalid, RequestProblem, UpstreamGarbled
from ccr.messages.blocks import Text, Thinking
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    Ping,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.request import Request
from ccr.providers.custom import Custom, custom
from ccr.wire.dialect import Payload
from tests.repo.files import ROOT
from tests.support.quirks import TARGET

ASKED = Request("claude", (), session="s-1", stream=True)
PAYLOAD = Payload({"model": "m", "messages": [{"role": "user"}]}, {"x-old": "1"})
ANSWER: list[Event] = [
    Start("msg_1", "m"),
    BlockStart(Thinking("")),
    ThinkingDelta("hm"),
    BlockStop(),
    BlockStart(Text("")),
    TextDelta("hi"),
    Ping(),
    BlockStop(),
    Finish("end_turn"),
    End(),
]


def written(source: str, path: str = "/cfg/mine.py", **options: Any) -> Custom:
    return custom(TransformerFile(path, options, textwrap.dedent(source)))


def sent(source: str, **options: Any) -> Payload:
    return written(source).quirk(options).payload(PAYLOAD, ASKED, TARGET)


def answered(source: str, events: list[Event] = ANSWER, **options: Any) -> list[Event]:
    quirk = written(source).quirk(options)
    assert quirk.stage
    stage = quirk.stage(ASKED, TARGET)
    return [each for event in events for each in stage.take(event)]


def fault(call: Any, source: str) -> str:
    with pytest.raises(RequestProblem) as found:
        call(source)
    assert type(found.value) is RequestProblem
    assert found.value.retry is False
    assert "Traceback" not in found.value.message
    assert "\n" not in found.value.message
    return found.value.message


def test_its_name_is_what_it_says_or_what_the_file_is_called() -> None:
    body = "\ndef request(body, context): pass"
    assert written(body).name == "mine"
    assert written(f"NAME = ' yours '{body}").name == "yours"


def test_the_body_can_be_changed_or_another_given_out() -> None:
    assert sent("def request(body, context): body['n'] = 1").body == {**PAYLOAD.body, "n": 1}
    assert sent("def request(body, context): return {'a': (1, 2)}").body == {"a": [1, 2]}
    assert PAYLOAD.body == {"model": "m", "messages": [{"role": "user"}]}


def test_headers_that_go_out_can_be_changed() -> None:
    found = sent("def request(body, context): context.headers['x-new'] = context.headers.pop('x-old')")
    assert (found.headers, PAYLOAD.headers) == ({"x-new": "1"}, {"x-old": "1"})


def test_the_context_says_what_is_asked_of_whom() -> None:
    found = sent(
        """
        def request(body, context):
            return {"found": [context.provider, context.model, context.session, context.stream, context.options]}
        """,
        depth=3,
    )
    assert found.body == {"found": ["acme", "m", "s-1", True, {"depth": 3}]}


def test_options_beside_the_name_win_over_those_beside_the_path() -> None:
    made = written("def request(body, context): return context.options", a=1, b=1)
    assert made.quirk({"b": 2}).payload(PAYLOAD, ASKED, TARGET).body == {"a": 1, "b": 2}


def test_options_are_the_same_for_every_request() -> None:
    made = written("def request(body, context): context.options['seen'] = 1; return context.options").quirk({"a": 1})
    for _ in range(2):
        assert made.payload(PAYLOAD, ASKED, TARGET).body == {"a": 1, "seen": 1}
    assert made.payload(PAYLOAD, ASKED, TARGET).body is not PAYLOAD.body


def test_each_event_is_seen_and_may_pass_change_or_multiply() -> None:
    assert answered("def answer(event, context): return event") == ANSWER
    doubled = answered(
        "def answer(event, context): return [event] * 2 if event['type'].endswith('block_delta') else event"
    )
    assert doubled.count(TextDelta("hi")) == 2


def test_a_block_can_be_dropped() -> None:
    found = answered(
        """
        def answer(event, context):
            if event["type"] == "content_block_start":
                context.state["drop"] = event["content_block"]["type"] == "thinking"
            if event["type"].startswith("content_block") and context.state["drop"]:
                return None
            return event
        """
    )
    assert found == [ANSWER[0], *ANSWER[4:]]


def test_the_place_to_remember_lasts_for_one_answer() -> None:
    source = """
        def answer(event, context):
            assert event["type"] != "message_start" or not context.state
            context.state["seen"] = True
            return event
        """
    quirk = written(source).quirk({})
    assert quirk.stage
    for _ in range(2):
        stage = quirk.stage(ASKED, TARGET)
        assert [each for event in ANSWER for each in stage.take(event)] == ANSWER


def test_signs_of_life_are_not_asked_about() -> None:
    assert Ping() in answered("def answer(event, context): assert event['type'] != 'ping'; return event")


def test_blocks_are_numbered() -> None:
    found = answered(
        """
        def answer(event, context):
            if event["type"] == "content_block_delta":
                event["delta"] = {"type": event["delta"]["type"], **dict.fromkeys(("text", "thinking"), str(event["index"]))}
            return event
        """
    )
    assert [each for each in found if isinstance(each, ThinkingDelta | TextDelta)] == [
        ThinkingDelta("0"),
        TextDelta("1"),
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def request(body, context)\n  pass",
            "/cfg/mine.py:1: expected ':'; correct it, or take it out of transformers",
        ),
        ("\nimport nothing_of_this_name\n", "/cfg/mine.py:2: ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(3)", "/cfg/mine.py:2: SystemExit: 3; correct it"),
        ("def f():\n  raise ValueError\nf()", "/cfg/mine.py:2: ValueError; correct it"),
        ("\0", "null bytes"),
        ("NAME = ''\ndef request(body, context): pass", "/cfg/mine.py: NAME is no text; give the transformer a name"),
        ("x = 1", "/cfg/mine.py: has neither request(body, context) nor answer(event, context); write one of them"),
        ("\ndef request(body): pass", "/cfg/mine.py:2: request must take two arguments, the second being the context"),
        ("\nasync def answer(event, context): pass", "/cfg/mine.py:2: answer must be a plain function, not async"),
        ("request = 3", "/cfg/mine.py: request must be a plain function, not async"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault_of_the_configuration(source: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as found:
        custom(TransformerFile("/cfg/mine.py", {}, source))
    assert said in found.value.message
    assert "\n" not in found.value.message


def test_a_file_may_hold_whatever_a_module_holds() -> None:
    found = sent(
        """
        from __future__ import annotations
        from dataclasses import dataclass
        import typing

        @dataclass
        class Stamp:
            team: typing.ClassVar[str] = "blue"
            count: int = 0

        def request(body, context):
            return {"stamp": [Stamp.team, Stamp(3).count, __file__]}
        """
    )
    assert found.body == {"stamp": ["blue", 3, "/cfg/mine.py"]}


def test_a_file_that_has_not_changed_keeps_what_it_remembers() -> None:
    source = "seen = []\ndef request(body, context):\n    seen.append(1)\n    return {'seen': len(seen)}"
    for count in (1, 2):
        assert sent(source).body == {"seen": count}
    assert sent(source + "\n").body == {"seen": 1}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def request(body, context):\n    return body['none']",
            "the transformer \"mine\" failed: KeyError: 'none' (in request, /cfg/mine.py:2)",
        ),
        (
            "def deeper(): exit()\n\n\ndef request(body, context):\n    deeper()",
            'the transformer "mine" failed: SystemExit: None (in request, /cfg/mine.py:1)',
        ),
        (
            "import json\ndef request(body, context):\n    json.loads('{')",
            "JSONDecodeError",
        ),
        (
            "\ndef request(body, context): return 7",
            'the transformer "mine" gave out a value of type int; expected the body, a dict (in request, /cfg/mine.py:2)',
        ),
        (
            "def request(body, context): return {'a': object()}",
            'the transformer "mine" gave out what is not JSON: TypeError: Encoding objects of type object is unsupported',
        ),
        (
            "def request(body, context): context.headers['x'] = 'a\\nb'",
            "set the header 'x' to what a header cannot hold",
        ),
        ("def request(body, context): context.headers['x'] = 7", "set the header 'x' to what a header cannot hold"),
        (
            "def request(body, context): context.headers['x y'] = ''",
            "set the header 'x y' to what a header cannot hold",
        ),
        ("def request(body, context): context.headers[7] = ''", "set the header 7 to what a header cannot hold"),
        ("def request(body, context): raise ValueError('a\\n' + 'b' * 9000)", f"ValueError: a {'b' * 298} (in request"),
    ],
)
def test_a_request_that_fails_says_where(source: str, said: str) -> None:
    assert said in fault(sent, source)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", 'the transformer "mine" failed: ZeroDivisionError: division by zero (in answer, /cfg/mine.py:2)'),
        (
            "return 'x'",
            "gave out a value of type str; expected an event, a list of events, or None (in answer, /cfg/mine.py:1)",
        ),
        ("return [1]", "gave out a value of type list; expected an event, a list of events, or None"),
        ("return {'type': 'x'}", 'gave out no event: the event.type: "x" is none of Anthropic\'s'),
        ("return {'type': {1, 2}}", "gave out no event: the event.type: expected a string, not a list"),
        ("return {1j: 1}", "gave out what is not JSON"),
        ("return [event, event]", "breaks the order of events: Start while between"),
        (
            "return event if event['type'] != 'message_start' else None",
            "breaks the order of events: BlockStart while new",
        ),
    ],
)
def test_an_answer_that_fails_says_where(source: str, said: str) -> None:
    assert said in fault(answered, f"def answer(event, context):\n    {source}")


def test_what_the_provider_breaks_is_the_providers_fault() -> None:
    with pytest.raises(UpstreamGarbled):
        answered("def answer(event, context): return event", [TextDelta("x")])


def test_a_callable_object_is_a_function_too() -> None:
    source = "class Sets:\n    def __call__(self, body, context):\n        body['n'] = 1 // context.options['by']\nrequest = Sets()"
    assert sent(source, by=1).body["n"] == 1
    with pytest.raises(RequestProblem, match=r"ZeroDivisionError.*\(in a function, /cfg/mine.py:3\)"):
        sent(source, by=0)
    with pytest.raises(
        RequestProblem, match=r"gave out a value of type int; expected the body, a dict \(in a function, /cfg/mine.py\)"
    ):
        sent("class Sets:\n    def __call__(self, body, context):\n        return 3\nrequest = Sets()")


def test_the_documented_example_does_what_it_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/transformers.md").read_text(), re.DOTALL)
    found = sent(example, team="green")
    assert (found.body["metadata"], found.headers["x-session"]) == ({"team": "green"}, "s-1")
    assert answered(example) == [ANSWER[0], *ANSWER[4:]]
    assert written(example, path="/cfg/x.py").name == "stamp"


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "asyncio.CancelledError"])
def test_whatever_a_file_raises_is_its_own_fault(name: str) -> None:
    kind = name.rpartition(".")[2]
    said = f'the transformer "mine" failed: {kind} (in answer, /cfg/mine.py:3)'
    assert fault(answered, f"import asyncio\ndef answer(event, context):\n    raise {name}") == said
    with pytest.raises(ConfigInvalid, match=rf"^/cfg/mine.py:2: {kind}; correct it"):
        written(f"import asyncio\nraise {name}")


async def test_a_request_that_is_cancelled_while_a_function_runs_stays_cancelled() -> None:
    source = "import asyncio\ndef answer(event, context):\n    asyncio.current_task().cancel()\n    return event"
    passed: list[Event] = []

    async def asked() -> None:
        passed.extend(answered(source))
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(asked())
    assert passed == ANSWER


@pytest.mark.parametrize("kind", ["ValueError", "KeyboardInterrupt"])
def test_an_exception_that_cannot_say_what_it_is_is_told_by_its_kind(kind: str) -> None:
    source = (
        "class Mute(Exception):\n"
        f"    def __str__(self): raise {kind}('x')\n"
        "def answer(event, context):\n"
        "    raise Mute()"
    )
    assert fault(answered, source) == 'the transformer "mine" failed: Mute (in answer, /cfg/mine.py:4)'


def test_objects_that_fail_while_they_are_written_are_the_files_fault() -> None:
    source = """
        class Mute:
            @property
            def __dataclass_fields__(self): raise KeyError("x")
        def request(body, context): return {"a": Mute()}
        """
    assert "gave out what is not JSON: " in fault(sent, source)


@pytest.mark.parametrize(
    ("passed", "missing"),
    [(0, "message_start"), (2, "content_block_stop"), (7, "message_delta"), (8, "message_stop")],
)
def test_an_end_that_is_dropped_is_the_transformers_fault(passed: int, missing: str) -> None:
    said = fault(
        answered,
        "def answer(event, context):\n"
        "    seen = context.state['seen'] = context.state.get('seen', 0) + 1\n"
        f"    return event if seen <= {passed} else None",
    )
    assert said == (
        f'the transformer "mine" breaks the order of events: {missing} is missing; give it out (in answer, /cfg/mine.py:1)'
    )


def test_signs_of_life_after_an_end_that_was_given_out_early_are_left_out() -> None:
    source = """
        def answer(event, context):
            if event["type"] == "message_stop":
                return None
            return [event, {"type": "message_stop"}] if event["type"] == "message_delta" else event
        """
    assert answered(source, [*ANSWER[:-1], Ping(), End()]) == ANSWER


@pytest.mark.parametrize("name", ["content-length", "Transfer-Encoding", "host", "connection", "content-encoding"])
def test_headers_that_carry_the_request_are_refused(name: str) -> None:
    said = fault(sent, f"def request(body, context): context.headers['{name}'] = '5'")
    assert said == (
        f"the transformer \"mine\" set the header '{name}', which is the router's own; leave it out "
        "(in request, /cfg/mine.py:1)"
    )


def test_a_header_goes_out_once_whatever_its_case() -> None:
    assert sent("def request(body, context): context.headers['X-Old'] = '2'").headers == {"x-old": "2"}

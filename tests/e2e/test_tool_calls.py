"""The real claude with models that write their calls badly, as text, or not at all."""

from collections.abc import Callable, Sequence

import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat
from tests.support.parts import text, usage
from tests.support.running import Person, Ran, Router
from tests.support.upstream import Answer, Received, Upstream

PROMPT = "make the file"
DONE = chat.stream(text("It is made."), usage(1, 1))
COMPLAINT = "failed to produce a valid tool call"


def called(*arguments: str, finish: str = "tool_calls", before: str = "", name: str = "Bash") -> Answer:
    """A stream with calls whose arguments are written as they are."""
    begun = [chat.delta(content=before)] if before else []
    calls = [
        chunk
        for index, written in enumerate(arguments)
        for chunk in (
            chat.called(index, id=f"call_{index}", name=name, arguments=""),
            *(chat.called(index, arguments=written[at : at + 9]) for at in range(0, len(written), 9)),
        )
    ]
    return chat.streamed(chat.delta(role="assistant"), *begun, *calls, chat.delta(finish=finish))


def ask(person: Person, router: Router, model: str = "chat,m") -> Ran:
    return person.claude("-p", PROMPT, "--dangerously-skip-permissions", "--model", model, url=router.url)


def spoken(request: Received) -> str:
    """All that a request says, in one string."""
    return request.body.decode()


def always(make: Callable[[], Answer], most: int = 12) -> Callable[[Received], Answer]:
    """The same to every request; a client that does not stop is stopped."""
    left = [most]

    def answer(request: Received) -> Answer:
        left[0] -= 1
        return make() if left[0] >= 0 else chat.error(401, "this does not end")

    return answer


@pytest.mark.parametrize(
    "arguments",
    [
        '{"command": "printf \'one\ntwo\' > note.txt", "description": "Write",}',
        '```json\n{"command": "printf \'one\\ntwo\' > note.txt"}\n```',
        "{'command': \"printf 'one\\ntwo' > note.txt\", 'run_in_background': False}",
        '"{\\"command\\": \\"printf \'one\\\\ntwo\' > note.txt\\"}"',
        '{"command": "printf \'one\\ntwo\' > note.txt", "timeout": "5000"',
    ],
)
def test_a_call_that_can_be_mended_runs(
    person: Person, router: Router, chat_upstream: Upstream, arguments: str
) -> None:
    chat_upstream.play([called(arguments), DONE])
    ran = ask(person, router)
    assert (ran.code, ran.out) == (0, "It is made.\n")
    assert (person.work / "note.txt").read_text() == "one\ntwo"


@pytest.mark.parametrize("before", ["", "First I look."])
def test_a_call_that_cannot_be_mended_ends_after_three_requests_with_a_message(
    person: Person, router: Router, chat_upstream: Upstream, before: str
) -> None:
    chat_upstream.play(always(lambda: called('{"command": "echo "hi""}', before=before)))
    ran = ask(person, router)
    assert (ran.code, ran.out) == (1, "The model's tool call could not be parsed (retry also failed).\n")
    assert len(chat_upstream.requests) == 3
    assert COMPLAINT in spoken(chat_upstream.requests[1]), "the model hears of it"


def test_a_model_that_does_better_when_told_goes_on(person: Person, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([called('{"command": "echo "hi""}'), called('{"command": "echo hi > note.txt"}'), DONE])
    ran = ask(person, router)
    assert (ran.code, ran.out) == (0, "It is made.\n")
    assert (person.work / "note.txt").read_text() == "hi\n"


def test_beside_a_good_call_the_model_hears_which_one_did_not_run(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([called('{"command": "echo hi > note.txt"}', '{"command": "echo "ho""}'), DONE])
    ran = ask(person, router)
    assert (ran.code, ran.out) == (0, "It is made.\n")
    assert (person.work / "note.txt").read_text() == "hi\n"
    assert "[Not run, since the input was no valid JSON: Bash]" in spoken(chat_upstream.requests[1])


@pytest.mark.trap(36)
@pytest.mark.parametrize("before", ["", "First I write."])
@pytest.mark.parametrize("arguments", ["", '{"command": "touch half', '{"command": "touch half"'])
def test_a_call_that_the_limit_cuts_is_not_run_and_resumed_three_times(
    person: Person, router: Router, chat_upstream: Upstream, before: str, arguments: str
) -> None:
    chat_upstream.play(always(lambda: called(arguments, finish="length", before=before)))
    ran = ask(person, router)
    assert ran.code == 1
    assert "exceeded the" in ran.out
    assert "output token maximum" in ran.out
    assert len(chat_upstream.requests) == 4
    assert "Output token limit hit" in spoken(chat_upstream.requests[1])
    assert not (person.work / "half").exists()


WORDS = [
    '<tool_call>\n{"name": "Bash", "arguments": {"command": "echo hi > note.txt"}}\n</tool_call>',
    "<tool_call>\n<function=Bash>\n<parameter=command>\necho hi > note.txt\n</parameter>\n</function>\n</tool_call>",
    '[TOOL_CALLS][{"name": "Bash", "arguments": {"command": "echo hi > note.txt"}}]',
    '```json\n{"tool": "Bash", "parameters": {"command": "echo hi > note.txt"}}\n```',
]


@pytest.fixture
def worded(start_router: StartRouter, chat_upstream: Upstream) -> Router:
    """A router whose providers read calls in text."""
    url = f"{chat_upstream.url}/v1"
    providers = [
        {"name": name, "api_base_url": url, "api_key": "k", "models": ["m"], "transformer": {"use": [name]}}
        for name in ("texttools", "toolprompt")
    ]
    return start_router({"Providers": providers, "Router": {"default": "texttools,m"}})


@pytest.mark.trap(38)
def test_a_call_that_is_written_as_text_runs(person: Person, worded: Router, chat_upstream: Upstream) -> None:
    for words in WORDS:
        chat_upstream.play([chat.stream(text(f"I write it.\n\n{words}"), usage(1, 1)), DONE])
        ran = ask(person, worded, "texttools,m")
        assert (ran.code, ran.out) == (0, "It is made.\n"), words
        note = person.work / "note.txt"
        assert note.read_text() == "hi\n"
        note.unlink()
        assert "tool_call" not in str(chat_upstream.requests[1].json["messages"][-3:]).replace(
            "tool_calls", ""
        ).replace("tool_call_id", ""), "it goes back as a call, and not as text"


def refuses_tools(script: Sequence[Answer]) -> Callable[[Received], Answer]:
    """An upstream that knows no tools."""
    answers = iter(script)

    def answer(request: Received) -> Answer:
        roles = {message["role"] for message in request.json["messages"]}
        told = {"tools", "tool_choice"} & request.json.keys() or "tool" in roles
        return chat.error(400, "registry.ollama.ai/library/m does not support tools") if told else next(answers)

    return answer


def test_a_model_without_tools_is_told_of_them_in_words(
    person: Person, worded: Router, chat_upstream: Upstream
) -> None:
    read = '<tool_call>{"name": "Read", "arguments": {"file_path": "%s"}}</tool_call>' % (person.work / "note.txt")
    chat_upstream.play(
        refuses_tools([chat.stream(text(words), usage(1, 1)) for words in (WORDS[0], read, "It says hi.")])
    )
    ran = ask(person, worded, "toolprompt,m")
    assert (ran.code, ran.out) == (0, "It says hi.\n")
    first, second, third = chat_upstream.requests
    assert '<tools>\\n{\\"name\\":' in spoken(first)
    assert second.json["messages"][: len(first.json["messages"])] == first.json["messages"]
    assert third.json["messages"][: len(second.json["messages"])] == second.json["messages"]
    assert '<tool_response name=\\"Read\\">' in spoken(third)


def test_a_model_without_tools_is_a_clear_error_otherwise(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play(refuses_tools([]))
    ran = ask(person, router)
    assert ran.code == 1
    assert "m does not support tools [chat,m]: m takes no tools; choose another model" in ran.out
    assert 'add the transformer "toolprompt" to provider chat' in ran.out
    assert len(chat_upstream.requests) <= 6, "after a 400 the client tries again with fewer of its newer features"

"""Answers that are cut at every border between two events and in the middle of every event, by FIN and RST, through
real sockets; and what is left of it in the router's process."""

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, get_args

import httpx

from tests.e2e.faults.references import asked
from tests.soak.clients import PATHS
from tests.soak.world import PATHS as ENDPOINTS
from tests.support.faults import FAULTS, SPEECHES, WORDS, Fault, Speech
from tests.support.outcomes import Kind, Told, outcome
from tests.support.running import KEY, Router, running_router
from tests.support.upstream import Answer, Received, Upstream

CUTS: Mapping[str, Fault] = {
    fault.name.replace(" ", "-"): fault
    for fault in FAULTS
    if fault.name in {"closed", "reset", "closed in an event", "reset in an event"}
}
DIALECTS = {"openai-chat": "openai", "openai-responses": "responses"}


def test_every_cut_is_an_error_or_the_whole_and_leaves_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        providers: list[dict[str, Any]] = []
        for speech in SPEECHES:
            upstream = stack.enter_context(Upstream(cutting(speech)))
            models = [f"{name}_{place}" for name, fault in CUTS.items() for place in fault.places(speech)]
            url, dialect = upstream.url + ENDPOINTS[speech.name], DIALECTS.get(speech.name, speech.name)
            providers.append(
                {"name": speech.name, "api_base_url": url, "dialect": dialect, "api_key": "k", "models": models}
            )
        config = {"Providers": providers, "Router": {"default": "openai-chat,m"}, "breaker": False, "retries": 0}
        router = stack.enter_context(running_router(config, tmp_path))
        ask(router, "messages", "openai-chat,closed_9")
        before = descriptors(router)
        questions = [
            (kind, f"{each['name']},{model}")
            for each in providers
            for model in each["models"]
            for kind in get_args(Kind)
        ]
        with ThreadPoolExecutor(12) as pool:
            answers = pool.map(lambda question: ask(router, *question), questions)
        for question, told in zip(questions, answers, strict=True):
            if told.error:
                assert WORDS.startswith(told.content.text), (question, told)
            else:
                assert told.content.text == WORDS, f"a silent truncation: {question} {told}"
        until = time.monotonic() + 40  # idle connections to providers are closed by then
        while descriptors(router) > before and time.monotonic() < until:
            time.sleep(0.2)
        assert descriptors(router) <= before
        assert "Traceback" not in router.said


def cutting(speech: Speech) -> Callable[[Received], Answer]:
    def answer(request: Received) -> Answer:
        model = request.target.partition("models/")[2].partition(":")[0] or request.json["model"]
        name, _, place = model.partition("_")
        spoil = CUTS[name].spoil
        assert spoil
        return spoil(speech, int(place))

    return answer


def ask(router: Router, kind: Kind, model: str) -> Told:
    body = asked(kind, model, stream=True)
    answer = httpx.post(router.url + PATHS[kind], json=body, headers={"x-api-key": KEY}, timeout=30)
    return outcome(kind, answer.status_code, answer.content)


def descriptors(router: Router) -> int:
    found = 0
    for each in Path(f"/proc/{router.process.pid}/fd").iterdir():
        with suppress(OSError):
            found += bool(os.readlink(each))
    return found

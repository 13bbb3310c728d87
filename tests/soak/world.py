"""The providers of the soak: four dialects, each of them with a fault in one answer of so many, and keys that come and go."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from tests.soak.verdict import number_in, parts
from tests.support import chat, gemini, messages, responses
from tests.support.faults import FAULTS, SPEECHES, Fault, Speech
from tests.support.upstream import Answer, Received, Upstream, reply

MODULES: Mapping[str, Any] = {
    "anthropic": messages,
    "openai-chat": chat,
    "openai-responses": responses,
    "gemini": gemini,
}
PATHS = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "gemini": "/v1beta",
}
KEYS = ("key-one", "key-two", "key-three")

# What a copied stream hands on as it is, and what costs an hour's processor for nothing.
NOT_HERE = {
    "JSON that is none",
    "bytes that are no text",
    "an event from nowhere",
    "spaces for ever",
    "a head without end",
    "a header without end",
    "100 Continue for ever",
    "gzip that swells",
    "byte by byte",
    "empty events for ever",
}
HERE = tuple(
    fault for fault in FAULTS if fault.spoil and fault.where not in ("reuse", "everyday") and fault.name not in NOT_HERE
)


@dataclass
class World:
    """Providers a to d, one for each dialect. `badness`: the share of answers with a fault."""

    seed: int
    badness: float = 0.15
    upstreams: dict[str, Upstream] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)  # (provider, key) -> revoked, limited; none: well
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.random = Random(self.seed)
        for name, speech in zip("abcd", SPEECHES, strict=True):
            self.upstreams[name] = self._stack.enter_context(Upstream(self._script(name, speech)))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def config(self, port: int, variation: int = 0) -> dict[str, Any]:
        """`variation`: what a reload changes, which is nothing that a client sees."""
        providers = [
            {
                "name": name,
                "api_base_url": upstream.url + PATHS[speech.name],
                "dialect": {"openai-chat": "openai", "openai-responses": "responses"}.get(speech.name, speech.name),
                "api_key": [*KEYS],
                "models": ["m", f"model-{variation}"],
            }
            for (name, upstream), speech in zip(self.upstreams.items(), SPEECHES, strict=True)
        ]
        return {
            "APIKEY": "test-key",
            "PORT": port,
            "Providers": providers,
            "Router": {"default": "a,m"},
            "fallback": {f"{name},m": [f"{other},m" for other in "abcd" if other != name] for name in "abcd"},
            "timeouts": {"connect": 2, "first_byte": 4, "idle": 4, "total": 8},
            "breaker": {"pause": 2},
        }

    def turn_keys(self) -> None:
        """At most two of a provider's three keys are bad at a time."""
        for name in self.upstreams:
            for key in KEYS:
                self.keys.pop((name, key), None)
            for key in self.random.sample(KEYS, self.random.randrange(3)):
                self.keys[name, key] = self.random.choice(("revoked", "limited"))

    def forget(self) -> None:
        """What was received takes memory."""
        for upstream in self.upstreams.values():
            del upstream.requests[:-100]

    def _script(self, name: str, speech: Speech) -> Any:
        def answer(request: Received) -> Answer:
            said = request.body.decode(errors="replace")
            told = " ".join(request.headers.values())
            state = next((self.keys.get((name, key)) for key in KEYS if key in told), "revoked")
            if state == "revoked":
                return reply(401, speech.refusal)
            if state == "limited":
                return reply(429, speech.refusal, {"retry-after": "1"})
            stream = "stream" in request.target.lower() or b'"stream":true' in request.body.replace(b" ", b"")
            return self._answer(MODULES[speech.name], speech, number_in(said), stream=stream)

        return answer

    def _answer(self, module: Any, speech: Speech, number: int, *, stream: bool) -> Answer:
        said = parts(number)
        right: Answer = module.stream(*said) if stream else module.reply(*said)
        if self.random.random() >= self.badness:
            return right
        fault = self.random.choice(HERE)
        return spoiled(fault, speech, module.stream(*said), module.reply(*said), self.random)


def spoiled(fault: Fault, speech: Speech, stream: Answer, whole: Answer, random: Random) -> Answer:
    assert fault.spoil
    mine = Speech(speech.name, stream, whole, speech.ping, speech.empty, speech.error, speech.refusal)
    places = range(1, mine.ends + (0 if fault.inside else 1)) if fault.where == "event" else range(1)
    return fault.spoil(mine, random.choice(places))


async def soon(random: Random, seconds: float) -> None:
    await asyncio.sleep(seconds * (0.5 + random.random()))

from dataclasses import replace

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.events import End
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import VertexClaude
from tests.support import messages
from tests.support.parts import text

VERTEX = VertexClaude()
HERE = Target(ProviderName("vertex"), ModelName("claude-opus-4-5@20251101"))
HI = Request("x", (Turn("user", (Text("hi"),)),), max_tokens=10, stream=True)
BASE = "https://aiplatform.googleapis.com/v1/projects/p/locations/global"


@pytest.mark.parametrize(
    "url",
    [
        BASE,
        BASE + "/",
        BASE + "/publishers/anthropic/models",
        f"{BASE}/publishers/anthropic/models/claude-x:rawPredict",
    ],
)
def test_the_model_and_what_it_does_are_in_the_path(url: str) -> None:
    endpoint = VERTEX.endpoint(url)
    models = f"{BASE}/publishers/anthropic/models"
    assert endpoint == models
    assert VERTEX.address(endpoint, HERE, stream=False) == f"{models}/claude-opus-4-5@20251101:rawPredict"
    assert VERTEX.address(endpoint, HERE, stream=True) == f"{models}/claude-opus-4-5@20251101:streamRawPredict"


def test_the_body_has_a_version_and_no_model() -> None:
    payload = VERTEX.encode(HI, HERE)
    assert payload.body == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 10,
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert payload.headers == {}


def test_betas_go_in_a_header() -> None:
    payload = VERTEX.encode(replace(HI, betas=("context-1m-2025-08-07", "oauth-2025-04-20")), HERE)
    assert payload.headers == {"anthropic-beta": "context-1m-2025-08-07"}


def test_it_answers_as_anthropic_does() -> None:
    assert list(VERTEX.reader(HI, HERE).feed(messages.body(text("hi"))))[-1] == End()
    assert VERTEX.refusal(404, b'[{"error": {"message": "not found"}}]').message == "not found"


def test_it_is_anthropics_but_never_copied() -> None:
    assert (VERTEX.name, VERTEX.verbatim, VERTEX.searches) == ("anthropic", False, True)

"""What the client does, line by line of its contract, in each version that we test with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import Client, numbers, programs

PROGRAMS = programs()


@pytest.fixture(params=list(PROGRAMS))
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """Somebody in an empty HOME, once for each version."""
    program = PROGRAMS[request.param]
    assert program.exists(), f"{program} is missing: run scripts/install --claude and scripts/clients"
    somebody = Client(tmp_path, program=program, version=numbers(request.param))
    somebody.settle()
    yield somebody
    if (somebody.home / ".claude-code-router").exists():
        somebody.ccr("stop")

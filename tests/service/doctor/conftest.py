import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ccr import env
from ccr.service.doctor.finding import Surroundings, surroundings

NOW = 1_700_000_000.0
Seen = Callable[..., Surroundings]


@pytest.fixture(autouse=True)
def _no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the tokenizer takes longer than all of this."""

    async def nothing(self: object) -> None:
        return

    monkeypatch.setattr("ccr.routing.counting.Counting.warm", nothing)


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """What a check is given: an empty HOME with this configuration, and these variables."""

    def seen(config: Mapping[str, object] | str | None = None, now: float = NOW, **variables: str) -> Surroundings:
        home = tmp_path / ".claude-code-router"
        if config is not None:
            home.mkdir(mode=0o700, exist_ok=True)
            file = home / "config.json"
            file.write_text(config if isinstance(config, str) else json.dumps(config))
            file.chmod(0o600)
        plain = {"HOME": str(tmp_path), "PATH": env.current().get("PATH", "")}
        return surroundings({**plain, **variables}, tmp_path, now)

    return seen


def acme(url: str = "https://acme.invalid/v1", **fields: object) -> dict[str, object]:
    provider = {"name": "acme", "api_base_url": url, "api_key": "sk-acme-0123456789", "models": ["m"], **fields}
    return {"Providers": [provider], "Router": {"default": "acme,m"}}

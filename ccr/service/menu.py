"""Claude Code's memory of what a gateway offers, from which it makes a part of its /model menu.

It asks /v1/models for that by itself at its start; but not with a Claude login, and older versions (2.1.197) not without
nonessential traffic. What is written here before is what it would have been told.
"""

import contextlib
import json
from collections.abc import Mapping
from itertools import islice

from ccr.config import files
from ccr.config.schema import Config
from ccr.ids import ModelName
from ccr.messages.json import JsonObject
from ccr.routing.decision import Table
from ccr.routing.menu import entries
from ccr.service import state
from ccr.service.settings import config_folder

MOST = 500  # entries
BY = "ccr"  # the mark by which we know our own file once the router has another address


def write(config: Config, address: str, env: Mapping[str, str]) -> None:
    """The menu is a convenience: where it cannot be written, there is none."""
    path = config_folder(env) / "cache" / "gateway-models.json"
    with contextlib.suppress(OSError):
        before = path.read_bytes() if path.exists() else None
        after = content(config, address)
        if before != after and (before is None or _is_ours(before, address)):
            files.make_dir(path.parent)
            state.replace(path, after)


def content(config: Config, address: str) -> bytes:
    models: list[JsonObject] = [
        {"id": entry.marked, "display_name": entry.title, "description": entry.about}
        for entry in islice(entries(_table(config)), MOST)
    ]
    return json.dumps({"baseUrl": address, "fetchedAt": 0, "models": models, "by": BY}).encode()


def _table(config: Config) -> Table:
    return Table(
        config.routes,
        {each.name: tuple(map(ModelName, each.models)) for each in config.providers},
        config.aliases,
        groups=config.groups,
        engines=tuple(each.name for each in config.providers if each.dialect == "search"),
    )


def _is_ours(data: bytes, address: str) -> bool:
    """Another gateway's stays: the client reads it only where that one's address is set."""
    try:
        said = json.loads(data)
    except ValueError:
        return False
    return isinstance(said, dict) and (said.get("baseUrl") == address or said.get("by") == BY)

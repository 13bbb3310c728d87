"""The questions that claude asks at its first start, answered where the user wants that: the theme and the hints, whether
this folder is trusted, whether a key of the environment is used. What is there is never changed.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ccr.config import files
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json, JsonObject
from ccr.service import state
from ccr.service.outdated import Tell


def own_folder(env: Mapping[str, str]) -> Path:
    """Claude's configuration folder for those who want theirs left alone."""
    return state.folder(state.folder(files.state_dir(env)) / "claude")


def file(env: Mapping[str, str]) -> Path:
    return Path(env.get("CLAUDE_CONFIG_DIR") or env.get("HOME", "~")) / ".claude.json"


def answer(path: Path, tell: Tell, trusted: Path | None = None, key: str = "") -> None:
    """Writes what is missing, and nothing where nothing is; a file that cannot be understood is left to claude."""
    path = Path(os.path.realpath(path))  # a link stays one
    try:
        before = _content(path)
        after = answered(before, trusted, key)
        text = json.dumps(after, indent=2, allow_nan=False)
    except (ValueError, RecursionError, TypeError, OSError):
        tell(f"{path} is broken and was left as it is: claude will say more, and ask its first questions")
        return
    if after == before:
        return
    try:
        files.write(path, text)
    except ConfigInvalid as refused:
        tell(f"{refused.message}; it was left as it is: claude will ask its first questions")


def _content(path: Path) -> Json:
    """Raises ValueError for what is no file, such as a pipe or a link to itself."""
    if not os.path.lexists(path):
        return {}
    if not path.is_file():
        raise ValueError(path)
    said: Json = json.loads(path.read_text())
    return said


def answered(before: Json, trusted: Path | None = None, key: str = "") -> JsonObject:
    """A `false` is no answer: claude writes it before anybody was asked. Raises TypeError."""
    after = {**_object(before)}
    after["hasCompletedOnboarding"] = after.get("hasCompletedOnboarding") or True
    if trusted is not None:
        projects = {**_object(after.get("projects"))}
        project = {**_object(projects.get(str(trusted)))}
        projects[str(trusted)] = {**project, "hasTrustDialogAccepted": project.get("hasTrustDialogAccepted") or True}
        after["projects"] = projects
    if trusted is not None and key:
        said = _object(after.get("customApiKeyResponses"))
        approved, rejected = _list(said.get("approved")), _list(said.get("rejected"))
        if key[-20:] not in (*approved, *rejected):
            after["customApiKeyResponses"] = {**said, "approved": [*approved, key[-20:]], "rejected": rejected}
    return after


def _object(value: Json) -> JsonObject:
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(value)
    return cast(JsonObject, value or {})


def _list(value: Json) -> list[Json]:
    if value is not None and not isinstance(value, list):
        raise TypeError(value)
    return value or []

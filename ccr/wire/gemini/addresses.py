"""Where Google's API and what stands in for it keep their models."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

_VERSION = re.compile(r"/v\d+[a-z0-9]*(?=/|$)")
# What may stand behind the base: a model and what to do with it, or the way into the OpenAI-compatible API.
_TAIL = re.compile(r"(/models(/.*)?|/endpoints/openapi(/.*)?|(?<=[0-9a-z])/openai(/.*)?|/chat/completions)$")
_CLOUD = "aiplatform.googleapis.com"


def models(url: str, *, vertex: bool) -> str:
    """The folder of the models, from a base, a folder, or the address of one model. A query stays."""
    there = urlsplit(url)
    path = _TAIL.sub("", there.path.rstrip("/"))
    vertex = vertex or (there.hostname or "").endswith(_CLOUD) or "/projects/" in path
    if not _VERSION.search(path):
        path += "/v1" if vertex else "/v1beta"
    if vertex and "/publishers/" not in path:
        path += "/publishers/google"
    return urlunsplit(there._replace(path=f"{path}/models"))


def action(folder: str, model: str, *, stream: bool) -> str:
    """Without alt=sse a stream is one JSON array."""
    there = urlsplit(folder)
    does = "streamGenerateContent" if stream else "generateContent"
    asked = [part for part in there.query.split("&") if part and not part.startswith("alt=")]
    query = "&".join([*asked, "alt=sse"] if stream else asked)
    name = quote(model.rpartition("models/")[2], safe="@")
    return urlunsplit(there._replace(path=f"{there.path}/{name}:{does}", query=query))

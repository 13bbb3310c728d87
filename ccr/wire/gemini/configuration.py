"""How the answer shall be -> generationConfig."""

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request
from ccr.wire.gemini.families import Family
from ccr.wire.gemini.schemas import cleaned
from ccr.wire.gemini.thinking import thinking

_MOST_STOPS = 5  # https://ai.google.dev/api/generate-content#GenerationConfig


def configuration(request: Request, family: Family) -> JsonObject:
    made: dict[str, Json] = {"temperature": request.temperature, "topP": request.top_p, "topK": request.top_k}
    made = {name: value for name, value in made.items() if value is not None}
    if request.max_tokens is not None:
        made["maxOutputTokens"] = min(request.max_tokens, family.most_tokens or request.max_tokens)
    if stops := [text for text in request.stop if text][:_MOST_STOPS]:
        made["stopSequences"] = stops
    return {**made, **thinking(request, family), **_format(request, family)}


def _format(request: Request, family: Family) -> JsonObject:
    """2.x: "Function calling with a response mime type: 'application/json' is unsupported"."""
    if request.format is None or (request.tools and not family.newer):
        return {}
    json: JsonObject = {"responseMimeType": "application/json"}
    schema = request.format.schema
    return json if schema is None else {**json, "responseJsonSchema": cleaned(schema)}

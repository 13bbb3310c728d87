"""What Google's API answers to a request that breaks its rules: None where it breaks none. Wording as Google's."""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.gemini import ANY_MODEL, issued_for

Json = dict[str, Any]
Fault = tuple[int, Json]

SKIP = "skip_thought_signature_validator"

BODY = {
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
}
DATA = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"}
HOSTED = {"googleSearch", "urlContext", "codeExecution"}
SETTINGS = {
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "stopSequences",
    "candidateCount",
    "seed",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "thinkingConfig",
    "mediaResolution",
}
NODE = {
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "properties",
    "additionalProperties",
    "required",
    "propertyOrdering",
}
TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
FORMATS = {"enum", "date-time", "float", "double", "int32", "int64"}
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
BUDGETS = {"pro": (128, 32768), "flash": (0, 24576)}


class Wrong(Exception):
    pass


def fault(path: str, body: Json) -> Fault | None:
    """`path`: of the request, with the model in it."""
    model = path.rpartition("/models/")[2].partition(":")[0]
    try:
        check(model, body)
    except Wrong as wrong:
        return 400, {"error": {"code": 400, "message": str(wrong), "status": "INVALID_ARGUMENT"}}
    return None


def check(model: str, body: Json) -> None:
    known(body, BODY, "")
    if "systemInstruction" in body:
        parts(body["systemInstruction"], "system_instruction")
    history(model, body.get("contents") or wrong("* GenerateContentRequest.contents: contents is not specified"))
    names = tools(model, body.get("tools", []))
    choice(body.get("toolConfig", {}), names)
    settings(model, body.get("generationConfig", {}), names)


def generation(model: str) -> float:
    found = re.search(r"gemini-(\d+(?:\.\d+)?)", model)
    return float(found[1]) if found else 0


def wrong(message: str) -> Any:
    raise Wrong(message)


def known(value: Json, names: set[str], place: str) -> None:
    for name in value:
        if name not in names:
            at = f" at '{place}'" if place else ""
            wrong(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')


def history(model: str, contents: list[Json]) -> None:
    for index, content in enumerate(contents):
        place = f"contents[{index}]"
        known(content, {"role", "parts"}, place)
        if content.get("role") not in ("user", "model"):
            wrong("Please use a valid role: user, model.")
        if content["role"] != ("user", "model")[index % 2]:
            wrong("Please ensure that multiturn requests alternate between user and model.")
        parts(content, place, frozenset({"id"} if generation(model) >= 3 else ()))
    if contents[-1]["role"] == "model":
        wrong("Please ensure that multiturn requests end with a user role.")
    for index, content in enumerate(contents):
        following = contents[index + 1] if index + 1 < len(contents) else {"parts": []}
        calls(content, following, ids=generation(model) >= 3.5)
    for content in contents[::2]:
        if any("functionCall" in part for part in content["parts"]):
            wrong("Please ensure that function call turn is of the role model.")
    if any("functionResponse" in part for part in contents[0]["parts"]):
        wrong("Please ensure that function response turn comes immediately after a function call turn.")
    signatures(model, contents)


def parts(content: Json, place: str, ids: frozenset[str] = frozenset()) -> None:
    if not content.get("parts"):
        wrong(f"* GenerateContentRequest.{place}.parts: contents.parts must not be empty.")
    for index, part in enumerate(content["parts"]):
        at = f"{place}.parts[{index}]"
        known(part, DATA | {"thought", "thoughtSignature"}, at)
        if len(part.keys() & DATA) != 1:
            wrong(f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field")
        if part.get("text") == "" and "thoughtSignature" not in part:
            wrong("Unable to submit request because it must have a text parameter. Add a text parameter and try again.")
        known(part.get("functionCall", {}), {"name", "args"} | ids, f"{at}.function_call")
        known(part.get("functionResponse", {}), {"name", "response", "parts"} | ids, f"{at}.function_response")
        known(part.get("inlineData", {}), {"mimeType", "data"}, f"{at}.inline_data")
        if not isinstance(part.get("functionResponse", {}).get("response", {}), dict):
            wrong(f"Invalid value at '{at}.function_response.response' (type.googleapis.com/google.protobuf.Struct)")


def calls(content: Json, following: Json, *, ids: bool) -> None:
    """Each call of a model's content is answered in the next one, in its order, before all else."""
    made = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
    answered = [part["functionResponse"] for part in following["parts"] if "functionResponse" in part]
    if len(made) != len(answered):
        wrong(
            "Please ensure that the number of function response parts is equal to the number of function call parts of "
            "the function call turn."
        )
    if any("functionResponse" not in part for part in following["parts"][: len(answered)]):
        wrong("Please ensure that function response turn comes immediately after a function call turn.")
    for call, response in zip(made, answered, strict=True):
        if ids and not call.get("id"):
            wrong("Request contains an invalid argument.")  # all that 3.5 says of a call without an id
        if call["name"] != response["name"] or call.get("id") != response.get("id"):
            wrong("Please ensure that function response parts match the function call parts of the function call turn.")


def signatures(model: str, contents: list[Json]) -> None:
    """From Gemini 3 on the first call of each step of the current turn is signed; what is sent must be what was issued."""
    current = max(
        index
        for index, content in enumerate(contents)
        if content["role"] == "user" and not any("functionResponse" in part for part in content["parts"])
    )
    seen: set[str] = set()
    for index, content in enumerate(contents):
        first = True
        for part in content["parts"]:
            signature = part.get("thoughtSignature")
            if signature == SKIP:
                if generation(model) < 3 or not first or "functionCall" not in part:
                    wrong("Corrupted thought signature.")
            elif signature and signature != ANY_MODEL:
                if signature in seen or content["role"] == "user" or not issued_for(signature, model, part):
                    wrong("Corrupted thought signature.")
                seen.add(signature)
            if "functionCall" in part:
                if first and not signature and generation(model) >= 3 and index > current:
                    wrong(
                        "Function call is missing a thought_signature in functionCall parts. This is required for "
                        "tools to work correctly. Additional data, function call "
                        f"`default_api:{part['functionCall']['name']}` , position {index}."
                    )
                first = False


def tools(model: str, offered: list[Json]) -> set[str]:
    declarations = [each for tool in offered for each in tool.get("functionDeclarations", [])]
    for index, tool in enumerate(offered):
        known(tool, HOSTED | {"functionDeclarations"}, f"tools[{index}]")
    if declarations and any(tool.keys() & HOSTED for tool in offered) and generation(model) < 3:
        wrong("Tool use with function calling is unsupported")
    names: set[str] = set()
    for index, each in enumerate(declarations):
        place = f"tools[0].function_declarations[{index}]"
        known(each, {"name", "description", "parametersJsonSchema"}, place)
        if not NAME.fullmatch(each["name"]):
            wrong(
                f"* GenerateContentRequest.{place}.name: Invalid function name. Must start with a letter or an "
                "underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), "
                "with a maximum length of 64."
            )
        if each["name"] in names:
            wrong(f"Duplicate function declaration found: {each['name']}")
        names.add(each["name"])
        if "parametersJsonSchema" in each:
            schema = each["parametersJsonSchema"]
            if schema.get("type") != "object":
                wrong(f"* GenerateContentRequest.{place}.parameters: schema type should be OBJECT")
            node(schema, f"{place}.parameters")
    if len(names) > 512:
        wrong("The number of function declarations exceeds 512.")
    return names


def node(schema: Any, place: str) -> None:
    if not isinstance(schema, dict):
        wrong(f"Invalid value at '{place}'")
    known(schema, NODE, place)
    if "anyOf" in schema and schema.keys() != {"anyOf"}:
        wrong(f"{place}: When using any_of, it must be the only field set.")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not set(kinds) <= TYPES or len(set(kinds) - {"null"}) > 1:
        wrong(f"Proto field is not repeating, cannot start list, at '{place}.type'")
    if not kinds and "anyOf" not in schema:
        wrong(f"{place}: schema didn't specify the schema type field.")
    kind = next((each for each in kinds if each != "null"), "null")
    enumerated(schema, kind, place)
    if schema.get("format", "enum") not in FORMATS:
        wrong(f"{place}.format: only 'enum' and 'date-time' are supported for STRING type")
    if kind == "array" and not schema.get("items") and not schema.get("prefixItems"):
        wrong(f"* GenerateContentRequest.{place}.items: missing field.")
    if "properties" in schema and not schema["properties"]:
        wrong(f"* GenerateContentRequest.{place}.properties: should be non-empty for OBJECT type")
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            wrong(f"* GenerateContentRequest.{place}.required[0]: property is not defined")
    for inner, at in nodes(schema):
        node(inner, f"{place}.{at}")


def nodes(schema: Json) -> Iterator[tuple[Any, str]]:
    for name, value in schema.get("properties", {}).items():
        yield value, f"properties[{name}]"
    for name in ("anyOf", "prefixItems"):
        for index, value in enumerate(schema.get(name, [])):
            yield value, f"{name}[{index}]"
    if "items" in schema:
        yield schema["items"], "items"
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield schema["additionalProperties"], "additional_properties"


def enumerated(schema: Json, kind: str, place: str) -> None:
    if "enum" not in schema:
        return
    if kind != "string" or not all(isinstance(each, str) for each in schema["enum"]):
        wrong(f"{place}.enum: only allowed for STRING type")
    if not schema["enum"] or "" in schema["enum"]:
        wrong(f"{place}.enum[0]: cannot be empty")


def choice(config: Json, names: set[str]) -> None:
    if not config:
        return
    calling = config["functionCallingConfig"]
    if not names:
        wrong("Function calling config is set without function_declarations.")
    if calling["mode"] not in ("AUTO", "ANY", "NONE"):
        wrong("Invalid value at 'tool_config.function_calling_config.mode'")
    allowed = calling.get("allowedFunctionNames", [])
    if allowed and calling["mode"] != "ANY":
        wrong("Allowed function names should only be set when the function calling mode is ANY.")
    if not set(allowed) <= names:
        wrong("Allowed function names must be a subset of the function declarations.")


def settings(model: str, config: Json, names: set[str]) -> None:
    known(config, SETTINGS, "generation_config")
    if len(config.get("stopSequences", [])) > 5:
        wrong("The number of stop sequences must be at most 5.")
    if not 1 <= config.get("maxOutputTokens", 1) <= 65536:
        wrong("Unable to submit request because it has a maxOutputTokens value outside the supported range")
    if config.get("responseMimeType") == "application/json" and names and generation(model) < 3:
        wrong("Function calling with a response mime type: 'application/json' is unsupported")
    if "responseJsonSchema" in config:
        if config.get("responseMimeType") != "application/json":
            wrong("Response schema requires the response mime type application/json.")
        node(config["responseJsonSchema"], "generation_config.response_json_schema")
    if "thinkingConfig" in config:
        thinks(model, config["thinkingConfig"])


def thinks(model: str, config: Json) -> None:
    known(config, {"includeThoughts", "thinkingBudget", "thinkingLevel"}, "generation_config.thinking_config")
    if "thinkingBudget" in config and "thinkingLevel" in config:
        wrong("You can only set only one of thinking budget and thinking level.")
    if generation(model) < 2.5:
        wrong(f"Unable to submit request because Thinking is not supported by {model}.")
    if "thinkingLevel" in config:
        if generation(model) < 3:
            wrong("Thinking level is not supported for this model.")
        if config["thinkingLevel"] not in (("minimal",) if "flash" in model else ()) + ("low", "medium", "high"):
            wrong(f"Thinking level {config['thinkingLevel'].upper()} is not supported for this model.")
    if "thinkingBudget" in config:
        budget = config["thinkingBudget"]
        if generation(model) >= 3:
            wrong("Thinking budget is deprecated for this model.")
        least, most = BUDGETS["flash" if "flash" in model else "pro"]
        least = least or (512 if "lite" in model and budget else 0)
        if budget != -1 and not least <= budget <= most:
            wrong(f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}.")

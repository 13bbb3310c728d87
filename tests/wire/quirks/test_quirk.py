from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.request import Request
from ccr.wire.dialect import Payload
from ccr.wire.quirks import Quirk

REQUEST, TARGET = Request("m", ()), Target(ProviderName("p"), ModelName("m"))


def test_a_quirk_without_functions_changes_nothing() -> None:
    quirk, payload = Quirk("none"), Payload({"a": 1}, {"x": "1"})
    assert quirk.request(REQUEST, TARGET) is REQUEST
    assert quirk.finished(payload, REQUEST, TARGET, "openai") == payload
    assert quirk.stage is None


def test_what_is_for_chat_completions_touches_no_other_dialects_body() -> None:
    quirk = Quirk("q", chat=lambda body, request: {**body, "asked": request.model})
    assert quirk.finished(Payload({}), REQUEST, TARGET, "openai").body == {"asked": "m"}
    assert quirk.finished(Payload({}), REQUEST, TARGET, "gemini").body == {}


def test_the_payload_has_the_last_word_and_keeps_its_form() -> None:
    def last(payload: Payload, request: Request, target: Target) -> Payload:
        return Payload({**payload.body, "to": str(target)}, {"x": "1"}, payload.form)

    quirk = Quirk("q", body=lambda body: {**body, "to": "nobody"}, payload=last)
    found = quirk.finished(Payload({}, form=True), REQUEST, TARGET, "search")
    assert found == Payload({"to": str(TARGET)}, {"x": "1"}, form=True)

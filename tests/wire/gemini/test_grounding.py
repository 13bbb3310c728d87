from typing import Any

from ccr.messages.blocks import Opaque, Text
from ccr.messages.events import Event
from ccr.messages.fold import Fold
from ccr.wire.gemini.grounding import Grounding

TEXT = "Zürich hat 449 000 Einwohner. Bern ist Hauptstadt."
FIRST = "Zürich hat 449 000 Einwohner."
PAGES = [{"web": {"uri": "https://a.test", "title": "a.test"}}, {"other": {}}, {"web": {"uri": "https://b.test"}}]


def support(text: object, indices: object, start: object = None) -> Any:
    return {"segment": {"startIndex": start, "text": text}, "groundingChunkIndices": indices}


def blocks(metadata: object, text: str = TEXT) -> tuple[Any, ...]:
    grounding, gathered = Grounding(), Fold()
    grounding.add(metadata)
    events: list[Event] = list(grounding.told("answer", text))
    for event in events:
        gathered.add(event)
    return tuple(gathered._content)


def test_the_search_comes_first() -> None:
    call, found, text = blocks({"webSearchQueries": ["zürich", "bern"], "groundingChunks": PAGES})
    assert isinstance(call, Opaque)
    assert call.raw["input"] == {"query": "zürich; bern"}
    assert isinstance(found, Opaque)
    hits: Any = found.raw["content"]
    assert [(hit["url"], hit["title"]) for hit in hits] == [
        ("https://a.test", "a.test"),
        ("https://b.test", "https://b.test"),
    ]
    assert text == Text(TEXT)


def test_what_is_supported_has_its_sources() -> None:
    _, _, first, second = blocks({"groundingChunks": PAGES, "groundingSupports": [support(FIRST, [0, 1, 2, 9, "x"])]})
    assert first.text == FIRST
    assert [each["url"] for each in first.extra["citations"]] == ["https://a.test", "https://b.test"]
    assert first.extra["citations"][0]["cited_text"] == FIRST
    assert second == Text(" Bern ist Hauptstadt.")


def test_places_count_bytes_and_are_checked_against_the_words() -> None:
    bern = "Bern"
    for start in (len(f"{FIRST} ".encode()), 3, None, "x"):
        _, _, before, cited, after = blocks(
            {"groundingChunks": PAGES, "groundingSupports": [support(bern, [0], start)]}
        )
        assert (before.text, cited.text, after.text) == (f"{FIRST} ", bern, " ist Hauptstadt.")


def test_supports_that_overlap_or_are_nowhere_are_passed_over() -> None:
    supports = [
        support(FIRST, [0]),
        support("Zürich hat", [0]),
        support("Genf", [0]),
        support("", [0]),
        support("Bern", 3),
        "?",
    ]
    _, _, first, rest = blocks({"groundingChunks": PAGES, "groundingSupports": supports})
    assert first.text == FIRST
    assert "citations" not in rest.extra


def test_a_text_without_sources_is_a_text() -> None:
    assert blocks(None) == (Text(TEXT),)
    assert blocks({"webSearchQueries": "?"}, "") == ()


def test_later_metadata_stand_for_the_earlier_ones() -> None:
    grounding = Grounding()
    grounding.add({"webSearchQueries": ["a"], "groundingChunks": PAGES[:1]})
    grounding.add({"groundingChunks": PAGES})
    grounding.add({"groundingSupports": []})
    gathered = Fold()
    for event in grounding.told("answer", ""):
        gathered.add(event)
    call, found = gathered._content
    assert isinstance(call, Opaque)
    assert isinstance(found, Opaque)
    assert call.raw["input"] == {"query": "a"}
    assert len(found.raw["content"]) == 2  # type: ignore[arg-type]

"""Foreign JSON, opened field by field."""

from collections.abc import Callable

import pytest

from ccr.errors import BadRequest, UpstreamGarbled
from ccr.messages.json import NOTHING
from ccr.wire.fields import Fields, kind, model_name, parse, token_count

FIELDS = Fields({"s": "x", "i": 1, "f": 2.0, "n": 0.5, "b": True, "o": {"a": 1}, "l": [{"a": 1}], "null": None})


def test_what_fits_is_returned() -> None:
    assert FIELDS.string("s") == FIELDS.maybe_string("s") == "x"
    assert FIELDS.maybe_integer("i") == 1
    assert FIELDS.maybe_integer("f") == 2
    assert FIELDS.maybe_number("n") == 0.5
    assert FIELDS.maybe_boolean("b") is True
    assert FIELDS.object("o").raw == FIELDS.mapping("o") == {"a": 1}
    assert [inner.path for inner in FIELDS.objects("l")] == ["l[0]"]


@pytest.mark.parametrize("name", ["null", "absent"])
def test_null_is_as_good_as_absent(name: str) -> None:
    assert not FIELDS.has(name)
    assert FIELDS.maybe_string(name) is None
    assert FIELDS.maybe_integer(name) is None
    assert FIELDS.maybe_number(name) is None
    assert FIELDS.maybe_boolean(name) is None
    assert FIELDS.maybe_object(name) is None
    assert FIELDS.mapping(name) is NOTHING
    assert list(FIELDS.items(name)) == []


@pytest.mark.parametrize(
    ("opened", "fault"),
    [
        (lambda f: f.string("absent"), "absent: missing, expected a string"),
        (lambda f: f.string("null"), "null: expected a string, not null"),
        (lambda f: f.maybe_string("i"), "i: expected a string, not a number"),
        (lambda f: f.maybe_integer("n"), "n: expected an integer, not a number"),
        (lambda f: f.maybe_integer("b"), "b: expected an integer, not a boolean"),
        (lambda f: f.maybe_number("s"), "s: expected a number, not a string"),
        (lambda f: f.maybe_number("b"), "b: expected a number, not a boolean"),
        (lambda f: f.maybe_boolean("i"), "b"),
        (lambda f: f.object("l"), "l: expected an object, not a list"),
        (lambda f: f.maybe_object("s"), "s: expected an object, not a string"),
        (lambda f: list(f.items("o")), "o: expected a list, not an object"),
        (lambda f: f.object("o").string("a"), "o.a: expected a string, not a number"),
        (lambda f: [x.string("a") for x in f.objects("l")], r"l\[0\].a: expected a string, not a number"),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(opened: Callable[[Fields], object], fault: str) -> None:
    with pytest.raises(BadRequest, match=fault):
        opened(FIELDS)


def test_the_fault_is_of_the_kind_that_is_given() -> None:
    with pytest.raises(UpstreamGarbled, match="a: missing"):
        parse(b"{}", UpstreamGarbled).string("a")


def test_what_is_not_known_is_extra() -> None:
    assert Fields({"a": 1, "b": 2}).extra({"a"}) == {"b": 2}
    assert Fields({"a": 1}).extra({"a"}) is NOTHING


@pytest.mark.parametrize(("body", "fault"), [(b"{", "the body is not JSON"), (b"[]", "the body: expected an object")])
def test_a_body_must_be_an_object(body: bytes, fault: str) -> None:
    with pytest.raises(BadRequest, match=fault):
        parse(body)


def test_a_value_says_what_it_is() -> None:
    values: list[object] = [None, True, 1.5, "x", [], {}]
    assert [kind(value) for value in values] == [
        "null", "a boolean", "a number", "a string", "a list", "an object",
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "count"), [(0, 0), (2**53, 2**53), (2**53 + 1, None), (-1, None), (True, None)])
def test_a_token_count_is_one_that_can_be(value: object, count: int | None) -> None:
    assert token_count(value) == count
    assert token_count("7") is None


@pytest.mark.parametrize("name", ["x" * 513, "a\nb", "a\x7fb", "\x85"])
def test_a_models_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(BadRequest, match=r"^model: expected at most 512 characters") as caught:
        model_name(Fields({"model": name}))
    assert len(caught.value.message) < 150
    assert caught.value.message.isprintable()


def test_a_models_name_may_be_of_any_script() -> None:
    assert model_name(Fields({"model": "模型 " + "x" * 509})) == "模型 " + "x" * 509

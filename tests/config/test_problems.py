from collections.abc import Callable

import pytest

from ccr.config.problems import Place, Report, child, folded, spellings
from ccr.messages.json import Json


def place(value: Json, **unset: str) -> Place:
    return Place(value, "x", Report(unset=unset))


def said(there: Place) -> list[str]:
    return [str(fault) for fault in there.report.faults]


@pytest.mark.parametrize("name", ["api_base_url", "apiBaseUrl", "API-BASE-URL", "ApiBaseUrl"])
def test_spellings_of_a_key_are_one(name: str) -> None:
    assert folded(name) == "apibaseurl"


def test_paths_can_be_read() -> None:
    assert child(child(child("", "Providers"), 2), "deepseek/r1:free") == 'Providers[2]["deepseek/r1:free"]'
    assert child("", "odd key") == '["odd key"]'


@pytest.mark.parametrize(("value", "text"), [(None, None), ("", None), (" a ", "a"), (12, "12")])
def test_text(value: Json, text: str | None) -> None:
    assert place(value).text() == text


@pytest.mark.parametrize(
    ("value", "truth"), [(None, None), ("", None), (True, True), ("yes", True), ("0", False), (False, False)]
)
def test_boolean(value: Json, truth: bool | None) -> None:
    assert place(value).boolean() is truth


@pytest.mark.parametrize(("value", "number"), [(None, None), ("", None), (3, 3), ("3", 3), (3.0, 3)])
def test_integer(value: Json, number: int | None) -> None:
    assert place(value).integer(0, 10) == number


def test_seconds_are_more_than_none() -> None:
    assert place("1.5").seconds() == 1.5
    assert place(None).seconds() is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "true or false"), (1.5, "a number"), ("x", "text"), ([], "a list"), ({}, "an object")],
)
def test_a_value_of_the_wrong_kind_is_named(value: Json, kind: str) -> None:
    there = place(value)
    there.wrong("bread")
    assert said(there) == [f"x: expected bread, not {kind}"]


def test_a_number_that_no_machine_counts_to_is_none() -> None:
    there = place(10**400)
    assert there.number() is None
    assert said(there) == ["x: expected a number, not one that is larger than all that can be computed with"]


def test_a_missing_value_is_named_with_the_variable_it_was_to_come_from() -> None:
    there = place(None, x="BAKERY")
    there.wrong("bread")
    assert said(there) == ["x: expected bread, but BAKERY is not set"]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (Place.text, True),
        (Place.boolean, 2),
        (Place.number, "two"),
        (Place.number, True),
        (Place.seconds, 0),
        (lambda there: there.integer(0, 10), 11),
        (lambda there: there.integer(0, 10), 0.5),
        (lambda there: there.choice({"a": "a"}), "b"),
        (lambda there: list(there.items()) or None, {}),
        (lambda there: list(there.entries()) or None, []),
    ],
)
def test_what_does_not_fit_is_one_fault_and_no_value(read: Callable[[Place], object], value: Json) -> None:
    there = place(value)
    assert read(there) is None
    assert len(said(there)) == 1


def test_a_choice_has_many_spellings() -> None:
    known = spellings("x-api-key", "bearer", token="bearer")
    assert place("X_API_KEY").choice(known) == "x-api-key"
    assert place("token").choice(known) == "bearer"
    assert place(None).choice(known) is None


def test_absent_lists_and_objects_are_empty() -> None:
    assert list(place(None).items()) == []
    assert list(place("").entries()) == []


def test_fields_are_found_in_any_spelling_and_an_absent_one_is_empty() -> None:
    fields = place({"apiKey": "k"}).fields(spellings("api_key", "name"))
    assert fields["api_key"].path == "x.apiKey"
    assert fields["name"].empty
    assert fields["name"].path == "x.name"


def test_a_key_that_is_no_setting_is_told_with_the_one_that_was_meant() -> None:
    there = place({"nmae": 1, "other": 2})
    there.fields(spellings("name"))
    assert [str(stray) for stray in there.report.strays] == [
        'x.nmae: is not a setting and is ignored; did you mean "name"?',
        "x.other: is not a setting and is ignored",
    ]


def test_of_two_spellings_the_first_that_says_something_holds() -> None:
    there = place({"NAME": "", "name": "a", "Name": "b"})
    fields = there.fields(spellings("name"))
    assert fields["name"].value == "a"
    assert [str(notice) for notice in there.report.notices] == [
        "x.Name: is ignored: x.name says the same thing already"
    ]

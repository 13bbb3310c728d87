import pytest

from ccr.config.text import MOST_VALUES, read
from ccr.errors import ConfigInvalid


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("// note\n{a: [1, 'x',], /* more */ b: null}", ""),
        ('{"a": [1, "x"], "b": null}', ".json"),
        ('\ufeff{"a": [1, "x"], "b": null}', ".JSON5"),
        ("a: [1, x]\nb:", ""),
        ("a:\n  - 1\n  - x\nb: null\n", ".yml"),
    ],
)
def test_json5_and_yaml_come_to_the_same(text: str, suffix: str) -> None:
    assert read(text, suffix) == {"a": [1, "x"], "b": None}


@pytest.mark.parametrize("suffix", ["", ".json", ".yaml"])
def test_an_empty_file_is_a_file_without_settings(suffix: str) -> None:
    assert read(" \n", suffix) == {}


@pytest.mark.parametrize(
    ("text", "suffix", "said"),
    [
        ('{"a": "x"\n "b": 1}', "", "line 2, column 2: not JSON5: Expected a comma or '}', found '\"'; look for"),
        ('{"a": 1', "", "line 1, column 1: not JSON5: Unclosed 'object'"),
        ('{"a": 1} x', "", "line 1, column 8: not JSON5: Extra data 'x'"),
        ("# x", ".json", "line 1, column 1: not JSON5"),
        ("Router:\n  default: a,b", ".json", "found 'R'; a file of YAML ends in .yaml"),
        ("{a: 1, b: {},\n 'a': 2}", "", 'line 2, column 2: "a" is here for the second time; keep one'),
        ("a: [!!binary aGk=]", "", "a[0]: neither text nor a number"),
        ("{a: {b: NaN}}", "", "a.b: not a finite number"),
        ("- a", "", "expected an object at the top"),
        ("[1]", ".json", "expected an object at the top"),
        ("just words", "", "expected an object at the top"),
        ("PK\0\0", "", "this is not text"),
        ("[" * 5000, ".json", "Maximum nesting level exceeded"),
        ("[" * 5000, ".yaml", "nested more than 50 deep"),
        ("a: " + "[" * 60 + "]" * 60, "", "nested more than 50 deep"),
        ("a: &a [*a]", "", "nested more than 50 deep"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, suffix: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as broken:
        read(text, suffix)
    assert said in broken.value.message


def test_equal_keys_in_different_objects_are_fine() -> None:
    assert read("{a: {x: 1}, b: [{x: 'a: {'}, {x: 3}]}") == {"a": {"x": 1}, "b": [{"x": "a: {"}, {"x": 3}]}


def test_anchors_that_multiply_are_refused() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    text += "".join(
        f"{two}: &{two} [{','.join(['*' + one] * 10)}]\n" for one, two in zip("abcde", "bcdef", strict=True)
    )
    with pytest.raises(ConfigInvalid, match=f"more than {MOST_VALUES} values"):
        read(text)

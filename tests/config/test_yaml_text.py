import subprocess
import sys

import pytest

from ccr.config.yaml_text import decode
from ccr.errors import ConfigInvalid


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", 'line 3, column 1: "a" is here for the second time'),
        ("a: [1", "line 1, column 6: not YAML: expected ',' or ']'"),
        ("a: \x01", "not YAML: unacceptable character"),
        ("1: 2", "line 1, column 1: a key that is not text; put it in quotes"),
        ("a: !!python/object:os.system x", "line 1, column 4: not YAML: could not determine a constructor"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as broken:
        decode(text)
    assert said in broken.value.message


def test_merges_and_anchors_work() -> None:
    assert decode("b: &b {x: 1, y: 1}\nc:\n  <<: *b\n  x: 2\nd: *b") == {
        "b": {"x": 1, "y": 1},
        "c": {"x": 2, "y": 1},
        "d": {"x": 1, "y": 1},
    }


def test_dates_stay_text() -> None:
    assert decode("model: 2024-01-01") == {"model": "2024-01-01"}


def test_who_reads_json_does_without_the_library() -> None:
    reads = "import sys; from ccr.config.files import read; read('{}', '.json'); sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", reads]).returncode == 0

"""Exact token counts, by tiktoken with data that is already here: nothing is ever fetched."""

import base64
import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import tiktoken

from ccr.errors import ConfigInvalid
from ccr.routing.tokens import Encoder, Estimate

# tiktoken_ext/openai_public.py, `cl100k_base`: the file's hash and the pattern that cuts a text before merging.
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
    r"|\s+(?!\S)|\s"
)

# The pattern backtracks over a run of blanks: a million of them before a letter end in a panic, and long runs without
# any blank merge in worse than linear time. So a long text is cut, where the pattern would cut it too if such a place
# is near: after a line feed that ends a run of blanks, or before a space or tab that begins one.
LONGEST = 16_384
NEAR = 2_048
CUT = re.compile(r"\n(?=\S)|\S(?=[ \t])")


class Bpe:
    exact = True

    def __init__(self, ranks: dict[bytes, int]) -> None:
        self._encoding = tiktoken.Encoding("cl100k_base", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})

    def count(self, text: str) -> int:
        return sum(len(self._encoding.encode_ordinary(part)) for part in parts(text))


def data_path(prefix: str = sys.prefix) -> Path:
    """Where the set-up puts the data."""
    return Path(prefix, "share", "ccr", "cl100k_base.tiktoken")


def load(path: Path) -> Bpe:
    """Takes some 150 ms. Raises ConfigInvalid where the file is not there, or not the right one."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ConfigInvalid(f"{path}: {problem.strerror}; run scripts/install to bring the tokenizer's data") from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ConfigInvalid(f"{path}: not the data of cl100k_base; remove it and run scripts/install")
    lines = (line.split() for line in data.splitlines())
    return Bpe({base64.b64decode(token): int(rank) for token, rank in lines})


def encoder(path: Path, report: Callable[[str], None]) -> Encoder:
    """The exact one, or an estimate where the data is missing."""
    try:
        return load(path)
    except ConfigInvalid as problem:
        report(f"{problem.message}; until then token counts are estimates")
        return Estimate()


def parts(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > LONGEST:
        end = start + LONGEST
        cuts = [cut.end() for cut in CUT.finditer(text, end - NEAR, end)]
        end = cuts[-1] if cuts else end
        yield text[start:end]
        start = end
    yield text[start:]

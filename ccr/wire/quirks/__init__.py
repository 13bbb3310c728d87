"""Named differences of vendors and models, and CCR's transformers: what each changes in a request or in an answer."""

from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.table import DIALECTS, INSTEAD, QUIRKS, Makes, known

__all__ = ["DIALECTS", "INSTEAD", "QUIRKS", "Makes", "Options", "Quirk", "known"]

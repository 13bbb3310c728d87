"""Named differences of vendors and models, and CCR's transformers: what each changes in a request or in an answer."""

from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.table import PENDING, QUIRKS

__all__ = ["PENDING", "QUIRKS", "Quirk"]

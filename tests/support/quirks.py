"""What a quirk makes of a request, in each dialect."""

from typing import Any, cast

from ccr.config.schema import DialectName
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.request import Request, Turn
from ccr.providers.dialects import spoken
from ccr.wire.quirks import Quirk

TARGET = Target(ProviderName("acme"), ModelName("m"))
HI = Turn("user", (Text("hi"),))


def sent_by(quirk: Quirk, dialect: str, request: Request | None = None, **changes: Any) -> dict[str, Any]:
    """The body that goes out."""
    request = quirk.request(request or Request("m", (HI,), **changes), TARGET)
    upstream = spoken(cast(DialectName, dialect), None)
    return dict(quirk.finished(upstream.encode(request, TARGET), request, TARGET, upstream.name).body)

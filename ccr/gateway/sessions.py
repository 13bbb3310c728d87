"""What is remembered of a session: how many input tokens its last answer really used. Bounded, least used goes first."""

from collections import OrderedDict

from ccr.messages.record import Record


class Sessions:
    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._input: OrderedDict[str, int] = OrderedDict()

    def last_input(self, session: str | None) -> int | None:
        return self._input.get(session) if session else None

    def __call__(self, record: Record) -> None:
        """An observer."""
        prompt = record.usage.prompt
        if not record.session or record.estimated or not prompt:
            return
        self._input[record.session] = prompt
        self._input.move_to_end(record.session)
        if len(self._input) > self._most:
            self._input.popitem(last=False)

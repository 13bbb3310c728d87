"""An answer's last words are its text. `claude -p` prints the last block alone: nothing, if that is a thought."""

from collections.abc import Iterable

from ccr.messages.blocks import RedactedThinking, Text, Thinking
from ccr.messages.events import BlockStart, End, Event, Finish


class LastWords:
    """A stage: thoughts after a text wait for what they lead to, and go if that is the answer's end."""

    def __init__(self) -> None:
        self._spoken = False  # the last block that went on was a text
        self._held: list[Event] | None = None

    def take(self, event: Event) -> Iterable[Event]:
        match event:
            case BlockStart(Thinking() | RedactedThinking()) if self._spoken:
                self._held = [*(self._held or ()), event]
                return ()
            case BlockStart(block):
                self._spoken = isinstance(block, Text)
                held, self._held = self._held or [], None
                return (*held, event)
            case Finish() | End():
                self._held = None
                return (event,)
            case _ if self._held is not None:
                self._held.append(event)
                return ()
            case _:
                return (event,)

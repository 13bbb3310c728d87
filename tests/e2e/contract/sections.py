"""The parts of the client's contract, as docs/contract.md has them."""

from collections.abc import Mapping

SECTIONS: Mapping[str, str] = {
    "0": "What a request looks like, and how the router reads it",
    "5": "Models, names and the menu",
    "6": "Errors, and broken streams",
    "7": "Silence, time limits, usage",
    "8": "Settings, onboarding, the status line",
    "10": "Context windows and compaction",
    "12": "The gateway's contract",
}

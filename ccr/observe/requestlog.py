"""The log: one JSON line per request or event, without bodies and keys, rotated and bounded."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from ccr.config.schema import Log, LogLevel
from ccr.messages.record import Record

RANK: Mapping[LogLevel, int] = {"error": 0, "warn": 1, "info": 2, "debug": 3}

# A provider's message can be a whole page; the log keeps what tells the cause.
MOST_OF_A_MESSAGE = 2000
MOST_OF_A_NAME = 300


class RequestLog:
    """A broken disk never stops a request: the first failure to write is told on stderr, and `broken` says it."""

    def __init__(self, path: Path, log: Log) -> None:
        self.broken: str | None = None
        self._path = path
        self._log = log
        self._file: BinaryIO | None = None
        self._size = 0

    def configure(self, log: Log) -> None:
        self._log = log

    def __call__(self, record: Record) -> None:
        """An observer."""
        self._write("error" if record.error else "info", line(record))

    def note(self, level: LogLevel, event: str, time: float, **fields: str) -> None:
        """Something that happened beside a request: a start, a reload, a script that failed."""
        self._write(level, {"time": _iso(time), "event": event, **fields})

    def _write(self, level: LogLevel, fields: Mapping[str, object]) -> None:
        if not self._log.enabled or RANK[level] > RANK[self._log.level]:
            return
        data = msgspec.json.encode({"level": level, **fields}) + b"\n"
        try:
            file = self._opened(len(data))
            file.write(data)
            self._size += len(data)
            self.broken = None
        except OSError as failure:
            if self.broken is None:
                print(f"ccr: the log {self._path} cannot be written: {failure}", file=sys.stderr)  # noqa: T201
            self.broken = str(failure)
            self.close()

    def _opened(self, coming: int) -> BinaryIO:
        if self._file is not None and self._size + coming > self._log.max_bytes:
            self.close()
            self._rotate()
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Readable by the group: in a folder that is shared with one, it may read along; otherwise the folder is closed.
            private = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o640)
            self._file = os.fdopen(private, "ab", buffering=0)
            self._size = self._file.tell()
        return self._file

    def _rotate(self) -> None:
        """ccr.log -> ccr.log.1 -> ccr.log.2 …; the last one goes."""
        names = [self._path, *(self._path.with_name(f"{self._path.name}.{n}") for n in range(1, self._log.keep + 1))]
        for older, newer in zip(reversed(names), list(reversed(names))[1:], strict=False):
            if newer.exists():
                newer.replace(older)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def line(record: Record) -> Mapping[str, object]:
    return {
        "time": _iso(record.time),
        "event": "request",
        "id": record.request_id,
        "session": record.session and record.session[:MOST_OF_A_NAME],
        "client": record.client,
        "agent": record.agent[:MOST_OF_A_NAME],
        "class": record.request_class,
        "agent_type": record.agent_type,
        "asked_for": record.asked_for[:MOST_OF_A_NAME],
        "rule": record.rule,
        "target": str(record.target)[:MOST_OF_A_NAME] if record.target else None,
        "attempts": [
            {
                "target": str(tried.target)[:MOST_OF_A_NAME],
                "failure": tried.failure and tried.failure[:MOST_OF_A_MESSAGE],
            }
            | {"ms": round(tried.seconds * 1000)}
            for tried in record.attempts
        ],
        "status": record.status,
        "stream": record.streamed,
        "input_tokens": record.usage.input,
        "output_tokens": record.usage.output,
        "cache_read_tokens": record.usage.cache_read,
        "cache_write_tokens": record.usage.cache_write,
        "estimated": record.estimated,
        "stop_reason": record.stop_reason,
        "first_token_ms": None if record.first_token is None else round(record.first_token * 1000),
        "ms": round(record.seconds * 1000),
        "error": record.error and record.error[:MOST_OF_A_MESSAGE],
    }


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")

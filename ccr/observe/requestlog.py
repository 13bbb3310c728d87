"""The log: one JSON line per request or event, without bodies and keys, rotated and bounded."""

import contextlib
import errno
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from ccr.config.schema import Log, LogLevel
from ccr.messages.record import Record, Tried

RANK: Mapping[LogLevel, int] = {"error": 0, "warn": 1, "info": 2, "debug": 3}

# A provider's message can be a whole page; the log keeps what tells the cause.
MOST_OF_A_MESSAGE = 2000
MOST_OF_A_NAME = 300


class RequestLog:
    """A broken disk never stops a request: the first failure to write is told on stderr, and `broken` says it."""

    def __init__(self, path: Path, log: Log) -> None:
        self.broken: str | None = None
        self.path = path
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
            if file.write(data) < len(data):
                file.truncate(self._size)  # no half of a line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._size += len(data)
            self.broken = None
        except OSError as failure:
            if self.broken is None:
                print(f"ccr: the log {self.path} cannot be written: {failure}", file=sys.stderr)  # noqa: T201
            self.broken = str(failure)
            self.close()

    def _opened(self, coming: int) -> BinaryIO:
        if self._file is not None and self._size + coming > self._log.max_bytes:
            self.close()
            self._rotate()
        if self._file is not None and not _is(self._file, self.path):
            self.close()  # somebody has moved or removed it
        if self._file is None:
            _make(self.path.parent)
            if self.path.is_fifo():  # opening it would wait for a reader, and so would all requests
                raise OSError(errno.ESPIPE, "it is a pipe, not a file")
            new = not self.path.exists()
            # Readable by the group: in a folder that is shared with one, it may read along; otherwise the folder is closed.
            private = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o640)
            self._file = os.fdopen(private, "ab", buffering=0)
            self._size = self._file.tell()
            if new:
                _leave(private, self.path.parent)
        return self._file

    def _rotate(self) -> None:
        """ccr.log -> ccr.log.1 -> ccr.log.2 …; the last one goes."""
        names = [self.path, *(self.path.with_name(f"{self.path.name}.{n}") for n in range(1, self._log.keep + 1))]
        for older, newer in zip(reversed(names), list(reversed(names))[1:], strict=False):
            if newer.exists():
                newer.replace(older)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _is(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(0o700, exist_ok=True)
        _leave(folder, folder.parent)


def _leave(made: int | Path, folder: Path) -> None:
    """What root makes in a user's folder is the user's, who may run the router next."""
    if os.geteuid() == 0:
        owner = folder.stat()
        with contextlib.suppress(OSError):
            os.chown(made, owner.st_uid, owner.st_gid)


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
        **({"passed_over": [str(each)[:MOST_OF_A_NAME] for each in record.passed_over]} if record.passed_over else {}),
        "attempts": [_attempt(tried) for tried in record.attempts],
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


def _attempt(tried: Tried) -> Mapping[str, object]:
    return {
        "target": str(tried.target)[:MOST_OF_A_NAME],
        **({"key": tried.key[:MOST_OF_A_NAME]} if tried.key else {}),
        "failure": tried.failure and tried.failure[:MOST_OF_A_MESSAGE],
        **({"kind": tried.kind} if tried.kind else {}),
        **({"broke": True} if tried.broke else {}),
        "ms": round(tried.seconds * 1000),
    }


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")

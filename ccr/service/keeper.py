"""Keeps the router running: holds its listening socket, starts it again when it crashes, and replaces it when told.

A program of its own, run by its path, that lives as long as the router and so imports next to nothing:
`python -I -S keeper.py COMMAND...`, its folder in CCR_HOME. What it speaks of with a router is one socket, the *line*: the router's first
byte on it says that it listens, with its listening socket where that is a new one; `LEAVE` tells the router that another
has taken its place, and it says so when it listens no more; the line's end tells either side that the other is gone.
"""

import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence

SOCKET = "ccr.sock"  # where it takes orders
STATE = "ccr.state.json"  # what the router says of itself
CLAIM = "ccr.claim"  # locked for as long as it lives
GAVE_UP = "ccr.gave-up"  # why no router runs any more
LEAVE = b"leave"
DONE = b"done"

# So many crashes in a row, and it stays down: what crashes at once would do so for ever.
MOST_CRASHES = 5
# A router that has lived for so many seconds begins a new row.
STEADY = 60.0
MOST_OF_AN_ORDER = 16 * 1024 * 1024
ORDER_WITHIN = 5.0
BEGINS_WITHIN = 60.0
LEAVES_WITHIN = 35.0  # the router itself cuts what streams after 28


def order(command: Sequence[str], env: Mapping[str, str]) -> bytes:
    """What a router is to be started with, as bytes; nothing of it can hold a NUL."""
    words = [str(len(command)), *command, *(f"{name}={value}" for name, value in env.items())]
    return "\0".join(words).encode(errors="surrogateescape")


class Order:
    def __init__(self, data: bytes) -> None:
        count, *words = data.decode(errors="surrogateescape").split("\0")
        self.command = words[: int(count)]
        self.env = dict(word.split("=", 1) for word in words[int(count) :])


class Child:
    def __init__(self, pid: int, line: socket.socket, order: Order) -> None:
        self.pid = pid
        self.line = line
        self.order = order
        self.began = time.monotonic()
        self.until: float | None = self.began + BEGINS_WITHIN  # when it is killed


class Keeper:
    def __init__(self, folder: str, first: Order, pause: float = 1.0) -> None:
        self._folder = folder
        self._pause = pause  # seconds before the third try; then they double
        self._order = first  # by which the last router began to listen
        self._listener: socket.socket | None = None
        self._children: dict[int, Child] = {}  # by pid: also those that leave
        self._router: Child | None = None  # the one that answers
        self._coming: Child | None = None
        self._asker: socket.socket | None = None  # who ordered it; gone when the one before has let go of the listener
        self._leaving: Child | None = None  # is about to let go of it
        self._crashes = 0
        self._due: float | None = None  # when the next try is
        self._ending = False
        self._code = 0

    def run(self) -> int:
        waking, wake = os.pipe()
        for end in (waking, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        door = _door(self._folder)
        self._start(self._order)
        while self._children or self._due is not None:
            # Who orders a router while another is coming or leaving has to wait.
            hears = self._ending or not (self._coming or self._leaving)
            fd = self._wait([waking, *([door.fileno()] if door and hears else [])])
            if fd == waking:
                self._woken(os.read(waking, 512))
            elif door and fd == door.fileno():
                self._ordered(door)
            elif fd is not None:
                self._heard(fd)
            self._overdue(time.monotonic())
        for left in (SOCKET, STATE):
            _remove(f"{self._folder}/{left}")
        return self._code

    def _wait(self, ours: Sequence[int]) -> int | None:
        """One of those that have something to say: to hear it may close another, whose number the next one gets."""
        poll = select.poll()
        for fd in (*ours, *(child.line.fileno() for child in self._children.values() if child.line.fileno() >= 0)):
            poll.register(fd, select.POLLIN)
        if self._asker:
            poll.register(self._asker.fileno(), 0)  # its end alone; it has said all it had to say
        times = [self._due, *(child.until for child in self._children.values())]
        first = min((each for each in times if each is not None), default=None)
        wait = None if first is None else max(0.0, first - time.monotonic()) * 1000
        return next((fd for fd, _ in poll.poll(wait)), None)

    def _overdue(self, now: float) -> None:
        if self._due is not None and now >= self._due:
            self._due = None
            self._start(self._order)
        for child in self._children.values():
            if child.until is not None and now >= child.until:
                child.until = None
                os.kill(child.pid, signal.SIGKILL)

    # --- its routers --------------------------------------------------------------------------------------------------

    def _start(self, order: Order) -> None:
        try:
            self._coming = self._spawned(order)
        except (OSError, ValueError) as failure:  # a program that was moved away; too many processes
            _say(f"a router cannot be started: {failure}")
            self._failed(str(failure), 1)
        else:
            self._children[self._coming.pid] = self._coming

    def _spawned(self, order: Order) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            command = [*order.command, "--line", str(theirs.fileno())]
            if self._listener:
                self._listener.set_inheritable(True)
                command += ["--listener", str(self._listener.fileno())]
            return Child(os.posix_spawnp(command[0], command, order.env, setsigdef=[signal.SIGHUP]), ours, order)

    def _heard(self, fd: int) -> None:
        if self._asker and fd == self._asker.fileno():
            self._asker_left()
            return
        for child in self._children.values():
            if child.line.fileno() == fd:
                try:
                    said, passed, _, _ = socket.recv_fds(child.line, 16, 1)
                except OSError:
                    said, passed = b"", []
                if not said:
                    child.line.close()  # it ends; its end is told by a signal
                elif child is self._coming:
                    self._listens(child, passed)
                if child is self._leaving:
                    self._let_go()
                return

    def _listens(self, child: Child, passed: Sequence[int]) -> None:
        for fd in passed:
            if self._listener:
                self._listener.close()
            self._listener = socket.socket(fileno=fd)
        before, self._router, self._coming = self._router, child, None
        self._order, child.until = child.order, None
        if self._asker:
            _send(self._asker, DONE)
        if before:
            self._leaving, before.until = before, time.monotonic() + LEAVES_WITHIN
            _send(before.line, LEAVE)
        else:
            self._dismiss()

    def _let_go(self) -> None:
        """One listener is left: whoever ordered the new router may connect."""
        self._leaving = None
        self._dismiss()

    def _ended(self, pid: int, status: int) -> None:
        child = self._children.pop(pid, None)
        if not child:
            return
        child.line.close()
        if child is self._leaving:
            self._let_go()
        code = os.waitstatus_to_exitcode(status)
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        if child is self._router:
            self._router = None
            self._crashes = 0 if time.monotonic() - child.began > STEADY else self._crashes
            if code == 0:
                self._end(signal.SIGTERM)
            elif not self._coming:
                self._crashed(how)
        elif child is self._coming:
            self._failed(how, code if code > 0 else 1)

    def _failed(self, how: str, code: int) -> None:
        """Who was to come does not."""
        self._coming = None
        self._dismiss()
        if self._listener is None:
            self._code = code  # the first one never listened: whoever started it is told
        elif not self._router:
            self._crashed(how)

    def _crashed(self, how: str) -> None:
        if self._ending:
            return
        self._crashes += 1
        if self._crashes >= MOST_CRASHES:
            said = f"the router crashed {self._crashes} times in a row ({how}) and stays down"
            _write(f"{self._folder}/{GAVE_UP}", said)
            self._code = 1
        else:
            wait = 0.0 if self._crashes == 1 else self._pause * 2.0 ** (self._crashes - 2)
            self._due = time.monotonic() + wait
            said = f"the router crashed ({how}); it is started again" + (f" in {wait:g} s" if wait else "")
        _say(said)

    # --- what it is told ----------------------------------------------------------------------------------------------

    def _woken(self, signals: bytes) -> None:
        for number in signals:
            if number == signal.SIGCHLD:
                while self._children:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                    if not pid:
                        break
                    self._ended(pid, status)
            else:
                self._end(signal.Signals(number))

    def _end(self, number: signal.Signals) -> None:
        self._ending = True
        self._due = None
        for pid in self._children:
            os.kill(pid, number)

    def _ordered(self, door: socket.socket) -> None:
        asker, _ = door.accept()
        if self._ending:
            asker.close()
            return
        asker.settimeout(ORDER_WITHIN)
        try:
            order = Order(_whole(asker))
        except (OSError, ValueError):
            asker.close()
            return
        self._asker, self._crashes, self._due = asker, 0, None
        self._start(order)

    def _asker_left(self) -> None:
        """Nobody waits for the new router any more: the old one stays."""
        self._dismiss()
        if self._coming:
            os.kill(self._coming.pid, signal.SIGKILL)

    def _dismiss(self) -> None:
        if self._asker:
            self._asker.close()
            self._asker = None


def _whole(asker: socket.socket) -> bytes:
    data = b""
    while len(data) < MOST_OF_AN_ORDER:
        chunk = asker.recv(65536)
        if not chunk:
            return data
        data += chunk
    raise ValueError


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # there is none, or it stays


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return  # a full disk: then its output has to do


def _say(text: str) -> None:
    try:
        os.write(2, f"ccr: {text}\n".encode())
    except OSError:
        return  # a full disk


def _send(to: socket.socket, data: bytes) -> None:
    try:
        to.send(data)
    except OSError:
        return  # it is gone


def _door(folder: str) -> socket.socket | None:
    """By its name alone, as a socket's path may have no more than 107 bytes. Without one, a restart is a stop and a start."""
    door = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    try:
        os.chdir(folder)
        _remove(SOCKET)
        mask = os.umask(0o177)
        try:
            door.bind(SOCKET)
        finally:
            os.umask(mask)
        door.listen()
    except OSError:
        door.close()
        return None
    finally:
        os.chdir(before)
    return door


def main(folder: str, command: Sequence[str]) -> int:
    claim = os.open(f"{folder}/{CLAIM}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("the router is already running; `ccr stop` ends it")
        return 1
    _remove(f"{folder}/{GAVE_UP}")
    return Keeper(folder, Order(order(command, os.environ))).run()  # noqa: TID251 - handed on as it is


if __name__ == "__main__":
    sys.exit(main(os.environ["CCR_HOME"], sys.argv[1:]))  # noqa: TID251 - it imports nothing of ours

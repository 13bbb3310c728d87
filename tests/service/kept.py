"""Stands in for a router that has a keeper: listens, and says by which name it was started. `kept.py NAME [MODE]`.

A request for /crash crashes it, for /end ends it.
"""

import argparse
import os
import select
import signal
import socket
import sys


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("mode", nargs="?")
    parser.add_argument("--line", type=int)
    parser.add_argument("--listener", type=int)
    told = parser.parse_args()
    line = socket.socket(fileno=told.line)
    if told.mode == "broken" or (told.mode == "once" and told.listener):
        sys.exit(4)
    if told.mode == "silent" or (told.mode == "slow" and told.listener):
        open("waits", "w").close()
        select.select([line], [], [], 0.3 if told.mode == "slow" else None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    inherited = told.listener and told.mode != "elsewhere"
    listener = socket.socket(fileno=told.listener) if inherited else socket.create_server(("127.0.0.1", 0))
    socket.send_fds(line, [b"!"], [] if inherited else [listener.fileno()])
    with open("port.new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.replace("port.new", "port")
    while True:
        ready, _, _ = select.select([line, listener], [], [])
        if line in ready:
            listener.close()
            line.send(b"!") if line.recv(9) else None
            return
        asking, _ = listener.accept()
        asked = asking.recv(99)
        if b"/crash" in asked:
            os._exit(7)
        asking.sendall(told.name.encode() + b" " + str(os.getpid()).encode())
        asking.close()
        if b"/end" in asked:
            return


main()

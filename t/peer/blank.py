#!/usr/bin/env python3
"""blank.py - a middlebox: passes SMTP on, and writes X over the keyword.

    blank.py LISTEN-PORT TO-PORT

As "ESMTP inspection" of firewalls does it with keywords it does not know.
Listens on every address, goes on to 127.0.0.1, ends with its standard input.
"""

import socket
import sys
import threading

KEYWORD = b"X-LSA-2"


def pump(source, sink, blank):
    """Until one of them ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data.replace(KEYWORD, b"X" * len(KEYWORD)) if blank else data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(listener, to_port):
    """One session after the other, several at a time."""
    while True:
        client = listener.accept()[0]
        try:
            server = socket.create_connection(("127.0.0.1", to_port), 5)
        except OSError:
            client.close()
            continue
        for ends in ((client, server, False), (server, client, True)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def main():
    """Entry."""
    listener = socket.create_server(("", int(sys.argv[1])))
    threading.Thread(target=serve, args=(listener, int(sys.argv[2])), daemon=True).start()
    print("listening", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

"""zone.py FILE - a name server at port 53 of all addresses, which answers what FILE has:

    NAME A ADDRESS
    NAME SRV PRIORITY PORT TARGET

Over UDP what is longer than 512 octets is cut, and asked for again over TCP.
"""

import selectors
import socket
import struct
import sys

TYPES = {"A": 1, "SRV": 33}


def wire(name):
    """A name, as it goes over the wire."""
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def records(name, kind):
    """The values of a name."""
    found = []
    with open(sys.argv[1], encoding="ascii") as zone:
        for line in zone:
            words = line.split()
            if len(words) < 3 or words[0].lower() != name.lower() or TYPES[words[1]] != kind:
                continue
            if kind == TYPES["A"]:
                found.append(socket.inet_aton(words[2]))
            else:
                found.append(struct.pack(">HHH", int(words[2]), 0, int(words[3])) + wire(words[4]))
    return found


def question(query):
    """The name and the type that are asked for, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def answer(query, room):
    """What is said."""
    name, kind, end = question(query)
    values = records(name, kind)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 30, len(value)) + value
                    for value in values)
    cut = 12 + end + len(body) > room
    head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0x200 if cut else 0), 1,
                                   0 if cut else len(values), 0, 0)
    return head + query[12:end] + (b"" if cut else body)


def over_tcp(listener):
    """One question of one client."""
    link = listener.accept()[0]
    with link:
        link.settimeout(5)
        try:
            octets = link.recv(4096)
            while len(octets) < 2 or len(octets) < 2 + struct.unpack(">H", octets[:2])[0]:
                octets += link.recv(4096) or bytes(4096)
            text = answer(octets[2:], 65535)
            link.sendall(struct.pack(">H", len(text)) + text)
        except OSError:
            pass  # he has gone


def main():
    """Until it is ended."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("", 53))
    listener = socket.create_server(("", 53))
    chosen = selectors.DefaultSelector()
    for one in (plain, listener):
        chosen.register(one, selectors.EVENT_READ)
    while True:
        for key, _ in chosen.select():
            if key.fileobj is listener:
                over_tcp(listener)
                continue
            query, client = plain.recvfrom(4096)
            plain.sendto(answer(query, 512), client)


main()

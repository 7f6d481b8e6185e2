"""flood_wire.py - the two neighbours of t/bench/flood-wire, and what it tells.

Their certificates are those of the second and third server of the state that
lsrd has. They answer its DIGEST with the same, so there is nothing to exchange,
and keep nothing of what comes.
"""

import collections
import os
import select
import socket
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../peer")]

import carrier
import wire as w
from cryptography import x509
from cryptography.hazmat.primitives import serialization

RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
LIMIT = 60
APART = 1.8  # seconds: an LSA that comes sooner, again and again, waits for its turn

Files = collections.namedtuple("Files", "key certificate authority")


class Neighbour:
    """One of them."""

    def __init__(self, folder, net, number):
        self.name = "mx%06d.bench.example" % number
        word = ("second", "third")[number - 1]
        self.files = Files(*(os.path.join(folder, end) for end in (
            word + ".key", word + ".pem", "authority.pem")))
        with open(self.files.key, "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), None)
        with open(self.files.authority, "rb") as file:
            authority = x509.load_pem_x509_certificate(file.read())
        self.organization = w.digest(authority.public_key().public_bytes(*RAW))
        sock = socket.create_connection((net + ".10", 6910), 10,
                                        ("%s.%d" % (net, 10 + number), 0))
        self.line, self.frames = carrier.Tcp(sock, self.files), w.Frames()
        self.came, self.greeted, self.full = 0, False, False
        self.updates = []  # since they were taken: (key, sequence)

    def send(self, kind, body=b""):
        """One message."""
        self.line.write(w.frame(kind, body))

    def sealed(self, kind, body):
        """One message as it goes to the socket."""
        self.line.tls.write(w.frame(kind, body))
        return self.line.tls.outside.read()

    def alive(self):
        """A keep-alive."""
        if self.greeted:
            self.send(w.ALIVE, self.came.to_bytes(8, "big"))

    def readable(self):
        """What comes."""
        data = self.line.readable()
        self.came += len(data)
        if self.line.tls.done and not self.greeted:
            self.greeted = True
            self.send(w.HELLO, w.hello(w.Hello(
                1, 2, self.organization, self.name, 500, 20000)))
        for kind, body in self.frames.feed(data):
            if kind == w.DIGEST:
                self.send(w.DIGEST, b"\0" + body[1:])
                self.send(w.SYNCED)
            elif kind == w.SYNCED:
                self.full = True
            elif kind == w.UPDATE:
                lsa = w.Lsa(body)
                self.updates.append((lsa.key, lsa.sequence))
            elif kind == w.CLOSE:
                raise carrier.Gone("closed: " + body.decode("ascii", "replace"))

    def space(self, number):
        """Its address space, by another cost."""
        key = w.Key(self.name, w.SPACE, "d" + self.name[2:])
        sequence = 2 << 32 | number
        return (key, sequence), w.build(
            self.organization, self.key.public_key().public_bytes(*RAW),
            (key, sequence, int(time.time()), False), w.space(1 + number % 2, 0), self.key.sign)


class Pair:
    """Both, and the time."""

    def __init__(self, folder, net):
        self.both = [Neighbour(folder, net, number) for number in (1, 2)]
        self.said_at = 0.0

    def step(self, wait):
        """What there is; when it was there to read."""
        ready, _, _ = select.select([n.line for n in self.both], [], [], wait)
        now = time.monotonic()
        for neighbour in self.both:
            if neighbour.line in ready:
                neighbour.readable()
        if now - self.said_at > 0.4:
            self.said_at = now
            for neighbour in self.both:
                neighbour.alive()
        return now

    def until(self, what, holds):
        """When it held."""
        began = now = time.monotonic()
        while not holds():
            if now - began > LIMIT:
                sys.exit("not in %d s: %s" % (LIMIT, what))
            now = self.step(0.1)
        return now

    def rest(self, seconds):
        """Time goes by."""
        until = time.monotonic() + seconds
        while self.step(0.05) < until:
            pass

    def word(self, number):
        """Seconds from one to the other."""
        said, octets = self.both[0].space(number)
        out = self.both[0].sealed(w.UPDATE, octets)
        self.both[1].updates.clear()
        began = time.monotonic()
        self.both[0].line.sock.sendall(out)
        return self.until("the other has it", lambda: said in self.both[1].updates) - began


def main():
    """Entry."""
    folder, net, servers, rounds = sys.argv[1:]
    pair, took = Pair(folder, net), []
    pair.until("both are FULL", lambda: all(n.full for n in pair.both))
    pair.rest(3)
    for number in range(int(rounds)):
        took.append(1000 * pair.word(number + 1))
        pair.rest(APART)
    took.sort()
    print("flood-wire servers=%s n=%s median=%.3f 99%%=%.3f least=%.3f ms, load %.1f" % (
        servers, rounds, statistics.median(took), took[len(took) * 99 // 100], took[0],
        os.getloadavg()[0]))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""insider.py - a server with a certificate of the authority that means ill.

    insider.py --key FILE --certificate FILE --authority FILE --group GROUP
               --source ADDRESS --to HOST:PORT [--to ...] --seconds N
               [--seed N | --play "ATTACK; ATTACK; ..."]
               [--honest NAME=HOST:PORT=GROUP ...]

It holds a session with each server it is told of, as lsrd-protocol(7) has it,
and says on all of them what its key can sign. What it does is a line of a
small language, given or drawn from a seed; it begins anew until its time is
over, and when a session ends it comes again.

    many TYPE N OCTETS    N LSAs of a type (a number), each with so long a body
    same TYPE N           N instances of one LSA
    purge N               says a space and withdraws it, N times
    identity N            its identity, N times
    names SERVER          its mail service is where that one's is
    wander N              N server LSAs, each with another address
    cheap GROUP SERVER    a connector of cost 1 to there
    fat N                 N connectors of 64 bridgeheads and 64 senders
    boast                 everybody is its neighbour, and every mail service down
    leap                  an epoch far ahead, then all as before
    forge SERVER          what that one says, signed with its own key
    rule                  the authority's words, signed with its own key
    ask N                 REQUESTs of N keys that do not exist
    sum N                 SUMMARYs of N LSAs that do not exist
    digests N             N DIGESTs
    noise N               N octets that are no frame
    split N               N numbers, under each another thing to each server
    mimic SERVER N        N instances of that one's, to have it heard too often
    echo N                what others have said, N times over
    flap N                a connector up and down, N times
    spell                 ids that mean something to a shell, a path, a terminal
    hurry N               N sessions with the first server, each after the other
    deaf SECONDS          reads nothing for so long
    leave                 ends its sessions, without a word

On the standard output: a JSON line for each attack, and one at the end.
"""

import argparse
import json
import os
import random
import select
import socket
import struct
import time

import carrier
import wire
from database import Database

ROOM = 1 << 20  # octets that wait to be written, for each session


class Session:
    """One session: what the other end needs to call it FULL."""

    def __init__(self, node, to):
        self.node, self.to, self.state = node, to, "connect"
        self.frames, self.said, self.deaf = wire.Frames(), 0, 0
        host, _, port = to.rpartition(":")
        sock = socket.create_connection((host, int(port)), 5, (node.args.source, 0))
        self.wire = carrier.Tcp(sock, node.args)

    def send(self, kind, body=b""):
        """One message."""
        self.wire.write(wire.frame(kind, body))

    def message(self, kind, body):
        """No more than is needed."""
        if kind == wire.UPDATE and len(self.node.heard) < 1000:
            self.node.heard.append(body)
        if kind == wire.HELLO:
            self.send(wire.DIGEST, bytes(31) + b"\1" + bytes(4))
            self.state = "sync"
        elif kind == wire.DIGEST:
            self.send(wire.SUMMARY, b"\3\0\0")
        elif kind == wire.SUMMARY:
            self.send(wire.SYNCED)
        elif kind == wire.SYNCED:
            self.state = "full"

    def readable(self):
        """Octets came."""
        plain = self.wire.readable()
        if self.wire.tls.done and self.state == "connect":
            self.state = "greet"
            self.send(wire.HELLO, wire.hello(wire.Hello(
                1, 1, self.node.db.organization, self.node.db.name, 1000, 3000)))
        for kind, body in self.frames.feed(plain):
            self.message(kind, body)

    def tick(self, now):
        """A keep-alive, in time."""
        if self.state in ("sync", "full") and now - self.said > 0.8:
            self.said = now
            self.send(wire.ALIVE)


class Insider:
    """All sessions, and what is said on them."""

    def __init__(self, args):
        self.args = args
        self.db = Database(args.authority, args.certificate, args.key)
        self.epoch, self.counter = int(time.time()) % (1 << 24), 0
        self.sessions, self.ended, self.octets = {}, 0, 0
        self.end = time.monotonic() + args.seconds
        self.again, self.heard = {}, []
        self.honest = [h.split("=") for h in args.honest]
        self.rng = random.Random(args.seed)

    # --- sessions

    def lose(self, to):
        """It is over, and will be begun anew."""
        session = self.sessions.pop(to, None)
        if session:
            self.ended += 1
            session.wire.sock.close()
        self.again[to] = time.monotonic() + 0.3

    def pump(self, wait):
        """Lets time pass, and octets."""
        now = time.monotonic()
        for to in self.args.to:
            if to not in self.sessions and now >= self.again.get(to, 0):
                try:
                    self.sessions[to] = Session(self, to)
                except (OSError, carrier.Gone):
                    self.again[to] = now + 0.3
        live = list(self.sessions.values())
        reads = [s for s in live if now >= s.deaf]
        writes = [s for s in live if s.wire.wants_write]
        reads, writes, _ = select.select(reads_of(reads), reads_of(writes), [], wait)
        for session in live:
            try:
                if session.wire in writes:
                    session.wire.writable()
                if session.wire in reads:
                    session.readable()
                session.tick(now)
            except (carrier.Gone, wire.Fault, OSError):
                self.lose(session.to)

    def send(self, kind, body=b""):
        """On every session, as fast as they take it."""
        data = wire.frame(kind, body)
        for session in list(self.sessions.values()):
            if session.state != "full":
                continue
            try:
                session.wire.write(data)
                self.octets += len(data)
            except (carrier.Gone, OSError):
                self.lose(session.to)
        while time.monotonic() < self.end and any(
                len(s.wire.out) > ROOM for s in self.sessions.values()):
            self.pump(0.05)
        self.pump(0)

    def over(self):
        """Its time is."""
        return time.monotonic() >= self.end

    # --- words

    def lsa(self, kind, ident, body=b"", origin=None, purge=False):
        """The octets of the next one."""
        self.counter += 1
        head = (wire.Key(origin if origin is not None else self.db.name, kind, ident),
                self.epoch << 32 | self.counter, int(time.time()), purge)
        return wire.build(self.db.organization, self.db.public, head, body,
                          self.db.private.sign)

    def say(self, kind, ident, body=b"", **more):
        """One UPDATE."""
        self.send(wire.UPDATE, self.lsa(kind, ident, body, **more))

    def join(self, smtp=None, downs=()):
        """Identity and server LSA: it is there, like anybody."""
        self.say(wire.IDENTITY, "", wire.tlv(1, self.db.certificate))
        self.say(wire.SERVER, "", self.server(smtp or self.args.source + ":2525", downs))

    def server(self, smtp, downs=()):
        """The body of a server LSA."""
        body = wire.server(self.args.group, ([smtp], []), 0, "",
                           sorted(h[0] for h in self.honest))
        return body + b"".join(wire.tlv(8, d.encode()) for d in sorted(downs))

    def body(self, kind, octets):
        """One that passes: filled up with TLVs that nobody knows."""
        good = {wire.IDENTITY: wire.tlv(1, self.db.certificate),
                wire.SERVER: self.server(self.args.source + ":2525"),
                wire.CONNECTOR: wire.tlv(1, b"far") + wire.tlv(2, b"\0"),
                wire.SPACE: wire.space(self.rng.randrange(65536), 0)}.get(kind, b"")
        while kind != wire.IDENTITY and len(good) < octets:
            good += wire.tlv(60000, os.urandom(min(octets - len(good), 60000)))
        return good

    def ident(self, kind, number):
        """The number-th id of a type."""
        return {wire.IDENTITY: "", wire.SERVER: "", wire.CONNECTOR: "c%d" % number,
                wire.SPACE: "s%d.%s" % (number, self.db.name)}.get(kind, "u%d" % number)

    # --- attacks

    def do_many(self, kind, n, octets):
        """LSAs, and their octets."""
        for i in range(int(n)):
            if self.over():
                return
            self.say(int(kind), self.ident(int(kind), i), self.body(int(kind), int(octets)))

    def do_same(self, kind, n):
        """Instances."""
        for _ in range(int(n)):
            if self.over():
                return
            self.say(int(kind), self.ident(int(kind), 0),
                     self.body(int(kind), self.rng.randrange(60)))

    def do_purge(self, n):
        """Said, and withdrawn."""
        for i in range(int(n)):
            if self.over():
                return
            self.say(wire.SPACE, self.ident(wire.SPACE, i % 1000), wire.space(0, 0))
            self.say(wire.SPACE, self.ident(wire.SPACE, i % 1000), purge=True)

    def do_identity(self, n):
        """Each is a certificate to verify."""
        self.do_same(wire.IDENTITY, n)

    def do_names(self, server):
        """Another's address."""
        self.join(next(h[1] for h in self.honest if h[0] == server))

    def do_wander(self, n):
        """Many addresses."""
        for i in range(int(n)):
            if self.over():
                return
            self.say(wire.SERVER, "", self.server("192.0.2.%d:%d" % (i % 254 + 1, i % 65535 + 1)))

    def do_cheap(self, group, server):
        """Everybody's mail, please."""
        self.join()
        self.say(wire.CONNECTOR, "fast", wire.tlv(1, group.encode()) + wire.tlv(2, b"\0") +
                 wire.tlv(3, b"\1\0\0\0\1" + server.encode()))

    def do_fat(self, n):
        """Connectors that mean something."""
        heads = b"".join(wire.tlv(3, b"\1\0\0\0\1" + b"b%02d.far.example.org" % i)
                         for i in range(64))
        senders = b"".join(wire.tlv(7, b"a%02d@far.example.org" % i) for i in range(64))
        for i in range(int(n)):
            if self.over():
                return
            self.say(wire.CONNECTOR, "f%d" % i,
                     wire.tlv(1, b"far") + wire.tlv(2, b"\0") + heads + senders)

    def do_boast(self):
        """About others."""
        self.join(downs=[h[0] for h in self.honest])

    def do_leap(self):
        """Numbers that end."""
        was, self.epoch = self.epoch, 0xfffffffe
        self.do_same(wire.CONNECTOR, 20)
        self.epoch = was
        self.join()

    def do_forge(self, server):
        """Another's words."""
        for kind in (wire.IDENTITY, wire.SERVER, wire.CONNECTOR, wire.SPACE):
            self.say(kind, "" if kind < 3 else "c" if kind == 3 else server,
                     self.body(kind, 0), origin=server)
            self.say(kind, "" if kind < 3 else "c" if kind == 3 else server,
                     origin=server, purge=True)

    def do_rule(self):
        """The authority's."""
        self.say(wire.RULE, "connectors", wire.tlv(1, b"\0"), origin="")
        self.say(wire.REVOCATION, "00" * 32, origin="")
        self.say(wire.FORGET, "00" * 32, wire.tlv(1, b"\xff" * 4), origin=self.honest[0][0])

    def do_ask(self, n):
        """Keys of nobody."""
        for i in range(0, int(n), wire.KEYS_MAX):
            if self.over():
                return
            for body in wire.requests(wire.Key("n%d.example.org" % (i + k), wire.SPACE,
                                               "n%d.example.org" % (i + k))
                                      for k in range(wire.KEYS_MAX)):
                self.send(wire.REQUEST, body)

    def do_sum(self, n):
        """LSAs of nobody."""
        for i in range(0, int(n), wire.KEYS_MAX):
            if self.over():
                return
            self.send(wire.SUMMARY, struct.pack(">BH", 3, wire.KEYS_MAX) + b"".join(
                wire.key(wire.Key("n%d.example.org" % (i + k), wire.SPACE, "a.example.org")) +
                struct.pack(">Q", 7) + bytes(8) for k in range(wire.KEYS_MAX)))

    def do_digests(self, n):
        """A round each."""
        for _ in range(int(n)):
            if self.over():
                return
            self.send(wire.DIGEST, os.urandom(32) + bytes(4))

    def do_noise(self, n):
        """No frame at all."""
        for session in list(self.sessions.values()):
            try:
                session.wire.write(os.urandom(int(n)))
            except (carrier.Gone, OSError):
                self.lose(session.to)

    def do_split(self, n):
        """No two hear the same."""
        for _ in range(int(n)):
            if self.over():
                return
            for cost, session in enumerate(list(self.sessions.values())):
                data = self.lsa(wire.SPACE, self.ident(wire.SPACE, 0), wire.space(cost, 0))
                self.counter -= 1
                if session.state == "full":
                    try:
                        session.wire.write(wire.frame(wire.UPDATE, data))
                    except (carrier.Gone, OSError):
                        self.lose(session.to)
            self.counter += 1
            self.pump(0)

    def do_mimic(self, server, n):
        """Not to be heard is as good as to be silent."""
        for _ in range(int(n)):
            if self.over():
                return
            self.say(wire.SERVER, "", self.body(wire.SERVER, 0), origin=server)

    def do_echo(self, n):
        """It needs no key for that."""
        for _ in range(int(n)):
            for data in list(self.heard):
                if self.over():
                    return
                self.send(wire.UPDATE, data)

    def do_flap(self, n):
        """What takes out of use is heard first."""
        for i in range(int(n)):
            if self.over():
                return
            self.say(wire.CONNECTOR, "c0", wire.tlv(1, b"far") + wire.tlv(2, b"\0") +
                     wire.tlv(3, b"%c\0\0\0\1b.far.example.org" % (i % 2)))

    def do_spell(self):
        """For whoever shows them, or makes a file of them."""
        for i, ident in enumerate(("../../../etc/passwd", "$(reboot)", "%n%n%s", "--",
                                   '"},{"type":"', "a b", "\x1b[2J", "\x7f")):
            self.say(100 + i, ident, b"\0\1\0\0")

    def do_hurry(self, n):
        """Each takes the place of the one before."""
        for _ in range(int(n)):
            if self.over():
                return
            self.lose(self.args.to[0])
            self.again[self.args.to[0]] = 0
            self.pump(0.05)
            until = time.monotonic() + 1
            while self.args.to[0] in self.sessions and time.monotonic() < until and \
                    self.sessions[self.args.to[0]].state != "full":
                self.pump(0.05)

    def do_deaf(self, seconds):
        """It says on, and reads nothing."""
        until = time.monotonic() + float(seconds)
        for session in self.sessions.values():
            session.deaf = until
        self.do_ask(20000)

    def do_leave(self):
        """And comes again."""
        for to in list(self.sessions):
            self.lose(to)

    # --- the language

    def draw(self):
        """An attack from the seed."""
        rng, honest = self.rng, self.rng.choice(self.honest)
        kind = rng.choice((2, 3, 4, 4, 3, 200, 255))
        return rng.choice((
            "many %d %d %d" % (kind, rng.randrange(10, 6000), rng.randrange(3000)),
            "many %d %d %d" % (kind, rng.randrange(10, 100), rng.randrange(59000)),
            "same %d %d" % (kind, rng.randrange(10, 20000)),
            "purge %d" % rng.randrange(10, 8000), "identity %d" % rng.randrange(10, 2000),
            "names " + honest[0], "wander %d" % rng.randrange(10, 5000),
            "cheap %s %s" % (honest[2], honest[0]), "fat %d" % rng.randrange(10, 4000),
            "boast", "leap", "forge " + honest[0], "rule", "ask %d" % rng.randrange(400, 200000),
            "sum %d" % rng.randrange(400, 40000), "digests %d" % rng.randrange(10, 2000),
            "split %d" % rng.randrange(1, 3000), "mimic %s %d" % (honest[0], rng.randrange(3, 300)),
            "echo %d" % rng.randrange(1, 300), "flap %d" % rng.randrange(10, 8000), "spell",
            "hurry %d" % rng.randrange(3, 100),
            "noise %d" % rng.randrange(1, 100000), "deaf %.1f" % rng.uniform(0.1, 5), "leave"))

    def run(self):
        """Until its time is over."""
        script = [a.strip() for a in self.args.play.split(";")] if self.args.play else None
        turn = 0
        while not self.over():
            while not self.over() and not any(
                    s.state == "full" for s in self.sessions.values()):
                self.pump(0.05)
            if turn == 0:
                self.join()
            line = script[turn % len(script)] if script else self.draw()
            turn += 1
            before = self.octets
            words = line.split()
            getattr(self, "do_" + words[0])(*words[1:])
            self.pump(0.05)
            print(json.dumps({"attack": line, "octets": self.octets - before}), flush=True)
        print(json.dumps({"attacks": turn, "octets": self.octets, "lsas": self.counter,
                          "sessions_lost": self.ended}), flush=True)


def reads_of(sessions):
    """What select() takes of them."""
    return [s.wire for s in sessions]


def main():
    """The command line."""
    parser = argparse.ArgumentParser()
    for name in ("key", "certificate", "authority", "group", "source"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--to", action="append", required=True)
    parser.add_argument("--honest", action="append", default=[])
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--play")
    Insider(parser.parse_args()).run()


if __name__ == "__main__":
    main()

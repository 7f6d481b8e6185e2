#!/usr/bin/env python3
"""peer.py - a second program that speaks lsrd-protocol(7).

    peer.py --key FILE --certificate FILE --authority FILE --group GROUP
            --smtp ADDRESS --state FILE [--dial tcp:ADDRESS|x-lsa-2:ADDRESS ...]
            [--listen tcp:ADDRESS|x-lsa-2:ADDRESS ...]
            [--space PATTERN] [--keep-alive MS] [--dead MS] [--version 1|2]
            [--without ORIGIN]

It joins an organization as the server its certificate names, keeps a session
with each peer it is told to dial or that comes, says its identity, its server LSA and its
address spaces, and keeps a database. It was written from the manual page and
not from the C, to find out whether the page is enough. With --without it is a
faulty one: nothing of that origin stays in its database, whatever it is sent.

On the standard output are JSON lines: what happens, each with "event". On the
standard input are commands, a line each:

    db              the database: a line an LSA, then {"event":"db","count":N}
    drain REASON    the server LSA says drain from now on; `up` takes it back
    space PATTERN   claims a pattern; `unspace PATTERN` purges it
    quit            says CLOSE to all, and ends
"""

import argparse
import json
import os
import select
import socket
import sys
import time

import carrier
import wire
from database import Database, Refused

ORIGINATE_WAIT = 10.0   # section 7
DIGEST_EVERY = 180.0
HELLO_LIMIT, FULL_LIMIT = 10.0, 60.0
RETRY = 1.0


def tell(event, **more):
    """One line for who started us."""
    print(json.dumps(dict(event=event, **more)), flush=True)


def place(text):
    """`tcp:192.0.2.1:691` in three."""
    kind, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    return kind, host.strip("[]"), int(port)


class Session:
    """One session with one peer, from DOWN to FULL."""

    def __init__(self, node, key, stream, dialled):
        self.node, self.key, self.wire, self.dialled = node, key, stream, dialled
        self.frames = wire.Frames()
        self.state = "connect"
        self.name = None
        self.began = self.heard = self.said = time.monotonic()
        self.keep_alive, self.dead = node.args.keep_alive, node.args.dead
        self.version, self.came, self.sent, self.confirmed = wire.OLDEST, 0, 0, 0
        self.new_round()
        self.we_synced = self.they_synced = False
        self.next_digest = self.began + DIGEST_EVERY

    def new_round(self):
        """Nothing summarized, nothing asked."""
        self.summarized = self.summary_whole = False
        self.asked, self.differ = set(), set()

    def fileno(self):
        """For select()."""
        return self.wire.fileno()

    def send(self, kind, body=b""):
        """One message."""
        self.said = time.monotonic()
        data = wire.frame(kind, body)
        self.sent += len(data)
        self.wire.write(data)

    def readable(self):
        """Octets came."""
        plain = self.wire.readable()
        self.heard = time.monotonic()
        self.came += len(plain)
        if self.wire.tls.done and self.state == "connect":
            self.greet()
        for kind, body in self.frames.feed(plain):
            self.message(kind, body)

    def greet(self):
        """The name is proved; say who we are."""
        self.name, self.state = self.wire.tls.name(), "greet"
        self.node.only_one(self)
        self.send(wire.HELLO, wire.hello(wire.Hello(
            wire.OLDEST, self.node.args.version, self.node.db.organization, self.node.name,
            self.keep_alive, self.dead)))

    def message(self, kind, body):
        """What is allowed when, section 3."""
        if kind == wire.CLOSE:
            raise carrier.Gone("peer: " + body.decode("ascii", "replace"))
        if self.state == "greet":
            if kind != wire.HELLO:
                raise wire.Fault("message %d before hello" % kind)
            return self.hello(wire.read_hello(body))
        work = {wire.ALIVE: self.alive, wire.DIGEST: self.on_digest,
                wire.SUMMARY: self.on_summary, wire.REQUEST: self.on_request,
                wire.UPDATE: self.on_update, wire.NONE: self.on_none,
                wire.SYNCED: self.on_synced}.get(kind)
        if not work:
            raise wire.Fault("message %d" % kind)
        return work(body)

    def hello(self, hello):
        """Versions, organization and name must fit."""
        self.version = min(hello.high, self.node.args.version)
        if self.version < max(hello.low, wire.OLDEST):
            raise wire.Fault("version")
        if hello.organization != self.node.db.organization:
            raise wire.Fault("organization")
        if hello.name != self.name:
            raise wire.Fault("name")
        self.dead = max(self.dead, hello.dead)
        self.state = "sync"
        tell("hello", peer=self.name, keep_alive=hello.keep_alive, dead=self.dead,
             version=self.version)
        self.alive_at = time.monotonic()
        self.send_digest(0)

    def send_digest(self, flags):
        """What there is, in digests."""
        self.send(wire.DIGEST, wire.write_digest(
            self.version, self.node.db.all(), flags))

    def alive(self, body):
        """ALIVE says how much has come; one of version 1 is empty."""
        o = wire.Octets(body)
        if self.version > 1:
            self.confirmed = o.number(8)
        o.end()

    def say_alive(self, now):
        """The other way."""
        self.alive_at = now
        self.send(wire.ALIVE, self.came.to_bytes(8, "big") if self.version > 1 else b"")

    def on_digest(self, body):
        """Equal: nothing to say but SYNCED, or to wait for. Else our summary."""
        flags, differ = wire.read_digest(self.version, body, self.node.db.all())
        self.new_round()
        self.differ = differ
        if not differ:
            self.asked.clear()
            self.summary_whole = True
            self.maybe_synced()
            return
        if flags & wire.ASKS:
            self.send_digest(0)
        self.summarize()

    def summarize(self):
        """Once in a round."""
        if not self.summarized:
            self.summarized = True
            for body in wire.summaries(self.version, self.node.db.all(), self.differ):
                self.send(wire.SUMMARY, body)

    def on_summary(self, body):
        """Ask for what we lack."""
        flags, entries = wire.read_summary(self.version, body)
        self.summarize()
        want = []
        for entry in entries:
            have = self.node.db.get(entry.key)
            if not have or (have.sequence, have.digest[:len(entry.start)]) != entry[1:] and (
                    have.sequence <= entry.sequence):
                want.append(entry.key)
        self.asked.update(want)
        for request in wire.requests(want):
            self.send(wire.REQUEST, request)
        self.summary_whole = bool(flags & wire.LAST)
        self.maybe_synced()

    def maybe_synced(self):
        """All of the summary is here, and all that was asked is answered."""
        if self.summary_whole and not self.asked:
            self.summary_whole = False
            self.send(wire.SYNCED)
            self.we_synced = True
            self.maybe_full()

    def maybe_full(self):
        """Both have said so."""
        if self.we_synced and self.they_synced and self.state == "sync":
            self.state = "full"
            tell("full", peer=self.name, carrier=self.key.partition(":")[0],
                 dialled=self.dialled)
            self.node.changed()

    def on_request(self, body):
        """Answer each key."""
        for key in wire.read_request(body):
            lsa = self.node.db.get(key)
            if lsa:
                self.send(wire.UPDATE, lsa.octets)
            else:
                self.send(wire.NONE, wire.key(key))

    def on_none(self, body):
        """It is not there any more."""
        o = wire.Octets(body)
        key = wire.read_key(o)
        o.end()
        self.asked.discard(key)
        self.maybe_synced()

    def on_update(self, body):
        """An LSA; asked for or not."""
        lsa = wire.Lsa(body)
        missing = self.node.take(lsa, self)
        if missing:
            self.asked.update(missing)
            for request in wire.requests(missing):
                self.send(wire.REQUEST, request)
            return
        self.asked.discard(lsa.key)
        self.maybe_synced()

    def on_synced(self, body):
        """The other end has all of ours."""
        wire.Octets(body).end()
        self.they_synced = True
        self.maybe_full()

    def tick(self, now):
        """Keep-alives and limits."""
        self.wire.tick()
        if now - self.heard > (self.dead / 1000 if self.state in ("sync", "full")
                               else HELLO_LIMIT):
            raise carrier.Gone("silent")
        if self.state in ("greet", "sync") and now - self.began > FULL_LIMIT:
            raise carrier.Gone("not full")
        if self.state in ("sync", "full"):
            last = self.alive_at if self.version > 1 else self.said
            if now - last >= self.keep_alive / 1000 * 0.9:
                self.say_alive(now)
            if self.state == "full" and now >= self.next_digest:
                self.next_digest = now + DIGEST_EVERY
                self.new_round()
                self.send_digest(wire.ASKS)

    def end(self, why):
        """CLOSE, if it can still be said."""
        try:
            if self.state in ("greet", "sync", "full"):
                self.send(wire.CLOSE, why.encode("ascii", "replace"))
        except carrier.Gone:
            pass
        self.wire.close()


class Node:
    """A server of the organization: its database and its sessions."""

    def __init__(self, args):
        self.args, self.files = args, args
        self.db = Database(args.authority, args.certificate, args.key)
        self.name = self.db.name
        self.sessions = {dial: None for dial in args.dial}
        self.listeners = {listen: socket.create_server(place(listen)[1:])
                          for listen in args.listen}
        self.retry = {dial: 0.0 for dial in args.dial}
        self.state, self.reason = "up", ""
        self.spaces = set(args.space)
        self.quiet_until = time.monotonic() + ORIGINATE_WAIT
        self.counter, self.epoch = 0, None
        self.input = b""

    # --- what we say of ourselves

    def changed(self):
        """Says what differs from what we have said; nothing while we start."""
        full = {s.name for s in self.sessions.values() if s and s.state == "full"}
        if self.epoch is None:
            if not full or any(not s or s.state != "full" for s in self.sessions.values()):
                if time.monotonic() < self.quiet_until or not full:
                    return
            self.new_epoch()
        me = self.name
        self.originate(wire.Key(me, wire.IDENTITY, ""),
                       wire.tlv(1, self.db.certificate))
        self.originate(wire.Key(me, wire.SERVER, ""), wire.server(
            self.args.group, (self.args.smtp, self.open_at()),
            wire.STATES.index(self.state), self.reason, full))
        for pattern in self.spaces:
            self.originate(wire.Key(me, wire.SPACE, pattern), wire.space(0, 8))
        for lsa in list(self.db.all()):
            if lsa.key.origin == me and not lsa.purge and not self.still(lsa.key):
                self.originate(lsa.key, b"", True)

    def open_at(self):
        """Where peers may dial us on a port of their own."""
        return [listen[4:] for listen in self.listeners if listen.startswith("tcp:")]

    def still(self, key):
        """Whether we say that."""
        return key.type in (wire.IDENTITY, wire.SERVER, wire.FORGET) or (
            key.type == wire.SPACE and key.id in self.spaces)

    def new_epoch(self):
        """Above all that was saved and heard, and saved before it is used."""
        saved = 0
        if os.path.exists(self.args.state):
            with open(self.args.state, encoding="ascii") as file:
                saved = int(file.read())
        heard = [l.sequence >> 32 for l in self.db.all() if l.key.origin == self.name]
        self.epoch = max(heard + [saved]) + 1
        with open(self.args.state + ".new", "w", encoding="ascii") as file:
            file.write("%d\n" % self.epoch)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.args.state + ".new", self.args.state)

    def originate(self, key, body, purge=False):
        """A newer instance, if it says something else than the last."""
        have = self.db.get(key)
        if have and (have.body, have.purge) == (body, purge) and (
                have.sequence >> 32 == self.epoch):
            return
        self.counter += 1
        head = key, self.epoch << 32 | self.counter, int(time.time()), purge
        self.flood(self.db.sign(head, body), None)

    # --- what others say

    def take(self, lsa, session):
        """
        Judges one LSA. Returns the keys to ask for first, if its identity is
        missing; None when it is done with.
        """
        have = self.db.get(lsa.key)
        if have and have.octets == lsa.octets or lsa.key.origin in self.args.without:
            return None
        if have and have.newer(lsa):
            session.send(wire.UPDATE, have.octets)
            return None
        try:
            missing = self.db.judge(lsa)
        except Refused as error:
            tell("refused", why=str(error), **wire.show(lsa))
            return None
        if missing:
            return [missing, lsa.key]
        self.flood(lsa, session)
        if lsa.key.origin == self.name and self.epoch is not None:
            self.epoch_above(lsa)
        return None

    def epoch_above(self, lsa):
        """Ours, but not of this life: answered with a newer one."""
        if lsa.sequence >= self.epoch << 32 | self.counter:
            self.new_epoch()
        self.changed()

    def flood(self, lsa, source):
        """Into the database, and to all but where it came from."""
        gone = self.db.install(lsa)
        for session in self.sessions.values():
            if session and session is not source and session.state in (
                    "sync", "full") and wire.told(session.version, [lsa]):
                session.send(wire.UPDATE, lsa.octets)
        tell("update", source=source.name if source else None, **wire.show(lsa))
        for key in gone:
            tell("gone", origin=key.origin, id=key.id)

    # --- the loop

    def dial(self, now):
        """A session for each peer that has none."""
        for dial, session in self.sessions.items():
            if session is None and now >= self.retry[dial]:
                self.retry[dial] = now + RETRY
                kind, host, port = place(dial)
                try:
                    sock = socket.create_connection((host, port), 5)
                except OSError as error:
                    tell("away", dial=dial, why=str(error))
                    continue
                self.sessions[dial] = Session(
                    self, dial, carrier.Tcp(sock, self.files) if kind == "tcp"
                    else carrier.Verb(sock, self.files, self.name), True)

    def accept(self, listen):
        """Somebody comes; who it is TLS will tell."""
        sock, _ = self.listeners[listen].accept()
        kind = place(listen)[0]
        key = "%s:from:%d" % (kind, sock.fileno())
        self.sessions[key] = Session(
            self, key, carrier.Tcp(sock, self.files, True) if kind == "tcp"
            else carrier.VerbServer(sock, self.files, self.name), False)

    def only_one(self, new):
        """
        Of two with one peer the one that the smaller name dialled stays, of
        two dialled by the same the newer one.
        """
        for old in list(self.sessions.values()):
            if not old or old is new or old.name != new.name:
                continue
            if old.dialled != new.dialled and new.dialled != (self.name < new.name):
                raise wire.Fault("second-session")
            self.drop(old, "second-session")

    def drop(self, session, why):
        """Ends it; what is dialled will be dialled again."""
        if session.name:
            tell("down", peer=session.name, key=session.key, why=why)
        session.end(why)
        if session.dialled:
            self.sessions[session.key] = None
        else:
            del self.sessions[session.key]
        self.changed()

    def guarded(self, session, work, *args):
        """Ends the session on what its peer did, and nothing else."""
        try:
            work(*args)
        except (carrier.Gone, wire.Fault) as error:
            self.drop(session, str(error))

    def step(self):
        """Waits for what comes next, at most 50 ms."""
        self.dial(time.monotonic())
        live = [s for s in self.sessions.values() if s]
        doors = {listener: listen for listen, listener in self.listeners.items()}
        reads, writes, _ = select.select(
            live + list(doors) + [sys.stdin],
            [s for s in live if s.wire.wants_write], [], 0.05)
        for session in live:
            if session in writes:
                self.guarded(session, session.wire.writable)
            if session in reads and self.sessions.get(session.key) is session:
                self.guarded(session, session.readable)
            if self.sessions.get(session.key) is session:
                self.guarded(session, session.tick, time.monotonic())
        for door in [d for d in reads if d in doors]:
            self.accept(doors[door])
        if self.epoch is None:
            self.changed()
        return sys.stdin not in reads or self.commands()

    def commands(self):
        """False when it is time to end."""
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            return False
        self.input += data
        *lines, self.input = self.input.split(b"\n")
        return all([self.command(line.decode()) for line in lines])

    def command(self, line):
        """One line of the standard input."""
        word, _, rest = line.partition(" ")
        if word == "db":
            for lsa in self.db.all():
                tell("lsa", **wire.show(lsa))
            digest, count = self.db.digest()
            tell("db", digest=digest.hex(), count=count)
        elif word in ("drain", "up"):
            self.state, self.reason = word, rest
            self.changed()
        elif word in ("space", "unspace"):
            (self.spaces.add if word == "space" else self.spaces.discard)(rest)
            self.changed()
        return word != "quit"


def main():
    """Entry."""
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("key", "certificate", "authority", "group", "state"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--smtp", action="append", required=True)
    parser.add_argument("--dial", action="append", default=[])
    parser.add_argument("--listen", action="append", default=[])
    parser.add_argument("--space", action="append", default=[])
    parser.add_argument("--keep-alive", type=int, default=1000)
    parser.add_argument("--dead", type=int, default=3000)
    parser.add_argument("--version", type=int, default=wire.VERSION)
    parser.add_argument("--without", action="append", default=[])
    node = Node(parser.parse_args())
    while node.step():
        pass
    for session in node.sessions.values():
        if session:
            session.end("bye")


if __name__ == "__main__":
    main()

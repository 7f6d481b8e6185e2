"""hub.py - the peers of t/bench/hub, and what it tells.

Each is a server of lsrd-protocol(7) with a key, a certificate and four LSAs of
its own (identity, server, a connector to the hub, an address space), a session
that it dials from an address of its own, and a mail service that greets. It asks
for all that the hub names, and keeps nothing of it but the newest server LSA of
each origin; what comes is not verified. So one program can be hundreds.
"""

import collections
import json
import os
import random
import selectors
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../peer"), os.path.join(HERE, "../system")]

import carrier
import slow_line
import wire as w
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
HUB = "hub.bench.example"
LIMIT = 180
DEAD = 20000  # ours; the larger of two counts: a machine for both


class Authority:
    """Who certifies them."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "ca/authority.pem")
        with open(self.file, "rb") as file:
            self.certificate = x509.load_pem_x509_certificate(file.read())
        with open(os.path.join(folder, "ca/authority.key"), "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), None)
        self.organization = w.digest(self.certificate.public_key().public_bytes(*RAW))


class Peer:
    """One server, and its session."""

    def __init__(self, swarm, number):
        self.swarm, self.number = swarm, number
        self.name = "s%d.bench.example" % number
        self.group = "s%d" % number if swarm.form == "links" else "hub"
        self.address = "%s.%d.%d" % (swarm.net, 1 + number // 200, 1 + number % 200)
        self.key = ed25519.Ed25519PrivateKey.generate()
        self.certificate = self.certify(swarm.authority)
        self.files = self.write(swarm.folder)
        self.lsas, self.count, self.state = {}, 0, None
        self.line, self.full, self.mail = None, False, None
        self.say_all()
        self.open_mail()

    def certify(self, authority):
        """What it may."""
        names = [x509.DNSName(self.name)] + [x509.UniformResourceIdentifier(uri) for uri in (
            "lsrd:group:" + self.group, "lsrd:space:." + self.name,
            "lsrd:connector:hub")]
        return (slow_line.builder(authority.certificate, self.key.public_key())
                .add_extension(x509.SubjectAlternativeName(names), True)
                .sign(authority.key, None))

    def write(self, folder):
        """Key and certificate, where TLS looks."""
        Files = collections.namedtuple("Files", "key certificate authority")
        files = Files(*(os.path.join(folder, self.name + end) for end in (".key", ".pem")),
                      self.swarm.authority.file)
        with open(files.key, "wb") as file:
            file.write(self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
        with open(files.certificate, "wb") as file:
            file.write(self.certificate.public_bytes(serialization.Encoding.PEM))
        return files

    def say(self, kind, ident, body):
        """A newer instance of that."""
        self.count += 1
        key = w.Key(self.name, kind, ident)
        octets = w.build(self.swarm.authority.organization,
                         self.key.public_key().public_bytes(*RAW),
                         (key, 1 << 32 | self.count, int(time.time()), False), body,
                         self.key.sign)
        self.lsas[key] = octets, 1 << 32 | self.count, w.digest(octets)
        return octets

    def server(self, state="up"):
        """Its server LSA."""
        return self.say(w.SERVER, "", w.server(
            self.group, (["%s:2525" % self.address], ["%s:6910" % self.address]),
            w.STATES.index(state), "" if state == "up" else "bench", [HUB]))

    def say_all(self):
        """Its four."""
        self.say(w.IDENTITY, "", w.tlv(1, self.certificate.public_bytes(
            serialization.Encoding.DER)))
        self.server()
        self.say(w.SPACE, "d." + self.name, w.space(1, 0))
        if self.swarm.form == "links":
            self.say(w.CONNECTOR, "to-hub", w.tlv(1, b"hub") + w.tlv(2, b"\0") + w.tlv(
                3, b"\1" + (10).to_bytes(4, "big") + HUB.encode()))

    def open_mail(self):
        """Its mail service greets."""
        self.mail = socket.create_server((self.address, 2525))
        self.swarm.select.register(self.mail, selectors.EVENT_READ, None)

    def close_mail(self):
        """And is gone."""
        self.swarm.select.unregister(self.mail)
        self.mail.close()

    # --- its session

    def dial(self):
        """Begins; what follows comes with the octets."""
        sock = socket.create_connection(self.swarm.hub, 10, (self.address, 0))
        self.line, self.frames = carrier.Tcp(sock, self.files), w.Frames()
        self.came, self.asked, self.full = 0, set(), False
        self.greeted = self.ended = self.synced = self.heard = False
        self.swarm.watch(self)

    def hang_up(self):
        """Without a word."""
        self.swarm.unwatch(self)
        self.line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  (1).to_bytes(4, "little") + bytes(4))
        self.line.close()
        self.line, self.full = None, False

    def send(self, kind, body=b""):
        """One message."""
        self.line.write(w.frame(kind, body))

    def readable(self):
        """What comes."""
        data = self.line.readable()
        self.came += len(data)
        if self.line.tls.done and not self.greeted:
            self.greeted = True
            self.send(w.HELLO, w.hello(w.Hello(
                1, 2, self.swarm.authority.organization, self.name, 1000, DEAD)))
        for kind, body in self.frames.feed(data):
            self.message(kind, body)

    def alive(self):
        """A keep-alive."""
        if self.greeted:
            self.send(w.ALIVE, self.came.to_bytes(8, "big"))

    def message(self, kind, body):
        """What the hub says."""
        if kind == w.UPDATE:
            self.update(body)
        elif kind == w.HELLO:
            self.send(w.DIGEST, slow_line.digest_of(self.lsas)[0])
        elif kind == w.DIGEST:
            for piece in slow_line.summaries(self.lsas, slow_line.digest_of(self.lsas)[1]):
                self.send(w.SUMMARY, piece)
        elif kind == w.SUMMARY:
            self.summary(body)
        elif kind == w.REQUEST:
            for key in w.read_request(body):
                self.send(w.UPDATE, self.lsas[key][0]) if key in self.lsas else self.send(
                    w.NONE, w.key(key))
        elif kind == w.NONE:
            self.answered(w.read_key(w.Octets(body)))
        elif kind == w.SYNCED:
            self.heard = True
        elif kind == w.CLOSE:
            raise carrier.Gone("closed: " + body.decode("ascii", "replace"))
        self.full = self.synced and self.heard

    def summary(self, body):
        """All of it is asked for, but for ours."""
        flags, entries = w.read_summary(2, body)
        keys = [e.key for e in entries if e.key.origin != self.name]
        self.asked.update(keys)
        for request in w.requests(keys):
            self.send(w.REQUEST, request)
        self.ended = bool(flags & w.LAST)
        self.answered(None)

    def answered(self, key):
        """SYNCED, when there is nothing more to come."""
        self.asked.discard(key)
        if self.ended and not self.asked and not self.synced:
            self.synced = True
            self.send(w.SYNCED)

    def update(self, octets):
        """An LSA: whose, and how new."""
        head = self.swarm.head(octets)
        self.swarm.updates += 1
        self.answered(head[0])
        if head[0].type == w.SERVER:
            self.swarm.seen[head][self.number] = time.monotonic()


class Mail:
    """A mail service that greets, and takes whom it is asked about."""

    def __init__(self, swarm, sock):
        self.swarm, self.sock = swarm, sock
        self.put(b"220 bench ESMTP\r\n")

    def fileno(self):
        """For the selector."""
        return self.sock.fileno()

    def put(self, data):
        """An answer."""
        try:
            self.sock.send(data)
        except OSError:
            pass

    def readable(self):
        """A command."""
        try:
            data = self.sock.recv(4096)
        except OSError:
            data = b""
        for line in data.split(b"\r\n")[:-1]:
            self.put(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 bench\r\n")
        if not data:
            self.swarm.select.unregister(self)
            self.sock.close()


class Swarm:
    """All of them."""

    def __init__(self, folder, net, form, servers):
        self.folder, self.net, self.form = folder, net, form
        self.hub = net + ".0.1", 6910
        self.select = selectors.DefaultSelector()
        self.authority = Authority(folder)
        self.heads, self.updates = {}, 0
        self.ended = collections.Counter()
        self.seen = collections.defaultdict(dict)  # (key, sequence): who has it, when
        self.said_at = 0.0
        self.peers = [Peer(self, number) for number in range(servers)]

    def head(self, octets):
        """(key, sequence) of an LSA: each is read once."""
        if octets not in self.heads:
            lsa = w.Lsa(octets)
            self.heads[octets] = lsa.key, lsa.sequence
        return self.heads[octets]

    def watch(self, peer):
        """From now on."""
        self.select.register(peer.line.fileno(), selectors.EVENT_READ, peer)

    def unwatch(self, peer):
        """No more."""
        self.select.unregister(peer.line.fileno())

    def step(self):
        """What there is."""
        for key, _ in self.select.select(0.05):
            if key.data is None and not isinstance(key.fileobj, Mail):
                mail = Mail(self, key.fileobj.accept()[0])
                self.select.register(mail, selectors.EVENT_READ, mail)
            elif isinstance(key.data, Mail):
                key.data.readable()
            elif key.data:
                self.guarded(key.data, key.data.readable)
        alive = time.monotonic() - self.said_at > 0.8
        if alive:
            self.said_at = time.monotonic()
        for peer in self.peers:
            if peer.line and (alive or peer.line.wants_write):
                self.guarded(peer, peer.alive if alive else peer.line.writable)

    def guarded(self, peer, work):
        """A session that the hub has ended is dialled again, and counted."""
        if peer.line is None:
            return
        try:
            work()
        except carrier.Gone as error:
            self.ended[str(error)] += 1
            peer.hang_up()
            peer.dial()

    def until(self, what, holds):
        """Seconds until it holds."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > LIMIT:
                sys.exit("not in %d s: %s" % (LIMIT, what))
            self.step()
        return time.monotonic() - began

    def rest(self, seconds):
        """Time goes by."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.step()


class Hub:
    """The lsrd."""

    def __init__(self, build, folder, swarm):
        self.build, self.folder, self.swarm = build, folder, swarm
        self.process = None

    def configure(self):
        """A link, or a peer, for each."""
        with open(os.path.join(self.folder, "lsrd.conf"), "a", encoding="ascii") as file:
            for peer in self.swarm.peers:
                file.write('peer "%s" { address = "%s:6910" }\n' % (peer.name, peer.address))
                if self.swarm.form == "links":
                    file.write('connector "to-%d" { routing-group = "%s" bridgehead "%s" '
                               '{ smtp = "%s:2525" } cost = 10 }\n' % (
                                   peer.number, peer.group, peer.name, peer.address))

    def start(self):
        """Begins, and listens."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.build + "/lsrd", "-f", "-c", self.folder + "/lsrd.conf"],
                stdout=log, stderr=log, env=dict(
                    os.environ, LD_PRELOAD=self.folder + "/turns.so",
                    LSRD_TURNS=self.folder + "/turns", LSRD_TURNS_FROM=self.folder + "/log"))
        self.swarm.until("lsrd answers", self.status)

    def status(self):
        """What it says of itself."""
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(20)
                sock.connect(self.folder + "/control")
                sock.sendall(b"status\n")
                return json.loads(b"".join(iter(lambda: sock.recv(65536), b"")))
        except (OSError, ValueError):
            if self.process.poll() is not None:
                sys.exit("lsrd has ended: %s" % self.process.returncode)
            return None

    def cpu(self):
        """Seconds so far."""
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """MB now, and at most."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return [int(lines[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")]

    def end(self):
        """Killed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Measure:
    """One run."""

    def __init__(self, swarm, hub):
        self.swarm, self.hub, self.was = swarm, hub, 0.0

    def tell(self, what, took):
        """A line."""
        cpu, was, self.was = self.hub.cpu(), self.was, self.hub.cpu()
        with open(self.hub.folder + "/turns", encoding="ascii") as file:
            turns = file.read().strip()
        print("%s: %.2f s, CPU of the hub %.2f s, %d LSAs from it; RSS %.1f MB, peak %.1f; "
              "longest turns so far %s ms" % (what, took, cpu - was, self.swarm.updates,
                                              *self.hub.memory(), turns), flush=True)
        self.swarm.updates = 0
        for why, count in self.swarm.ended.items():
            print("  ended by the hub, %s: %d" % (why, count))
        self.swarm.ended.clear()

    def join(self, peers, what):
        """They dial, and are FULL."""
        began = time.monotonic()
        for peer in peers:
            peer.dial()
            self.swarm.step()
        self.swarm.until(what, lambda: all(peer.full for peer in self.swarm.peers))
        took = time.monotonic() - began
        self.quiet()
        self.tell(what, took)

    def quiet(self):
        """Until nothing has come for two seconds."""
        while True:
            was = self.swarm.updates
            self.swarm.rest(2)
            if self.swarm.updates == was:
                return

    def word(self, rounds):
        """From a word of one to the last of the others."""
        times, each = [], []
        for _ in range(rounds):
            peer = random.choice(self.swarm.peers)
            octets = peer.server()
            seen, began = self.swarm.seen[self.swarm.head(octets)], time.monotonic()
            peer.send(w.UPDATE, octets)
            self.swarm.until("a word", lambda: len(seen) == len(self.swarm.peers) - 1)
            times.append(max(seen.values()) - began)
            each.append(min(seen.values()) - began)
            self.swarm.rest(1)
        print("a word of one: the first of the others has it after %.1f ms, the last after "
              "%.1f (medians of %d)" % (1000 * statistics.median(each),
                                        1000 * statistics.median(times), rounds), flush=True)
        self.tell("those words, each", sum(times) / rounds)

    def lose(self, mail):
        """Half of them in one moment; with their mail services, or without."""
        lost = self.swarm.peers[::2]
        before, began = set(self.swarm.seen), time.monotonic()
        for peer in lost:
            peer.hang_up()
            if mail:
                peer.close_mail()
        self.quiet()
        said = [(head[1], seen) for head, seen in self.swarm.seen.items()
                if head[0].origin == HUB and head not in before]
        for sequence, seen in sorted(said):
            print("  server LSA %x: with the first %.0f ms after the loss, with %d %.0f ms" % (
                sequence, 1000 * (min(seen.values()) - began), len(seen),
                1000 * (max(seen.values()) - began)))
        self.tell("%d %s lost" % (len(lost), "servers" if mail else "sessions"),
                  max((max(seen.values()) for _, seen in said), default=began) - began)
        for peer in lost if mail else []:
            peer.open_mail()
        self.join(lost, "they are back")

    def again(self):
        """A new life of the hub."""
        for peer in self.swarm.peers:
            peer.hang_up()
        self.hub.end()
        self.hub.start()
        self.was = 0.0
        self.join(self.swarm.peers, "the hub was killed, and all are back")


def main():
    """Entry."""
    build, folder, net, form, servers = sys.argv[1:]
    swarm = Swarm(folder, net, form, int(servers))
    hub = Hub(build, folder, swarm)
    hub.configure()
    try:
        hub.start()
        measure = Measure(swarm, hub)
        measure.join(swarm.peers, "all are FULL")
        measure.word(10)
        measure.lose(False)
        measure.lose(True)
        measure.again()
        status = hub.status()
        print("status: " + ", ".join("%s %s" % item for item in status.items()
                                     if not isinstance(item[1], (dict, list))))
    finally:
        if hub.process and hub.process.poll() is None:
            hub.end()


if __name__ == "__main__":
    main()

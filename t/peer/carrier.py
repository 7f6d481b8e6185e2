"""carrier.py - the stream to a peer: TLS 1.3 over TCP, or inside SMTP.

Tls turns octets into other octets and touches no socket. Tcp and Verb have one
face: fileno(), wants_write, readable() -> plain octets, write(plain),
writable(). They raise Gone when the session is over, with the reason.
"""

import base64
import binascii
import collections
import socket
import ssl
import time

ALPN = "lsrd/1"
RECORD = 2000  # plain octets of one TLS record: at most 2 kB inside SMTP
LINE_MAX = 1000
KEYWORD = "X-LSA-2"
WINDOW = 32
PAUSE = 0.2  # seconds between polls that are answered with nothing at once


class Gone(Exception):
    """This session is over."""


class Tls:
    """One end of TLS, between octets."""

    def __init__(self, files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False  # the name is compared by us, exactly
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files.authority)
        context.load_cert_chain(files.certificate, files.key)
        context.set_alpn_protocols([ALPN])
        self.inside, self.outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inside, self.outside)
        self.done = False
        self.held = b""

    def feed(self, data):
        """Octets from the peer; returns what they say in plain."""
        self.inside.write(data)
        plain = b""
        try:
            if not self.done:
                self.tls.do_handshake()
                self.done = True
                if self.tls.selected_alpn_protocol() != ALPN:
                    raise Gone("no ALPN " + ALPN)
                self.write(b"")
            while True:
                some = self.tls.read(65536)
                if not some:
                    raise Gone("closed by the peer")
                plain += some
        except ssl.SSLWantReadError:
            return plain
        except ssl.SSLError as error:
            if plain:
                return plain
            raise Gone("tls: %s" % error) from error

    def write(self, plain):
        """Plain octets for the peer; before the handshake they wait."""
        self.held += plain
        while self.done and self.held:
            self.tls.write(self.held[:RECORD])
            self.held = self.held[RECORD:]

    def name(self):
        """The name the peer's certificate proves; one dNSName, no more."""
        names = [v for k, v in self.tls.getpeercert()["subjectAltName"] if k == "DNS"]
        if len(names) != 1:
            raise Gone("certificate with %d names" % len(names))
        return names[0]


class Tcp:
    """TLS over TCP, port 691."""

    def __init__(self, host, port, files):
        self.sock = socket.create_connection((host, port), 5)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.out = b""
        self.tls = Tls(files)
        self.tls.feed(b"")
        self.move()

    def fileno(self):
        """For select()."""
        return self.sock.fileno()

    @property
    def wants_write(self):
        """True while something could not be written."""
        return bool(self.out)

    def move(self):
        """Takes from TLS what is to be sent."""
        self.out += self.tls.outside.read()
        self.writable()

    def writable(self):
        """Writes what can be written."""
        try:
            while self.out:
                self.out = self.out[self.sock.send(self.out):]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self):
        """What the socket has."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Gone(str(error)) from error
        if not data:
            raise Gone("end of the stream")
        return data

    def readable(self):
        """What the peer says now, in plain."""
        data = self.receive()
        plain = self.tls.feed(data) if data else b""
        self.move()
        return plain

    def write(self, plain):
        """Says something to the peer."""
        self.tls.write(plain)
        self.move()

    def tick(self):
        """Time goes by."""

    def close(self):
        """Ends it."""
        self.sock.close()


class Verb(Tcp):
    """TLS in base64, in lines of X-LSA-2, in an SMTP session: section 9."""

    def __init__(self, host, port, files, name="localhost"):
        self.name, self.state, self.lines = name, "greeting", b""
        self.waiting = collections.deque()  # True for a poll
        self.pending, self.answer = b"", False
        self.polled = self.next_poll = 0.0
        super().__init__(host, port, files)

    def move(self):
        """Says what TLS has; else keeps one poll at the end."""
        self.pending += self.tls.outside.read()
        if self.state == "verb":
            room = (LINE_MAX - len(KEYWORD) - 3) // 4 * 3
            while self.pending and len(self.waiting) < WINDOW:
                part, self.pending = self.pending[:room], self.pending[room:]
                self.say("%s %s" % (KEYWORD, base64.b64encode(part).decode()))
                self.waiting.append(False)
            polling = self.waiting and self.waiting[-1]
            if not self.pending and len(self.waiting) < WINDOW and not polling and (
                    time.monotonic() >= self.next_poll):
                self.say(KEYWORD)
                self.waiting.append(True)
                self.polled = time.monotonic()
        self.writable()

    def tick(self):
        """A poll may be due."""
        self.move()

    def say(self, line):
        """One line to the SMTP server."""
        self.out += line.encode() + b"\r\n"

    def readable(self):
        """What the peer says now, in plain."""
        self.lines += self.receive()
        plain = b""
        while b"\r\n" in self.lines:
            line, _, self.lines = self.lines.partition(b"\r\n")
            plain += self.line(line.decode("ascii", "replace"))
        if len(self.lines) > LINE_MAX:
            raise Gone("line too long")
        self.move()
        return plain

    def line(self, line):
        """One line of a reply."""
        code, last, rest = line[:3], line[3:4] != "-", line[4:]
        if self.state == "verb":
            return self.verb(code, last, rest)
        if self.state == "greeting":
            if code != "220":
                raise Gone("greeting: " + line)
            if last:
                self.say("EHLO " + self.name)
                self.state, self.offered = "ehlo", False
            return b""
        if code != "250":
            raise Gone("EHLO: " + line)
        self.offered = self.offered or rest.upper() == KEYWORD
        if last and not self.offered:
            raise Gone("no %s in the reply to EHLO" % KEYWORD)
        if last:
            self.state = "verb"
        return b""

    def verb(self, code, last, rest):
        """A line of the answer to the oldest line that waits."""
        if code != "250" or not self.waiting:
            raise Gone("%s %s" % (code, rest))
        self.answer = self.answer or bool(rest)
        if last:
            poll = self.waiting.popleft()
            if poll and not self.waiting and not self.answer:
                self.next_poll = self.polled + PAUSE
            self.answer = False
        try:
            data = base64.b64decode(rest, validate=True)
        except binascii.Error as error:
            raise Gone("no base64") from error
        return self.tls.feed(data) if data else b""

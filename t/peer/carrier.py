"""carrier.py - the stream to a peer: TLS 1.3 over TCP, or inside SMTP.

Tls turns octets into other octets and touches no socket. Tcp, Verb and
VerbServer have one face: fileno(), wants_write, readable() -> plain octets,
write(plain), writable(), tick(). They raise Gone when the session is over, with
the reason. Each takes over a connected socket; Tcp is either end.
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
POLL = 1.0  # and a poll that waits does so for so long


class Gone(Exception):
    """This session is over."""


class Tls:
    """One end of TLS, between octets."""

    def __init__(self, files, serving):
        context = ssl.SSLContext(
            ssl.PROTOCOL_TLS_SERVER if serving else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if serving:
            context.num_tickets = 0
        context.check_hostname = False  # the name is compared by us, exactly
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files.authority)
        context.load_cert_chain(files.certificate, files.key)
        context.set_alpn_protocols([ALPN])
        self.inside, self.outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inside, self.outside, serving)
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

    def __init__(self, sock, files, serving=False):
        self.sock = sock
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.out = b""
        self.tls = Tls(files, serving)
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

    def __init__(self, sock, files, name):
        self.name, self.state, self.lines = name, "greeting", b""
        self.waiting = collections.deque()  # True for a poll
        self.pending, self.answer = b"", False
        self.polled = self.next_poll = 0.0
        super().__init__(sock, files)

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


class VerbServer(Tcp):
    """The other end of Verb, without an MTA behind it."""

    ANSWERS = {421: "421 4.3.0 Closing", 501: "501 5.5.4 No base64",
               502: "502 5.5.1 Not here", 503: "503 5.5.1 EHLO first"}

    def __init__(self, sock, files, name):
        self.name, self.state, self.lines = name, "greet", b""
        self.pending, self.until = b"", None
        super().__init__(sock, files, True)
        self.say("220 %s ESMTP" % name)
        self.writable()

    def say(self, line):
        """One line to the client."""
        self.out += line.encode() + b"\r\n"

    def answer(self):
        """All there is to say now, to the oldest line that waits."""
        self.pending += self.tls.outside.read()
        room = (LINE_MAX - 6) // 4 * 3
        parts = [self.pending[i:i + room] for i in range(0, len(self.pending), room)] or [b""]
        for part in parts[:-1]:
            self.say("250-" + base64.b64encode(part).decode())
        self.say("250 " + base64.b64encode(parts[-1]).decode())
        self.pending, self.until = b"", None

    def move(self):
        """TLS may have something for a poll that waits."""
        self.pending += self.tls.outside.read()
        if self.pending and self.until is not None:
            self.answer()
        self.writable()

    def tick(self):
        """A poll may have waited long enough."""
        if self.until is not None and time.monotonic() >= self.until:
            self.answer()
        self.writable()

    def readable(self):
        """What the peer says now, in plain."""
        self.lines += self.receive()
        plain = b""
        while b"\r\n" in self.lines:
            line, _, self.lines = self.lines.partition(b"\r\n")
            if self.until is not None:
                self.answer()  # overtaken
            plain += self.line(line.decode("ascii", "replace").rstrip())
        if len(self.lines) >= LINE_MAX:
            raise Gone("line too long")
        self.move()
        return plain

    def line(self, line):
        """One command."""
        word, _, rest = line.partition(" ")
        word = word.upper()
        if word == KEYWORD and self.state == "greet":
            self.say(self.ANSWERS[503])
        elif word == KEYWORD:
            return self.verb(rest)
        elif word in ("EHLO", "HELO"):
            self.say("250-%s\r\n250 %s" % (self.name, KEYWORD) if word == "EHLO"
                     else "250 " + self.name)
            if self.state != "carrying":
                self.state = "ready" if word == "EHLO" else "greet"
        elif word in ("NOOP", "RSET"):
            self.say("250 2.0.0 Ok")
        else:
            self.say({"QUIT": "221 2.0.0 Bye"}.get(
                word, self.ANSWERS[421 if self.state == "carrying" else 502]))
            if word == "QUIT" or self.state == "carrying":
                self.writable()
                raise Gone(word)
        return b""

    def verb(self, rest):
        """Octets are answered at once, a poll when there is something."""
        try:
            data = base64.b64decode(rest, validate=True)
        except binascii.Error:
            self.say(self.ANSWERS[501])
            return b""
        self.state = "carrying"
        plain = self.tls.feed(data) if data else b""
        self.pending += self.tls.outside.read()
        if data or self.pending:
            self.answer()
        else:
            self.until = time.monotonic() + POLL
        return plain

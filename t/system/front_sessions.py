"""front_sessions.py - SMTP sessions from a seed, played octet for octet, and
what the server said, without what must differ (addresses, queue ids)."""

import base64
import hmac
import random
import re
import socket
import ssl

# Who can be authenticated, if there is SASL here at all (front-setup.sh).
USER, SECRET = b"auth@mx1.london.example.org", b"Geheim-7f3a91"
RECIPIENT = b"RCPT TO:<a@mx1.london.example.org>\r\n"
VERB = b"X-LSA-2 Zm9vYmFy\r\nX-LSA-2\r\nX-LINK2STATE LAST CHUNK={0}\r\n"
ENDINGS = (b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n",
           b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n")
PLAIN = (b"NOOP\r\n", b"noop x\r\n", b"RSET\r\n", b"VRFY a\r\n", b"HELP\r\n",
         b"EHLO again.example\r\n", b"HELO again.example\r\n", b"\r\n",
         b"AUTH PLAIN AGEAYg==\r\n", b"XCLIENT ADDR=127.0.0.1\r\n",
         b"XFORWARD ADDR=127.0.0.1\r\n", b"AUTH LOGIN\r\n*\r\n",
         b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n", b"DATA\r\n",
         b"X-LSA-2 Zm9v\r\n", b"x-lsa-2\r\n", b"X-LINK2STATE LAST\r\n",
         b"MAIL FROM:<a@b.example> SIZE=99999999999\r\n", b"RCPT TO:<>\r\n",
         b"\xff\xfe\r\n", b"NOOP\nNOOP\r\n", b"E\r\n", b"EHLO\r\n")
MAIL = (b"MAIL FROM:<a@b.example>\r\n", b"MAIL FROM:<>\r\n",
        b"MAIL FROM:<a@b.example> SIZE=500 BODY=8BITMIME\r\n",
        b"MAIL FROM:<a@b.example> RET=HDRS ENVID=x1\r\n",
        "MAIL FROM:<ä@b.example> SMTPUTF8\r\n".encode())
OTHERS = (b"RCPT TO:<b@mx1.london.example.org> NOTIFY=NEVER\r\n",
          b"RCPT TO:<x@foreign.example>\r\n",
          b"RCPT TO:<a@[127.0.0.1]>\r\n")


def _body(rng):
    lines = [b"Subject: x\r\n\r\n"]
    for _ in range(rng.randrange(20)):
        lines.append(rng.choice((
            b"text\r\n", b"..dot\r\n", VERB, b"MAIL FROM:<c@d.example>\r\n",
            bytes(rng.randrange(128, 256) for _ in range(50)) + b"\r\n",
            b"x" * rng.randrange(900) + b"\r\n",
            b"y" + rng.choice(ENDINGS) + b"MAIL FROM:<s@b.example>\r\n")))
    return b"".join(lines)


def _data(rng):
    body = _body(rng)
    if rng.random() < 0.1:
        body += b"z" * 200000 + b"\r\n"
    return [(b"DATA\r\n", True), (body + b".\r\n", True)]


def _bdat(rng):
    steps = []
    for last in (False,) * rng.randrange(3) + (True,):
        chunk = bytes(rng.randrange(256) for _ in range(rng.randrange(300)))
        chunk += VERB + b"\r\n.\r\n" + rng.choice(ENDINGS)
        steps.append((b"BDAT %d%s\r\n" % (len(chunk), b" LAST" * last) + chunk,
                      rng.random() < 0.5))
    return steps


def _cram(secret):
    """The answer to CRAM-MD5's challenge (RFC 2195)."""
    def answer(said):
        try:
            challenge = base64.b64decode(said[4:])
        except ValueError:
            return b"*\r\n"
        digest = hmac.new(secret, challenge, "md5").hexdigest().encode()
        return base64.b64encode(USER + b" " + digest) + b"\r\n"

    return answer


def _auth(rng):
    secret = rng.choice((SECRET, SECRET, SECRET + b"x"))
    how = rng.randrange(4)
    both = base64.b64encode(b"\0" + USER + b"\0" + secret)
    if how == 0:
        return [(b"AUTH PLAIN " + both + b"\r\n", True)]
    if how == 1:
        return [(b"AUTH PLAIN\r\n", True), (both + b"\r\n", True)]
    if how == 2:
        return [(b"auth login\r\n", True),
                (base64.b64encode(USER) + b"\r\n", True),
                (base64.b64encode(secret) + b"\r\n", True)]
    return [(b"AUTH CRAM-MD5\r\n", True), (_cram(secret), True)]


def _message(rng):
    steps = [(rng.choice(MAIL), rng.random() < 0.5)]
    for _ in range(rng.randrange(3)):
        steps.append((rng.choice(OTHERS), rng.random() < 0.5))
    steps.append((RECIPIENT, rng.random() < 0.5))
    return steps + (_data(rng) if rng.random() < 0.5 else _bdat(rng))


def _talk(rng):
    steps = []
    for _ in range(rng.randrange(1, 5)):
        if rng.random() < 0.1:
            steps += _auth(rng)
        elif rng.random() < 0.5:
            steps += _message(rng)
        else:
            steps.append((rng.choice(PLAIN), rng.random() < 0.7))
    return steps


def session(seed):
    """A list of (octets, whether the answer is waited for); None: STARTTLS.
    Octets may be a function of the answer before."""
    rng = random.Random(seed)
    steps = [(b"", True)] if rng.random() < 0.8 else []
    if rng.random() < 0.95:
        steps.append((rng.choice((b"EHLO c.example\r\n", b"ehlo c.example\r\n",
                                  b"HELO c.example\r\n")), rng.random() < 0.8))
    if rng.random() < 0.2:
        steps = [(b"", True), (b"EHLO c.example\r\n", True), None,
                 (b"EHLO c.example\r\n", True)]
    steps += _talk(rng)
    if rng.random() < 0.05:
        steps.insert(0, (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n", False))
    if rng.random() < 0.8:
        steps.append((b"QUIT\r\n", True))
    return steps


def drip(seed):
    """How a session's octets are cut: 0 not at all, 1 one by one."""
    return random.Random("cut%s" % seed).choice((0, 0, 0, 0, 1, 7))


class Link:
    """One connection, and all that was heard on it."""

    def __init__(self, source, to, timeout=120):
        self.sock = socket.create_connection(to, timeout, (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = b""
        self.seen = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def say(self, octets, cut=0):
        try:
            if cut == 0 or len(octets) > 5000:
                self.sock.sendall(octets)
                return
            for i in range(0, len(octets), cut):
                self.sock.sendall(octets[i:i + cut])
        except (ConnectionError, ssl.SSLError):
            pass

    def more(self):
        try:
            some = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            some = b""
        self.heard += some
        return some

    def answer(self):
        """The next whole answer, or what is left at the end."""
        while True:
            found = re.match(rb"(?:\d\d\d-[^\n]*\n)*\d\d\d(?: [^\n]*)?\n",
                             self.heard[self.seen:])
            if found:
                self.seen += found.end()
                return found.group()
            if not self.more():
                rest = self.heard[self.seen:]
                self.seen = len(self.heard)
                return rest

    def ask(self, octets):
        self.say(octets)
        return self.answer()

    def starttls(self):
        if not self.ask(b"STARTTLS\r\n").startswith(b"220"):
            return False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)
        return True

    def rest(self):
        """Says that no more comes; all that is still said."""
        try:
            if not isinstance(self.sock, ssl.SSLSocket):
                self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self.hear_out()

    def hear_out(self):
        """All that is said until the other side closes."""
        while self.more():
            pass
        self.seen = len(self.heard)
        return self.heard

    def close(self):
        self.sock.close()


def play(seed, source, to):
    link = Link(source, to)
    cut, said = drip(seed), b""
    for step in session(seed):
        if step is None:
            if not link.starttls():
                break
            continue
        link.say(step[0](said) if callable(step[0]) else step[0], cut)
        if not step[1]:
            continue
        said = link.answer()
        if not said:
            break
    # TLS cannot be half-closed; and nothing may follow QUIT, for what the
    # MTA has not read when it closes costs its last words (TCP's reset).
    if isinstance(link.sock, ssl.SSLSocket) and step[0] != b"QUIT\r\n":
        link.say(b"\r\n.\r\nQUIT\r\n")
    heard = link.rest()
    link.close()
    return plain(heard)


def differs(seed, source, one, other, clean=bytes):
    """None, or what was said at `one` (made clean) and at `other`.

    When Postfix hangs up on a client that is still talking ("I can break
    rules, too"), TCP's reset may overtake its last words, with a listener
    before it or without; and what comes before Exim has answered is an error
    of synchronization, if Exim sees it by then. So a difference counts when it
    stays, and with a busy machine that may take many.
    """
    said, also = set(), set()
    for _ in range(100):
        said.add(clean(play(seed, source, one)))
        also.add(play(seed, source, other))
        if said & also:
            return None
    return said.pop(), also.pop()


def plain(heard):
    heard = re.sub(rb"(?m)^334 [\w+/=]{30,}", b"334 CHALLENGE", heard)
    heard = re.sub(rb"queued as \w+|OK id=[\w-]+", b"queued as ID", heard)
    heard = re.sub(rb"(?m)^(220 .* Exim ).*(\r)", rb"\1\2", heard)
    return re.sub(rb"\[[0-9a-f.:]+\](:\d+)?", b"[ADDRESS]", heard)

"""marks.py - marks on messages as lsrd-trace(7) writes them, and three who judge
them: lsrd-milter by its protocol, the object for Exim by its own functions, and
what both said in one form. For tests; nothing of lsrd's own code is in it.
"""

import base64
import ctypes
import hashlib
import socket
import struct
import time
from cryptography.hazmat.primitives import serialization

FIELD, ROUTE = "LSR-Trace", "LSR-Route"
LIST_MOST = 65536  # octets of all fields of a name together, in Exim


class Key:
    """A mark key, from its file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.private = serialization.load_pem_private_key(file.read(), None)
        public = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.name = hashlib.sha256(public).digest()
        self.secret = hashlib.sha256(self.private.sign(b"lsrd-trace-secret/1\0")).digest()

    def recipients(self, recipients):
        each = sorted({r.lower().encode() for r in recipients})
        return hashlib.sha256(self.secret + b"".join(r + b"\0" for r in each)).digest()[:16]

    def visit(self, message_id, recipients, version, before, time_ms, previous=None,
              first=(1000, 2, "s@a.example")):
        """The octets of a visit over the one before it."""
        out = bytes([1, previous is None]) + self.name
        out += struct.pack(">QQQQQ", *version, *before, time_ms) + self.recipients(recipients)
        if previous is None:
            sender = first[2].encode()
            out += struct.pack(">QBH", first[0], first[1], len(sender)) + sender
        name = hashlib.sha256("".join(message_id.split()).encode("latin1")).digest()
        return out + self.private.sign(b"lsrd-trace/1\0" + name + out + (previous or b""))


def encoded(visit):
    return base64.b64encode(visit).decode()


def read(word):
    """What a visit says; the time and the signature left out."""
    octets = base64.b64decode(word)
    out = {"first": octets[1], "key": octets[2:34].hex(),
           "now": struct.unpack(">QQ", octets[34:50]),
           "before": struct.unpack(">QQ", octets[50:66]), "to": octets[74:90].hex()}
    if octets[1]:
        out["size"], out["priority"], n = struct.unpack(">QBH", octets[90:101])
        out["sender"] = octets[101:101 + n].decode("latin1")
    return out


class Message:
    """Fields, a body, an envelope; names and values are text, of octets each."""

    def __init__(self, fields, sender, recipients, client="198.51.100.9", body="hello\n"):
        self.fields, self.sender, self.recipients = fields, sender, recipients
        self.client, self.body = client, body

    def values(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def size(self):
        """As both count: as it goes over a line."""
        return len(self.octets())

    def octets(self):
        text = "".join("%s: %s\n" % field for field in self.fields) + "\n" + self.body
        return text.replace("\n", "\r\n").encode("latin1")


class Said:
    """What was said of a message: a code, the marks below the new one, what the
    new one says, the route of its own, and the fields LSR-Route that are left."""

    def __init__(self, code, below=(), visit=None, route="", text="", left=0):
        self.code, self.below, self.visit = code, tuple(below), visit
        self.route, self.text, self.left = route, text, left

    def told(self):
        if self.code != "250":
            return (self.code, self.text)
        return (self.code, self.below, self.visit and sorted(self.visit.items()), self.left)


# --- lsrd-milter ------------------------------------------------------------------

class Filter:
    """A session with lsrd-milter, as an MTA has it."""

    STEPS = 0x1FFFFF
    NR = {b"C": 0x1000, b"M": 0x4000, b"R": 0x8000, b"L": 0x80, b"B": 0x80000}
    NO = {b"C": 0x1, b"M": 0x4, b"R": 0x8, b"L": 0x20, b"B": 0x10, b"T": 0x200}

    def __init__(self, path, client):
        self.client, self.steps = client, 0
        self.sock = self.reach(path)
        self.file = self.sock.makefile("rb")
        self.put(b"O", struct.pack(">III", 6, 0x1FF, self.STEPS))
        self.steps = struct.unpack(">III", self.get()[1][:12])[2]
        family = b"6" if ":" in client else b"4"
        self.step(b"C", b"c.example\0" + family + b"\0\x19" + client.encode() + b"\0")

    @staticmethod
    def reach(path):
        """A socket that is there is not yet listened at: between bind() and listen()."""
        for left in range(100, -1, -1):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(120)
            try:
                sock.connect(path)
                return sock
            except ConnectionRefusedError:
                sock.close()
                if not left:
                    raise
                time.sleep(0.1)

    def put(self, command, data=b""):
        self.sock.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def get(self):
        size = struct.unpack(">I", self.file.read(4))[0]
        data = self.file.read(size)
        return data[:1], data[1:]

    def step(self, command, data=b""):
        """The answer of a step: None when it goes on."""
        if self.steps & self.NO.get(command, 0):
            return None
        self.put(command, data)
        if self.steps & self.NR.get(command, 0):
            return None
        answer, data = self.get()
        return None if answer in b"c" else (answer, data)

    def macro(self, command, name, value):
        self.put(b"D", command + name.encode() + b"\0" + value.encode("latin1") + b"\0")

    def judge(self, message, queue_id, declared=0):
        m = message
        words = b"<%s>\0" % m.sender.encode("latin1")
        self.step(b"M", words + (b"SIZE=%d\0" % declared if declared else b""))
        for to in m.recipients:
            self.macro(b"R", "{rcpt_addr}", to)
            refused = self.step(b"R", b"<%s>\0" % to.encode("latin1"))
            if refused:
                self.put(b"A")
                return said_refused(refused)
        for name, value in m.fields:
            self.step(b"L", name.encode("latin1") + b"\0" + value.encode("latin1") + b"\0")
        if m.body:
            self.step(b"B", m.body.replace("\n", "\r\n").encode("latin1"))
        self.macro(b"E", "i", queue_id)
        self.put(b"E")
        return self.end(message)

    def end(self, message):
        """Takes its changes, until it has decided."""
        marks, routes = list(message.values(FIELD)), list(message.values(ROUTE))
        visit, route = None, ""
        while True:
            command, data = self.get()
            if command == b"m":
                name, value = data[4:].split(b"\0")[:2]
                at = struct.unpack(">I", data[:4])[0] - 1
                (marks if name == FIELD.encode() else routes)[at] = None
            elif command == b"i":
                name, value = data[4:].split(b"\0")[:2]
                if name == FIELD.encode():
                    visit = read(value)
                else:
                    route = value.decode()
            elif command in b"ca":
                return Said("250", words_of(marks), visit, route,
                            left=len(words_of(routes)))
            elif command in b"ytr":
                return said_refused((command, data))

    def close(self):
        self.put(b"Q")
        self.file.close()
        self.sock.close()


def said_refused(answer):
    code, enhanced, text = answer[1].rstrip(b"\0").decode("latin1").split(" ", 2)
    return Said("%s %s" % (code, enhanced), text=text)


def words_of(values):
    return ["".join(v.split()) for v in values if v is not None]


# --- the object -------------------------------------------------------------------

def as_list(values):
    """$lheader_NAME: of Exim 4.96."""
    out = ""
    for value in values:
        value = value.lstrip(" \t\n").rstrip("\n").replace(":", "::")
        out = out + ":" + value if out else value
    return out[:LIST_MOST]


class Object:
    """lsrd-exim.so, called as Exim calls it."""

    def __init__(self, path, files):
        self.so, self.files = ctypes.CDLL(path), files

    def call(self, name, *args):
        argv = (ctypes.c_char_p * 8)(*[a.encode("latin1") for a in args])
        out = ctypes.c_char_p()
        function = getattr(self.so, name)
        rc = function(ctypes.byref(out), len(args), argv)
        assert rc == 0, "%s: %d" % (name, rc)
        return out.value.decode("latin1")

    def judge(self, message, queue_id, size):
        """Its three lines."""
        m = message
        priority = "".join("%s=%s\n" % (n, as_list(m.values(n))) for n in (
            "MT-Priority", "Priority", "Importance", "X-Priority"))
        out = self.call(
            "lsr_trace_judge",
            "%s client=%s here=192.0.2.1 id=%s received=%d routes=%d size=%d lines=0" % (
                self.files, m.client, queue_id, len(m.values("Received")) + 1,
                len(m.values(ROUTE)), size),
            m.sender, ", ".join(m.recipients), as_list(m.values(FIELD)),
            as_list(m.values("Message-ID")), as_list(m.values("Received")), priority)
        return (out.split("\n") + ["", ""])[:3]

    def say(self, message, queue_id, size):
        """What became of it; and its words for who routes it."""
        words, _, reply = self.judge(message, queue_id, size)
        if not words.startswith("pass "):
            if words in ("defer", "deny"):
                code, enhanced, text = reply.split(" ", 2)
                return Said("%s %s" % (code, enhanced), text=text), words
            return Said("250", words_of(message.values(FIELD)),
                        left=len(message.values(ROUTE))), words
        added = self.call("lsr_trace_add", "%s id=%s" % (self.files, queue_id))
        lines = [line[len(":at_start:LSR-Trace: "):] for line in added.splitlines()]
        return Said("250", lines[-2::-1], read(lines[-1])), words

    def routes(self, message, words, to):
        """A recipient's route of its own, its hold, and whether it can never go."""
        args = ("%s size=1 %s" % (self.files, words), message.sender, to)
        route = self.call("lsr_route", *args)
        hops = route.strip('"').replace('" byname', "").replace("<; ", "").split("; ")
        return (", ".join(h if i else "lsrd:" + h for i, h in enumerate(hops))
                if route else "", self.call("lsr_hold", *args),
                self.call("lsr_admits", *args))

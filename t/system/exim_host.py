"""exim_host.py - a real Exim in a root of its own, as exim-marks.sh sets it up:
clients that bring it mail, servers that take it, and what is in its spool.
"""

import os
import re
import socket
import subprocess
import threading
import time

X = os.environ["X"]  # its root
SPOOL, LOGS = X + "/var/spool/exim4", X + "/var/log/exim4"
CLIENT, EXIM = "198.51.100.9", "192.0.2.1"
TOO_LONG = 120  # seconds that nothing here ever takes


class Failed(Exception):
    """A case did not turn out as it should."""


def same(got, wanted):
    if got != wanted:
        raise Failed("got %r, wanted %r" % (got, wanted))


def like(got, pattern):
    if not re.search(pattern, got):
        raise Failed("got %r, wanted %s" % (got, pattern))


def until(test, what):
    end = time.monotonic() + TOO_LONG
    while not test():
        if time.monotonic() > end:
            raise Failed(what)
        time.sleep(0.02)


def found(make, what):
    """What it makes, once it can: a server that comes up."""
    out = []

    def made():
        try:
            out.append(make())
            return True
        except OSError:
            return False
    until(made, what)
    return out[0]


def now_ms():
    return int(time.time() * 1000)


def main_log():
    with open(LOGS + "/mainlog", encoding="latin1") as file:
        return file.read()


# --- who takes mail -----------------------------------------------------------------

class Sink:
    """A mail server on each of these addresses, which takes all there is."""

    def __init__(self, addresses):
        self.got = []  # (address, octets)
        for address in addresses:
            sock = socket.create_server((address, 25), backlog=50)
            threading.Thread(target=self.accept, args=(sock, address), daemon=True).start()

    def accept(self, sock, address):
        while True:
            client = sock.accept()[0]
            threading.Thread(target=self.talk, args=(client, address), daemon=True).start()

    def talk(self, client, address):
        with client, client.makefile("rwb", 0) as file:
            file.write(b"220 sink ESMTP\r\n")
            for line in file:
                verb = line[:4].upper()
                if verb == b"DATA":
                    file.write(b"354 go\r\n")
                    octets = b""
                    while not octets.endswith(b"\r\n.\r\n"):
                        octets += file.readline()
                    self.got.append((address, octets[:-3]))
                file.write({b"QUIT": b"221 bye\r\n", b"EHLO": b"250 sink\r\n"}.get(
                    verb, b"250 ok\r\n"))


def fields_of(octets):
    """(name, value) of a header, as lsrd-milter is told them."""
    text = octets.decode("latin1").replace("\r\n", "\n").split("\n\n", 1)[0]
    return [tuple(f.split(":", 1)) for f in re.split(r"\n(?![ \t])", text) if ":" in f]


def values(fields, name):
    return [v.strip() for n, v in fields if n.lower() == name.lower()]


# --- Exim ---------------------------------------------------------------------------

class Client:
    """A session with Exim."""

    def __init__(self, source=CLIENT):
        self.sock = socket.create_connection(
            (EXIM if source != "127.0.0.1" else source, 25), TOO_LONG, (source, 0))
        self.file = self.sock.makefile("rb")
        self.answer()
        self.ask("EHLO c.example")

    def answer(self):
        """In one line, as Exim folds what is long."""
        text = ""
        while True:
            line = self.file.readline().decode("latin1").strip()
            text += line if not text else " " + re.sub(r"^\d+[ -](\d\.\d\.\d )?", "", line)
            if line[3:4] != "-":
                return text[:3] + " " + text[4:]

    def ask(self, line):
        self.sock.sendall(line.encode("latin1") + b"\r\n")
        return self.answer()

    def mail(self, message, options=""):
        if any(ord(c) > 127 for c in message.sender + "".join(message.recipients)):
            options += " SMTPUTF8"
        return self.ask("MAIL FROM:<%s>%s" % (message.sender, options))

    def takes(self, message, to):
        """The recipient, by himself."""
        self.mail(message)
        said = self.ask("RCPT TO:<%s>" % to)
        self.ask("RSET")
        return said[0] == "2"

    def message(self, message, declared=0, chunks=False):
        """The answer to it, or the first that is not 2xx."""
        options = " SIZE=%d" % declared if declared else ""
        answers = [self.mail(message, options)]
        answers += [self.ask("RCPT TO:<%s>" % to) for to in message.recipients]
        bad = [a for a in answers if a[0] != "2"]
        if bad:
            self.ask("RSET")
            return bad[0]
        octets = message.octets()
        if chunks:
            self.sock.sendall(b"BDAT %d LAST\r\n" % len(octets) + octets)
            return self.answer()
        self.ask("DATA")
        self.sock.sendall(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.answer()

    def close(self):
        self.sock.close()


def id_of(answer):
    return re.search(r"id=(\S+)", answer)[1] if answer.startswith("250") else None


def offer(message, source=CLIENT, **how):
    client = Client(source)
    try:
        return client.message(message, **how)
    finally:
        client.close()


def queued(queue_id):
    """The fields of a message in the spool, the top one first."""
    with open("%s/input/%s-H" % (SPOOL, queue_id), "rb") as file:
        octets = file.read()
    rest = octets[octets.index(b"\nXX\n"):]  # nobody has had it
    rest = rest[rest.index(b"\n\n") + 2:]
    out = []
    while rest.strip():
        size, kind, text = re.match(rb"\s*(\d+)(.) ", rest, re.S).group(1, 2, 0)
        body = rest[len(text):len(text) + int(size)]
        rest = rest[len(text) + int(size):]
        if kind != b"*":
            name, value = body.decode("latin1").split(":", 1)
            out.append((name, value))
    return out


def exim(*words, stdin=b"", user=None):
    """A program of this Exim's, and what it said."""
    command = ["chroot", X] + (["setpriv", "--reuid", user, "--regid", user, "--init-groups"]
                               if user else []) + ["/usr/sbin/exim4"] + list(words)
    return subprocess.run(command, input=stdin, capture_output=True, timeout=TOO_LONG,
                          check=False)

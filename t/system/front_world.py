"""front_world.py - what the cases of front.sh are played in: lsrd-front
itself, who listens where lsrd would, MTAs that do what Postfix never does,
and the real one's log."""

import base64
import os
import re
import signal
import socket
import subprocess
import threading
import time

from front_sessions import Link, plain

W = os.environ["W"]
STRANGER, PEER = "203.0.113.7", "203.0.113.8"
DIRECT, FRONT = ("192.0.2.1", 25), ("192.0.2.1", 2500)
ALONE, SCRIPTED = ("192.0.2.1", 2501), ("127.0.0.1", 2526)
LSRD = W + "/lsrd-front"
EHLO = b"EHLO c.example\r\n"
MAIL = b"MAIL FROM:<a@b.example>\r\n"
RCPT = b"RCPT TO:<a@mx1.london.example.org>\r\n"
SANITIZED = os.environ.get("SANITIZED") == "yes"


def until(true, seconds=120):
    """Waits for it; what it says at last."""
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end
        said = true()
        if said or late:
            return said
        time.sleep(0.01)


def logged(name, pattern, count=1):
    """Whether a log of this test has such a line, so often."""
    def look():
        with open(W + "/" + name) as log:
            return len(re.findall(pattern, log.read())) >= count

    return until(look)


def takes(most, work, tries=5):
    """That work, in seconds: the first that a machine which stands still now
    and then did not hold up, or the last."""
    for _ in range(tries):
        begun = time.monotonic()
        work()
        took = time.monotonic() - begun
        if took < most:
            return took
    raise AssertionError("took %.2f s, and before more than %.2f" % (took, most))


def same(got, wanted):
    if got != wanted:
        raise AssertionError("got %r, not %r" % (got, wanted))


def begins(got, wanted):
    if not got.startswith(wanted):
        raise AssertionError("got %r, not %r..." % (got, wanted))


class Front:
    """lsrd-front itself; ends with the block that it is made for. `before` is
    what a shell does first; `at` is None where it gets its socket by that."""

    def __init__(self, *more, at=FRONT, mta="127.0.0.1:2525", before="",
                 stdin=None):
        command = [os.environ["FRONT"], "-f",
                   "-p", PEER, "-s", LSRD, "-u", "nobody", "-n", "front.example"]
        if at:
            where = "[%s]:%d" if ":" in at[0] else "%s:%d"
            command += ["-l", where % at[:2]]
        if mta:
            command += ["-b", mta]
        if before:
            command = ["sh", "-c", before + '\nexec "$@"', "sh"] + command
        with open(W + "/front.log", "ab") as log:
            began = log.tell()
            self.child = subprocess.Popen(
                command + list(more), stdin=stdin, stderr=log,
                env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:"
                         "malloc_context_size=1:detect_leaks=0"))

        def started():
            with open(W + "/front.log", "rb") as read:
                read.seek(began)
                return b"started: " in read.read()

        assert until(started), "lsrd-front has not started"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def end(self, how=signal.SIGTERM, wait=120):
        self.child.send_signal(how)
        return self.child.wait(wait)

    def memory(self):
        """Octets that are its own."""
        with open("/proc/%d/smaps_rollup" % self.child.pid) as lines:
            return sum(int(line.split()[1]) * 1024 for line in lines
                       if line.startswith(("Private_Dirty:", "Private_Clean:")))

    def counters(self):
        """What SIGUSR1 makes it say."""
        def lines():
            with open(W + "/front.log") as log:
                return re.findall("counters: (.*)", log.read())

        before = len(lines())
        self.child.send_signal(signal.SIGUSR1)
        assert until(lambda: len(lines()) > before)
        return {k: int(v) for k, v in
                (pair.split("=") for pair in lines()[-1].split(", "))}


class Listener(threading.Thread):
    """Accepts, and serves each connection in a thread of its own."""

    def __init__(self, listener):
        super().__init__(daemon=True)
        self.listener = listener
        self.start()

    def run(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.try_serve, args=(link,),
                             daemon=True).start()

    def try_serve(self, link):
        try:
            self.serve(link)
        except OSError:
            pass
        link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Lsrd(Listener):
    """Who listens where lsrd would, and gives back what it gets, upside
    down. The modes: echo, mute; flood: always has something to say; refuse:
    closes at once; leave: closes when it has said yes; hang: says nothing at
    all; slow: reads when `go` is set.
    """

    def __init__(self, mode="echo"):
        self.mode, self.go = mode, threading.Event()
        self.lines, self.got = [], b""
        listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(LSRD):
            os.unlink(LSRD)
        listener.bind(LSRD)
        os.chmod(LSRD, 0o777)
        listener.listen(50)
        super().__init__(listener)

    def serve(self, link):
        line = b""
        while not line.endswith(b"\n"):
            line += link.recv(1)
        self.lines.append(line)
        if self.mode == "hang":
            self.go.wait()
        if self.mode in ("refuse", "hang"):
            return
        link.sendall(b"ok\n")
        if self.mode == "slow":
            self.go.wait()
        if self.mode == "flood":
            threading.Thread(target=self.flood, args=(link,),
                             daemon=True).start()
        while self.mode != "leave":
            some = link.recv(65536)
            if not some:
                break
            self.got += some
            if self.mode == "echo":
                link.sendall(some[::-1])

    @staticmethod
    def flood(link):
        try:
            while True:
                link.sendall(bytes(10000))
        except OSError:
            pass

    def __exit__(self, *_):
        self.go.set()
        super().__exit__()
        os.unlink(LSRD)


class Mta(Listener):
    """Greets, keeps what it gets octet for octet, and says what it is given
    to say: a list of (when this was heard, say that)."""

    def __init__(self, *script, greeting=b"220 x ESMTP\r\n"):
        self.script, self.greeting = script, greeting
        self.heard, self.kept = [], []
        super().__init__(socket.create_server(SCRIPTED, backlog=4096))

    def serve(self, link):
        at, mine = 0, len(self.heard)
        self.heard.append(b"")
        self.kept.append(link)
        link.sendall(self.greeting)
        while True:
            some = link.recv(65536)
            if not some:
                return
            self.heard[mine] += some
            while (at < len(self.script) and
                   self.script[at][0] in self.heard[mine]):
                say = self.script[at][1]
                at += 1
                if callable(say):
                    say = say()
                link.sendall(say)


MTA = "%s:%d" % SCRIPTED


def talk(source, to, *lines):
    """All that is said to these lines, each sent after an answer."""
    with Link(source, to) as link:
        link.answer()
        for line in lines:
            if not link.ask(line):
                break
        return plain(link.rest())


def is_served_soon(source, to=ALONE):
    """In less than a second; a busy machine may need another try for it."""
    took = []
    for _ in range(3):
        begun = time.monotonic()
        begins(talk(source, to, b"QUIT\r\n"), b"220 ")
        took.append(time.monotonic() - begun)
        if took[-1] < 1:
            return
    raise AssertionError("took %s s" % took)


def verb(link, octets=b"", wait=True):
    line = b"X-LSA-2" + (b" " + base64.b64encode(octets) if octets else b"")
    link.say(line + b"\r\n")
    return unpack(link.answer()) if wait else b""


def unpack(answer):
    octets = b""
    for line in answer.splitlines():
        if not line.startswith((b"250 ", b"250-")):
            raise AssertionError("answer %r" % answer)
        octets += base64.b64decode(line[4:], validate=True)
    return octets


def greeted(source=PEER, to=FRONT):
    link = Link(source, to)
    link.answer()
    link.ask(EHLO)
    return link


def carrying(octets=b"foo"):
    """A session that carries the verb, and the first octets it brought."""
    link = greeted()
    return link, verb(link, octets)

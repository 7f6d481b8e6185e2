"""front.py - the cases of front.sh; speaks TAP."""

import base64
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from front_sessions import Link, VERB, differs, plain, play

W = os.environ["W"]
STRANGER, PEER = "203.0.113.7", "203.0.113.8"
DIRECT, FRONT = ("192.0.2.1", 25), ("192.0.2.1", 2500)
ALONE = ("192.0.2.1", 2501)
LSRD = W + "/lsrd-front"
EHLO = b"EHLO c.example\r\n"


class Front:
    """lsrd-front itself."""

    def __init__(self, *more, at=FRONT, mta="127.0.0.1:2525"):
        command = [os.environ["FRONT"], "-f", "-l", "%s:%d" % at,
                   "-p", PEER, "-s", LSRD, "-u", "nobody", "-n", "front.example"]
        if mta:
            command += ["-b", mta]
        self.log = open(W + "/front.log", "ab")
        self.child = subprocess.Popen(command + list(more), stderr=self.log)
        for _ in range(200):
            try:
                socket.create_connection(at, 1).close()
                break
            except OSError:
                time.sleep(0.02)

    def end(self, how=signal.SIGTERM, wait=60):
        self.child.send_signal(how)
        status = self.child.wait(wait)
        self.log.close()
        return status

    def memory(self):
        with open("/proc/%d/smaps_rollup" % self.child.pid) as lines:
            for line in lines:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        return 0


class Lsrd(threading.Thread):
    """Who listens where lsrd would: gives back what it gets, upside down."""

    def __init__(self, mode="echo"):
        super().__init__(daemon=True)
        self.mode = mode
        self.lines, self.got = [], b""
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(LSRD):
            os.unlink(LSRD)
        self.listener.bind(LSRD)
        os.chmod(LSRD, 0o777)
        self.listener.listen(50)
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

    def serve(self, link):
        line = b""
        while not line.endswith(b"\n"):
            line += link.recv(1)
        self.lines.append(line)
        link.sendall(b"ok\n")
        while self.mode != "close":
            some = link.recv(65536)
            if not some:
                break
            self.got += some
            if self.mode == "echo":
                link.sendall(some[::-1])
        link.close()

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(LSRD)


def soon(test):
    """The answer of `test` once it is true: a busy machine takes its time."""
    until = time.monotonic() + 60
    while True:
        answer = test()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(0.02)


def mail_log():
    with open(W + "/mail.log") as log:
        return log.read()


def sessions_at(port):
    """How many connections a listener of this namespace still holds."""
    with open("/proc/net/tcp") as lines:
        fields = [line.split() for line in list(lines)[1:]]
    return sum(f[1].endswith(":%04X" % port) and f[3] in ("01", "08")
               for f in fields)


def same(got, wanted):
    if got != wanted:
        raise AssertionError("got %r, not %r" % (got, wanted))


def begins(got, wanted):
    if not got.startswith(wanted):
        raise AssertionError("got %r, not %r..." % (got, wanted))


def talk(source, to, *lines):
    """All that is said to these lines, each sent after an answer."""
    link = Link(source, to)
    link.answer()
    for line in lines:
        if not link.ask(line):
            break
    heard = link.rest()
    link.close()
    return plain(heard)


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


def carrying(octets=b"foo"):
    link = Link(PEER, FRONT)
    link.answer()
    link.ask(EHLO)
    got = verb(link, octets)
    return link, got


def stranger_is_untouched():
    lines = (EHLO, b"NOOP\r\n", b"X-LSA-2 Zm9v\r\n", b"x-link2state\r\n",
             b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<a@foreign.example>\r\n",
             b"QUIT\r\n")
    got = talk(STRANGER, FRONT, *lines)
    same(got, talk(STRANGER, DIRECT, *lines))
    assert b"X-LSA-2" not in got and b"554 5.7.1" in got, got


def address_reaches_postfix():
    link = Link(STRANGER, FRONT)
    port = link.sock.getsockname()[1]
    link.rest()
    link.close()
    assert soon(lambda: "postfix/front/smtpd" in mail_log()), \
        "no line of the smtpd behind"
    soon(lambda: "connect from" in mail_log())
    text = mail_log()
    assert re.search(r"front/smtpd.*connect from .*\[203\.0\.113\.7\]", text)
    assert "127.0.0.1" not in re.findall(r"front/smtpd.*connect from.*", text)
    assert port


def keyword_for_peers():
    peer, direct = talk(PEER, FRONT, EHLO, b"QUIT\r\n"), talk(
        PEER, DIRECT, EHLO, b"QUIT\r\n")
    same(peer, re.sub(rb"250 (\w+)\r\n221", rb"250-\1\r\n250 X-LSA-2\r\n221",
                      direct))
    same(talk(PEER, FRONT, b"HELO c.example\r\n", b"QUIT\r\n"),
         talk(PEER, DIRECT, b"HELO c.example\r\n", b"QUIT\r\n"))


def peer_mails():
    lines = (EHLO, b"MAIL FROM:<a@b.example>\r\n",
             b"RCPT TO:<a@mx1.london.example.org>\r\n", b"X-LSA-2 Zm9v\r\n",
             b"DATA\r\n", VERB + b".\r\n", b"EHLO again\r\n", b"X-LSA-2\r\n",
             b"QUIT\r\n")
    got = talk(PEER, FRONT, *lines)
    same(got.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING", 1),
         talk(PEER, DIRECT, *lines))
    assert got.count(b"X-LSA-2") == 1 and b"queued" in got, got


def smtp_of_peer_is_the_mtas():
    """Of those sessions that do not say the verb where we would answer."""
    ours = re.compile(rb"(?m)^(454 4.3.0|503 5.5.1 Send EHLO|501 5.5.4 Syntax: X"
                      rb"|502 5.5.1 Command not|500 5.5.2 Line not)")
    tried = 0

    def unkeyed(heard):
        return heard.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING")

    for seed in range(60):
        if ours.search(play(seed, PEER, FRONT)):
            continue
        tried += 1
        found = differs(seed, PEER, FRONT, DIRECT, unkeyed)
        if found:
            same(*found)
    assert tried > 30, tried


def pipelined():
    lsrd = Lsrd()
    for text in (EHLO + b"X-LSA-2 Zm9v\r\nNOOP\r\nX-LSA-2\r\nQUIT\r\n",
                 b"NOOP\r\n" + EHLO + b"RSET\r\nx-lsa-2 Zm9v \r\nNOOP\r\n"
                 b"X-LSA-2\r\nQUIT\r\n"):
        for cut in (0, 1, 3):
            link = Link(PEER, FRONT)
            link.say(text, cut)
            heard = link.rest()
            link.close()
            codes = re.findall(rb"(?m)^\d\d\d ", heard)
            same(codes[0], b"220 ")
            same(codes[-1], b"221 ")
            same(set(codes[1:-1]), {b"250 "})
            same(len(codes), text.count(b"\n") + 1)
    soon(lambda: len(lsrd.got) >= 18)
    same(lsrd.got, b"foo" * 6)
    lsrd.end()


def carries_both_ways():
    lsrd = Lsrd()
    link, got = carrying()
    while len(got) < 3:
        got += verb(link)
    same(got, b"oof")
    want = bytes(range(256)) * 200
    sent, got = 0, b""
    while len(got) < len(want):
        part = want[sent:sent + 741]
        sent += len(part)
        got += verb(link, part)
    same(sorted(got), sorted(want))
    same(lsrd.got, b"foo" + want)
    begins(lsrd.lines[0], b"lsrd-front/1 203.0.113.8 ")
    same(lsrd.lines[0].split()[2],
         b"%d" % link.sock.getsockname()[1])
    same(link.ask(b"QUIT\r\n"), b"221 2.0.0 Bye\r\n")
    link.close()
    lsrd.end()


def poll_waits_a_second():
    lsrd = Lsrd("mute")
    link, _ = carrying()
    begun = time.monotonic()
    same(verb(link), b"")
    took = time.monotonic() - begun
    assert 0.95 < took < 5, "waited %.2f s" % took
    took = 1
    for _ in range(5):  # a busy machine may take a second for nothing
        verb(link, wait=False)
        begun = time.monotonic()
        same(verb(link, b"x"), b"")  # the poll's answer: overtaken
        same(link.answer(), b"250 \r\n")
        took = min(took, time.monotonic() - begun)
    assert took < 0.5, "a line behind a poll waited %.2f s" % took
    link.close()
    lsrd.end()


def mta_is_left():
    lsrd = Lsrd()
    link, _ = carrying()

    def last_line():
        return [line for line in mail_log().splitlines()
                if "front/smtpd" in line and PEER in line][-1]

    soon(lambda: "disconnect from" in last_line())
    last = last_line()
    assert "disconnect from" in last and "quit=1" in last, last
    begins(link.ask(b"MAIL FROM:<a@b.example>\r\n"), b"421 4.3.0 ")
    same(link.more(), b"")
    link.close()
    lsrd.end()


REFUSED = (
    (b"X-LSA-2 Zm9\r\n", b"501"), (b"X-LSA-2 -1\r\n", b"501"),
    (b"X-LSA-2  Zm9v\r\n", b"501"), (b"X-LSA-2 a b\r\n", b"501"),
    (b"X-LSA-2 FIRST CHUNK={00000051} x\r\n", b"501"),
    (b"X-LSA-2 Zm\0v\r\n", b"500"), (b"X-LSA-2\0\r\n", b"500"),
    (b"X-LSA-2 \xff\xff\r\n", b"500"), (b"X-LINK2STATE LAST\r\n", b"502"))


def malformed_is_refused():
    lsrd = Lsrd()
    for line, code in REFUSED:
        link = Link(PEER, FRONT)
        link.answer()
        begins(link.ask(b"X-LSA-2\r\n"), b"503")
        link.ask(EHLO)
        begins(link.ask(line), code)
        begins(link.ask(b"NOOP\r\n"), b"250 2.0.0 Ok")  # the MTA's
        begins(link.ask(b"MAIL FROM:<a@b.example>\r\n"), b"250 2.1.0")
        link.close()
        link, _ = carrying()
        begins(link.ask(line), b"421" if b"LINK" in line else code)
        link.close()
    lsrd.end()


def hostile_lines_end():
    lsrd = Lsrd()
    for octets in (b"X-LSA-2 " + b"A" * 1000 + b"\r\n",
                   b"X-LSA-2 " + b"A" * 60000 + b"\r\n",
                   b"X-LSA-2 " + b"A" * 1000000,
                   b"X-LSA-2 Zm9v\nMAIL FROM:<a@b.example>\r\n",
                   b"X-LSA-2 Zm9v\rMAIL FROM:<a@b.example>\r\n"):
        for begin in (EHLO, EHLO + b"X-LSA-2 Zm9v\r\n"):
            link = Link(PEER, FRONT)
            link.answer()
            link.say(begin + octets)
            heard = link.rest()
            link.close()
            assert b"\r\n500 5.5.2 " in heard, heard
            assert b"2.1.0" not in heard, heard
    link, _ = carrying()
    for _ in range(500):
        link.say(b"X-LSA-2 Zm9v\r\n")
    for _ in range(500):
        unpack(link.answer())
    link.close()
    link = Link(PEER, FRONT)
    link.say(EHLO + b"X-LINK2STATE FIRST\r\n" * 30)
    heard = link.rest()
    assert b"421 4.3.0" in heard and heard.count(b"502 5.5.1") == 20, heard
    link.close()
    lsrd.end()


def other_lines_are_the_mtas():
    for octets in (b"NOOP\nX-LSA-2 Zm9v\r\nNOOP\r\n", b"NOOP " + b"x" * 1500 +
                   b"\r\n", b" X-LSA-2\r\n", b"X-LSA-20\r\n", b"\r\n"):
        lines = (EHLO, octets, b"X-LSA-2\r\n", b"QUIT\r\n")
        got = talk(PEER, FRONT, *lines)
        same(got.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING", 1),
             talk(PEER, DIRECT, *lines))


def starttls_is_opaque():
    for source in (STRANGER, PEER):
        link = Link(source, FRONT)
        link.answer()
        link.ask(EHLO)
        assert link.starttls()
        assert b"X-LSA-2" not in link.ask(EHLO)
        begins(link.ask(b"X-LSA-2 Zm9v\r\n"), b"500 ")
        begins(link.ask(b"MAIL FROM:<a@b.example>\r\n"), b"250")
        link.close()


def starttls_at_every_octet():
    text = b"STARTTLS\r\nX-LSA-2 Zm9v\r\nNOOP\r\n"
    for cut in range(1, len(text)):
        link = Link(PEER, FRONT)
        link.answer()
        link.ask(EHLO)
        link.say(text[:cut])
        time.sleep(0.005)
        link.say(text[cut:])
        heard = link.rest()
        link.close()
        tail = heard[heard.index(b"250 X-LSA-2\r\n") + 13:]
        assert re.fullmatch(rb"220 2.0.0 Ready to start TLS\r\n(?!250|454).*",
                            tail, re.S), "cut at %d: %r" % (cut, tail)


def half_close():
    for source in (STRANGER, PEER):
        link = Link(source, FRONT)
        link.say(EHLO + b"MAIL FROM:<a@b.example>\r\nRCPT TO:"
                 b"<a@mx1.london.example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
        heard = link.rest()
        link.close()
        assert b"queued as" in heard and b"221 2.0.0 Bye" in heard, heard


def big_message():
    link = Link(STRANGER, FRONT)
    link.answer()
    for line in (EHLO, b"MAIL FROM:<a@b.example>\r\n",
                 b"RCPT TO:<a@mx1.london.example.org>\r\n", b"DATA\r\n"):
        link.ask(line)
    link.say((b"z" * 76 + b"\r\n") * 100000)
    begins(link.ask(b".\r\n"), b"250 2.0.0 Ok: queued")
    link.close()


def sessions_are_the_same():
    count = int(os.environ.get("SESSIONS", "200"))
    wrong = []

    def some(first):
        for seed in range(first, count, 4):
            found = differs(seed, STRANGER, FRONT, DIRECT)
            if found:
                wrong.append((seed,) + found)

    workers = [threading.Thread(target=some, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong, "%d of %d differ; seed %d: %r, not %r" % (
        (len(wrong), count) + wrong[0])


def lsrd_away():
    link = Link(PEER, FRONT)
    link.answer()
    link.ask(EHLO)
    for _ in range(3):
        same(link.ask(b"X-LSA-2 Zm9v\r\n"),
             b"454 4.3.0 Link state routing not available now\r\n")
    begins(link.ask(b"NOOP\r\n"), b"250 2.0.0")
    begins(link.ask(b"MAIL FROM:<a@b.example>\r\n"), b"250 2.1.0")
    link.close()


def lsrd_closes():
    lsrd = Lsrd("close")
    link = Link(PEER, FRONT)
    link.answer()
    link.ask(EHLO)
    link.say(b"X-LSA-2 Zm9v\r\nX-LSA-2\r\n")
    assert b"421 4.3.0" in link.hear_out()
    link.close()
    lsrd.end()


def mta_away(front):
    front.end()
    front = Front(mta="127.0.0.1:2599")
    for source in (STRANGER, PEER):
        link = Link(source, FRONT)
        same(link.rest(), b"421 4.3.0 Service not available, closing\r\n")
        link.close()
    front.end()


def killed_at_stages():
    stages = (b"", EHLO, b"MAIL FROM:<a@b.example>\r\n",
              b"RCPT TO:<a@mx1.london.example.org>\r\n", b"DATA\r\n", b"x\r\n")
    for stop in range(1, len(stages) + 1):
        for source in (STRANGER, PEER):
            front = Front()
            link = Link(source, FRONT)
            link.answer()
            for line in stages[1:stop]:
                if line == b"x\r\n":
                    link.say(line)
                else:
                    link.ask(line)
            before = link.heard.count(b"queued as")
            front.end(signal.SIGKILL)
            link.say(b"\r\n.\r\n")
            same(link.rest().count(b"queued as"), before)
            link.close()
    lsrd = Lsrd()
    front = Front()
    link, _ = carrying()
    front.end(signal.SIGKILL)
    link.hear_out()
    link.close()
    lsrd.end()
    time.sleep(0.5)  # what must not come
    text = mail_log()
    assert "fatal" not in text and "panic" not in text


def stops_gently():
    front = Front()
    lsrd = Lsrd()
    peer, _ = carrying()
    link = Link(STRANGER, FRONT)
    link.answer()
    front.child.send_signal(signal.SIGTERM)
    assert peer.hear_out().endswith(
        b"\r\n421 4.3.0 Service not available, closing\r\n"), peer.heard
    def refuses():
        try:
            socket.create_connection(FRONT, 1).close()
        except ConnectionRefusedError:
            return True
        return False

    assert soon(refuses), "still accepts"
    begins(link.ask(EHLO), b"250-")
    begins(link.ask(b"QUIT\r\n"), b"221")
    link.close()
    peer.close()
    same(front.child.wait(60), 0)
    lsrd.end()


def limits():
    front = Front("-c", "5", "-m", "8")
    assert soon(lambda: not sessions_at(FRONT[1]))
    links = [Link(STRANGER, FRONT) for _ in range(6)]
    begins(links[0].answer(), b"220 ")
    begins(links[5].answer(), b"421 4.7.0 Too many connections")
    links += [Link(PEER, FRONT) for _ in range(4)]
    begins(links[8].answer(), b"220 ")
    begins(links[9].answer(), b"421 4.7.0 Too many connections")
    for link in links[:5]:
        link.close()
    assert soon(lambda: sessions_at(FRONT[1]) <= 3)
    link = Link(STRANGER, FRONT)
    begins(link.answer(), b"220 ")
    for link in links[5:] + [link]:
        link.close()
    same(front.end(signal.SIGINT), 0)


def idle_ends():
    front = Front("-i", "2")
    link = Link(STRANGER, FRONT)
    link.answer()
    begun = time.monotonic()
    same(link.more(), b"")
    assert 1 < time.monotonic() - begun < 15
    link.close()
    front.end()


def alone():
    lsrd = Lsrd()
    front = Front(at=ALONE, mta=None)
    link = Link(PEER, ALONE)
    begins(link.answer(), b"220 front.example ESMTP")
    begins(link.ask(b"X-LSA-2\r\n"), b"503")
    same(link.ask(EHLO), b"250-front.example\r\n250-PIPELINING\r\n"
         b"250 X-LSA-2\r\n")
    begins(link.ask(b"MAIL FROM:<a@b.example>\r\n"), b"502")
    begins(link.ask(b"NOOP\r\n"), b"250")
    got = verb(link, b"foo")
    while len(got) < 3:
        got += verb(link)
    same(got, b"oof")
    begins(link.ask(b"QUIT\r\n"), b"221")
    link.close()
    link = Link(STRANGER, ALONE)
    begins(link.rest(), b"554 5.7.1")
    link.close()
    lsrd.end()
    front.end()


def memory_of_idle_sessions():
    """500 sessions without a word, over a listener that only greets."""
    class Greeter(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.listener = socket.create_server(("127.0.0.1", 2526),
                                                 backlog=600)
            self.kept = []
            self.start()

        def run(self):
            while True:
                link, _ = self.listener.accept()
                link.sendall(b"220 x ESMTP\r\n")
                self.kept.append(link)

    count = 450
    greeter = Greeter()
    front = Front("-c", "2000", mta="127.0.0.1:2526")
    before = front.memory()
    links = []
    for _ in range(count):
        links.append(Link(STRANGER, FRONT))
        begins(links[-1].answer(), b"220 x")
    each = (front.memory() - before) / count
    print("# %d octets for an idle session" % each)
    for link in greeter.kept + links:
        link.close()
    front.end()
    if not os.environ.get("SANITIZED"):
        assert each <= 20000, "%d octets" % each


BEHIND = (stranger_is_untouched, address_reaches_postfix, keyword_for_peers,
          peer_mails, smtp_of_peer_is_the_mtas, pipelined, carries_both_ways,
          poll_waits_a_second, mta_is_left, malformed_is_refused,
          hostile_lines_end, other_lines_are_the_mtas, starttls_is_opaque,
          starttls_at_every_octet, half_close, big_message,
          sessions_are_the_same, lsrd_away, lsrd_closes)
OWN = (killed_at_stages, stops_gently, limits, idle_ends, alone,
       memory_of_idle_sessions)


def main():
    number = 0
    wanted = sys.argv[1:]

    def case(what, *args):
        nonlocal number
        if wanted and what.__name__ not in wanted:
            return
        number += 1
        name = what.__name__.replace("_", " ")
        try:
            what(*args)
            print("ok %d - %s" % (number, name), flush=True)
        except Exception as error:
            print("# %s: %.2000s" % (type(error).__name__, error))
            print("not ok %d - %s" % (number, name), flush=True)

    print("1..%d" % (len(wanted) or len(BEHIND) + len(OWN) + 2))
    front = Front()

    def front_is_well():
        same(front.child.poll(), None)

    for what in BEHIND:
        case(what)
    case(front_is_well)
    case(mta_away, front)
    for what in OWN:
        case(what)


main()

"""front.py - the cases of front.sh; speaks TAP. Those of front_hostile.py
and front_limits.py are played here, too."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import front_hostile
import front_limits
from front_sessions import (ENDINGS, SECRET, VERB, USER, Link, differs, plain,
                            play)
from front_world import (ALONE, DIRECT, EHLO, FRONT, MAIL, MTA, PEER, RCPT,
                         STRANGER, W, Front, Lsrd, Mta, begins, carrying,
                         greeted, logged, same, takes, talk, until, verb)


def unkeyed(heard):
    return heard.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING")


def stranger_is_untouched():
    lines = (EHLO, b"NOOP\r\n", b"X-LSA-2 Zm9v\r\n", b"x-link2state\r\n",
             MAIL, b"RCPT TO:<a@foreign.example>\r\n", b"QUIT\r\n")
    got = talk(STRANGER, FRONT, *lines)
    same(got, talk(STRANGER, DIRECT, *lines))
    assert b"X-LSA-2" not in got and b"554 5.7.1" in got, got


def address_reaches_postfix():
    with Link(STRANGER, FRONT) as link:
        link.rest()
    assert logged("mail.log", r"front/smtpd.* connect from .*\[203\.0\.113\.7\]")
    assert not logged_now("mail.log", r"front/smtpd.* connect from.*127\.0\.0\.1")


def logged_now(name, pattern):
    with open(W + "/" + name) as log:
        return re.findall(pattern, log.read())


def other_headers():
    """The address by the first form of the PROXY header, and by IPv6."""
    six = ("2001:db8::1", 2500)
    for more, at, source in ((("-x", "v1"), ALONE, "203.0.113.8"),
                             (("-x", "v1"), six, "2001:db8:113::7"),
                             ((), six, "2001:db8:113::7")):
        seen = len(logged_now("mail.log", source_seen(source)))
        with Front(*more, at=at):
            got = talk(source, at, EHLO, b"QUIT\r\n")
            begins(got, b"220 ")
            assert b"\r\n221 " in got, got
        assert logged("mail.log", source_seen(source), seen + 1), source
    with Mta() as mta, Front("-x", "none", at=ALONE, mta=MTA), \
            Link(STRANGER, ALONE) as link:
        begins(link.answer(), b"220 x")
        link.say(EHLO)
        until(lambda: mta.heard == [EHLO])
        same(mta.heard, [EHLO])


def socket_of_both_families():
    """From a service manager: clients of IPv4 come by mapped addresses, and
    Postfix is told the plain ones; a listed peer of theirs is one."""
    for header in "v1", "v2":
        with socket.socket(socket.AF_INET6) as sock:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("::", ALONE[1]))
            sock.listen()
            with Front("-x", header, at=None, stdin=sock,
                       before="exec 3<&0 </dev/null; "
                       "export LISTEN_PID=$$ LISTEN_FDS=1"):
                for source, to in ((STRANGER, "192.0.2.1"), (PEER, "192.0.2.1"),
                                   ("2001:db8:113::7", "2001:db8::1")):
                    seen = len(logged_now("mail.log", source_seen(source)))
                    got = talk(source, (to, ALONE[1]), EHLO, b"QUIT\r\n")
                    begins(got, b"220 ")
                    same(b"X-LSA-2" in got, source == PEER)
                    assert logged("mail.log", source_seen(source),
                                  seen + 1), source


def source_seen(source):
    return r"front/smtpd.* connect from unknown\[%s\]" % re.escape(source)


def headers_of_clients():
    """PROXY before anything else is the MTA's to refuse; so is XCLIENT."""
    v2 = (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes((10, 0, 0, 1)) * 2 +
          b"\0\x19\0\x19")
    for first in (b"PROXY TCP4 10.0.0.1 10.0.0.1 25 25\r\n", v2,
                  b"XCLIENT ADDR=10.0.0.1\r\n", b"XFORWARD ADDR=10.0.0.1\r\n"):
        for source in (STRANGER, PEER):
            text = first + EHLO + first + b"QUIT\r\n"
            said = []
            for to in (FRONT, DIRECT):
                with Link(source, to) as link:
                    link.answer()
                    link.say(text)
                    said.append(plain(link.rest()))
            same(unkeyed(said[0]), said[1])
    assert not logged_now("mail.log", r"\[10\.0\.0\.1\]")


def keyword_for_peers():
    peer, direct = talk(PEER, FRONT, EHLO, b"QUIT\r\n"), talk(
        PEER, DIRECT, EHLO, b"QUIT\r\n")
    same(peer, re.sub(rb"250 (\w+)\r\n221", rb"250-\1\r\n250 X-LSA-2\r\n221",
                      direct))
    same(talk(PEER, FRONT, b"HELO c.example\r\n", b"QUIT\r\n"),
         talk(PEER, DIRECT, b"HELO c.example\r\n", b"QUIT\r\n"))


def peer_mails():
    """With the verb at every place where it is not one."""
    chunk = VERB + b"X-LSA-2\r\n.\r\n"
    bdat = b"BDAT %d\r\n" % len(chunk) + chunk
    lines = (EHLO, MAIL, b"X-LSA-2 Zm9v\r\n", RCPT, b"X-LSA-2 Zm9v\r\n",
             b"DATA\r\n", VERB + b".\r\n", b"EHLO again\r\n", b"X-LSA-2\r\n",
             MAIL + RCPT, bdat, bdat.replace(b"\r\n", b" LAST\r\n", 1),
             b"X-LSA-2 Zm9v\r\n", b"QUIT\r\n")
    with Lsrd() as lsrd:
        got = talk(PEER, FRONT, *lines)
        same(got.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING", 1),
             talk(PEER, DIRECT, *lines))
        same(lsrd.lines, [])
    same((got.count(b"X-LSA-2"), got.count(b"queued")), (1, 2))


def smtp_of_peer_is_the_mtas():
    """Of those sessions that do not say the verb where we would answer."""
    ours = re.compile(rb"(?m)^(454 4.3.0|503 5.5.1 Send EHLO|501 5.5.4 Syntax: X"
                      rb"|502 5.5.1 Command not|500 5.5.2 Line not)")
    tried = 0
    for seed in range(1000, 1040):
        if ours.search(play(seed, PEER, FRONT)):
            continue
        tried += 1
        found = differs(seed, PEER, FRONT, DIRECT, unkeyed)
        if found:
            same(*found)
    assert tried > 20, tried


def pipelined():
    with Lsrd() as lsrd:
        for text in (EHLO + b"X-LSA-2 Zm9v\r\nNOOP\r\nX-LSA-2\r\nQUIT\r\n",
                     b"NOOP\r\n" + EHLO + b"RSET\r\nx-lsa-2 Zm9v \r\nNOOP\r\n"
                     b"X-LSA-2\r\nQUIT\r\n"):
            for cut in (0, 1, 3):
                with Link(PEER, FRONT) as link:
                    link.say(text, cut)
                    heard = link.rest()
                codes = re.findall(rb"(?m)^\d\d\d ", heard)
                same(codes[0], b"220 ")
                same(codes[-1], b"221 ")
                same(set(codes[1:-1]), {b"250 "})
                same(len(codes), text.count(b"\n") + 1)
        until(lambda: len(lsrd.got) == 18)
        same(lsrd.got, b"foo" * 6)


def carries_both_ways():
    with Lsrd() as lsrd:
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
        same(lsrd.lines[0].split()[2], b"%d" % link.sock.getsockname()[1])
        same(link.ask(b"QUIT\r\n"), b"221 2.0.0 Bye\r\n")
        link.close()


def last_octets_arrive():
    """A peer that says QUIT behind more than the socket of lsrd holds."""
    for lines in (150, 250, 350):
        with Lsrd("slow") as lsrd:
            link, _ = carrying(b"x" * 741)
            link.sock.settimeout(3)
            link.say(b"X-LSA-2 " + base64.b64encode(b"x" * 741) + b"\r\n")
            for _ in range(lines - 2):
                link.say(b"X-LSA-2 " + base64.b64encode(b"y" * 741) + b"\r\n")
            link.say(b"QUIT\r\n")
            try:
                while b"221 " not in link.heard:
                    assert link.more()
            except TimeoutError:
                pass # it waits for lsrd
            lsrd.go.set()
            link.sock.settimeout(120)
            assert b"221 " in link.hear_out()
            link.close()
            until(lambda: len(lsrd.got) == lines * 741)
            same(len(lsrd.got), lines * 741)


def poll_waits_a_second():
    with Lsrd("mute"):
        link, _ = carrying()

        def overtaken():
            verb(link, wait=False)
            same(verb(link, b"x"), b"")  # the poll's answer
            same(link.answer(), b"250 \r\n")

        took = takes(3, lambda: same(verb(link), b""))
        assert took > 0.95, "waited %.2f s" % took
        takes(0.9, overtaken)
        link.close()


def mta_is_left():
    def last():
        return [l for l in logged_now("mail.log", "front/smtpd.*") if PEER in l][-1]

    with Lsrd():
        link, _ = carrying()
        until(lambda: "disconnect from" in last())
        assert "disconnect from" in last() and "quit=1" in last(), last()
        begins(link.ask(MAIL), b"421 4.3.0 ")
        same(link.more(), b"")
        link.close()


def starttls_is_opaque():
    for source in (STRANGER, PEER):
        with greeted(source) as link:
            assert link.starttls()
            assert b"X-LSA-2" not in link.ask(EHLO)
            begins(link.ask(b"X-LSA-2 Zm9v\r\n"), b"500 ")
            begins(link.ask(MAIL), b"250")


def starttls_at_every_octet():
    text = b"STARTTLS\r\nX-LSA-2 Zm9v\r\nNOOP\r\n"
    for cut in range(1, len(text)):
        with greeted() as link:
            link.say(text[:cut])
            time.sleep(0.002)  # so that they travel apart
            link.say(text[cut:])
            heard = link.rest()
        tail = heard[heard.index(b"250 X-LSA-2\r\n") + 13:]
        assert re.fullmatch(rb"220 2.0.0 Ready to start TLS\r\n(?!250|454).*",
                            tail, re.S), "cut at %d: %r" % (cut, tail)


def nothing_is_smuggled():
    """Behind each ending that is none, a second message: as without us."""
    inner = MAIL + RCPT + b"DATA\r\nevil\r\n.\r\n"
    for ending in ENDINGS:
        for source in (STRANGER, PEER):
            said = []
            for to in (FRONT, DIRECT):
                with Link(source, to) as link:
                    link.answer()
                    for line in (EHLO, MAIL, RCPT, b"DATA\r\n"):
                        link.ask(line)
                    link.say(b"x" + ending + inner + b"QUIT\r\n", 1)
                    said.append(unkeyed(plain(link.hear_out())))
            assert said[0].count(b"queued as") < 2, (ending, said[0])
            same(*said)


def octets_pass_as_they_are():
    """Both ways, cut everywhere, by an MTA that keeps them."""
    text = b"".join(b"a" + ending + VERB for ending in ENDINGS)
    text += bytes(range(256))
    answer = b"".join(b"250 x" + ending + b"354 y" for ending in ENDINGS)
    answer += b"220 go\r\n250 injected\r\n" + bytes(range(256)) + b"THE END"
    for source, first in ((STRANGER, b"STARTTLS\r\n"), (PEER, MAIL)):
        with Mta((text[-9:], answer)) as mta, Front(at=ALONE, mta=MTA):
            for cut in (1, 2, 3, 0):
                with Link(source, ALONE) as link:
                    link.answer()
                    link.say(first)
                    link.say(text, cut)
                    while not link.heard.endswith(b"THE END"):
                        assert link.more(), link.heard
                    same(link.heard, b"220 x ESMTP\r\n" + answer)
            header = 28
            same({heard[header:] for heard in mta.heard}, {first + text})


HAND = W + "/spool/public/lsrd-smtpd"


def strangers_are_handed_over():
    """Whole: Postfix knows whose it is, and it outlives lsrd-front."""
    six = ("2001:db8::1", 2500)
    for at, source in ((ALONE, STRANGER), (six, "2001:db8:113::7")):
        seen = len(logged_now("mail.log", source_seen(source)))
        with Front("-o", HAND, at=at) as front:
            with Link(source, at) as link:
                begins(link.answer(), b"220 ")
                link.ask(EHLO)
                said = front.counters()
                same((said["handed"], said["sessions"]), (1, 0))
                front.end(signal.SIGKILL)
                for line in (MAIL, RCPT):
                    begins(link.ask(line), b"250 ")
                begins(link.ask(b"DATA\r\n"), b"354 ")
                begins(link.ask(b"x\r\n.\r\n"), b"250 2.0.0 Ok: queued")
        assert logged("mail.log", source_seen(source), seen + 1), source
    with Front("-o", HAND, at=ALONE) as front:
        for seed in range(2000, 2040):
            found = differs(seed, STRANGER, ALONE, DIRECT)
            if found:
                same(*found)
        with Lsrd(), greeted(PEER, ALONE) as link:
            same(verb(link, b"foo") or verb(link), b"oof")
        same(front.counters()["verbs"], 1)
    with Front("-o", W + "/none", at=ALONE) as front:
        begins(talk(STRANGER, ALONE, EHLO, b"QUIT\r\n"), b"220 ")
        same(front.counters()["handed"], 0)


def half_close():
    for source in (STRANGER, PEER):
        with Link(source, FRONT) as link:
            link.say(EHLO + MAIL + RCPT + b"DATA\r\nx\r\n.\r\nQUIT\r\n")
            heard = link.rest()
        assert b"queued as" in heard and b"221 2.0.0 Bye" in heard, heard


def big_message():
    with greeted(STRANGER) as link:
        for line in (MAIL, RCPT, b"DATA\r\n"):
            link.ask(line)
        link.say((b"z" * 76 + b"\r\n") * 100000)
        begins(link.ask(b".\r\n"), b"250 2.0.0 Ok: queued")


def sessions_are_the_same():
    count = int(os.environ.get("SESSIONS", "250"))
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


def secrets_stay():
    """AUTH works by two ways (sessions_are_the_same has more), and nothing
    of it is in our log."""
    if b"AUTH" not in talk(STRANGER, DIRECT, EHLO):
        return "no SASL here"
    both = base64.b64encode(b"\0" + USER + b"\0" + SECRET)
    for source in (STRANGER, PEER):
        with greeted(source) as link:
            begins(link.ask(b"AUTH PLAIN " + both + b"\r\n"), b"235 ")
        with greeted(source) as link:
            link.ask(b"AUTH LOGIN\r\n")
            link.ask(base64.b64encode(USER) + b"\r\n")
            begins(link.ask(base64.b64encode(SECRET) + b"\r\n"), b"235 ")
    with open(W + "/front.log", "rb") as log:
        text = log.read()
    for secret in (SECRET, both, base64.b64encode(SECRET), USER):
        assert secret not in text, secret
    return None


def lsrd_away():
    with greeted() as link:
        for _ in range(3):
            same(link.ask(b"X-LSA-2 Zm9v\r\n"),
                 b"454 4.3.0 Link state routing not available now\r\n")
        begins(link.ask(b"NOOP\r\n"), b"250 2.0.0")
        begins(link.ask(MAIL), b"250 2.1.0")


def lsrd_refuses():
    """Or says nothing: the session is the MTA's as before."""
    def session():
        with greeted() as link:
            link.say(b"X-LSA-2 Zm9v\r\nNOOP x\r\n")
            begins(link.answer(), b"454 4.3.0 ")
            begins(link.answer(), b"250 2.0.0")
            begins(link.ask(MAIL), b"250 2.1.0")

    for mode, least, most in (("refuse", 0, 2), ("hang", 2.9, 9)):
        with Lsrd(mode):
            took = takes(most, session)
            assert least <= took, (mode, took)
            with Front(at=ALONE, mta=None), greeted(PEER, ALONE) as link:
                link.say(b"X-LSA-2 Zm9v\r\nNOOP\r\nQUIT\r\n")
                heard = link.hear_out()
                assert re.search(rb"\n454 .*\r\n250 .*\r\n221 ", heard), heard


def lsrd_closes():
    with Lsrd("leave"):
        link = greeted()
        link.say(b"X-LSA-2 Zm9v\r\nX-LSA-2\r\n")
        assert b"421 4.3.0" in link.hear_out()
        link.close()


def mta_away():
    with Front(at=ALONE, mta="127.0.0.1:2599"):
        for source in (STRANGER, PEER):
            with Link(source, ALONE) as link:
                same(link.rest(),
                     b"421 4.4.1 No answer from the mail server behind, "
                     b"closing\r\n")


def killed_at_stages():
    """Its client has no 250 that the MTA has not given, and mail goes on."""
    given = r"front/smtpd.*: client="
    stages = (b"", EHLO, MAIL, RCPT, b"DATA\r\n", b"x\r\n", b".\r\n")
    before = len(logged_now("mail.log", given))
    had = 0
    for stop in range(1, len(stages) + 1):
        for source in (STRANGER, PEER):
            with Front(at=ALONE) as front, Link(source, ALONE) as link:
                link.answer()
                for line in stages[1:stop]:
                    link.say(line)
                    if line not in stages[5:]:
                        link.answer()
                front.end(signal.SIGKILL)
                if stop < len(stages):
                    link.say(b"\r\n.\r\n")
                had += link.rest().count(b"queued as")
                assert stop == len(stages) or had == 0
    for begin in (b"BDAT 9 LAST\r\nhalf", b"STARTTLS\r\n"):
        with Front(at=ALONE) as front, greeted(STRANGER, ALONE) as link:
            link.say(begin)
            front.end(signal.SIGKILL)
            link.say(b"other half")
            same(link.rest().count(b"queued as"), 0)
    with Lsrd(), Front(at=ALONE) as front:
        link = greeted(PEER, ALONE)
        verb(link, b"foo")
        front.end(signal.SIGKILL)
        link.hear_out()
        link.close()
    with Front(at=ALONE):
        got = talk(STRANGER, ALONE, EHLO, MAIL, RCPT, b"DATA\r\n", b"x\r\n.\r\n")
        assert b"queued as" in got, got
    taken = len(logged_now("mail.log", given)) - before - 1
    assert had <= taken, (had, taken)
    assert not logged_now("mail.log", "fatal|panic")


def stops_gently():
    with Lsrd(), Front(at=ALONE) as front:
        peer = greeted(PEER, ALONE)
        verb(peer, b"foo")
        with greeted(STRANGER, ALONE) as link:
            front.child.send_signal(signal.SIGTERM)
            assert peer.hear_out().endswith(
                b"\r\n421 4.3.0 Service not available, closing\r\n")
            peer.close()
            try:
                socket.create_connection(ALONE, 1).close()
                raise AssertionError("still accepts")
            except ConnectionRefusedError:
                pass
            for line in (MAIL, RCPT):
                begins(link.ask(line), b"250 ")
            begins(link.ask(b"DATA\r\n"), b"354 ")
            begins(link.ask(b"x\r\n.\r\n"), b"250 2.0.0 Ok: queued")
            begins(link.ask(b"QUIT\r\n"), b"221")
        same(front.child.wait(5), 0)


def alone():
    with Lsrd(), Front(at=ALONE, mta=None):
        with Link(PEER, ALONE) as link:
            begins(link.answer(), b"220 front.example ESMTP")
            begins(link.ask(b"X-LSA-2\r\n"), b"503")
            same(link.ask(EHLO), b"250-front.example\r\n250-PIPELINING\r\n"
                 b"250 X-LSA-2\r\n")
            begins(link.ask(MAIL), b"502")
            begins(link.ask(b"NOOP\r\n"), b"250")
            got = verb(link, b"foo")
            while len(got) < 3:
                got += verb(link)
            same(got, b"oof")
            begins(link.ask(b"QUIT\r\n"), b"221")
        with Link(STRANGER, ALONE) as link:
            begins(link.rest(), b"554 5.7.1")


def is_nobody():
    """Not root, no capability, sealed, no core; its address space is ours
    not to read."""
    with Front(at=ALONE) as front:
        status = "/proc/%d/status" % front.child.pid
        with open(status) as lines:
            said = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        same(os.stat(status.replace("status", "environ")).st_uid, 0)
    assert "0" not in said["Uid"].split(), said["Uid"]
    same(int(said["CapEff"], 16), 0)
    same((said["Seccomp"].strip(), said["NoNewPrivs"].strip()), ("2", "1"))


def says_what_is_wrong():
    for options, status, words in (
            (["--help"], 0, "usage: lsrd-front"),
            (["--version"], 0, "lsrd-front "), (["-q"], 64, "usage:"),
            (["-l", "nowhere"], 64, "-l: nowhere"), (["x"], 64, "x: unknown"),
            (["-c", "0"], 64, "-c: 0"), (["-s", "/" * 200], 64, "-s: /"),
            ([], 64, "give -l"), (["-l", "203.0.113.99:25"], 69, "203.0.113.99"),
            (["-o", "/s", "-l", "127.0.0.1:2599"], 64, "-o needs -b"),
            (["-u", "nobody-here", "-l", "127.0.0.1:2599"], 67, "nobody-here")):
        done = subprocess.run([os.environ["FRONT"]] + options, timeout=20,
                              capture_output=True, text=True, check=False)
        same(done.returncode, status)
        assert words in done.stdout + done.stderr, (options, done.stderr)


def relays_without_its_list():
    at = ("192.0.2.1", 2502)
    front = Front("-P", W + "/none", at=at)
    begins(talk(STRANGER, at, EHLO, b"QUIT\r\n"), b"220 ")
    same(front.end(), 0)
    with open(W + "/front.log") as log:
        assert "/none, line=0, error=No such file" in log.read()


BEHIND = (stranger_is_untouched, address_reaches_postfix, headers_of_clients,
          keyword_for_peers, peer_mails, smtp_of_peer_is_the_mtas, pipelined,
          carries_both_ways, last_octets_arrive, poll_waits_a_second,
          mta_is_left, starttls_is_opaque, starttls_at_every_octet,
          nothing_is_smuggled, half_close, big_message, sessions_are_the_same,
          secrets_stay, lsrd_away, lsrd_refuses, lsrd_closes,
          ) + front_hostile.CASES
OWN = (other_headers, socket_of_both_families, strangers_are_handed_over,
       octets_pass_as_they_are, mta_away, killed_at_stages, stops_gently, alone,
       is_nobody, says_what_is_wrong,
       relays_without_its_list) + front_limits.CASES


def main():
    number = 0
    wanted = sys.argv[1:]
    slow = os.environ.get("TIMES")

    def case(what, *args):
        nonlocal number
        if wanted and what.__name__ not in wanted:
            return
        number += 1
        name = what.__name__.replace("_", " ")
        begun = time.monotonic()
        try:
            skipped = what(*args)
            print("ok %d - %s%s" % (number, name,
                                    " # SKIP " + skipped if skipped else ""),
                  flush=True)
        except Exception as error:
            print("# %s: %.2000s" % (type(error).__name__, error))
            print("not ok %d - %s" % (number, name), flush=True)
        if slow:
            print("# %.1f s" % (time.monotonic() - begun), flush=True)

    print("1..%d" % (len(wanted) or len(BEHIND) + len(OWN) + 1))
    with Front() as front:
        def front_is_well():
            same(front.child.poll(), None)
            same(front.end(), 0)

        for what in BEHIND:
            case(what)
        case(front_is_well)
    for what in OWN:
        case(what)


main()

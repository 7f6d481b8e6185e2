"""front_hostile.py - clients that mean harm, of front.sh: lines that are no
verb, too many of them, and what they may cost."""

from front_sessions import Link
from front_world import (ALONE, DIRECT, EHLO, FRONT, MAIL, PEER, SANITIZED,
                         STRANGER, Front, Lsrd, begins, carrying, greeted,
                         is_served_soon, logged, same, talk, until, unpack)

# What is refused, and the session goes on.
REFUSED = tuple((b"X-LSA-2 " + what + b"\r\n", b"501") for what in (
    b"Zm9", b"-1", b" Zm9v", b"a b", b"0x100", b"00000051 x", b"1234567890123456789=",
    b"FIRST CHUNK={00000051} x", b"Zm9v\tZm9v")) + (
    (b"X-LSA-2 Zm\0v\r\n", b"500"), (b"X-LSA-2\0\r\n", b"500"),
    (b"X-LSA-2 \xff\xff\r\n", b"500"), (b"x-lsa-2 \x7f\r\n", b"500"),
    (b"X-LSA-2 %s\r\n" % (b"A" * 989), b"501"),  # of 999 octets
    (b"X-LINK2STATE LAST\r\n", b"502"), (b"x-link2state\r\n", b"502"),
    (b"X-LINK2STATE NEXT CHUNK={%s}\r\n" % (b"0" * 900), b"502"))

# And what ends it: where the next line begins would be a guess.
ENDING = (
    b"X-LSA-2 " + b"A" * 991 + b"\r\n",  # one octet more than a line has
    b"X-LSA-2 " + b"A" * 1000 + b"\r\n", b"X-LSA-2 " + b"A" * 60000 + b"\r\n",
    b"X-LINK2STATE NEXT " + b"A" * 1000 + b"\r\n",
    b"X-LSA-2 " + b"A" * 1000000,
    b"X-LSA-2 Zm9v\nMAIL FROM:<a@b.example>\r\n",
    b"X-LSA-2 Zm9v\rMAIL FROM:<a@b.example>\r\n",
    b"X-LSA-2\n\nMAIL FROM:<a@b.example>\r\n")


def malformed_is_refused():
    with Lsrd():
        for line, code in REFUSED:
            with Link(PEER, FRONT) as link:
                link.answer()
                begins(link.ask(b"X-LSA-2\r\n"), b"503")
                link.ask(EHLO)
                begins(link.ask(line), code)
                begins(link.ask(b"NOOP\r\n"), b"250 2.0.0 Ok")  # the MTA's
                begins(link.ask(MAIL), b"250 2.1.0")
            link, _ = carrying()
            begins(link.ask(line), b"421" if b"link" in line.lower() else code)
            link.close()


def good_forms():
    """In other cases, cut anywhere, with blanks behind: still the verb."""
    with Lsrd("mute") as lsrd:
        for line in (b"x-lsa-2 Zm9v\r\n", b"X-Lsa-2 Zm9v \t \r\n",
                     b"X-LSA-2 %s\r\n" % (b"AAAA" * 247)):
            for cut in range(1, 12, 3):
                with greeted() as link:
                    link.say(line, cut)
                    same(link.answer(), b"250 \r\n")
        same(len(lsrd.lines), 12)


def hostile_lines_end():
    with Lsrd():
        for octets in ENDING:
            for begin in (EHLO, EHLO + b"X-LSA-2 Zm9v\r\n"):
                with Link(PEER, FRONT) as link:
                    link.answer()
                    link.say(begin + octets)
                    heard = link.rest()
                assert b"\r\n500 5.5.2 " in heard, heard
                assert b"2.1.0" not in heard, heard


def too_many_lines():
    with Lsrd():
        link, _ = carrying()
        for _ in range(500):
            link.say(b"X-LSA-2 Zm9v\r\n")
        for _ in range(500):
            unpack(link.answer())
        link.close()
        with Link(PEER, FRONT) as link:
            link.say(EHLO + b"X-LINK2STATE FIRST\r\n" * 500)
            heard = link.rest()
        assert b"421 4.3.0" in heard, heard
        same(heard.count(b"502 5.5.1"), 20)
    assert logged("front.log", "line-refused: from=203.0.113.8, .*legacy=yes")


def other_lines_are_the_mtas():
    for octets in (b"NOOP\nX-LSA-2 Zm9v\r\nNOOP\r\n", b"NOOP " + b"x" * 1500 +
                   b"\r\n", b" X-LSA-2\r\n", b"X-LSA-20\r\n", b"\r\n",
                   b"X-LSA-2X\r\n", b"XLSA-2\r\n", b"\0X-LSA-2\r\n"):
        lines = (EHLO, octets, b"X-LSA-2\r\n", b"QUIT\r\n")
        got = talk(PEER, FRONT, *lines)
        same(got.replace(b"250-CHUNKING\r\n250 X-LSA-2", b"250 CHUNKING", 1),
             talk(PEER, DIRECT, *lines))


def harm(front, rounds):
    """Everything above once more, several at a time, never read."""
    for _ in range(rounds):
        links = []
        for octets in ENDING + tuple(line for line, _ in REFUSED):
            for begin in (EHLO, EHLO + b"X-LSA-2 Zm9v\r\n"):
                link = Link(PEER, ALONE)
                link.sock.settimeout(0.2)
                links.append(link)
                try:
                    link.say(begin + octets)
                    link.say(octets)
                except TimeoutError:
                    pass
        for link in links:
            link.close()
        assert until(lambda: front.counters()["sessions"] == 0), "stuck"


def memory_returns():
    """What hostile clients cost is given back when they have gone."""
    with Lsrd(), Front(at=ALONE) as front:
        harm(front, 1)
        before = front.memory()
        harm(front, 4)
        grown = front.memory() - before
        print("# %d kB more after 200 hostile sessions" % (grown // 1024))
        assert grown < (4 if SANITIZED else 1) * 1048576, grown


def one_who_does_not_read():
    """Polls where lsrd always has something, and leaves it; what is kept
    for it is bounded, others do not notice, and it is forgotten."""
    with Lsrd("flood"), Front(at=ALONE) as front:
        before = front.memory()
        with greeted(PEER, ALONE) as link:
            link.sock.settimeout(1)
            sent, line = 0, b"X-LSA-2\r\n" * 100
            try:
                while sent < 16 << 20:
                    link.sock.sendall(line)
                    sent += len(line)
            except TimeoutError:
                pass
            assert sent < 16 << 20, "never pushed back"
            grown = front.memory() - before
            assert grown < (4 if SANITIZED else 1) * 1048576, grown
            is_served_soon(STRANGER)
        assert until(lambda: front.counters()["sessions"] == 0), "stuck"


CASES = (malformed_is_refused, good_forms, hostile_lines_end, too_many_lines,
         other_lines_are_the_mtas, memory_returns, one_who_does_not_read)

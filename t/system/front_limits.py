"""front_limits.py - how much and how long, of front.sh: sessions, memory,
patience."""

import re
import signal
import socket
import subprocess
import os
import time

from front_sessions import Link
from front_world import (ALONE, MTA, PEER, SANITIZED, SCRIPTED, STRANGER,
                         W, Front, Mta, begins, is_served_soon, same, talk,
                         until)


def limits():
    with Front("-c", "5", "-m", "8", at=ALONE) as front:
        links = [Link(STRANGER, ALONE) for _ in range(6)]
        begins(links[0].answer(), b"220 ")
        begins(links[5].answer(), b"421 4.7.0 Too many connections")
        links += [Link(PEER, ALONE) for _ in range(4)]
        begins(links[8].answer(), b"220 ")
        begins(links[9].answer(), b"421 4.7.0 Too many connections")
        for link in links[:5]:
            link.close()
        assert until(lambda: front.counters()["sessions"] == 3)
        link = Link(STRANGER, ALONE)
        begins(link.answer(), b"220 ")
        for link in links[5:] + [link]:
            link.close()
        same(front.end(signal.SIGINT), 0)


def idle_ends():
    with Front("-i", "2", at=ALONE), Link(STRANGER, ALONE) as link:
        link.answer()
        begun = time.monotonic()
        same(link.more(), b"")
        assert 1 < time.monotonic() - begun < 60


def slow_mta_has_its_time():
    """RFC 5321 4.5.3.2, in a smaller measure: as long as either says
    something within the idle time, neither is cut off; also not when the
    client has said all, nor before the greeting. And that time is longer
    than the longest there, the 10 minutes after the dot."""
    def late(octets):
        def say():
            time.sleep(5.2)
            return octets
        return say

    with Mta((b"DATA", late(b"354 go\r\n")), (b".\r\n", late(b"250 taken\r\n")),
             greeting=b"") as mta, Front("-i", "10", at=ALONE, mta=MTA):
        with Link(STRANGER, ALONE) as link:
            assert until(lambda: mta.kept)
            time.sleep(1)
            mta.kept[0].sendall(b"220 late\r\n")
            begins(link.answer(), b"220 late")
            begins(link.ask(b"DATA\r\n"), b"354 ")
            link.say(b"x\r\n.\r\n")
            link.sock.shutdown(socket.SHUT_WR)
            begins(link.answer(), b"250 taken")
    said = subprocess.run([os.environ["FRONT"], "--help"], check=True,
                          capture_output=True, text=True).stdout
    assert int(re.search(r"--idle .*\((\d+)\)", said).group(1)) > 600, said


def mta_has_no_room():
    """It is there, but accepts nobody: 421 when the time for it is over; and
    who comes when it has room again is served."""
    full = socket.create_server(SCRIPTED, backlog=0)
    others = []
    for _ in range(3):
        others.append(socket.socket())
        others[-1].setblocking(False)
        others[-1].connect_ex(SCRIPTED)
    with Front("-t", "2", at=ALONE, mta=MTA):
        with Link(STRANGER, ALONE) as link:
            begun = time.monotonic()
            begins(link.answer(), b"421 4.4.1 ")
            assert 1.5 < time.monotonic() - begun < 60
        for link in others + [full]:
            link.close()
        with Mta(), Link(STRANGER, ALONE) as link:
            begins(link.answer(), b"220 x")


def a_thousand_slow_ones():
    """An octet now and then from each; others are answered, and the cap
    holds. What one costs while it is silent is counted, too."""
    count = 1000
    with Mta((b"QUIT", b"221 bye\r\n")) as mta, \
            Front("-c", str(count), at=ALONE, mta=MTA) as front:
        before = front.memory()
        links = []
        for _ in range(count):
            links.append(Link(STRANGER, ALONE))
            begins(links[-1].answer(), b"220 x")
        each = (front.memory() - before) / count
        print("# %d octets for a silent session" % each)
        for i in range(3):
            for link in links:
                link.say(b"E")
            is_served_soon(PEER)
            with Link(STRANGER, ALONE) as link:
                begins(link.answer(), b"421 4.7.0 ")
        heard = until(lambda: sum(part.count(b"EEE") for part in mta.heard)
                      == count)
        for link in links + mta.kept:
            link.close()
        assert heard, "not all octets came"
    assert each <= (60000 if SANITIZED else 20000), each


def few_descriptors():
    """More clients than descriptors: some are served, the others wait without
    a turn of the loop or a line of the log for each, and come in later."""
    def ticks():
        with open("/proc/%d/stat" % front.child.pid) as stat:
            return sum(map(int, stat.read().rsplit(")")[-1].split()[11:13]))

    def lines():
        with open(W + "/front.log") as log:
            return len(log.readlines())

    with Front(at=ALONE, before="ulimit -n 40") as front:
        links = [Link(STRANGER, ALONE) for _ in range(100)]
        begins(links[0].answer(), b"220 ")
        assert until(lambda: front.counters()["sessions"] > 5)
        before, said = ticks(), lines()
        time.sleep(4)
        ticked, said = ticks() - before, lines() - said
        print("# %d ticks and %d lines in 4 s" % (ticked, said))
        for link in links:
            link.close()
        # those that go take their descriptors with them, one after the other
        assert until(lambda: talk(STRANGER, ALONE, b"QUIT\r\n").startswith(b"220 "))
        same(front.end(), 0)
    assert ticked < (200 if SANITIZED else 100), ticked
    assert said < 40, said


def what_waits_is_bounded():
    """Clients that never read an MTA that always writes."""
    count = 20
    with Mta((b"DATA", bytes(40 << 20))) as mta, \
            Front(at=ALONE, mta=MTA) as front:
        links = []
        before = front.memory()
        for _ in range(count):
            link = Link(STRANGER, ALONE)
            begins(link.answer(), b"220 x")
            link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.say(b"DATA")
            links.append(link)
        last = [-1]

        def settled():
            time.sleep(0.2)
            last.append(front.memory())
            return last[-1] == last[-2]

        assert until(settled), "it never ends"
        each = (last[-1] - before) / count
        print("# %d octets wait in a session" % each)
        for link in links + mta.kept:
            link.close()
        assert until(lambda: front.counters()["sessions"] == 0)
    assert each <= (200000 if SANITIZED else 80000), each


def goodbye_is_short():
    """Who is told to go and stays, talking, is gone all the same."""
    with Front(at=ALONE, mta="127.0.0.1:2599") as front:
        with Link(STRANGER, ALONE) as link:
            begins(link.answer(), b"421 ")
            begun = time.monotonic()
            while front.counters()["sessions"] and \
                    time.monotonic() - begun < 60:
                link.say(b"x")
                time.sleep(0.2)
            same(front.counters()["sessions"], 0)


CASES = (limits, idle_ends, slow_mta_has_its_time, mta_has_no_room,
         a_thousand_slow_ones, few_descriptors, what_waits_is_bounded, goodbye_is_short)

"""verify_hold.py - the clients of verify-hold: who asks for a recipient, when,
and what he was told. Times are those of Postfix's clock, FACTOR times ours.

    verify_hold.py FACTOR ADDRESS DOMAIN SECONDS WANTED

Forty recipients at DOMAIN, each asked for in a manner of its own: ten each
minute, ten at random each 5 minutes on the average, ten each 20 minutes, ten at
one bad moment alone. The first line read from standard input begins: each is
asked for once. At the second line the clock of the answers begins: for each
manner it is printed when the last one was answered otherwise than WANTED, the
first figure of the reply.
"""

import random
import socket
import sys
import threading
import time

factor = float(sys.argv[1])
address, domain = sys.argv[2:4]
seconds, wanted = float(sys.argv[4]), sys.argv[5]
MANNERS = (("each minute", 60, False), ("each 5 minutes or so", 300, True),
           ("each 20 minutes or so", 1200, True), ("a bad moment", 0, False))
draw = random.Random(1)
begun = None
last = {}
first = {}


def ask(name):
    """The first figure of the answer to RCPT for a recipient."""
    with socket.create_connection((address, 25), timeout=60,
                                  source_address=("198.51.100.5", 0)) as link:
        file = link.makefile("rwb")

        def answer():
            while True:
                line = file.readline().decode()
                if line[3:4] != "-":
                    return line
        answer()
        for word in ("EHLO c.example", "MAIL FROM:<s@stranger.example>",
                     "RCPT TO:<%s@%s>" % (name, domain)):
            file.write(word.encode() + b"\r\n")
            file.flush()
            said = answer()
        file.write(b"QUIT\r\n")
        file.flush()
        return said[:1]


def note(manner, name):
    """Asks, and notes when it was answered as it should not be."""
    at = (time.time() - begun) * factor
    if ask(name) != wanted:
        last[manner] = max(last.get(manner, 0), at)
    else:
        first.setdefault(name, at)


def pause(seconds_there):
    """Waits by Postfix's clock."""
    time.sleep(max(0, seconds_there) / factor)


def bad_moment(name, learnt):
    """Just before what was learnt expires; then once a minute."""
    pause(learnt + 3600 - draw.uniform(5, 120) - (time.time() - begun) * factor)
    while (time.time() - begun) * factor < seconds:
        note("a bad moment", name)
        pause(60)


def client(manner, name, gap, chance, learnt):
    """One recipient's mail."""
    if not gap:
        bad_moment(name, learnt)
        return
    pause(draw.uniform(0, gap))
    while (time.time() - begun) * factor < seconds:
        note(manner, name)
        pause(draw.expovariate(1 / gap) if chance else gap)


def each(threads):
    """All of them at once, until all have ended."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    """The two lines, and what follows each."""
    global begun
    everybody = [(manner, "%s%d" % (manner[-4:].strip().replace(" ", ""), i) + "g%d" % gap,
                  gap, chance) for manner, gap, chance in MANNERS for i in range(10)]
    sys.stdin.readline()
    learnt = {}

    def learn(name):
        ask(name)
        learnt[name] = time.time()

    each([threading.Thread(target=learn, args=(name,)) for _, name, _, _ in everybody])
    print("asked", flush=True)
    sys.stdin.readline()
    begun = time.time()
    each([threading.Thread(target=client, args=(m, n, g, c, (learnt[n] - begun) * factor))
          for m, n, g, c in everybody])
    for manner, _, _ in MANNERS:
        ended = [first[n] for m, n, _, _ in everybody if m == manner and n in first]
        print("%-22s the last otherwise after %5.0f s; %d of 10 as they should be, "
              "the first of them after %.0f s" % (
                  manner, last.get(manner, 0), len(ended), min(ended, default=0)), flush=True)


main()

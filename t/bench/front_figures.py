"""front_figures.py - the figures of t/bench/front-sessions."""

import atexit
import os
import socket
import subprocess
import sys
import threading
import time

from front_sessions import Link, differs

W = os.environ["W"]
STRANGER, FREE = "203.0.113.7", "203.0.113.11"
DIRECT, FRONT, HANDED, GREETED = (
    ("192.0.2.1", port) for port in (25, 2500, 2501, 2502))
WORKERS, ROUNDS = 8, 40
MESSAGE = (b"Subject: x\r\n\r\n" + b"z" * 70 + b"\r\n") * 50 + b".\r\n"


def start(at, mta, *more):
    child = subprocess.Popen(
        [os.environ["FRONT"], "-f", "-l", "%s:%d" % at, "-b", mta,
         "-s", W + "/none", "-u", "nobody", "-c", "9999", "-m", "9999", *more],
        stderr=subprocess.DEVNULL)
    atexit.register(child.kill)
    time.sleep(0.5)
    return child


def spread(work, count, at_once=WORKERS):
    """work(i) for each i, by several threads."""
    def some(first):
        for i in range(first, count, at_once):
            work(i)

    workers = [threading.Thread(target=some, args=(i,)) for i in range(at_once)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def transcripts(count, source=STRANGER):
    wrong = []

    def compare(seed):
        if differs(seed, source, FRONT, DIRECT):
            wrong.append(seed)

    spread(compare, count)
    print("sessions that differ: %d of %d %s" % (len(wrong), count, wrong[:9]),
          flush=True)


def deliver(to, took):
    begun = time.monotonic()
    link = Link(STRANGER, to)
    link.answer()
    for line in (b"EHLO c.example\r\n", b"MAIL FROM:<a@b.example>\r\n",
                 b"RCPT TO:<a@mx1.london.example.org>\r\n", b"DATA\r\n"):
        link.ask(line)
    assert link.ask(MESSAGE).startswith(b"250 "), link.heard
    link.ask(b"QUIT\r\n")
    link.close()
    took.append(time.monotonic() - begun)


def source(to, count, *more):
    """Sends messages of 4 kB, ten sessions at a time; how long that took."""
    begun = time.monotonic()
    subprocess.run(["smtp-source", "-S", "x", "-s", "10", "-m", str(count),
                    "-l", "4000", "-f", "a@b.example", "-t",
                    "a@mx1.london.example.org", *more,
                    "inet:%s:%d" % to], check=True)
    return time.monotonic() - begun


WAYS = (("without", DIRECT), ("relayed", FRONT), ("handed over", HANDED))


def median(some):
    return sorted(some)[len(some) // 2]


def rates(what, count, fronts, *more):
    """In turns, each beside one without, so that both meet the same machine:
    the ratio is the median of those of the pairs."""
    spent = {to: 0 for to in fronts}
    ours, postfix = dict(spent), dict(spent)
    ratios = {to: [] for to in fronts}
    for turn in range(ROUNDS):
        took = {}
        for _, to in WAYS if turn % 2 else WAYS[::-1]:
            before = fronts[to](), postfix_cpu()
            took[to] = source(to, count // ROUNDS, *more)
            spent[to] += took[to]
            ours[to] += fronts[to]() - before[0]
            postfix[to] += postfix_cpu() - before[1]
        for to in took:
            ratios[to].append(took[DIRECT] / took[to])
    sent = count // ROUNDS * ROUNDS
    for word, to in WAYS:
        print("%s, %s: %.0f messages/s, ratio %.3f; CPU a message: lsrd-front "
              "%.0f us, Postfix %.0f us" % (
                  what, word, sent / spent[to], median(ratios[to]),
                  ours[to] * 1e6 / sent, postfix[to] * 1e6 / sent), flush=True)


def times(count):
    """How long a session lasts, four at a time."""
    took = {}
    for turn in range(ROUNDS):
        for _, to in WAYS if turn % 2 else WAYS[::-1]:
            mine = took.setdefault(to, [])
            spread(lambda _, to=to, mine=mine: deliver(to, mine),
                   count // ROUNDS, 4)
    for word, to in WAYS:
        print("a session %s: median %.1f ms, p99 %.1f ms" % (
            word, median(took[to]) * 1000,
            sorted(took[to])[len(took[to]) * 99 // 100] * 1000), flush=True)


def postfix_cpu():
    """Seconds of all of Postfix, those that have ended, too. What Postfix
    does after it has said 250 counts for who comes next: little, for the
    messages are discarded."""
    with open(W + "/spool/pid/master.pid") as line:
        master = int(line.read())
    ticks = 0
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%d/stat" % int(pid)) as stat:
                fields = stat.read().rsplit(") ", 1)[1].split()
        except (ValueError, OSError):
            continue
        if int(fields[3]) == master:
            ended = 15 if int(pid) == master else 13
            ticks += sum(int(field) for field in fields[11:ended])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(child):
    with open("/proc/%d/smaps_rollup" % child.pid) as lines:
        return sum(int(line.split()[1]) for line in lines
                   if line.startswith(("Private_Dirty:", "Private_Clean:")))


def cpu(child):
    with open("/proc/%d/stat" % child.pid) as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sink(threading.Thread):
    """Greets and reads."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 2526), backlog=4000)
        self.kept = []
        self.start()

    def run(self):
        while True:
            link, _ = self.listener.accept()
            link.sendall(b"220 x ESMTP\r\n")
            self.kept.append(link)


def idle(count):
    sink = Sink()
    child = start(GREETED, "127.0.0.1:2526")
    before, links = memory(child), []
    for _ in range(count):
        links.append(Link(STRANGER, GREETED))
        links[-1].answer()
    print("%d sessions open: %.2f kB each" % (
        count, (memory(child) - before) / count), flush=True)
    for link in links + sink.kept:
        link.close()
    sink.kept.clear()
    relayed(child, sink)
    child.kill()
    child.wait()


def relayed(child, sink):
    """CPU for 400 MB one way."""
    link = Link(STRANGER, GREETED)
    link.answer()
    while not sink.kept:
        time.sleep(0.01)
    before, part, got = cpu(child), b"z" * 1048576, 0

    def read():
        nonlocal got
        while got < 400 * len(part):
            got += len(sink.kept[0].recv(1048576))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(400):
        link.say(part)
    reader.join()
    print("CPU: %.2f ms for a relayed megabyte" % (
        (cpu(child) - before) * 1000 / 400), flush=True)
    link.close()


def is_up(at):
    try:
        Link(FREE, at).close()
        return True
    except ConnectionRefusedError:
        return False


def exim(count):
    """Only the sessions: from an address of which Exim takes any number."""
    while not is_up(DIRECT):
        time.sleep(0.1)
    start(FRONT, "127.0.0.1:2525", "-x", "v2")
    transcripts(count, FREE)


def main():
    if sys.argv[1] == "exim":
        exim(int(sys.argv[2]))
        return
    sessions, mails, held = (int(word) for word in sys.argv[1:4])
    relaying = start(FRONT, "127.0.0.1:2525")
    handing = start(HANDED, "127.0.0.1:2525", "-o",
                    W + "/spool/public/lsrd-smtpd")
    fronts = {DIRECT: lambda: 0, FRONT: lambda: cpu(relaying),
              HANDED: lambda: cpu(handing)}
    for _, to in WAYS:
        source(to, 200)
    rates("a message a session", mails, fronts)
    rates("many messages a session", mails, fronts, "-d")
    times(mails // 4)
    transcripts(sessions)
    for child in (relaying, handing):
        child.kill()
        child.wait()
    idle(held)
    print("load: %.1f" % os.getloadavg()[0])


main()

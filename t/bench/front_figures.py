"""front_figures.py - the figures of t/bench/front-sessions."""

import os
import socket
import subprocess
import sys
import threading
import time

from front_sessions import Link, differs

W = os.environ["W"]
STRANGER = "203.0.113.7"
DIRECT, FRONT, GREETED = (("192.0.2.1", port) for port in (25, 2500, 2501))
WORKERS = 8
MESSAGE = (b"Subject: x\r\n\r\n" + b"z" * 70 + b"\r\n") * 50 + b".\r\n"


def start(at, mta, *more):
    child = subprocess.Popen(
        [os.environ["FRONT"], "-f", "-l", "%s:%d" % at, "-b", mta,
         "-s", W + "/none", "-u", "nobody", "-c", "9999", "-m", "9999", *more],
        stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return child


def spread(work, count):
    """work(i) for each i, by several threads."""
    def some(first):
        for i in range(first, count, WORKERS):
            work(i)

    workers = [threading.Thread(target=some, args=(i,)) for i in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def transcripts(count):
    wrong = []

    def compare(seed):
        if differs(seed, STRANGER, FRONT, DIRECT):
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


def messages(count, child):
    """By turns, so that both meet the same machine."""
    rounds, spent, took, before = 8, {}, {}, cpu(child)
    deliver(DIRECT, [])
    deliver(FRONT, [])
    for turn in range(rounds):
        for to in (DIRECT, FRONT) if turn % 2 else (FRONT, DIRECT):
            begun = time.monotonic()
            spread(lambda _, to=to: deliver(to, took.setdefault(to, [])),
                   count // rounds)
            spent.setdefault(to, []).append(time.monotonic() - begun)
    rate = {to: count // rounds * rounds / sum(spent[to]) for to in spent}
    last = {to: sorted(took[to])[len(took[to]) * 99 // 100] for to in took}
    for word, to in (("without", DIRECT), ("through", FRONT)):
        print("%s it: %.0f messages/s, p99 %.1f ms a session" % (
            word, rate[to], last[to] * 1000))
    print("ratio: %.3f, %.2f ms of our CPU a session" % (
        rate[FRONT] / rate[DIRECT], (cpu(child) - before) * 1000 / count),
        flush=True)


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


def main():
    sessions, mails, held = (int(word) for word in sys.argv[1:4])
    child = start(FRONT, "127.0.0.1:2525")
    transcripts(sessions)
    messages(mails, child)
    child.kill()
    child.wait()
    idle(held)


main()

"""restart.py - a real lsrd with the state of an organization of N servers:
how soon it is back, what it needs for it, and what one change has it write.

    restart.py BUILDDIR [N] [RESTARTS]

Each server has one address space, four connectors and seven LSAs in all. None
of the others is there, so all routes are holds; the table is published by
lsrd-publish into LMDB even so. The first start reads the state of an older
version, whose signatures are verified; the others read what the one before
wrote.

Each life writes the whole of it once into a new file, by a process of its own,
whose octets are lsrd's as soon as that has ended: a few seconds after the start, or
a minute on a busy machine. A change is measured after that; if a whole comes
between even so, once more.
"""

import json
import os
import re
import signal
import shutil
import subprocess
import sys
import tempfile
import time

CONF = '''
organization = "bench.example"
mta = postfix
routing-group = "g000000"
server = "mx000000.bench.example"
peer-listen = {{ "127.77.{net}.1:6910" }}
smtp = {{ "127.77.{net}.1:2525" }}
lab = yes
user = "{user}"
key = "{w}/server.key"
certificate = "{w}/server.pem"
mark-key = "{w}/mark.key"
authority = "{w}/authority.pem"
state-directory = "{w}"
table-directory = "{w}/tables"
control-socket = "{w}/control"
report-socket = "{w}/report"
publisher = "{bin}/lsrd-publish"
address-space "d000000.bench.example" {{ deliver = here cost = {cost} }}
'''


class Daemon:
    def __init__(self, folder, build):
        self.folder, self.bin = folder, build
        self.conf(0)

    def conf(self, cost):
        with open(self.folder + "/lsrd.conf", "w") as file:
            file.write(CONF.format(w=self.folder, bin=self.bin, cost=cost,
                                   net=os.getpid() % 250 + 1,
                                   user=os.environ.get("USER", "root")))

    def ask(self, *words):
        done = subprocess.run(
            [self.bin + "/lsrctl", "--socket", self.folder + "/control", *words],
            capture_output=True, text=True, timeout=120)
        return done.stdout if done.returncode == 0 else None

    def begin(self):
        self.log = open(self.folder + "/log", "a")
        self.at = self.log.tell()
        self.since = time.monotonic()
        self.process = subprocess.Popen(
            [self.bin + "/lsrd", "-f", "-c", self.folder + "/lsrd.conf"],
            stdout=self.log, stderr=self.log)

    def logged(self):
        with open(self.folder + "/log") as file:
            file.seek(self.at)
            return file.read()

    def until(self, what):
        """Seconds since the start until it is so; ten minutes at most."""
        late = time.monotonic() + 600
        while not what():
            if self.process.poll() is not None or time.monotonic() > late:
                sys.exit(self.logged() or "nothing comes of it")
            time.sleep(0.005)
        return time.monotonic() - self.since

    def answers(self):
        text = self.ask("status", "--json")
        return text is not None and json.loads(text)

    def published(self):
        text = self.answers()
        return text and text.get("published", 0) > 0 \
            and text["state"] != "returning"

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def proc(self, name, word):
        with open("/proc/%d/%s" % (self.process.pid, name)) as file:
            return int(re.search(r"^%s:\s+(\d+)" % word, file.read(), re.M)[1])

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            field = file.read().rsplit(")", 1)[1].split()
        return (int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK")


QUIET = 4  # seconds in which nothing is written: as many as a start may wait
TRIES = 5


def journal(folder):
    """Which file it is, and its octets."""
    try:
        file = os.stat(folder + "/journal")
        return file.st_ino, file.st_size
    except FileNotFoundError:
        return 0, 0


def size(folder):
    return journal(folder)[1]


def one_life(daemon, word):
    daemon.begin()
    answers = daemon.until(daemon.answers)
    cpu = daemon.cpu()
    published = daemon.until(daemon.published)
    print("%s: answers %.2f s, cpu %.2f s, published %.2f s, rss %d kB, "
          "peak %d kB" % (word, answers, cpu, published,
                          daemon.proc("status", "VmRSS"),
                          daemon.proc("status", "VmHWM")), flush=True)


def rest(daemon, old):
    """Waits until the whole is written, and then nothing for a while."""
    wrote, since = -1, time.monotonic()

    def quiet():
        nonlocal wrote, since
        now = daemon.proc("io", "write_bytes")
        if now != wrote or journal(daemon.folder)[0] == old:
            wrote, since = now, time.monotonic()
        return time.monotonic() - since > QUIET

    print("rest: %.1f s after the start" % daemon.until(quiet))


def three_changes(daemon, cost):
    """What they had written; None: the whole came between."""
    file, before = journal(daemon.folder)
    began = daemon.proc("io", "write_bytes")
    for more in range(3):
        daemon.conf(cost + more)
        daemon.ask("reload")
        daemon.until(lambda: journal(daemon.folder) != (file, before))
        now, after = journal(daemon.folder)
        if now != file:
            return None
        print("change: journal %d octets, %d more" % (after, after - before))
        before = after
        time.sleep(0.5)
    now = daemon.proc("io", "write_bytes") - began
    return now if journal(daemon.folder)[0] == file else None


def one_change(daemon, old):
    rest(daemon, old)
    for turn in range(TRIES):
        wrote = three_changes(daemon, 1 + 3 * turn)
        if wrote is not None:
            print("change: pages and all, %d octets to disk in three" % wrote)
            return
        rest(daemon, 0)
    sys.exit("the whole was written again and again")


def main():
    build = os.path.abspath(sys.argv[1])
    n = sys.argv[2] if len(sys.argv) > 2 else "10000"
    restarts = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    folder = tempfile.mkdtemp(prefix="lsrd-restart-")
    try:
        subprocess.run([build + "/t/bench/make_state", n, folder], check=True)
        daemon = Daemon(folder, build)
        one_life(daemon, "state of before")
        daemon.until(lambda: size(folder) > 0)
        old = 0
        for i in range(restarts):
            daemon.end()
            old = journal(folder)[0]
            one_life(daemon, "restart")
        one_change(daemon, old)
        daemon.end()
    finally:
        shutil.rmtree(folder)


main()

"""verbs.py LSRCTL FOLDER SERVER NEIGHBOUR TIMES PORT PAGES - what t/bench/verbs measures."""

import json
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

ALIVE_MS = 200
WATCHED_S = 15

LSRCTL, FOLDER, SERVER, NEIGHBOUR, TIMES, PORT, PAGES = sys.argv[1:]
CONTROL = "%s/%s/control"
CONF = "%s/%s/lsrd.conf" % (FOLDER, SERVER)
MANY = "d000200.bench.example"

# Each as it is typed; what changes something is taken back by the next.
VERBS = (
    "status", "status --json", "peers", "links", "routes", "routes --json",
    "routes --since", "db", "db --json", "db mx000500.bench.example",
    "explain " + MANY, "explain --ways " + MANY, "trace " + MANY, "transit", "check",
    "export json", "export dot", "events --last 20", "top", "overrides", "config dump",
    "config diff", "keys list", "complete -- routes --drain mx0005",
    "drain --force --for 1h", "ready", "drain c0 --force --for 1h", "ready c0",
    "cost c0 7 --for 1h", "cost c0 configured", "freeze --for 1h", "unfreeze",
    "reload --dry-run", "reload", "confirm", "undo",
)
EXEMPT = ("report", "simulate")


def daemon_cpu():
    """Of the daemon so far, in ms."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(CONTROL % (FOLDER, SERVER))
        pid = struct.unpack("3i", link.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        field = file.read().rsplit(")", 1)[1].split()
    return (int(field[11]) + int(field[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def cpu():
    """Of the verbs so far, and of the daemon."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000 + daemon_cpu()


def run(words):
    """The milliseconds that a verb took, its process and all."""
    argv = [LSRCTL, "--socket", CONTROL % (FOLDER, SERVER), "-c", CONF]
    if words.split()[0] in ("events", "top"):
        words += " --folder %s/%s" % (FOLDER, SERVER)
    began = time.monotonic()
    done = subprocess.run(argv + words.split(), capture_output=True, check=False)
    took = (time.monotonic() - began) * 1000
    if done.returncode > 1 and words != "check":
        print("%s: status %d: %s" % (words, done.returncode, done.stderr[:200]))
    return took


def ask(server, request):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(CONTROL % (FOLDER, server))
        link.sendall(request + b"\n")
        said = b""
        while some := link.recv(1 << 16):
            said += some
    return said


def heard():
    """How long ago the neighbour heard us, in ms."""
    for line in ask(NEIGHBOUR, b"metrics").splitlines():
        one = json.loads(line)
        if one.get("of") == "peer" and "heard_ms" in one:
            return one["heard_ms"]
    return None


def silence(busy):
    """The longest time in which nothing was heard of us, while `busy` runs."""
    ended, dumps = threading.Event(), [0]

    def work():
        while not ended.is_set():
            busy()
            dumps[0] += 1

    worker = threading.Thread(target=work)
    worker.start()
    worst, looks, until = 0, 0, time.monotonic() + WATCHED_S
    while time.monotonic() < until:
        ms = heard()
        if ms is None:
            sys.exit("the session has ended")
        worst, looks = max(worst, ms), looks + 1
    ended.set()
    worker.join()
    return worst, looks, dumps[0]


class Page(threading.Thread):
    """As the page is: it listens, and asks again whenever it is told of another topology."""

    asked = 0

    def run(self):
        with urllib.request.urlopen("http://127.0.0.1:%s/api/stream" % PORT) as stream:
            for line in stream:
                if line == b"event: topology\n":
                    self.ask()

    @staticmethod
    def ask():
        for what in ("topology", "status", "links", "routes"):
            with urllib.request.urlopen("http://127.0.0.1:%s/api/%s" % (PORT, what)) as answer:
                answer.read()
        Page.asked += 1


def changed():
    """Costs that come and go: each is another topology."""
    run("cost c0 7 --for 1h")
    time.sleep(0.3)
    run("cost c0 configured")
    time.sleep(0.3)


def pages():
    for _ in range(int(PAGES)):
        Page(daemon=True).start()
    time.sleep(5)
    before = Page.asked
    with open(FOLDER + "/pages", "w", encoding="ascii"):
        pass
    ms, looks, times = silence(changed)
    print("%s pages listen, %d times two changes, %d times asked by a page: %d ms (%d looks)"
          % (PAGES, times, Page.asked - before, ms, looks))
    with open("%s/%s.turns" % (FOLDER, SERVER), encoding="ascii") as file:
        print("the longest turn of the loop meanwhile, ms: " + file.read().strip())


def tell(worst, used):
    """What each verb took."""
    print("%-40s %8s %8s %8s" % ("ms", "median", "worst", "CPU"))
    for words, took in worst.items():
        took.sort()
        print("%-40s %8.1f %8.1f %8.1f" % (
            words, took[len(took) // 2], took[-1], used[words] / int(TIMES)))
    slow = [w for w, t in worst.items() if sorted(t)[len(t) // 2] >= 100]
    print("median of 100 ms or more: %s" % (", ".join(slow) or "none"))
    for words in EXEMPT:
        print("%-40s %8.1f" % (words, run(words)))


def main():
    worst, used = {}, {}
    for _ in range(int(TIMES)):
        for words in VERBS:
            before = cpu()
            worst.setdefault(words, []).append(run(words))
            used[words] = used.get(words, 0) + cpu() - before
    if int(TIMES) > 0:
        tell(worst, used)
    idle = silence(lambda: time.sleep(0.1))
    print("nothing heard for at most: %d ms idle (%d looks), keep-alive %d ms"
          % (idle[0], idle[1], ALIVE_MS))
    for what in ("db --json", "export json", "routes --json"):
        if int(TIMES) == 0:
            break
        ms, looks, dumps = silence(lambda words=what: run(words))
        print("%s again and again, %d times: %d ms (%d looks)"
              % (what, dumps, ms, looks))
    pages()


main()

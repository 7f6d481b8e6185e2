"""strangers.py BIN FOLDER NET SECONDS - what t/bench/strangers measures."""

import json
import multiprocessing
import os
import random
import select
import shutil
import socket
import ssl
import subprocess
import sys
import time

BIN, FOLDER, NET, SECONDS = sys.argv[1:]
TARGET = (NET + ".0.1", 6910)
OPEN = 100  # connections of a flood at once
LIMIT = 600


def daemon(number):
    """The lsrd of one server."""
    log = open("%s/%d/log" % (FOLDER, number), "a", encoding="utf-8")
    return subprocess.Popen([BIN + "/lsrd", "-f", "-c", "%s/%d/lsrd.conf" % (FOLDER, number)],
                            stderr=log)


def full(number, peer):
    """Whether that server has a session with the other one."""
    told = subprocess.run([BIN + "/lsrctl", "--socket", "%s/%d/control" % (FOLDER, number),
                           "peers", "--json"], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    return any(line.get("peer") == "mx%d.bench.example" % peer and line["state"] == "full"
               for line in lines)


def until(what):
    """Seconds until it is so."""
    begun = time.monotonic()
    while not what():
        if time.monotonic() - begun > LIMIT:
            return float("inf")
        time.sleep(0.02)
    return time.monotonic() - begun


def cpu(process):
    """Seconds of it so far."""
    with open("/proc/%d/stat" % process.pid, encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def hello():
    """The first word of a client, good for any number of connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["lsrd/1"])
    out = ssl.MemoryBIO()
    half = context.wrap_bio(ssl.MemoryBIO(), out)
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def flood(sources, word, told):
    """Connections, one after another in OPEN places, until it is ended."""
    poll, links = select.epoll(), {}
    tried, answered = told
    while True:
        while len(links) < OPEN:
            link = socket.socket()
            link.setblocking(False)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            at = random.randrange(sources)
            link.bind(("%s.%d.%d" % (NET, 1 + at // 250, 1 + at % 250), 0))
            link.connect_ex(TARGET)
            links[link.fileno()] = link
            poll.register(link, select.EPOLLOUT if word else select.EPOLLIN)
            tried.value += 1
        for fileno, event in poll.poll():
            link = links[fileno]
            try:
                if event & select.EPOLLOUT and not event & (select.EPOLLERR | select.EPOLLHUP):
                    link.send(word)
                    poll.modify(link, select.EPOLLIN)
                    continue
                answered.value += bool(link.recv(4096))
            except OSError:
                pass
            poll.unregister(link)
            del links[fileno]
            link.close()


def slowest(end):
    """Of lsrctl's answers until then, in ms."""
    worst = 0
    while time.monotonic() < end:
        begun = time.monotonic()
        subprocess.run([BIN + "/lsrctl", "--socket", FOLDER + "/1/control", "status"],
                       stdout=subprocess.DEVNULL, check=False)
        worst = max(worst, time.monotonic() - begun)
        time.sleep(0.05)
    return worst * 1000


def lost():
    """Sessions that the listed peer has lost so far."""
    with open(FOLDER + "/2/log", encoding="utf-8") as file:
        return sum("from=full" in line and "mx1" in line for line in file)


def crowd(name, first, sources, word):
    """One line."""
    told = multiprocessing.Value("Q", 0), multiprocessing.Value("Q", 0)
    many = multiprocessing.Process(target=flood, args=(sources, word, told), daemon=True)
    before, was_lost, begun = cpu(first), lost(), time.monotonic()
    if sources:
        many.start()
    worst = slowest(begun + float(SECONDS))
    took = time.monotonic() - begun
    rates = [value.value / took for value in told]
    share = (cpu(first) - before) / took * 100
    newcomer = daemon(3)
    joined = until(lambda: full(1, 3))
    if sources:
        many.terminate()
        many.join()
    newcomer.terminate()
    newcomer.wait()
    print("%-22s %6.0f tried/s %5.0f answered/s %5.1f %% cpu %5.0f ms lsrctl  %d lost  "
          "joined after %.1f s" % (name, rates[0], rates[1], share, worst, lost() - was_lost,
                                   joined), flush=True)


def wipe(folder):
    """A disk that is new."""
    for entry in os.scandir(folder):
        if entry.name in ("keys", "lsrd.conf", "log"):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
            os.mkdir(entry.path)
        else:
            os.unlink(entry.path)


def main():
    """All crowds."""
    word = hello()
    for name, sources, said in (("nobody", 0, word), ("one source", 1, word),
                                ("2000 sources", 2000, word),
                                ("2000, silent", 2000, b"")):
        first, second = daemon(1), daemon(2)
        until(lambda: full(1, 2))
        crowd(name, first, sources, said)
        for process in (first, second):
            process.terminate()
            process.wait()
        for number in (1, 2, 3):
            wipe("%s/%d" % (FOLDER, number))


main()

"""scrape.py - what a scrape of lsrd-metrics costs an lsrd of N servers' state.

    scrape.py SOCKET [TIMES]

SOCKET is the control socket of a running one, as t/bench/restart.py starts it
with the state of t/bench/make_state; `metrics` is asked there so often, and the
steps of the loop that this took are read of its own histogram."""

import json
import socket
import sys
import time


def ask(path, request):
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    began = time.monotonic()
    link.sendall(request + b"\n")
    said = b""
    while True:
        some = link.recv(65536)
        if not some:
            return said, (time.monotonic() - began) * 1000
        said += some


def main(path, times="200"):
    before = json.loads(ask(path, b"counters")[0])["steps"]
    took = sorted(ask(path, b"metrics")[1] for _ in range(int(times)))
    after = json.loads(ask(path, b"counters")[0])["steps"]
    n = after["buckets"][-1][1] - before["buckets"][-1][1]
    print("answered in ms: median %.2f, worst %.2f" % (took[len(took) // 2], took[-1]))
    print("steps of the loop: %d, mean %.0f us, at most 100 us: %d, 1 ms: %d" % (
        n, (after["sum_us"] - before["sum_us"]) / n,
        *(after["buckets"][i][1] - before["buckets"][i][1] for i in (0, 1))))
    status = sorted(ask(path, b"status")[1] for _ in range(9))
    print("beside it `status`: median %.1f ms" % status[4])


main(*sys.argv[1:])

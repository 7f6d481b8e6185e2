"""Spoilt configurations and requests for a daemon that runs: it is never silent,
and what is in force changes by what it says it has taken alone.

    spoilt.py configurations LSRCTL FOLDER N
    spoilt.py requests FOLDER N

The folder has lsrd.conf, and `control`, where the daemon answers.
"""

import json
import random
import socket
import subprocess
import sys

CONTROL = "/control"


def ask(folder, line):
    """What the daemon answers, whole."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(60)
        s.connect(folder + CONTROL)
        s.sendall(line + b"\n")
        out = b""
        while piece := s.recv(65536):
            out += piece
    return out


def in_force(folder):
    return json.loads(ask(folder, b"config"))["config"]


def spoil(rng, text):
    """One or a few wounds: octets, words and lines that go, come or change."""
    out = bytearray(text)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.choice((1, 1, 4, 20)))
        kind = rng.randrange(5)
        if kind == 0:
            del out[at:end]
        elif kind == 1:
            out[at:at] = bytes([rng.randrange(256)])
        elif kind == 2:
            out[at:end] = bytes(out[at:end]).swapcase()[::-1]
        elif kind == 3:
            out[at:at] = out[rng.randrange(len(out) + 1):][:rng.randrange(60)]
        else:
            words = bytes(out).split(b" ")
            rng.shuffle(words)
            if len(words) < 40:
                out = bytearray(b" ".join(words))
    return bytes(out)


def configurations(ctl, folder, n):
    rng = random.Random(5)
    path = folder + "/lsrd.conf"
    with open(path, "rb") as f:
        good = f.read()
    taken = 0
    for i in range(n):
        text = spoil(rng, good)
        before = in_force(folder)
        with open(path, "wb") as f:
            f.write(text)
        run = subprocess.run(
            [ctl, "--socket", folder + CONTROL, "reload"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert run.stdout.strip(), (i, "silent", text)
        assert run.returncode in (0, 1), (i, run)
        if run.returncode == 0:
            taken += 1
        else:
            assert in_force(folder) == before, (i, "changed", run.stdout, text)
    with open(path, "wb") as f:
        f.write(good)
    assert 0 < taken < n, taken


SEEDS = (
    b"status", b"peers", b"links", b"routes", b"db", b"transit", b"overrides",
    b"config", b"explain u@london.example.org size=10 sender=<> priority=urgent",
    b"drain for=60 by=alice reason=new disks",
    b"drain connector=c12 bridgehead=mx2.example.org until=1900000000",
    b"ready connector=c12", b"cost connector=c12 cost=77 for=60 by=bob",
    b"uncost connector=c12", b"pin pattern=london.example.org hop=x.y for=9",
    b"unpin pattern=london.example.org", b"freeze for=60 reason=x", b"unfreeze",
    b"reload", b"reload dry", b"reload within=5", b"confirm", b"undo",
    b"inject 00ff", b"export")


def stands(folder):
    """What requests can change: the configuration, and what is beside it."""
    return in_force(folder), [
        line for line in ask(folder, b"overrides").splitlines() if line]


def requests(folder, n):
    rng = random.Random(6)
    before, refused = stands(folder), 0
    known = {before[0]}  # what was in force: one that is tried goes back there
    for i in range(n):
        line = spoil(rng, rng.choice(SEEDS)).replace(b"\n", b" ")
        answer = ask(folder, line)
        assert answer, (i, "silent", line)
        lines = [json.loads(one) for one in answer.splitlines() if one]
        if any(one.get("changed") for one in lines if isinstance(one, dict)):
            before = None
            continue
        # overrides of a few seconds end by themselves
        now = stands(folder) if i % 8 == 0 or before is None else before
        refused += any(one.get("ok") is False for one in lines
                       if isinstance(one, dict))
        if before is None:
            known.add(now[0])
        assert now[0] in known, (i, "changed", line, answer)
        assert before is None or set(now[1]) <= set(before[1]), (
            i, "changed", line, answer, before, now)
        before = now
    assert refused > n // 20, (refused, "were refused")
    assert b'"server":"mx1.example.org"' in ask(folder, b"status")


if __name__ == "__main__":
    if sys.argv[1] == "requests":
        requests(sys.argv[2], int(sys.argv[3]))
    else:
        configurations(sys.argv[2], sys.argv[3], int(sys.argv[4]))

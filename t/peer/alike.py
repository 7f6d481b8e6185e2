"""alike.py DECODED [FRAMES [SEED]] - frames, most of them spoilt, and what two
programs make of them: wire.py and bodies.py here, and the C (decoded.c).

Both refuse a frame, or both take it and read the same. One in a thousand is
whole. What differs is printed, the first few in hexadecimal.
"""

import glob
import os
import random
import struct
import subprocess
import sys
import threading

import bodies
import wire

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
ODD = b"\0\1\2\3\4\x0f\x20\x2a\x2e\x40\x7f\x80\xff"
BATCH = 2000


def seeds():
    """LSAs, and bodies of messages by their type."""
    whole = []
    for path in sorted(glob.glob(TOP + "/fuzz/corpus/lsa/*")):
        with open(path, "rb") as file:
            try:
                whole.append(wire.Lsa(file.read()))
            except wire.Fault:  # what fuzzing has kept need be none
                pass
    other = [(wire.HELLO, wire.hello(wire.Hello(1, 3, b"o" * 32, "mx1.example.org", 1000,
                                                3000, begins))) for begins in (0, 8)]
    other += [(wire.REQUEST, body) for body in wire.requests(l.key for l in whole)]
    other += [(wire.NONE, wire.key(l.key)) for l in whole]
    other += [(wire.SUMMARY, body) for body in wire.summaries(
        3, whole, {wire.part_of(l.key.origin) for l in whole})]
    other += [(wire.DIGEST, wire.write_digest(3, some, flags))
              for some in (whole, whole[:3], []) for flags in (0, 1)]
    return whole, other


def spoil(rng, data):
    """A small change of some octets."""
    at = rng.randrange(len(data) + 1)
    how = rng.randrange(6)
    if how == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    if how == 1:
        return data[:at] + bytes([rng.choice(ODD)]) + data[at + 1:]
    if how == 2:
        return data[:at] + bytes([rng.choice(ODD)]) + data[at:]
    if how == 3:
        return data[:at] + data[at + rng.randrange(1, 5):]
    if how == 4:
        return data[:at]
    begin = rng.randrange(len(data) + 1)
    return data[:at] + data[begin:begin + rng.randrange(1, 9)] + data[at:]


def spoil_tlvs(rng, tlvs, others):
    """One of a body: twice, away, elsewhere, of another type, from elsewhere."""
    tlvs, how = list(tlvs), rng.randrange(7)
    at = rng.randrange(len(tlvs)) if tlvs else 0
    if how == 0 and tlvs:
        tlvs.insert(at, tlvs[at])
    elif how == 1 and tlvs:
        del tlvs[at]
    elif how == 2 and tlvs:
        tlvs.insert(rng.randrange(len(tlvs)), tlvs.pop(at))
    elif how == 3 and tlvs:
        tlvs[at] = (max(0, tlvs[at][0] + rng.choice((-1, 1, 20))), tlvs[at][1])
    elif how == 4 and others:
        tlvs.append(rng.choice(others))
        if rng.randrange(4):
            tlvs.sort(key=lambda one: one[0])
    elif tlvs:
        tlvs[at] = (tlvs[at][0], spoil(rng, tlvs[at][1])[:65535])
    return tlvs


def head(lsa, body):
    """An LSA with this body, whose length is right."""
    return lsa.octets[:len(lsa.signed) - len(lsa.body) - 4] + struct.pack(
        ">I", len(body)) + body + bytes(64)


def frame(rng, whole, other):
    """One frame: its type and its body."""
    if rng.randrange(5) == 0:
        kind, body = rng.choice(other)
        for _ in range(rng.randrange(3)):
            body = spoil(rng, body)
        return kind, body
    lsa = rng.choice(whole)
    tlvs = lsa.tlvs
    for _ in range(rng.randrange(4)):
        tlvs = spoil_tlvs(rng, tlvs, rng.choice(whole).tlvs)
    octets = head(lsa, b"".join(wire.tlv(*one) for one in tlvs))
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        octets = spoil(rng, octets)
    return wire.UPDATE, octets


def show_key(key):
    """As decoded.c does."""
    return " %d %s %s" % (key.type, key.origin.encode("latin-1").hex(),
                          key.id.encode("latin-1").hex())


def patterns(lsa):
    """Each of a grant or a list."""
    if lsa.purge or lsa.type not in wire.LISTS:
        return []
    return wire.patterns(lsa.all(3)[0])


def here(kind, body):
    """What Python makes of it; None: another page decides."""
    try:
        if kind == wire.HELLO:
            h = wire.read_hello(body)
            if h.low > 3 or h.high < 1 or h.high < h.low:
                return "no"
            return "%d %d %s %s %d %d %d" % (h.low, h.high, h.organization.hex(),
                                             h.name.encode("latin-1").hex(),
                                             h.keep_alive, h.dead, h.begins)
        if kind == wire.DIGEST:
            flags, parts = wire.read_parts(body)
            return "%d %d" % (flags & 1, len(parts)) + "".join(
                " %d %d %s" % (p.number, p.count, p.digest.hex()) for p in parts)
        if kind == wire.SUMMARY:
            _, entries = wire.read_summary(3, body)
            return str(len(entries)) + "".join(
                "%s %d %s" % (show_key(e.key), e.sequence, e.start.hex()) for e in entries)
        if kind == wire.REQUEST:
            keys = wire.read_request(body)
            return str(len(keys)) + "".join(map(show_key, keys))
        if kind == wire.NONE:
            o = wire.Octets(body)
            key = wire.read_key(o)
            o.end()
            return "1" + show_key(key)
        lsa = wire.Lsa(body)
        bodies.check(lsa)
        if bodies.has_schedule(lsa):
            return None
        return "%d%s %d" % (lsa.purge, show_key(lsa.key), lsa.sequence) + "".join(
            " " + one.encode("ascii").hex() for one in patterns(lsa))
    except wire.Fault:
        return "no"


def main():
    """See above."""
    frames = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    whole, other = seeds()
    taken = judged = wrong = 0
    with subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as there:
        for begin in range(0, frames, BATCH):
            batch = [frame(rng, whole, other) for _ in range(min(BATCH, frames - begin))]
            data = b"".join(struct.pack(">IB", len(body) + 1, kind) + body
                            for kind, body in batch)
            feed = threading.Thread(target=lambda: (there.stdin.write(data),
                                                    there.stdin.flush()))
            feed.start()
            for kind, body in batch:
                said, mine = there.stdout.readline().decode().rstrip("\n"), here(kind, body)
                if mine is None:
                    continue
                judged += 1
                taken += mine != "no"
                if said != mine:
                    wrong += 1
                    if wrong <= 8:
                        print("# %d %s\n#   here  %s\n#   there %s" % (
                            kind, body.hex(), mine, said))
            feed.join()
        there.stdin.close()
    print("1..1\n%sok 1 - %d frames, %d judged, %d of them taken: %d differ" % (
        "not " if wrong or not taken else "", frames, judged, taken, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

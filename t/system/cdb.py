#!/usr/bin/env python3
"""cdb.py - asks a cdb file as its format is published (cr.yp.to/cdb/cdb.txt),
with no library of ours or of others.

    cdb.py FILE KEY...  their values, a line for each; status 1: one is not there
    cdb.py -n FILE      how many keys there are, each found by its own hash; the
                        mark of a table is none
    cdb.py -w FILE SECONDS KEY...
                        asks for these all the time, the file opened anew each
                        time; then how often, and how often in vain
"""

import struct
import sys
import time


def digest(key):
    h = 5381
    for octet in key:
        h = ((h << 5) + h ^ octet) & 0xffffffff
    return h


def two(data, at):
    return struct.unpack_from("<II", data, at)


def find(data, key):
    h = digest(key)
    table, slots = two(data, 8 * (h % 256))
    for i in range(slots):
        slot = (h // 256 + i) % slots
        its, at = two(data, table + 8 * slot)
        if at == 0:
            return None
        if its == h:
            n, m = two(data, at)
            if data[at + 8:at + 8 + n] == key:
                return data[at + 8 + n:at + 8 + n + m]
    return None


def keys(data):
    at, end = 2048, two(data, 0)[0]
    while at < end:
        n, m = two(data, at)
        yield data[at + 8:at + 8 + n]
        at += 8 + n + m


def load(path):
    with open(path, "rb") as file:
        return file.read()


def watch(path, seconds, wanted):
    end = time.monotonic() + seconds
    asked = bad = 0
    while time.monotonic() < end:
        data = load(path)
        for key in wanted:
            asked += 1
            bad += not (find(data, key) or b"").startswith(b"route ")
        time.sleep(0.001)
    print("asked=%d bad=%d" % (asked, bad))


def main(args):
    if args[0] == "-w":
        watch(args[1], float(args[2]), [a.encode() for a in args[3:]])
    elif args[0] == "-n":
        data = load(args[1])
        print(sum(1 for key in keys(data)
                  if find(data, key) is not None and key != b"@lsrd"))
    else:
        values = [find(load(args[0]), a.encode()) for a in args[1:]]
        print("\n".join((v or b"").decode() for v in values))
        return None in values
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

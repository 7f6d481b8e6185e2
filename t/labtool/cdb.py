"""cdb.py - constant databases, as lsrd publishes them for Exim.

One that is replaced by rename needs no lock: what was opened stays whole.
"""

import os
import struct

TABLES = 256
HEADER = 8 * TABLES


def _hash(key):
    found = 5381
    for octet in key:
        found = (found << 5) + found & 0xffffffff ^ octet
    return found


class Cdb:
    """One file, read whole whenever it is another one."""

    def __init__(self, path):
        self.path = path
        self.seen, self.data = None, b""

    def close(self):
        """There is nothing to let go of."""

    def _read(self):
        with open(self.path, "rb") as file:
            about = os.fstat(file.fileno())
            seen = (about.st_ino, about.st_mtime_ns, about.st_size)
            if seen != self.seen:
                self.data, self.seen = file.read(), seen
        if len(self.data) < HEADER:
            raise OSError("not a cdb file: " + self.path)

    def raw(self, key):
        """The value of `key`, octets both; None if it has no such key."""
        self._read()
        try:
            return self._look(key)
        except struct.error as error:
            raise OSError("not a cdb file: " + self.path) from error

    def _look(self, key):
        wanted = _hash(key)
        start, slots = struct.unpack_from("<II", self.data, 8 * (wanted % TABLES))
        for n in range(slots):
            slot = start + 8 * ((wanted // TABLES + n) % slots)
            found, at = struct.unpack_from("<II", self.data, slot)
            if not at:
                break
            if found == wanted:
                length, size = struct.unpack_from("<II", self.data, at)
                if self.data[at + 8:at + 8 + length] == key:
                    return self.data[at + 8 + length:at + 8 + length + size]
        return None

    def items(self):
        """Every key with its value, in the file's order."""
        self._read()
        at, end = HEADER, min(struct.unpack_from("<I", self.data, 8 * n)[0]
                              for n in range(TABLES))
        while at < end:
            length, size = struct.unpack_from("<II", self.data, at)
            at += 8
            yield self.data[at:at + length], self.data[at + length:at + length + size]
            at += length + size


def write(path, items):
    """A new file in the place of `path`, by rename; octets, as a dictionary."""
    records, slots = b"", [[] for _ in range(TABLES)]
    for key, value in items.items():
        wanted = _hash(key)
        slots[wanted % TABLES].append((wanted, HEADER + len(records)))
        records += struct.pack("<II", len(key), len(value)) + key + value
    head, tables = b"", b""
    for entries in slots:
        room = [(0, 0)] * (2 * len(entries))
        head += struct.pack("<II", HEADER + len(records) + len(tables), len(room))
        for wanted, at in entries:
            n = wanted // TABLES % len(room)
            while room[n][1]:
                n = (n + 1) % len(room)
            room[n] = (wanted, at)
        tables += b"".join(struct.pack("<II", *slot) for slot in room)
    about = os.stat(path) if os.path.exists(path) else None
    with open(path + ".lab", "wb") as file:
        file.write(head + records + tables)
        if about:
            os.fchmod(file.fileno(), about.st_mode & 0o777)
            os.fchown(file.fileno(), about.st_uid, about.st_gid)
    os.rename(path + ".lab", path)

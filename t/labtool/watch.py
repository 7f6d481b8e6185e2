"""watch.py - when a published table began to say something else.

Reads the LMDB file exactly as Postfix does: without LMDB's own locking, under
a shared lock of the file for each look. A look takes some microseconds; one
every few milliseconds at each server of a lab is nothing to the writer. What
Exim's cdb file says is put into the words that Postfix's has.
"""

import ctypes
import ctypes.util
import fcntl
import os
import re
import struct
import threading
import time

import cdb
from host import rest

MDB_NOSUBDIR, MDB_RDONLY, MDB_NOLOCK = 0x4000, 0x20000, 0x400000
OFD_SETLK = 37  # F_OFD_SETLK


class Value(ctypes.Structure):
    """struct MDB_val."""

    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


def _library():
    lib = ctypes.CDLL(ctypes.util.find_library("lmdb") or "liblmdb.so.0")
    pointer = ctypes.c_void_p
    lib.mdb_env_open.argtypes = [pointer, ctypes.c_char_p, ctypes.c_uint, ctypes.c_int]
    lib.mdb_env_set_mapsize.argtypes = [pointer, ctypes.c_size_t]
    lib.mdb_env_close.argtypes = [pointer]
    lib.mdb_txn_begin.argtypes = [pointer, pointer, ctypes.c_uint,
                                  ctypes.POINTER(pointer)]
    lib.mdb_txn_abort.argtypes = [pointer]
    lib.mdb_dbi_open.argtypes = [pointer, ctypes.c_char_p, ctypes.c_uint,
                                 ctypes.POINTER(ctypes.c_uint)]
    lib.mdb_get.argtypes = [pointer, ctypes.c_uint, ctypes.POINTER(Value),
                            ctypes.POINTER(Value)]
    return lib


class Table:
    """One published table, open for looking."""

    def __init__(self, path):
        self.path = path
        self.lib = _library()
        self.env, self.file, self.inode = None, None, None

    def _open(self):
        self.close()
        self.file = os.open(self.path, os.O_RDONLY)
        self.inode = os.fstat(self.file).st_ino
        env = ctypes.c_void_p()
        self.lib.mdb_env_create(ctypes.byref(env))
        self.lib.mdb_env_set_mapsize(env, 1 << 28)
        if self.lib.mdb_env_open(env, self.path.encode(),
                                 MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0o644):
            self.lib.mdb_env_close(env)
            os.close(self.file)
            self.file = None
            raise OSError("not an LMDB file: " + self.path)
        self.env = env

    def close(self):
        """Lets go of the file."""
        if self.env is not None:
            self.lib.mdb_env_close(self.env)
            os.close(self.file)
            self.env = self.file = None

    def _lock(self, kind):
        lock = struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(self.file, OFD_SETLK, lock)

    def get(self, key):
        """The value of `key`; None if absent. OSError if it is being written."""
        if self.env is None or os.stat(self.path).st_ino != self.inode:
            self._open()
        self._lock(fcntl.F_RDLCK)
        try:
            return self._look(key.encode() + b"\0")
        finally:
            self._lock(fcntl.F_UNLCK)

    def _look(self, key):
        txn, dbi = ctypes.c_void_p(), ctypes.c_uint()
        if self.lib.mdb_txn_begin(self.env, None, MDB_RDONLY, ctypes.byref(txn)):
            self.close()
            raise OSError("cannot read " + self.path)
        try:
            if self.lib.mdb_dbi_open(txn, None, 0, ctypes.byref(dbi)):
                return None
            octets = ctypes.create_string_buffer(key, len(key))
            name = Value(len(key), ctypes.cast(octets, ctypes.c_void_p))
            value = Value()
            if self.lib.mdb_get(txn, dbi, ctypes.byref(name), ctypes.byref(value)):
                return None
            return ctypes.string_at(value.data, value.size).rstrip(b"\0").decode()
        finally:
            self.lib.mdb_txn_abort(txn)


class Exim(cdb.Cdb):
    """One of Exim's, in Postfix's words."""

    ROUTE = re.compile(r'route "<; (.*)" byname')

    def get(self, key):
        """As Table's."""
        value = self.raw(key.encode())
        if value is None:
            return None
        text = value.decode()
        route = self.ROUTE.fullmatch(text)
        if route:
            return "lsrd:" + route.group(1).replace("; ", ", ")
        word, _, rest = text.partition(" ")
        return {"hold": "lsrd-hold:" + rest, "here": ":"}.get(word, text)


class Watch(threading.Thread):
    """Looks at some keys in the tables of several servers; keeps what changed."""

    def __init__(self, tables, keys, here, step=0.004):
        """
        `tables`: name to path. `keys`: name to the keys to look at. `here`:
        name to those of them that it delivers itself: no key means that, too.
        """
        super().__init__(daemon=True)
        self.tables = {name: (Exim if path.endswith(".cdb") else Table)(path)
                       for name, path in tables.items()}
        self.keys, self.here, self.step = keys, here, step
        self.changes = {name: [] for name in tables}
        self.stopping = threading.Event()
        self.first = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            begun = time.thread_time()
            for name, table in self.tables.items():
                try:
                    value = {key: table.get(key) or (":" if key in self.here[name] else None)
                             for key in self.keys[name]}
                except OSError:
                    continue
                seen = self.changes[name]
                if not seen or seen[-1][1] != value:
                    seen.append((time.monotonic(), value))
            if all(self.changes.values()):
                self.first.set()
            self.stopping.wait(rest(time.thread_time() - begun, self.step, 0.1))

    def __enter__(self):
        # one that is being written is looked at again; one may be missing
        self.start()
        self.first.wait(10)
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
        for table in self.tables.values():
            table.close()

    def value(self, name, key):
        """What the table of that server says of `key`, at the last look."""
        seen = self.changes[name]
        return seen[-1][1].get(key) if seen else None

    def settled(self, since):
        """Seconds from `since` to the last change at each server; None: none."""
        found = {}
        for name, seen in self.changes.items():
            after = [when for when, _ in seen[1:] if when >= since]
            found[name] = after[-1] - since if after else None
        return found

    def quiet(self):
        """How long nothing has changed anywhere, in seconds."""
        last = max((seen[-1][0] for seen in self.changes.values() if seen), default=0)
        return time.monotonic() - last

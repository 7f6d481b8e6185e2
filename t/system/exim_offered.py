"""exim_offered.py - generated messages (exim_alike.py), offered to a real Exim by
SMTP: it must say, and mark, what lsrd-milter does with the same table and key.
"""

import glob
import os
import re
import shutil

import exim_alike
from exim_host import CLIENT, SPOOL, Client, queued, values
from marks import FIELD, ROUTE, Said, read, words_of

# A line within a field that begins one of its own, or is empty, ends the header.
BROKEN = re.compile(r"\n(?![ \t]+\S)|\n\Z")


class World(exim_alike.World):
    """Exim reads the same table, at its own place."""

    more = []  # arguments of lsrd-milter: Exim has no previous key here
    clients = (CLIENT, "127.0.0.1")

    def __init__(self, limits, put):
        self.put = put
        super().__init__(limits)

    def table(self):
        super().table()
        self.put(exim_alike.W + "/table")


class Offered:
    """What a real Exim has said of one message; its routers are asked by the
    object, as they ask it."""

    def __init__(self, world, m):
        self.routes, self.folds = world.object.routes, 0
        client = Client(m.client)
        try:
            m.recipients = [to for to in m.recipients if client.takes(m, to)]
            self.answer = client.message(m) if m.recipients else ""
        finally:
            client.close()
        found = re.search(r"^250 .*id=(\S+)", self.answer)
        self.queue_id = found[1] if found else "1xX000-000000-00"

    def is_judged(self):
        """It has come to that: Exim takes neither every address nor every size."""
        return self.answer.startswith(("250 ", "451 4.", "552 5.3.4"))

    def say(self, m, _, __):
        if not self.answer.startswith("250 "):
            code, enhanced, text = self.answer.split(" ", 2)
            return Said("%s %s" % (code, enhanced), text=text), ""
        name = "%s/input/%s-" % (SPOOL, self.queue_id)
        fields = queued(self.queue_id)
        with open(name + "H", encoding="latin1") as file:
            words = re.search(r"^-aclm _lsr \d+\n(.*)$", file.read(), re.M)[1]
        for path in glob.glob(name + "?"):
            os.unlink(path)
        marks = words_of(values(fields, FIELD))
        left = len(values(fields, ROUTE))
        if not words.startswith("pass "):
            return Said("250", marks, left=left), words
        visit = read(marks[0])
        return Said("250", marks[1:], visit, left=left), words


def differing(limits, count, put):
    """What differs of so many messages; how many were judged."""
    world, seen, out, judged = World(limits, put), [], [], 0
    try:
        for n in range(count):
            if n % 500 == 499:
                world.table()
                world.settle()
            m = exim_alike.message(world, seen)
            if any(BROKEN.search(v) for _, v in m.fields):
                continue
            world.object, loaded = Offered(world, m), world.object
            offered = world.object
            try:
                if offered.is_judged():
                    judged += 1
                    why = exim_alike.is_alike(world, m, offered.queue_id)
                    if why:
                        out.append("message %d: %s\n%r" % (n, why, m.fields))
                    exim_alike.remember(world, seen, m, offered.queue_id)
            finally:
                world.object = loaded
    finally:
        world.end()
    return out, judged

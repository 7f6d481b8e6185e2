"""exim_alike.py - generated messages, judged by lsrd-milter and by the object
for Exim: what they say must be the same, word for word and mark for mark.

    exim_alike.py COUNT SEED

W is the folder of the test, BUILD where lsrd is built; keys are there already.
Speaks TAP: a row for each table that the messages meet.
"""

import os
import random
import subprocess
import sys
import time

from marks import FIELD, Filter, Key, Message, Object, encoded

W, BUILD = os.environ["W"], os.environ["top_builddir"]
MX = "mx1.%s.example.org"
HERE = ("london", "paris", "rome", "oslo")
STRANGERS = ("stranger",)
MINUTE = 60000
SHORT = "no way admits this message"  # after some, in one process

draw = random.Random()


class World:
    """A table in force, and who judges by it."""

    more = ["-K", W + "/rome.key"]
    clients = ("198.51.100.9", "127.0.0.1")

    def __init__(self, limits):
        self.limits, self.generation = limits, 40
        self.keys = {name: Key("%s/%s.key" % (W, name)) for name in HERE + STRANGERS}
        self.table()
        self.child = self.milter()
        self.filters = {a: Filter(W + "/sock", a) for a in self.clients}
        self.object = Object(BUILD + "/t/system/lsrd-exim.so", "table=%s/table key=%s/london.key "
                             "previous=%s/rome.key memory=%s/memory.%d" % (
                                 W, W, W, W, limits))

    def table(self):
        """A new generation, 31 s and more apart from the one before it."""
        now = int(time.time() * 1000)
        self.generation += 1
        self.history = [(1, self.generation - n) for n in range(5, -1, -1)]
        words = []
        for n, version in enumerate(self.history[:-1]):
            words += ["since", str(version[0]), str(version[1]),
                      str(now - (6 - n) * 10 * MINUTE)]
        for name in HERE:
            words += ["key", MX % name, "%s/%s.key" % (W, name)]
        for name, hop in (("oslo", "oslo"), ("paris", "paris"), ("rome", "paris")):
            words += ["route", name + ".example.org", MX % hop, "198.51.100.5:25"]
        if self.limits:
            for name, small, large in (("oslo", 9000, 3000), ("paris", 2000, 6000)):
                words += ["limits", MX % "london", MX % name, name + ".example.org",
                          "198.51.100.6:25", str(small), "", "198.51.100.7:25", str(large)]
        subprocess.run([BUILD + "/t/system/milter_table", W + "/table", "1",
                        str(self.generation)] + words, check=True)
        os.chmod(W + "/table", 0o644)
        self.since = time.monotonic()

    def milter(self):
        with open(W + "/milter.log", "ab") as file:
            child = subprocess.Popen(
                [BUILD + "/lsrd-milter", "-f", "-u", "nobody", "-l", "debug",
                 "-p", "unix:" + W + "/sock", "-T", W + "/table", "-k", W + "/london.key",
                 "-r", W + "/report"] + self.more, stderr=file, stdout=file)
        try:
            self.wait()
        except AssertionError:
            child.kill()
            raise
        return child

    def wait(self):
        """Until the milter stands on this table."""
        end = time.monotonic() + 120
        while "generation=%d," % self.generation not in read_log() or not os.path.exists(
                W + "/sock"):
            assert time.monotonic() < end, "the milter does not take the table"
            time.sleep(0.05)

    def settle(self):
        """Until both say so themselves: the milter logs it a moment before."""
        probe = Message([("Message-ID", "<probe>")], "s@a.example", ["u@paris.example.org"])
        now = (1, self.generation)
        self.wait()
        while self.filters[probe.client].judge(probe, "probe").visit["now"] != now:
            time.sleep(0.01)

    def end(self):
        for session in self.filters.values():
            session.close()
        self.child.kill()
        self.child.wait()
        os.unlink(W + "/sock")


def read_log():
    with open(W + "/milter.log", encoding="utf-8", errors="replace") as file:
        return file.read()


# --- messages ---------------------------------------------------------------------

def recipients():
    names = ["u@paris.example.org", "U@Rome.example.org", "v+x@oslo.example.org",
             "\"a, b\"@paris.example.org", "w@elsewhere.example", "z@paris.example.org",
             "ü@paris.example.org".encode().decode("latin1")]
    return draw.sample(names, draw.choice((1, 1, 1, 2, 3)))


def sender():
    """Mostly of his own: recipients that are to be taken apart are remembered."""
    if draw.random() < 0.9:
        return "s%d@a.example" % draw.randrange(10**9)
    return draw.choice(("s@a.example", "S.T@A.Example", "", "\"a b\"@a.example",
                        "x" * 330 + "@a.example", "m@xn--mnchen-3ya.example"))


def age():
    return draw.choice((500, 3000, 40 * 1000, 14 * MINUTE, 16 * MINUTE, 29 * MINUTE,
                        70 * MINUTE, 20 * 60 * MINUTE, 49 * 60 * MINUTE, -5000,
                        draw.randrange(0, 180 * MINUTE)))


def versions(world):
    before, now = sorted(draw.choices(world.history + [(1, 999), (2, 1)], k=2))
    return now, before


def visits(world, message_id, to):
    """A chain of them, the newest first; some broken."""
    out, previous = [], None
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3, 4, 6, 9))):
        who = draw.choice(("london",) * 4 + ("paris",) * 3 + ("rome", "oslo", "stranger"))
        now, before = versions(world)
        visit = world.keys[who].visit(
            message_id, to if draw.random() < 0.85 else ["o@other.example"], now, before,
            int(time.time() * 1000) - age(), previous,
            (draw.choice((0, 900, 2500, 7000, 20000)), draw.choice((0, 1, 2, 4)),
             draw.choice(("s@a.example", "", "other@b.example"))))
        if who != "stranger":
            previous = visit
        out.insert(0, visit)
    return [bent(encoded(v)) for v in out]


def bent(word):
    what = draw.random()
    at = draw.randrange(len(word))
    if what < 0.04:
        return word[:at] + draw.choice("ABC+/=: \n") + word[at + 1:]
    if what < 0.06:
        return word[:at]
    if what < 0.12:
        return word[:at] + "\n " + word[at:]
    return word


def more_fields():
    out = []
    for name, values in (("Priority", ("urgent", "non-urgent", "x", "urgent\n ")),
                         ("Importance", ("High", "low")),
                         ("X-Priority", ("1 (Highest)", "5", "9")),
                         ("MT-Priority", ("3", "-4", "0", "")),
                         ("LSR-Route", ("lsrd:[192.0.2.66]:25", ""))):
        while draw.random() < 0.2:
            out.append((name, draw.choice(values)))
    if draw.random() < 0.01:
        out += [("LSR-Route", "x")] * 130
    if draw.random() < 0.01:
        out += [(FIELD, "QUJD")] * 130
    return out


def message(world, seen):
    to = recipients()
    message_id = "<%d@%s>" % (draw.randrange(10**9), draw.choice(("a.example", "b: c\n d")))
    again = draw.choice(seen) if seen and draw.random() < 0.1 else None
    if again:
        message_id, to = again[1], again[2]
    received = ["from a by b\n\tid x%d; now" % n for n in range(
        draw.choice((0, 1, 3, 11, 13, 19, 22, 30)) if not again else 25)]
    if again:
        received[draw.randrange(3)] = "from b by here\n\t(1) id %s; now" % again[0]
    fields = [(FIELD, v) for v in visits(world, message_id, to) if not again or
              draw.random() < 0.2]
    fields += [("Received", r) for r in received]
    if again or draw.random() < 0.9:
        fields.append(("Message-ID", message_id))
    fields += more_fields() + [("Subject", "x")]
    client = "127.0.0.1" if draw.random() < 0.15 else "198.51.100.9"
    return Message(fields, sender(), to, client,
                   ("b" * 99 + "\n") * draw.choice((0, 10, 25, 50, 80, 120)))


# --- both ---------------------------------------------------------------------------

def of_recipient(world, m, words, to, queue_id):
    """What the milter says of him alone must be what a router is told."""
    alone = Message(m.fields, m.sender, [to], m.client, m.body)
    said = world.filters[m.client].judge(alone, queue_id)
    route, hold, admits = world.object.routes(m, words, to)
    if said.code == "451 4.4.6":
        return True
    if said.code == "451 4.7.0":
        return hold in (said.text, SHORT) and route == ""
    if said.code == "552 5.3.4":
        return admits in ("no " + said.text, "no " + SHORT) and " first=yes " in words
    return said.code == "250" and route == said.route and hold == ""


def is_later(world, one, other):
    """A visit names the table of 31 s before: a moment later that is another one."""
    told = [(said.code, said.below, said.left, {**(said.visit or {}), "before": None})
            for said in (one, other)]
    return told[0] == told[1] and abs(time.monotonic() - world.since - 31) < 5


def is_alike(world, m, queue_id):
    """Two words of what differs, or None."""
    declared = 0 if world.limits else m.size()
    by_milter = world.filters[m.client].judge(m, queue_id, declared)
    by_object, words = world.object.say(m, queue_id, m.size())
    alone = by_milter.code in ("451 4.3.1", "452 4.5.3")
    if by_milter.code == "452 4.5.3" and by_object.code != "250":
        return None  # the milter has asked for the recipients before it saw more
    if alone:
        assert by_object.code == "250", "split, and then %r" % (by_object.told(),)
    elif by_milter.told() != by_object.told() and not is_later(world, by_milter, by_object):
        return "%r, %r" % (by_milter.told(), by_object.told())
    if by_object.code != "250" or not words.startswith(("pass", "untouched ")):
        return None
    for to in m.recipients:
        if alone:
            good = of_recipient(world, m, words, to, queue_id + to[:1])
        else:
            good = world.object.routes(m, words, to)[:2] == (by_milter.route, "")
        if not good:
            return "%s: %r, %r" % (to, by_milter.route, world.object.routes(m, words, to))
    return None


def remember(world, seen, m, queue_id):
    """One of those that may come back without marks."""
    if (len(m.values("Received")) >= 19 and m.values("Message-ID") and
            (len(m.recipients) == 1 or not world.limits)):
        seen[:] = seen[-20:] + [(queue_id, m.values("Message-ID")[0], m.recipients)]


def run(limits, count):
    world, differ, kinds, seen = World(limits), [], {}, []
    try:
        for n in range(count):
            if n % 500 == 499:
                world.table()
                world.settle()
            m, queue_id = message(world, seen), "1xX%06d-0000%02d-2R" % (n, limits)
            why = is_alike(world, m, queue_id)
            if why:
                differ.append("message %d: %s\n%r" % (n, why, m.fields))
            remember(world, seen, m, queue_id)
            said = world.object.judge(m, queue_id, m.size())[0].split(" ")[0]
            kinds[said] = kinds.get(said, 0) + 1
    finally:
        world.end()
    return differ, kinds


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    print("1..4")
    for n, limits in enumerate((False, True)):
        draw.seed("%d %d" % (seed, limits))
        differ, kinds = run(limits, count // 2)
        print("%s %d - %d messages %s limits: both MTAs' code says the same: %s" % (
            "not ok" if differ else "ok", 2 * n + 1, count // 2,
            "with" if limits else "without",
            ", ".join("%s %d" % k for k in sorted(kinds.items()))))
        print("# seed %d, %d differ %s" % (seed, len(differ), "\n# ".join(
            "\n".join(differ[:3]).split("\n"))))
        wanted = {"defer", "pass", "untouched"} | ({"deny"} if limits else set())
        print("%s %d - each kind of answer was among them" % (
            "ok" if wanted <= set(kinds) else "not ok", 2 * n + 2))


if __name__ == "__main__":
    main()

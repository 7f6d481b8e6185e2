"""exim_marks.py [COUNT [SEED]] - the cases of exim-marks.sh; speaks TAP. CASE in
the environment chooses those with this word in their name.

Exim queues only: a message is looked at in its spool, or has one delivery.
"""

import glob
import os
import random
import re
import shutil
import subprocess
import sys
import time

import exim_alike
import exim_offered
from exim_alike import HERE, MX
from exim_host import (CLIENT, EXIM, LOGS, SPOOL, TOO_LONG, X, Client, Failed, Sink, exim,
                       fields_of, found, id_of, like, main_log, now_ms, offer, queued, same,
                       until, values)
from marks import FIELD, ROUTE, Filter, Key, Message, encoded, read, words_of

W, BUILD = os.environ["W"], os.environ["top_builddir"]
TABLE, KEYS = X + "/var/lib/lsrd/milter/table", X + "/etc/lsrd/keys"
OUTSIDE = "198.51.100.8"
PARIS, ROME, OSLO = ("u@%s.example.org" % n for n in ("paris", "rome", "oslo"))
AGAIN = "Routes disagree for now: this message came back; keep it"
MINUTE = 60000


def own(path):
    """As lsrd has it: for the group of marks."""
    shutil.chown(path, "root", GROUP)
    os.chmod(path, 0o640)


def group():
    with open(X + "/etc/group", encoding="ascii") as file:
        return int(re.search(r"^lsrd-mark:[^:]*:(\d+)", file.read(), re.M)[1])


def table(*more, generation=None, hop="paris"):
    """A table that has been in force for ten minutes, the one before for twenty."""
    table.generation = generation or table.generation + 10
    g = table.generation
    words = ["since", "1", str(g - 1), str(now_ms() - 20 * MINUTE)]
    for name in HERE:
        words += ["key", MX % name, "%s/%s.key" % (W, name)]
    for name in ("oslo", "paris", "rome"):
        words += ["route", name + ".example.org", MX % hop, "198.51.100.5:25"]
    subprocess.run([BUILD + "/t/system/milter_table", TABLE, "1", str(g)] + words +
                   list(more), check=True)
    own(TABLE)


table.generation = 40


def limits(cheap="", small=20000, large=100000):
    table("limits", MX % "london", MX % "oslo", "oslo.example.org", "198.51.100.6:25",
          str(small), cheap, "198.51.100.7:25", str(large))


def delivered(queue_id):
    """After one attempt at it: (address, fields) of each copy that went out."""
    before = len(SINK.got)
    exim("-M", queue_id)
    return [(address, fields_of(octets)) for address, octets in SINK.got[before:]]


def fresh(to=PARIS, more=(), octets=100, sender="s@a.example"):
    fresh.count += 1
    return Message(list(more) + [("Message-ID", "<m%d@a.example>" % fresh.count),
                                 ("Subject", "x")], sender, [to] if isinstance(to, str)
                   else to, CLIENT, ("b" * 70 + "\n") * (octets // 71))


fresh.count = 0


def taken(answer):
    """Its name in the queue."""
    like(answer, "^250 ")
    return id_of(answer)


def marks_of(queue_id):
    return words_of(values(queued(queue_id), FIELD))


# --- marks --------------------------------------------------------------------------

def first_mark():
    m = fresh()
    said = read(marks_of(taken(offer(m)))[0])
    same((said["first"], said["size"], said["priority"], said["sender"]),
         (1, len(m.octets()), 2, "s@a.example"))
    same(said["key"], KEY["london"].name.hex())


def next_hop_takes_it():
    """What goes out is what the next hop's lsrd-milter believes."""
    (address, fields), = delivered(taken(offer(fresh())))
    same(address, "198.51.100.5")
    with_filter(lambda session: same(
        len(session.judge(Message(fields, "s@a.example", [PARIS]), "Q1").below), 1))


def with_filter(case):
    """lsrd-milter of paris."""
    shutil.copy(TABLE, W + "/table")
    for name in ("", "/table", "/paris.key"):
        shutil.chown(W + name, "nobody")
    child = subprocess.Popen(
        [BUILD + "/lsrd-milter", "-f", "-u", "nobody", "-p", "unix:" + W + "/paris",
         "-T", W + "/table", "-k", W + "/paris.key", "-r", W + "/report"],
        stderr=subprocess.DEVNULL)
    try:
        session = found(lambda: Filter(W + "/paris", EXIM), "no milter")
        until(lambda: session.judge(fresh(), "Q0").visit, "it is not ready")
        case(session)
        session.close()
    finally:
        child.kill()
        child.wait()


def visit(who, m, previous=None, age=1000, generation=None, first=(700, 1, "f@b.example")):
    version = (1, generation or table.generation)
    return KEY[who].visit(m.values("Message-ID")[0], m.recipients, version, version,
                          now_ms() - age, previous, first)


def stands_and_falls():
    m = fresh()
    good = visit("paris", m)
    m.fields[:0] = [(FIELD, encoded(visit("oslo", m, good))), (FIELD, ""),
                    (FIELD, encoded(visit("stranger", m, good))), (FIELD, "a: b"),
                    (FIELD, encoded(good)), ("LSR-Route", "smtp:[192.0.2.66]")]
    queue_id = taken(offer(m))
    below = marks_of(queue_id)
    same(below[1:], [m.fields[0][1], encoded(good)])
    same(values(queued(queue_id), ROUTE), [])
    same(read(below[0])["first"], 0)
    like(main_log(), queue_id + " lsrd: stripped: id=%s, fields=" % queue_id)


def loops():
    m = fresh()
    m.fields.insert(0, (FIELD, encoded(visit("london", m))))
    same(offer(m), "451 4.4.6 " + AGAIN)
    like(main_log(), "temporarily rejected after DATA: loop: id=.*, why=settled, received=1")
    m.fields[0] = (FIELD, encoded(visit("london", m, age=16 * MINUTE)))
    taken(offer(m))


def without_marks_a_loop_is_remembered():
    """A hop on its way takes our marks off."""
    m = fresh(more=[("Received", "from a by b id x%d" % n) for n in range(22)])
    queue_id = taken(offer(m))
    m.fields.insert(0, ("Received", "from here by there (Exim) id %s; now" % queue_id))
    same(offer(m)[:9], "451 4.4.6")
    m.fields[0] = ("Received", "from here by there (Exim) id 1xX000-000000-00; now")
    taken(offer(m))


def of_this_host():
    """Of exim or sendmail(1), by a user: marked, and never refused."""
    for words in (["-f", "joe@london.example.org", PARIS], ["-f", "<>", PARIS]):
        before = len(glob.glob(SPOOL + "/input/*-H"))
        said = exim(*words, stdin=b"Subject: x\nPriority: urgent\n\nx\n", user="joe")
        same((said.returncode, said.stderr), (0, b""))
        same(len(glob.glob(SPOOL + "/input/*-H")), before + 1)
        newest = max(glob.glob(SPOOL + "/input/*-H"), key=os.path.getmtime)
        word, = marks_of(os.path.basename(newest)[:-2])
        same((read(word)["priority"], read(word)["first"]), (1, 1))


def a_loop_of_this_host_waits():
    m = fresh()
    ours = visit("london", m)
    m.fields[:0] = [(FIELD, encoded(visit("paris", m, ours))), (FIELD, encoded(ours))]
    octets = m.octets().replace(b"\r\n", b"\n")
    before = set(glob.glob(SPOOL + "/input/*-H"))
    same(exim("-f", m.sender, PARIS, stdin=octets, user="joe").returncode, 0)
    queue_id = os.path.basename((set(glob.glob(SPOOL + "/input/*-H")) - before).pop())[:-2]
    same(delivered(queue_id), [])
    like(main_log(), queue_id + r" == .* R=lsrd_limits_hold defer \(-1\): " + AGAIN)
    table()
    same([a for a, _ in delivered(queue_id)], ["198.51.100.5"])


def leave_by_ours_alone():
    (address, fields), = delivered(taken(offer(fresh("u@out.example.org"), "127.0.0.1")))
    same((address, values(fields, FIELD)), (OUTSIDE, []))


def kinds_of_mail():
    """BDAT, eight bits, no sender, no Message-ID, a thousand recipients."""
    m = fresh(octets=3000)
    same(read(marks_of(taken(offer(m, chunks=True)))[0])["size"], len(m.octets()))
    same(read(marks_of(taken(offer(fresh(sender=""))))[0])["sender"], "")
    like(offer(fresh("ü@paris.example.org".encode().decode("latin1"))), "^(250|550|501|553)")
    m = fresh(more=[("Received", "from a by b")])
    m.fields = [f for f in m.fields if f[0] != "Message-ID"]
    word, = marks_of(taken(offer(m)))
    same(word_stands(m, word), True)
    taken(offer(fresh(["u%d@paris.example.org" % n for n in range(1000)])))


def word_stands(m, word):
    """For the next hop: an unnamed message goes by its oldest Received field."""
    said = []
    with_filter(lambda session: said.append(session.judge(
        Message([(FIELD, word)] + m.fields, "s@a.example", [PARIS]), "Q2")))
    return said[0].below == (word,)


# --- limits -------------------------------------------------------------------------

def large_goes_another_way():
    limits()
    same([a for a, _ in delivered(taken(offer(fresh(OSLO))))], ["198.51.100.5"])
    same([a for a, _ in delivered(taken(offer(fresh(OSLO, octets=50000))))],
         ["198.51.100.7"])
    same(sorted(a for a, _ in delivered(taken(offer(fresh([OSLO, PARIS], octets=50000))))),
         ["198.51.100.5", "198.51.100.7"])


def as_at_the_first_hop():
    """By the size in its first mark, whatever it is now."""
    m = fresh(OSLO)
    m.fields.insert(0, (FIELD, encoded(visit("paris", m, first=(50000, 2, "f@b.example")))))
    same([a for a, _ in delivered(taken(offer(m)))], ["198.51.100.7"])


def too_large_is_refused():
    large = fresh(OSLO, octets=200000)
    like(offer(large), r"^552 5\.3\.4 no way to mx1.oslo.example.org admits this message")
    like(main_log(), "rejected after DATA: limit: id=.*, result=never, why=no way to ")
    large.fields.insert(0, (FIELD, encoded(visit("paris", large, first=(
        200000, 2, "f@b.example")))))
    like(offer(large), r"^451 4\.7\.0 no way to mx1.oslo.example.org admits")


def declared_sizes_part_recipients():
    large = fresh([PARIS, OSLO], octets=200000)
    same(offer(large, declared=200000),
         "452 4.5.3 This recipient needs another way for such a message; send it by itself")
    large.recipients = [OSLO]
    same(offer(large, declared=200000)[:9], "552 5.3.4")


def undeclared_is_told_by_mail():
    """One goes; who can never be reached is told to its sender, once."""
    queue_id = taken(offer(fresh([PARIS, OSLO], octets=200000)))
    same([a for a, _ in delivered(queue_id)], ["198.51.100.5"])
    like(main_log(), queue_id + r" \*\* u@oslo\.example\.org .*R=lsrd_limits_hold: "
         r"5\.3\.4 no way to mx1.oslo.example.org")


def schedules_hold():
    hour = time.gmtime().tm_hour
    limits(cheap="%02d:00-%02d:00" % ((hour + 2) % 24, (hour + 3) % 24), small=200000,
           large=100)
    like(offer(fresh(OSLO)), r"^451 4\.7\.0 ")
    queue_id = taken(offer(fresh([PARIS, OSLO])))
    same([a for a, _ in delivered(queue_id)], ["198.51.100.5"])
    like(main_log(), queue_id + r" == u@oslo\.example\.org R=lsrd_limits_hold defer \(-1\): ")
    table()
    same([a for a, _ in delivered(queue_id)], ["198.51.100.5"])


# --- generated --------------------------------------------------------------------

def as_the_milter():
    """Half of them in a network without limits, half in one with some."""
    count, seed = int(sys.argv[1]), int((sys.argv + ["1"])[2])
    for name in ("", "/london.key"):
        shutil.chown(W + name, "nobody")
    for limits in (False, True):
        exim_alike.draw.seed("%d %d" % (seed, limits))
        differ, judged = exim_offered.differing(limits, count // 2, put_table)
        print("# seed %d, %s limits: %d of %d judged, %d differ" % (
            seed, "with" if limits else "without", judged, count // 2, len(differ)))
        same(differ[:3], [])
        same(judged > count // 4, True)


def put_table(path):
    shutil.copy(path, TABLE + ".new")
    own(TABLE + ".new")
    os.rename(TABLE + ".new", TABLE)


# --- what is wrong ------------------------------------------------------------------

def unmarked(why, octets=None, **how):
    """It is accepted as it came, with one line that says why."""
    m = octets or fresh(more=[(FIELD, "AAAA"), (ROUTE, "x")])
    queue_id = taken(offer(m, **how))
    same([values(queued(queue_id), n) for n in (FIELD, ROUTE)], [["AAAA"], ["x"]])
    lines = [line for line in main_log().splitlines()
             if queue_id in line and "lsrd: " in line]
    same(len(lines), 1)
    like(lines[0], "lsrd: unready: id=%s, .*%s" % (queue_id, why))
    same([a for a, _ in delivered(queue_id)], ["198.51.100.5"])


def changed_table(change):
    with open(TABLE, "rb") as file:
        octets = bytearray(file.read())
    with open(TABLE + ".new", "wb") as file:
        file.write(change(octets))
    own(TABLE + ".new")
    os.rename(TABLE + ".new", TABLE)


def bad_tables():
    for why, change in (
            ("why=version", lambda o: o[:4] + b"\0\0\0\x63" + o[8:]),
            ("why=bad-digest|short|long", lambda o: o[:len(o) // 2]),
            ("why=bad-digest", lambda o: o[:60] + b"\xff\xff\xff\xff" + o[64:]),
            ("why=(short|bad-format)", lambda o: b""),
            ("why=(short|bad-format)", lambda o: b"\0" * 4096)):
        changed_table(change)
        unmarked("file=/var/lib/lsrd/milter/table, " + why)
        table()
    os.unlink(TABLE)
    unmarked("file=/var/lib/lsrd/milter/table, why=No such file")
    table()


def cut_under_its_feet():
    """What a process has mapped is made short by somebody: its mail goes on."""
    client = Client()
    taken(client.message(fresh()))
    os.truncate(TABLE, 100)
    queue_id = taken(client.message(fresh(more=[(FIELD, "AAAA")])))
    client.close()
    like(main_log(), queue_id + " lsrd: ")
    table()


def keys_closed():
    os.chmod(KEYS + "/mark.key", 0o600)
    unmarked("file=/etc/lsrd/keys/mark.key, why=Permission denied; .*group lsrd-mark")
    os.unlink(KEYS + "/mark.key")
    unmarked("file=/etc/lsrd/keys/mark.key, why=No such file")
    with open(KEYS + "/mark.key", "w", encoding="ascii") as file:
        file.write("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    own(KEYS + "/mark.key")
    unmarked("file=/etc/lsrd/keys/mark.key, why=bad-format")
    os.chmod(KEYS + "/mark.key", 0o644)
    unmarked("file=/etc/lsrd/keys/mark.key, why=permissions; chmod 640 it")
    shutil.copy(W + "/london.key", KEYS + "/mark.key")
    own(KEYS + "/mark.key")


def object_away():
    so = X + "/usr/lib/lsrd/lsrd-exim.so"
    os.rename(so, so + ".away")
    try:
        unmarked("why=it is not there")
    finally:
        os.rename(so + ".away", so)


def long_marks():
    """100 kB, of one field or of many, on top of those that stand or below."""
    for junk in ([(FIELD, "\n ".join(["A" * 900] * 112))], [(FIELD, "QUJD" * 200)] * 125):
        m = fresh()
        good = (FIELD, encoded(visit("paris", m)))
        m.fields[:0] = junk + [good]
        queue_id = taken(offer(m))
        same(len(marks_of(queue_id)) in (1, 2), True)
        same(len([line for line in main_log().splitlines()
                  if queue_id + " lsrd: stripped: " in line]), 1)
    m = fresh(more=[(FIELD, "QUJD")] * 200)
    queue_id = taken(offer(m))
    same(marks_of(queue_id), ["QUJD"] * 200)
    like(main_log(), queue_id + " lsrd: untouched: id=%s, fields=200" % queue_id)


def nul_in_fields():
    m = fresh(more=[(FIELD, "AQ\0AB"), ("X-A", "a\0b"), ("Received", "from\0by"),
                    ("Priority", "\0urgent")])
    m.fields.append(("Message-ID", "<\0@b>"))
    same(len(marks_of(taken(offer(m)))), 1)


def strange_bytes():
    """In every field that we look at, and in the envelope: no crash, no bounce."""
    draw = random.Random(5)
    for _ in range(20):
        junk = "".join(chr(draw.choice((1, 9, 34, 36, 37, 39, 44, 58, 59, 64, 92, 123, 125,
                                        128, 255))) for _ in range(draw.randrange(200)))
        m = fresh(more=[(n, junk) for n in (FIELD, ROUTE, "Received", "Message-ID",
                                            "Priority", "MT-Priority")],
                  sender=draw.choice(("s@a.example", "\"a, :b ${x}\"@a.example")))
        m.recipients = [PARIS, "\"x, y:z\"@paris.example.org"]
        taken(offer(m))


def wrong_arguments():
    """Of the configuration: a text, whatever is asked, never an error."""
    so = "/usr/lib/lsrd/lsrd-exim.so"
    for name, text in (("lsr_trace_judge", "unready"), ("lsr_trace_add", ""),
                       ("lsr_admits", "yes"), ("lsr_route", ""), ("lsr_hold", "")):
        for args in ("", "{}" * 2, "{x}" * 7):
            if (name, args) == ("lsr_trace_judge", "{x}" * 7):
                continue
            said = exim("-be", "${dlfunc{%s}{%s}%s}" % (so, name, args))
            same(said.stdout.decode().split("\n")[0], text)


def nothing_crashed():
    same(os.path.exists(LOGS + "/paniclog") and os.path.getsize(LOGS + "/paniclog"), False)
    for word in ("terminated by signal", "signal 11", "Frozen", "frozen",
                 "failed to expand"):
        same(word in main_log(), False)


CASES = (
    ("a first mark says what the message is", first_mark),
    ("the next hop's lsrd-milter believes it", next_hop_takes_it),
    ("marks that stand stay, all others and LSR-Route go", stands_and_falls),
    ("what goes round is refused with the milter's words", loops),
    ("a hop without marks hides no loop", without_marks_a_loop_is_remembered),
    ("mail of this host is marked, and never refused", of_this_host),
    ("a loop of this host waits for another table", a_loop_of_this_host_waits),
    ("marks leave by lsrd's transport alone", leave_by_ours_alone),
    ("BDAT, no sender, no Message-ID, a thousand recipients", kinds_of_mail),
    ("large mail goes another way, each recipient his own", large_goes_another_way),
    ("the size at the first hop counts", as_at_the_first_hop),
    ("what no way admits is refused at the first hop, else held", too_large_is_refused),
    ("a declared size parts recipients", declared_sizes_part_recipients),
    ("where none was declared a sender is told by mail", undeclared_is_told_by_mail),
    ("a schedule holds, and each recipient by himself", schedules_hold),
    ("bad tables: accepted as it came, one line", bad_tables),
    ("a table cut while it is mapped", cut_under_its_feet),
    ("keys that cannot be read: accepted as it came, one line", keys_closed),
    ("an object that is away: accepted as it came, one line", object_away),
    ("100 kB of marks", long_marks),
    ("NUL in fields", nul_in_fields),
    ("strange octets everywhere", strange_bytes),
    ("wrong arguments", wrong_arguments),
    ("nothing crashed, nothing is frozen", nothing_crashed),
)
GENERATED = ("generated messages: said and marked as lsrd-milter does", as_the_milter)

GROUP = group()
KEY = {}
SINK = None


def start():
    """Keys, a table, mail servers beside, and Exim."""
    global SINK
    for name in HERE + ("stranger",):
        subprocess.run([BUILD + "/t/system/milter_table", "new", "%s/%s.key" % (W, name)],
                       check=True)
        KEY[name] = Key("%s/%s.key" % (W, name))
    os.chmod(W, 0o755)
    for name in (KEYS, os.path.dirname(TABLE)):
        shutil.chown(name, "root", GROUP)
        os.chmod(name, 0o2750)
    shutil.copy(W + "/london.key", KEYS + "/mark.key")
    own(KEYS + "/mark.key")
    table()
    SINK = Sink(["198.51.100.%d" % n for n in (5, 6, 7, 8)])
    log = open(W + "/exim.log", "wb")
    daemon = subprocess.Popen(["chroot", X, "/usr/sbin/exim4", "-bdf"], stdout=log,
                              stderr=log)
    found(Client, "Exim does not start").close()
    return daemon


def main():
    only = os.environ.get("CASE", "")
    cases = CASES + (GENERATED,) * (len(sys.argv) > 1)
    chosen = [c for c in cases if only in c[0]]
    print("1..%d" % len(chosen))
    daemon = start()
    try:
        for n, (what, case) in enumerate(chosen, 1):
            begun = time.monotonic()
            try:
                case()
                print("ok %d - %s" % (n, what), flush=True)
            except (Failed, AssertionError, OSError, ValueError, IndexError,
                    KeyError, subprocess.SubprocessError) as error:
                print("not ok %d - %s" % (n, what))
                print("# %s: %s" % (type(error).__name__, error), flush=True)
                for line in main_log().splitlines()[-5:]:
                    print("# " + line[:300])
            if os.environ.get("TIMES"):
                print("# %.1f s" % (time.monotonic() - begun))
    finally:
        daemon.terminate()
        daemon.wait()


main()

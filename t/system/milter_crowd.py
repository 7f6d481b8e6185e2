"""milter_crowd.py - the cases of milter-crowd.sh; speaks TAP."""

import os
import time

from milter import (PARIS, W, Failed, Session, arrived, fields, fresh, log, milter, run,
                    same, send)

# MB; what it takes by itself is about 20, and a sanitizer multiplies it
MEMORY = 400 if os.environ.get("SANITIZED") else 64


def mail_log():
    with open(W + "/mail.log", encoding="utf-8", errors="replace") as file:
        return file.read()


def stranger(octets, to=PARIS):
    """A stranger's message: the answer, and how long it took to come. What
    it costs is compared, not bounded by the wall clock."""
    session = Session("198.51.100.5", 300)
    begun = time.monotonic()
    answer = session.message(to, octets)
    session.close()
    return answer, time.monotonic() - begun


def no_panic():
    for word in ("panic", "reverse jump", "throttling", "fatal"):
        assert word not in mail_log(), "%s in Postfix's log" % word
    same(stranger(fresh()[1])[0][:3], "250")


def costs(crowd):
    """The message with these fields goes on as it came, and costs no more
    than one of other fields; a factor and a second for a machine that is busy,
    and the best of five of each where it is very busy."""
    other = crowd.replace(b"LSR-Trace", b"LSR-Plain").replace(b"LSR-Route", b"LSR-Plate")
    plain, took = [], []
    for _ in range(5):
        plain.append(stranger(fresh(more=other)[1])[1])
        took.append(untouched(crowd))
        if min(took) <= min(plain) * 3 + 1:
            return
    raise Failed("%s s, of other fields %s s" % (took, plain))


def untouched(crowd):
    """Such a message goes on as it came; how long it took."""
    name, octets = fresh(more=crowd)
    before = log().count("untouched:")
    answer, took = stranger(octets)
    same(answer[:3], "250")
    same(log().count("untouched:"), before + 1)
    got = arrived("5", name)
    for field in ("LSR-Trace", "LSR-Route"):
        same(len(fields(got, field)), crowd.count(field.encode() + b":"))
    no_panic()
    return took


def memory():
    """The most that lsrd-milter has ever had, in MB."""
    with open("/proc/%d/status" % milter.child.pid, encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    raise Failed("no VmHWM")


def routes():
    costs(b"LSR-Route: smtp:[192.0.2.66]\r\n" * 10050)


def traces():
    costs(b"LSR-Trace: QUJD\r\n" * 20000)


def mixed():
    costs(b"LSR-Trace: QUJD\r\nLSR-Route:\r\n" * 129)


def buried():
    """Few of them, at the end of what Postfix must read for each."""
    costs(b"X-A: b\r\n" * 100000 + b"LSR-Trace: QUJD\r\n" * 100)


def buried_in_lines():
    costs((b"X-A: b\r\n" + b" c\r\n" * 1000) * 100 + b"LSR-Route: x\r\n" * 100)


def small_memory():
    stranger(fresh(more=b"LSR-Trace:a\r\n" * 400000)[1])
    stranger(fresh(more=b"Received: " + b"r" * 900 + b"\r\n" + (
        b"Received:" + b" r" * 40 + b"\r\n") * 20000)[1])
    stranger(fresh(more=b"Message-ID: <" + (b"i" * 900 + b"\r\n ") * 4000 + b">\r\n")[1])
    assert memory() < MEMORY, "%d MB" % memory()
    no_panic()


def of_sendmail():
    name, octets = fresh(more=b"LSR-Route: smtp:[192.0.2.66]\r\n" * 10050)
    send(octets)
    arrived("5", name)
    no_panic()


def of_null_sender():
    """As a bounce would come."""
    name, octets = fresh(more=b"LSR-Trace: QUJD\r\n" * 10050)
    session = Session("198.51.100.5")
    same(session.message(PARIS, octets, "")[:3], "250")
    session.close()
    arrived("5", name)
    no_panic()


def as_many_as_hops():
    name, octets = fresh(more=b"LSR-Trace: QUJD\r\nlsr-ROUTE: x\r\n" * 128)
    same(stranger(octets)[0][:3], "250")
    got = arrived("5", name)
    same(len(fields(got, "LSR-Trace")), 1)
    same(fields(got, "LSR-Route"), [])


CASES = (
    ("128 of each are stripped", as_many_as_hops),
    ("10 050 LSR-Route: passed as they are, no panic", routes),
    ("20 000 LSR-Trace likewise", traces),
    ("129 of each likewise", mixed),
    ("100 behind 100 000 other fields likewise", buried),
    ("100 behind 100 000 folded lines likewise", buried_in_lines),
    ("by sendmail(1)", of_sendmail),
    ("with the null sender", of_null_sender),
    ("400 000 fields, endless ones: little memory", small_memory),
)

if __name__ == "__main__":
    run(CASES)

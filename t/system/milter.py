"""milter.py - the cases of milter.sh; speaks TAP."""

import glob
import os
import re
import signal
import socket
import subprocess
import sys
import time

import dkim

W, BUILD = os.environ["W"], os.environ["top_builddir"]
PARIS, OUT = "u@paris.example.org", "u@out.example.org"
SELECTOR, SIGNER = b"lab", b"signed.example"
TOO_LONG = 120  # seconds that nothing here ever takes


class Failed(Exception):
    """A case did not turn out as it should."""


def until(test, what, seconds=TOO_LONG):
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end
        got = test()
        if got:
            return got
        if late:
            raise Failed(what)
        time.sleep(0.05)


def same(got, wanted):
    if got != wanted:
        raise Failed("got %r, wanted %r" % (got, wanted))


def log():
    with open(W + "/milter.log", encoding="utf-8", errors="replace") as file:
        return file.read()


class Milter:
    """lsrd-milter itself; `generation` is that of its table."""

    generation = 1
    options = ()
    key = "london.key"
    prepare = None

    def __init__(self):
        self.child = None

    def table(self, hop="paris", more=()):
        Milter.generation += 1
        subprocess.run(
            [BUILD + "/t/system/milter_table", W + "/milter/table", "1",
             str(self.generation),
             "key", "mx1.london.example.org", W + "/milter/london.key",
             "key", "mx1.paris.example.org", W + "/milter/paris.key",
             "route", "paris.example.org", "mx1.%s.example.org" % hop,
             "198.51.100.5:25", *more], check=True)
        if self.child:
            until(lambda: "generation=%d," % self.generation in log(),
                  "the new table is not taken")

    def start(self):
        open(W + "/milter.log", "w", encoding="ascii").close()
        with open(W + "/milter.log", "ab") as file:
            self.child = subprocess.Popen(
                [BUILD + "/lsrd-milter", "-f", "-u", "nobody", "-l", "debug",
                 "-p", "unix:" + W + "/spool/lsrd/milter",
                 "-T", W + "/milter/table", "-k", W + "/milter/" + self.key,
                 "-r", W + "/report", *self.options], stderr=file)
        until(lambda: "ready:" in log() and "started:" in log(), "no start")

    def send(self, sig):
        self.child.send_signal(sig)
        if sig == signal.SIGSTOP:
            stat = "/proc/%d/stat" % self.child.pid
            until(lambda: open(stat).read().rpartition(")")[2].split()[0] == "T",
                  "it does not stop")

    def end(self):
        if self.child is None:
            return
        self.child.send_signal(signal.SIGCONT)
        self.child.kill()
        self.child.wait()
        self.child = None


class Session:
    """A client of Postfix; the address decides whether it may relay."""

    def __init__(self, source="127.0.0.1", patience=TOO_LONG):
        self.sock = socket.create_connection(
            ("192.0.2.1" if source != "127.0.0.1" else "127.0.0.1", 25), patience,
            (source, 0))
        self.file = self.sock.makefile("rb")
        self.answer()
        self.ask("EHLO c.example")

    def answer(self):
        while True:
            line = self.file.readline()
            if line[3:4] != b"-":
                return line.decode("ascii", "replace").rstrip()

    def ask(self, line):
        self.sock.sendall(line.encode() + b"\r\n")
        return self.answer()

    def data(self, octets):
        same(self.ask("DATA")[:3], "354")
        self.sock.sendall(re.sub(rb"(?m)^\.", b"..", octets) + b"\r\n.\r\n")
        return self.answer()

    def message(self, to, octets, sender="s@london.example.org"):
        same(self.ask("MAIL FROM:<%s>" % sender)[:3], "250")
        for rcpt in [to] if isinstance(to, str) else to:
            same(self.ask("RCPT TO:<%s>" % rcpt)[:3], "250")
        return self.data(octets)

    def close(self):
        self.file.close()
        self.sock.close()


COUNT = 0


def fresh(subject="x", more=b""):
    """A message with a name of its own."""
    global COUNT
    COUNT += 1
    name = "m%d.%d@london.example.org" % (COUNT, os.getpid())
    return name, (b"From: s@signed.example\r\nTo: u@paris.example.org\r\n%s"
                  b"Message-ID: <%s>\r\nSubject: %s\r\n\r\nBody of it.\r\n"
                  % (more, name.encode(), subject.encode()))


def arrived(sink, name):
    """The message as the sink got it, when it comes."""
    def look():
        for path in glob.glob("%s/sink/%s.*" % (W, sink)):
            with open(path, "rb") as file:
                octets = file.read()
            if name.encode() in octets and octets.endswith(b"\n\n"):
                return octets
        return None
    octets = until(look, "%s does not arrive at sink %s" % (name, sink))
    # smtp-sink puts lines of its own before the first field
    octets = re.sub(rb"\A(X-[A-Za-z-]+: .*\n)+", b"", octets)
    return octets.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"


def fields(octets, name):
    """Values of a field, unfolded."""
    head = re.sub(rb"\r\n[ \t]+", b" ", octets.split(b"\r\n\r\n")[0] + b"\r\n")
    return [v.strip() for v in re.findall(rb"(?mi)^%s:(.*)$" % name.encode(), head)]


def passed(octets, to=PARIS, sink="5", sender="s@london.example.org", name=None):
    session = Session()
    answer = session.message(to, octets, sender)
    session.close()
    same(answer[:3], "250")
    return arrived(sink, name) if name else None


def mail_log(word):
    with open(W + "/mail.log", encoding="utf-8", errors="replace") as file:
        return [line for line in file if word in line]


def taking():
    """Postfix's processes that take mail in or say where it goes."""
    with open(W + "/spool/pid/master.pid", encoding="ascii") as file:
        master = file.read().strip()
    found = set()
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                pid, _, rest = file.read().partition(" (")
        except OSError:
            continue
        name, _, rest = rest.rpartition(") ")
        if rest.split()[1] == master and name in ("smtpd", "cleanup", "pickup", "trivial-rewrite"):
            found.add(pid)
    return found


def reload():
    """By what is in its files now: a process of before may take one more
    client in until it has heard, so all of them have gone. None waits for who may
    be writing main.cf still, as it does where that was changed just now."""
    long_ago = time.time() - 3600
    os.utime(W + "/etc/main.cf", (long_ago, long_ago))
    before, said = taking(), len(mail_log("reload -- version"))
    subprocess.run(["postfix", "-c", W + "/etc", "reload"], check=True,
                   stderr=subprocess.DEVNULL)
    until(lambda: len(mail_log("reload -- version")) > said, "Postfix does not reload")
    until(lambda: not before & taking(), "those of before do not end")


# --- the cases ---------------------------------------------------------------


def mark_on_top():
    name, octets = fresh()
    got = passed(octets, name=name)
    same(len(fields(got, "LSR-Trace")), 1)
    assert len(got.split(b"\r\n")[0]) < 998, "the line is too long"


def mark_gone_outside():
    name, octets = fresh()
    got = passed(octets, OUT, "6", name=name)
    same(fields(got, "LSR-Trace"), [])


def second_hop_keeps_first():
    name, octets = fresh()
    got = passed(passed(octets, name=name).replace(b"Subject: x", b"Subject: y"),
                 ["v@paris.example.org"], name="Subject: y")
    same(len(fields(got, "LSR-Trace")), 2)


def strangers_marks():
    forged = b"LSR-Trace: %s\r\nLSR-Trace: A\r\nlsr-route: smtp:[192.0.2.66]\r\n" % (
        b"QUJD" * 60)
    name, octets = fresh(more=forged)
    session = Session("198.51.100.5")
    same(session.message(PARIS, octets)[:3], "250")
    session.close()
    got = arrived("5", name)
    same(len(fields(got, "LSR-Trace")), 1)
    same(fields(got, "LSR-Route"), [])
    assert b"QUJD" not in got


def of_sendmail():
    name, octets = fresh()
    send(octets)
    same(len(fields(arrived("5", name), "LSR-Trace")), 1)


def send(octets):
    subprocess.run(["sendmail", "-C", W + "/etc", "-i", "-f",
                    "s@mx1.london.example.org", PARIS],
                   input=octets.replace(b"\r\n", b"\n"), check=True)


def signed(octets):
    signature = dkim.sign(octets, SELECTOR, SIGNER, PRIVATE,
                          include_headers=[b"From", b"To", b"Subject", b"Message-ID"],
                          signature_algorithm=b"ed25519-sha256")
    return signature + octets


def verifies(octets):
    return dkim.verify(octets, dnsfunc=lambda name, timeout=5: PUBLIC)


def dkim_stands():
    name, octets = fresh()
    octets = signed(octets)
    assert verifies(octets) and not verifies(octets.replace(b"Body", b"body"))
    for _ in range(5):  # a visit more each time
        octets = passed(octets, ["h%d@paris.example.org" % time.monotonic_ns()],
                        name=name)
        for path in glob.glob(W + "/sink/5.*"):
            os.unlink(path)
        assert verifies(octets), "the signature is broken"
    same(len(fields(octets, "LSR-Trace")), 5)
    assert verifies(passed(octets, OUT, "6", name=name)), "broken on leaving"


def comes_back(sender="s@london.example.org"):
    """A message, as the next hop would hand it back."""
    name, octets = fresh()
    octets = passed(octets, sender=sender, name=name)
    session = Session("198.51.100.5")  # by loopback it would be our own
    answer = session.message(PARIS, octets, sender)
    session.close()
    same(answer[:9], "451 4.4.6")
    return name, octets


def loop_is_refused():
    comes_back()


def loop_of_null_sender():
    comes_back("")


def alias_passes():
    name, octets = comes_back()
    passed(octets, ["other@paris.example.org"])
    passed(octets, [PARIS, "other@paris.example.org"])
    assert name


def newer_table_passes():
    name, octets = comes_back()
    milter.table()
    passed(octets)
    assert name


def misrouted():
    session = Session("198.51.100.5")
    for _ in range(2):
        same(session.ask("X-LSA-2 FgMBAOABAADc")[:3], "500")
    name, octets = fresh()
    same(session.message(PARIS, octets)[:3], "250")
    session.close()
    arrived("5", name)
    assert "misrouted:" in log(), log()
    with open(W + "/mail.log", encoding="utf-8", errors="replace") as file:
        assert "panic" not in file.read()


def been_in_paris(octets):
    """The message with a visit of the next hop on top."""
    for path in glob.glob(W + "/sink/5.*"):
        os.unlink(path)
    name = fields(octets, "Message-ID")[0].decode()
    milter.end()
    milter.key = "paris.key"
    milter.start()
    octets = passed(octets, name=name)
    milter.end()
    milter.key = "london.key"
    milter.start()
    return name, octets


def waits_in_maildrop():
    name, octets = been_in_paris(comes_back()[1])
    waiting = set(glob.glob(W + "/spool/maildrop/*"))
    before = log().count("loop:")
    send(octets)
    until(lambda: log().count("loop:") > before, "sendmail(1) was not asked")
    same(len(set(glob.glob(W + "/spool/maildrop/*")) - waiting), 1)
    other, octets = fresh()
    send(octets)
    arrived("5", other)
    milter.table()
    # a pickup that ends just then is not one that has heard
    until(lambda: subprocess.run(["postkick", "-c", W + "/etc", "public", "pickup", "W"],
                                 check=False).returncode == 0, "pickup does not listen")
    until(lambda: set(glob.glob(W + "/spool/maildrop/*")) <= waiting,
          "it is not tried again")
    assert name


def several_in_one_session():
    session, names = Session(), []
    for _ in range(5):
        name, octets = fresh()
        same(session.message(PARIS, octets)[:3], "250")
        same(session.ask("RSET")[:3], "250")
        names.append(name)
    session.close()
    for name in names:
        same(len(fields(arrived("5", name), "LSR-Trace")), 1)


STAGES = ("EHLO", "MAIL", "RCPT", "DATA", "text")


def hurt_at(stage, sig):
    """The milter gets a signal in the middle; the message must pass."""
    session = Session()
    name, octets = fresh()
    steps = ["MAIL FROM:<s@london.example.org>", "RCPT TO:<%s>" % PARIS]
    at = STAGES.index(stage)
    for line in steps[:at]:
        same(session.ask(line)[:3], "250")
    if at >= 3:
        same(session.ask("DATA")[:3], "354")
    if at == 4:
        session.sock.sendall(octets[:60])
        octets = octets[60:]
    milter.send(sig)
    begun = time.monotonic()
    for line in steps[at:]:
        same(session.ask(line)[:3], "250")
    if at < 3:
        same(session.ask("DATA")[:3], "354")
    session.sock.sendall(octets + b"\r\n.\r\n")
    same(session.answer()[:3], "250")
    took = time.monotonic() - begun
    session.close()
    milter.end()
    arrived("5", name)
    milter.start()
    # two seconds, and what a busy machine takes by itself; Postfix would
    # wait for 30
    assert took < 2.0 + 8, "%s took %.1f s" % (stage, took)


def killed_midway():
    for stage in STAGES:
        hurt_at(stage, signal.SIGKILL)


def stopped_midway():
    for stage in ("RCPT", "text"):
        hurt_at(stage, signal.SIGSTOP)


def away():
    milter.end()
    begun = time.monotonic()
    name, octets = fresh()
    got = passed(octets, name=name)
    assert time.monotonic() - begun < 15  # Postfix would wait for 30
    same(fields(got, "LSR-Trace"), [])
    milter.start()


def no_key():
    milter.end()
    os.rename(W + "/milter/london.key", W + "/milter/away")
    with open(W + "/milter.log", "wb") as file:
        milter.child = subprocess.Popen(
            [BUILD + "/lsrd-milter", "-f", "-u", "nobody",
             "-p", "unix:" + W + "/spool/lsrd/milter",
             "-T", W + "/milter/table", "-k", W + "/milter/london.key"],
            stderr=file)
    until(lambda: "unready:" in log(), "it does not say so")
    name, octets = fresh()
    same(fields(passed(octets, name=name), "LSR-Trace"), [])
    os.rename(W + "/milter/away", W + "/milter/london.key")
    until(lambda: "ready: generation" in log(), "the key that came is not taken")
    name, octets = fresh()
    same(len(fields(passed(octets, name=name), "LSR-Trace")), 1)


CASES = (
    ("a mark is put on the message", mark_on_top),
    ("and taken off where it leaves", mark_gone_outside),
    ("a second hop adds its own", second_hop_keeps_first),
    ("strangers' marks and LSR-Route are stripped", strangers_marks),
    ("mail of sendmail(1) is marked", of_sendmail),
    ("DKIM: still verifies after 5 hops, and outside", dkim_stands),
    ("a loop is refused with 451 4.4.6", loop_is_refused),
    ("with the null sender, too", loop_of_null_sender),
    ("what an alias brought back is not", alias_passes),
    ("nor what a newer table sends on", newer_table_passes),
    ("X-LSA-2 at the MTA is counted, mail goes on", misrouted),
    ("sendmail(1): refused mail waits in maildrop, and goes", waits_in_maildrop),
    ("five messages in one session", several_in_one_session),
    ("killed in the middle: accepted", killed_midway),
    ("stopped in the middle: accepted, 2 s later at most", stopped_midway),
    ("away: accepted unchanged, at once", away),
    ("without a key: accepted unchanged, until it comes", no_key),
)


def key_pair():
    import base64
    import nacl.signing
    key = nacl.signing.SigningKey.generate()
    return (base64.b64encode(key.encode()),
            b"v=DKIM1; k=ed25519; p=" + base64.b64encode(key.verify_key.encode()))


PRIVATE, PUBLIC = key_pair()
milter = Milter()


def run(cases):
    """Each case with a result; those that the command line names, or all."""
    wanted = sys.argv[1:]
    chosen = [c for c in cases if not wanted or any(w in c[0] for w in wanted)]
    print("1..%d" % len(chosen))
    try:
        (milter.prepare or milter.table)()
        milter.start()
        for n, (what, case) in enumerate(chosen, 1):
            try:
                case()
                print("ok %d - %s" % (n, what), flush=True)
            except (Failed, AssertionError, OSError) as error:
                print("not ok %d - %s" % (n, what))
                print("# %s: %s" % (type(error).__name__, error), flush=True)
                for line in log().splitlines()[-5:]:
                    print("# " + line)
                milter.end()
                milter.start()
    finally:
        milter.end()


if __name__ == "__main__":
    run(CASES)

"""behind.py - an MTA behind lsrd-front: whom does it take a client for?

    behind.py postfix | exim

Speaks TAP. FRONT is the program, W the scratch folder; the MTA runs, takes
mail for joe, and refuses who connects more than LIMIT times a minute.
"""

import glob
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time

from front_sessions import differs

W = os.environ["W"]
LIMIT = 5
HERE = {4: "192.0.2.1", 6: "2001:db8::1"}
STRANGER = {4: "203.0.113.7", 6: "2001:db8:113::7"}
PEER = {4: "203.0.113.8", 6: "2001:db8:113::8"}
OFTEN = {4: "203.0.113.9", 6: "2001:db8:113::9"}
SELDOM = {4: "203.0.113.10", 6: "2001:db8:113::a"}
FREE = "203.0.113.11"  # of whom there may be many
BARRED = {4: "203.0.113.12", 6: "2001:db8:113::c"}
SESSIONS = 60
POLICY = ("127.0.0.1", 2599)


class Mta:
    """One way to stand behind: where, and how its words are."""

    def __init__(self, name, behind, log, took, mail):
        self.name, self.behind, self.log, self.mail = name, behind, log, mail
        self.took = took  # of an address: how the log names the client
        self.cases, self.last = CASES, (headerless,)
        self.port = 2500
        self.form = "v2"  # of the PROXY header

    def logged(self, pattern):
        """Whether the log has such a line; waits, as logs may."""
        return until(lambda: re.search(pattern, read(self.log)))

    def asked(self, source):
        """Whether what checks senders (SPF, lists) was asked about it."""
        return self.logged("(?m)asked about %s$" % re.escape(source))

    def message(self, title):
        """The delivered message with this subject."""
        def look():
            for path in glob.glob(self.mail):
                for text in re.split(r"(?m)^(?=From )", read(path)):
                    if "\nSubject: %s\n" % title in text:
                        return text
            return None
        return until(look)


class Postfix(Mta):
    """Asks a policy service, which notes what it was asked about."""

    policy = None

    def asked(self, source):
        return source in self.policy.clients


class Policy(threading.Thread):
    """A policy service, as an SPF checker is one."""

    def __init__(self):
        super().__init__(daemon=True)
        self.clients = []
        self.listener = socket.create_server(POLICY)
        self.start()

    def run(self):
        while True:
            link, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        with link, link.makefile("rw") as lines:
            for line in lines:
                if line.startswith("client_address="):
                    self.clients.append(line.strip().partition("=")[2])
                if line == "\n":
                    lines.write("action=DUNNO\n\n")
                    lines.flush()


class Front:
    """lsrd-front, in front of one MTA."""

    def __init__(self, mta):
        command = [os.environ["FRONT"], "-f", "-b", mta.behind, "-u", "nobody",
                   "-s", W + "/no-lsrd", "-x", mta.form]
        for family, here in HERE.items():
            command += ["-l", ("[%s]:%d" if family == 6 else "%s:%d") % (here, mta.port),
                        "-p", PEER[family]]
        with open(W + "/front.log", "ab") as log:
            self.child = subprocess.Popen(command, stderr=log)
        until(lambda: connects(HERE[6], mta.port))

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def until(test, seconds=120):
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end
        answer = test()
        if answer or late:
            return answer
        time.sleep(0.05)


def connects(host, port):
    try:
        socket.create_connection((host, port), 5).close()
        return True
    except OSError:
        return False


def client(mta, family, source, port=None):
    """An SMTP client at `source`, greeted."""
    return smtplib.SMTP(HERE[family], port or mta.port, "client.example", 120,
                        (source, 0))


def subject(mta, who, family):
    return "%s to %s, IPv%d" % (who, mta.name, family)


def sends(mta, family, source, title, tls=False):
    """Sends a message to joe; says what EHLO offered."""
    with client(mta, family, source) as smtp:
        smtp.ehlo()
        if tls:
            smtp.starttls(context=any_certificate())
            smtp.ehlo()
        smtp.sendmail("a@client.example", ["joe@mx1.london.example.org"],
                      "Subject: %s\r\n\r\nhello\r\n" % title)
        return smtp.esmtp_features


def any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def same(got, wanted):
    assert got == wanted, "got %r, not %r" % (got, wanted)


def is_known(mta, source, title):
    """The MTA has taken that mail from this client, wherever it says so."""
    text = mta.message(title)
    assert text, "%s was not delivered" % title
    received = re.findall(r"(?m)^Received: (?:.*\n[ \t])*.*", text)[0]
    assert re.search(r"\[(IPv6:)?%s\]" % re.escape(source), received), received
    assert "127.0.0.1" not in received and "[::1]" not in received, received
    assert mta.logged(mta.took(source)), "not in the log: " + mta.took(source)
    assert mta.asked(source), "no check asked about " + source


def stranger(mta, family):
    """a stranger is known by his address, and sees no keyword"""
    offered = sends(mta, family, STRANGER[family], subject(mta, "stranger", family))
    assert "x-lsa-2" not in offered, offered
    is_known(mta, STRANGER[family], subject(mta, "stranger", family))


def peer(mta, family):
    """a listed peer is known by his address, sees the keyword, and mails"""
    offered = sends(mta, family, PEER[family], subject(mta, "peer", family))
    assert "x-lsa-2" in offered, offered
    is_known(mta, PEER[family], subject(mta, "peer", family))


def tls(mta, family):
    """TLS passes, with who the client is; inside it there is no keyword"""
    for who, source in (("stranger", STRANGER), ("peer", PEER)):
        title = subject(mta, "tls " + who, family)
        offered = sends(mta, family, source[family], title, tls=True)
        assert "x-lsa-2" not in offered, offered
        is_known(mta, source[family], title)
        received = re.sub(r"\s+", " ", mta.message(title))
        assert re.search(r" with esmtps? .*TLS1\.3", received), received
        assert mta.logged(r"\[%s\] P=esmtps X=TLS1\.3" %
                          re.escape(source[family]))


def barred(mta, family):
    """an access list refuses the client, not the front"""
    for source, code in ((BARRED, 550), (STRANGER, 250)):
        with client(mta, family, source[family]) as smtp:
            smtp.ehlo()
            smtp.mail("a@client.example")
            same(smtp.rcpt("joe@mx1.london.example.org")[0], code)


def relay(mta, family):
    """nobody relays because the front is on loopback"""
    with client(mta, family, STRANGER[family]) as smtp:
        smtp.ehlo()
        smtp.mail("a@client.example")
        code, text = smtp.rcpt("x@foreign.example")
        assert code // 100 == 5, (code, text)
        assert b"elay" in text, text


def rate(mta, family):
    """the rate limit counts the client, not the front"""
    greeted = 0
    try:
        while greeted < 4 * LIMIT:
            client(mta, family, OFTEN[family]).quit()
            greeted += 1
    except smtplib.SMTPConnectError as error:
        assert error.smtp_code in (421, 451), error
    assert LIMIT <= greeted < 4 * LIMIT, "%d were greeted" % greeted
    client(mta, family, SELDOM[family]).quit()


def headerless(mta, family):
    """who comes without the header is not served"""
    host, port = mta.behind.rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), 120) as link:
        link.sendall(b"EHLO x.example\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n")
        link.settimeout(120)
        said = b""
        try:
            while some := link.recv(4096):
                said += some
        except ConnectionResetError:
            pass
    assert not re.search(rb"(?m)^250", said), said


def sessions(mta, _):
    """generated sessions say the same with the front and without"""
    for seed in range(SESSIONS):
        found = differs(seed, FREE, (HERE[4], mta.port), (HERE[4], 25))
        if found:
            same(*found)


def waits(mta, family):
    """a server in postscreen_access_list waits for no greeting, others do"""
    assert mta.logged(r"ALLOWLISTED \[%s\]" % re.escape(PEER[family]))
    assert mta.logged(r"PASS NEW \[%s\]" % re.escape(STRANGER[family]))


def local(mta, family):
    """a program of this host needs no header on port 25"""
    with smtplib.SMTP("127.0.0.1", 25, "here.example", 120) as smtp:
        same(smtp.ehlo()[0], 250)


CASES = (stranger, peer, relay, rate)


def postfix():
    log, mail = W + "/mail.log", W + "/mail/all/new/*"

    def took(source):
        return r"front/smtpd\[\d+\]: \w+: client=\S+\[%s\]" % re.escape(source)

    def screened(source):
        return r"front/postscreen\[\d+\]: CONNECT from \[%s\]" % re.escape(source)

    mtas = (Postfix("smtpd", "127.0.0.1:2525", log, took, mail),
            Postfix("postscreen", "127.0.0.1:2526", log, screened, mail),
            Postfix("smtpd on [::1]", "[::1]:2525", log, took, mail))
    mtas[1].cases = CASES + (waits,)
    mtas[2].cases = (stranger,)
    Postfix.policy = Policy()
    return mtas


def exim():
    root = W + "/exim"

    def took(source):
        return r"<= a@client\.example H=\S+ \[%s\] P=esmtp" % re.escape(source)

    mtas = [Mta(what, behind, root + "/var/log/exim4/mainlog", took,
                root + "/var/mail/joe")
            for what, behind in (("exim", "127.0.0.1:2525"),
                                 ("exim, told by v1", "127.0.0.1:2525"),
                                 ("exim on [::1]", "[::1]:2525"))]
    mtas[0].cases = CASES + (tls, barred)
    mtas[0].last = (headerless, local, sessions)
    mtas[1].form, mtas[1].cases = "v1", (stranger,)
    mtas[2].cases = (stranger,)
    until(lambda: connects("127.0.0.1", 25))
    return mtas


def main():
    number = 0

    def case(mta, what, family):
        nonlocal number
        number += 1
        try:
            what(mta, family)
            print("ok", end="")
        except Exception as error:
            print("# %s: %.2000s" % (type(error).__name__, error))
            print("not ok", end="")
        print(" %d - %s: %s, IPv%d" % (number, mta.name, what.__doc__, family),
              flush=True)

    mtas = {"postfix": postfix, "exim": exim}[sys.argv[1]]()
    print("1..%d" % sum(2 * len(mta.cases) + len(mta.last) for mta in mtas))
    for mta in mtas:
        front = Front(mta)
        for family in HERE:
            for what in mta.cases:
                case(mta, what, family)
        for what in mta.last:
            case(mta, what, 4)
        front.end()


main()

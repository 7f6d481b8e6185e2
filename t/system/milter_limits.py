"""milter_limits.py - the cases of milter-limits.sh; speaks TAP.

Two connectors lead to Paris: the cheap one takes small mail to sink 5, the
other one takes larger mail to sink 6. out.example.org has no limits.
"""

import glob
import os
import subprocess
import time

from milter import (BUILD, OUT, PARIS, W, Session, arrived, fields, fresh, log, mail_log,
                    milter, reload, run, same, until)

SMALL, LARGE = 20000, 50000
REINJECT = "smtp:[127.0.0.1]:10026"


def limits(cheap="", small=SMALL, large=LARGE, wide="198.51.100.6:25",
           pattern="paris.example.org", mta=("", "")):
    """The table, with these limits; a schedule for the cheap connector."""
    milter.table(more=["mta", *mta, "limits", "mx1.london.example.org",
                       "mx1.paris.example.org", pattern,
                       "198.51.100.5:25", str(small), cheap,
                       wide, str(large)])


def sized(octets):
    """A message of about so many octets, and its name."""
    name, message = fresh()
    lines = (octets - len(message)) // 72
    return name, message + (b"x" * 70 + b"\r\n") * max(lines, 0)


def offer(message, to, declared=None):
    """MAIL, RCPT..., DATA: the replies to the recipients, and to the end."""
    session = Session()
    size = " SIZE=%d" % declared if declared else ""
    same(session.ask("MAIL FROM:<s@london.example.org>" + size)[:3], "250")
    replies = [session.ask("RCPT TO:<%s>" % rcpt) for rcpt in to]
    end = session.data(message)
    session.close()
    return [reply[:9] for reply in replies], end


def small_goes_plainly():
    name, message = sized(1000)
    same(offer(message, [PARIS])[1][:3], "250")
    got = arrived("5", name)
    same(fields(got, "LSR-Route"), [])
    same(len(fields(got, "LSR-Trace")), 1)


def large_goes_another_way():
    name, message = sized(30000)
    same(offer(message, [PARIS])[1][:3], "250")
    got = arrived("6", name)
    same(fields(got, "LSR-Route"), [b"lsrd:[198.51.100.6]:25"])
    same(len(fields(got, "LSR-Trace")), 1)


def too_large_is_refused():
    _, message = sized(80000)
    reply = offer(message, [PARIS])[1]
    same(reply[:9], "552 5.3.4")
    assert "admits this message (size)" in reply, reply


def on_its_way_it_is_held():
    """A size that no way admits, but somebody has taken it already."""
    name, message = sized(1000)
    offer(message, [PARIS])
    got = arrived("5", name)
    limits(small=500, large=500)
    reply = offer(got.replace(b"Subject: x", b"Subject: back"),
                  ["v@paris.example.org"])[1]
    same(reply[:9], "451 4.7.0")
    limits()


def declared_sizes_part_recipients():
    name, message = sized(30000)
    replies, end = offer(message, [PARIS, OUT], 30000)
    same(replies, ["250 2.1.5", "452 4.5.3"])
    same(end[:3], "250")
    arrived("6", name)
    name, message = sized(1000)
    same(offer(message, [PARIS, OUT], 1000)[0], ["250 2.1.5", "250 2.1.5"])
    arrived("5", name)


def one_table_judges_a_message():
    """The recipients' table is that of the end, though a newer one has come."""
    name, message = sized(30000)
    session = Session()
    same(session.ask("MAIL FROM:<s@london.example.org> SIZE=30000")[:3], "250")
    same(session.ask("RCPT TO:<%s>" % PARIS)[:3], "250")
    milter.table()
    same(session.data(message)[:3], "250")
    session.close()
    got = arrived("6", name)
    same(fields(got, "LSR-Route"), [b"lsrd:[198.51.100.6]:25"])
    name, message = sized(30000)
    same(offer(message, [PARIS], 30000)[1][:3], "250")
    same(fields(arrived("5", name), "LSR-Route"), [])
    limits()


def silent_clients_keep_few_tables():
    """Each with the table of its time: above eight, RCPT is not judged."""
    silent = []

    def parts():
        name, message = sized(30000)
        return offer(message, [PARIS, OUT], 30000)[0] == ["250 2.1.5", "452 4.5.3"]

    try:
        for _ in range(6):
            session = Session()
            same(session.ask("MAIL FROM:<s@london.example.org> SIZE=30000")[:3], "250")
            same(session.ask("RCPT TO:<%s>" % PARIS)[:3], "250")
            silent.append(session)
            limits()
        assert parts(), "six silent clients"
        for _ in range(3):
            session = Session()
            same(session.ask("MAIL FROM:<s@london.example.org> SIZE=30000")[:3], "250")
            same(session.ask("RCPT TO:<%s>" % PARIS)[:3], "250")
            silent.append(session)
            limits()
        assert not parts(), "nine silent clients"
    finally:
        for session in silent:
            session.close()
    until(parts, "they are gone")


def undeclared_sizes_are_learnt():
    name, message = sized(31000)
    replies, end = offer(message, [OUT, PARIS])
    same(replies, ["250 2.1.5", "250 2.1.5"])
    same(end[:9], "451 4.3.1")
    replies, end = offer(message, [OUT, PARIS])
    same(replies, ["250 2.1.5", "452 4.5.3"])
    same(end[:3], "250")
    same(fields(arrived("6", name), "LSR-Route"), [])
    same(offer(message, [PARIS])[1][:3], "250")


def schedules_hold():
    """Closed at this hour of the day, then open."""
    now = time.gmtime()
    closed = "%02d:00-%02d:00" % ((now.tm_hour + 2) % 24, (now.tm_hour + 3) % 24)
    limits(closed, large=10)
    name, message = sized(1000)
    reply = offer(message, [PARIS])[1]
    same(reply[:9], "451 4.7.0")
    assert "(schedule)" in reply or "(size)" in reply, reply
    limits("00:00-24:00", large=10)
    same(offer(message, [PARIS])[1][:3], "250")
    arrived("5", name)
    limits()


def sendmail(message, to):
    subprocess.run(["sendmail", "-C", W + "/etc", "-i", "-f",
                    "s@mx1.london.example.org", to],
                   input=message.replace(b"\r\n", b"\n"), check=True)


def sendmail_goes_another_way():
    name, message = sized(30000)
    sendmail(message, PARIS)
    same(len(fields(arrived("6", name), "LSR-Trace")), 1)


def sendmail_is_injected_again():
    """What would be refused waits in the queue, for our own smtpd."""
    _, message = sized(80000)
    sendmail(message, PARIS)

    def waits():
        out = subprocess.run(["postqueue", "-c", W + "/etc", "-p"],
                             capture_output=True, check=False).stdout
        return b"127.0.0.1" in out and b":10026" in out
    until(waits, "it does not wait for port 10026")
    assert "result=reinject, route=" + REINJECT in log()


def lsrctl(*words):
    return subprocess.run([BUILD + "/lsrctl", *words], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def configuration():
    """What `lsrctl check` needs: keys, and lsrd.conf by the table."""
    keys = W + "/check"
    lsrctl("keys", "authority", "--organization", "example.org",
           "--directory", keys)
    lsrctl("keys", "issue", "mx1.london.example.org", "--directory", keys,
           "--group", "london", "--space", "london.example.org")
    own = os.path.dirname(glob.glob(keys + "/**/server.pem", recursive=True)[0])
    with open(W + "/check.conf", "w", encoding="ascii") as file:
        file.write("""organization = "example.org"
routing-group = "london"
server = "mx1.london.example.org"
smtp = { "192.0.2.1:25" }
state-directory = "%s"
table-directory = "%s/tables"
postfix-directory = "%s/etc"
key = "%s/server.key"
certificate = "%s/server.pem"
authority = "%s/authority.pem"
mark-key = "%s/mark.key"
control-socket = "%s/none"
""" % (W, W, W, own, own, keys, own, W))
    return W + "/check.conf"


def frozen_mail_is_named():
    """Steered to a hop that is gone: lsrctl says what frees it."""
    config = configuration()
    limits(wide="198.51.100.7:25")
    name, message = sized(30000)
    same(offer(message, [PARIS])[1][:3], "250")

    def remedy():
        for line in lsrctl("--config", config, "check").splitlines():
            if "postsuper" in line:
                return line[line.index("postsuper"):].split()
        return None
    until(lambda: b"198.51.100.7" in subprocess.run(
        ["postqueue", "-c", W + "/etc", "-p"], capture_output=True,
        check=False).stdout, "it is not deferred")
    same(remedy(), None)  # its hop is still one
    limits()
    words = remedy()
    assert words, "no frozen message is named"
    same(words[:4], ["postsuper", "-c", W + "/etc", "-r"])
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["postqueue", "-c", W + "/etc", "-f"], check=True)
    # Postfix asks no milter about what was taken up again
    arrived("5", name)
    until(lambda: remedy() is None, "it is named still")


def as_postfix_resolves():
    """By what is delivered, not by what was said."""
    for to in ("U@Paris.Example.ORG.", '"u"@paris.example.org',
               "u%paris.example.org@mx1.london.example.org", "paris.example.org!u",
               "@mx1.london.example.org:u@paris.example.org",
               '"u@paris.example.org"@mx1.london.example.org'):
        name, message = sized(30000)
        same(offer(message, [to])[1][:3], "250")
        same(fields(arrived("6", name), "LSR-Route"), [b"lsrd:[198.51.100.6]:25"])


def without_percent():
    """Where Postfix follows neither sign, such a user is one of this host."""
    postconf("-e", "allow_percent_hack=no", "swap_bangpath=no")
    reload()
    for to in ("a%paris.example.org@mx1.london.example.org",
               "paris.example.org!a@mx1.london.example.org"):
        same(offer(sized(80000)[1], [to])[1][:3], "250")
        until(lambda to=to: [line for line in mail_log("to=<%s>" % to)
                             if "relay=none" in line], to)
    postconf("-X", "allow_percent_hack", "swap_bangpath")
    reload()


def either_spelling():
    """A domain with U-labels, as Postfix finds it in the table."""
    domain = "xn--mnchen-3ya.example.org"
    milter.table(more=["route", domain, "mx1.paris.example.org", "198.51.100.5:25",
                       "limits", "mx1.london.example.org", "mx1.paris.example.org",
                       domain, "198.51.100.5:25", str(SMALL), "",
                       "198.51.100.6:25", str(LARGE)])
    for n, domain in enumerate(("m\u00fcnchen.example.org", "M\u00dcNCHEN.Example.ORG",
                                "XN--Mnchen-3YA.example.org")):
        to = "idn%d@%s" % (n, domain)
        session = Session()
        same(session.ask("MAIL FROM:<s@london.example.org> SMTPUTF8")[:3], "250")
        same(session.ask("RCPT TO:<%s>" % to)[:3], "250")
        same(session.data(sized(30000)[1])[:3], "250")
        session.close()
        # The sinks do not take SMTPUTF8; where it goes is what counts.
        line = until(lambda n=n: [line for line in mail_log("to=<idn%d@" % n)
                                  if "relay=" in line], to)[0]
        assert "relay=198.51.100.6" in line, line
    limits()


def two_ways():
    """Two recipients, each with limits of its own."""
    milter.table(more=["route", "tokyo.example.org", "mx1.tokyo.example.org",
                       "198.51.100.5:25"] + [word for town, small in
                                              (("paris", SMALL), ("tokyo", LARGE))
                 for word in ("limits", "mx1.london.example.org",
                              "mx1.%s.example.org" % town, town + ".example.org",
                              "198.51.100.5:25", str(small), "", "198.51.100.6:25",
                              "100000")])
    tokyo = "u@tokyo.example.org"
    for octets, replies in ((10000, ["250 2.1.5", "250 2.1.5"]),
                            (30000, ["250 2.1.5", "452 4.5.3"]),
                            (80000, ["250 2.1.5", "250 2.1.5"])):
        for to in ([PARIS, tokyo], [tokyo, PARIS]):
            got = offer(sized(octets)[1], to, octets)
            same((octets, got[0], got[1][:3]), (octets, replies, "250"))
    same(offer(sized(90001)[1], [PARIS, tokyo])[1][:3], "250")
    limits()


def extensions():
    """The limits are those of boss@'s route alone."""
    for delimiters, to, sink in (("", "boss+x", "5"), ("+", "boss+x", "6"),
                                 ("-+", "boss-x", "6"), ("+", "u+boss", "5")):
        limits(pattern="boss@paris.example.org", mta=(delimiters, ""))
        name, message = sized(30000)
        same(offer(message, [to + "@paris.example.org"])[1][:3], "250")
        arrived(sink, name)
    limits()


def postconf(*words):
    subprocess.run(["postconf", "-c", W + "/etc", *words], check=True)


def copies_are_found():
    """That FILTER would take along, unless there is a way round."""
    config = W + "/check.conf" if os.path.exists(W + "/check.conf") else configuration()

    def found():
        return "always_bcc: who gets a message" in lsrctl("--config", config, "check")
    assert not found(), "without copies"
    postconf("-e", "always_bcc=copy@london.example.org")
    assert found(), "not found"
    postconf("-Me", "lsrd-again/unix=lsrd-again unix - - n - - smtp")
    assert not found(), "with a way round"
    postconf("-MX", "lsrd-again/unix")
    milter.table()
    assert not found(), "without limits"
    postconf("-X", "always_bcc")
    limits()
    masked = "masquerade_domains: who gets a message"
    postconf("-e", "masquerade_domains=example.org")
    assert masked not in lsrctl("--config", config, "check"), "senders alone"
    postconf("-e", "masquerade_classes=envelope_sender, envelope_recipient")
    assert masked in lsrctl("--config", config, "check"), "recipients are masked"
    postconf("-X", "masquerade_domains", "masquerade_classes")


def maps_without_a_way_round():
    """Whom they may have changed gets no route that was made for another."""
    to = "alias@mx1.london.example.org"
    postconf("-e", "virtual_alias_maps=inline:{{ v@paris.example.org = %s }}" % to)
    reload()
    limits(mta=("", "c"))
    same(offer(sized(30000)[1], ["v@paris.example.org"])[1][:3], "250")
    line = until(lambda: [line for line in mail_log("to=<%s>" % to)
                          if "status=" in line], "it is lost")[0]
    assert "198.51.100" not in line and "status=sent" in line, line
    assert "result=passes, why=maps of the MTA" in log()
    name, message = sized(30000)
    same(offer(message, [PARIS])[1][:3], "250")
    same(fields(arrived("5", name), "LSR-Route"), [])
    postconf("-X", "virtual_alias_maps")
    reload()
    limits()


def without_limits_again():
    milter.table()
    name, message = sized(30000)
    same(offer(message, [PARIS])[1][:3], "250")
    same(fields(arrived("5", name), "LSR-Route"), [])
    limits()


CASES = (
    ("small mail goes by the table", small_goes_plainly),
    ("large mail goes another way, by FILTER", large_goes_another_way),
    ("what no way ever admits: 552 5.3.4", too_large_is_refused),
    ("but on its way: 451 4.7.0", on_its_way_it_is_held),
    ("SIZE= declared: 452 4.5.3 for the odd one", declared_sizes_part_recipients),
    ("one table judges a message from RCPT to its end", one_table_judges_a_message),
    ("silent clients keep few tables", silent_clients_keep_few_tables),
    ("not declared: 451 4.3.1 once, then the same", undeclared_sizes_are_learnt),
    ("a closed schedule holds, an open one does not", schedules_hold),
    ("sendmail(1): another way as well", sendmail_goes_another_way),
    ("sendmail(1): what is refused waits for our own port", sendmail_is_injected_again),
    ("lsrctl names what waits for hops that are gone", frozen_mail_is_named),
    ("lsrctl finds copies that FILTER would take along", copies_are_found),
    ("maps that change recipients, and no way round", maps_without_a_way_round),
    ("recipients count as Postfix resolves them", as_postfix_resolves),
    ("where % and ! are no sign, they are none", without_percent),
    ("U-labels in any case, and A-labels", either_spelling),
    ("two recipients, each with limits of its own", two_ways),
    ("an extension is its user's", extensions),
    ("a table without limits: nothing of this", without_limits_again),
)

if __name__ == "__main__":
    milter.options = ("--reinject", REINJECT)
    milter.prepare = limits
    run(CASES)

"""milter_filter.py - the cases of milter-filter.sh; speaks TAP."""

import glob
import os
import subprocess

import milter_limits
from milter import (PARIS, W, Session, arrived, been_in_paris, fields, fresh, log, mail_log,
                    milter, passed, reload, run, same, send, until)

# Behind each filter a service takes the message back, with our milter.
SERVICES = (
    ("pipe/unix", "pipe unix - n n - - pipe user=nobody argv=%s/pipe" % W),
    ("scan/unix", "scan unix - - n - 2 smtp -o smtp_header_checks= "
                  "-o smtp_send_xforward_command=yes"),
    ("127.0.0.1:10025/inet", "127.0.0.1:10025 inet n - n - - smtpd -o content_filter= "
                             "-o myhostname=scan.london.example.org"),
    ("192.0.2.1:10025/inet", "192.0.2.1:10025 inet n - n - - smtpd -o content_filter= "
                             "-o mynetworks=192.0.2.1 "
                             "-o myhostname=scan.london.example.org"),
    ("lsrd-again/unix", "lsrd-again unix - - n - - smtp -o smtp_header_checks= "
                        "-o smtp_generic_maps="),
    ("127.0.0.1:10026/inet", "127.0.0.1:10026 inet n - n - - smtpd "
                             "-o receive_override_options=no_address_mappings "
                             "-o myhostname=again.london.example.org"),
    ("127.0.0.1:10024/inet", "127.0.0.1:10024 inet n - n - - smtpd "
                             "-o content_filter=scan:[127.0.0.1]:10025 "
                             "-o myhostname=first.london.example.org"),
)


def postconf(*words):
    subprocess.run(["postconf", "-c", W + "/etc", *words], check=True)


def content_filter(how):
    """Port 25 gives its mail to this filter from now on; None: to none."""
    if how:
        postconf("-P", "25/inet/content_filter=" + how)
    else:
        subprocess.run(["postconf", "-c", W + "/etc", "-PX", "25/inet/content_filter"],
                       check=False, stderr=subprocess.DEVNULL)
    reload()


def services():
    os.mkdir(W + "/piped")
    os.chmod(W + "/piped", 0o777)
    with open(W + "/pipe", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\ncat >%s/piped/$$.new && mv %s/piped/$$.new %s/piped/$$.got\n"
                   % (W, W, W))
    os.chmod(W + "/pipe", 0o755)
    for name, line in SERVICES:
        postconf("-Me", "%s=%s" % (name, line))
    postconf("-e", "lsrd-again_destination_recipient_limit=1")
    milter.table()


def no_loop():
    assert "loop:" not in log(), log()


def once(octets, received):
    """One visit, and as many Received fields beside the sink's own."""
    same(len(fields(octets, "LSR-Trace")), 1)
    same(len(fields(octets, "Received")), received + 1)
    no_loop()
    return octets


def by_sendmail():
    content_filter("pipe:dummy")
    name, octets = fresh()
    passed(octets)

    def piped():
        return glob.glob(W + "/piped/*.got")
    path = until(piped, "it does not come to the filter")[0]
    with open(path, "rb") as file:
        octets = file.read()
    os.unlink(path)
    # pipe(8) takes no marks off
    same(len(fields(octets.replace(b"\n", b"\r\n"), "LSR-Trace")), 1)
    send(octets)
    once(arrived("5", name), 2)


def by_loopback():
    content_filter("scan:[127.0.0.1]:10025")
    name, octets = fresh()
    once(passed(octets, name=name), 2)


def by_own_address():
    content_filter("scan:[192.0.2.1]:10025")
    name, octets = fresh()
    once(passed(octets, name=name), 2)


def by_two_filters():
    content_filter("scan:[127.0.0.1]:10024")
    name, octets = fresh()
    once(passed(octets, name=name), 3)


def real_loop():
    content_filter("scan:[127.0.0.1]:10025")
    name, octets = fresh()
    octets = passed(octets, name=name)
    for back in (octets, been_in_paris(octets)[1]):
        session = Session("198.51.100.5")
        same(session.message(PARIS, back)[:9], "451 4.4.6")
        session.close()


def newer_table():
    """Back by a newer table, through the filter again: both stays are told."""
    content_filter("scan:[127.0.0.1]:10025")
    name, octets = fresh()
    octets = been_in_paris(passed(octets, name=name))[1]
    for path in glob.glob(W + "/sink/5.*"):
        os.unlink(path)
    milter.table()
    session = Session("198.51.100.5")
    same(session.message(PARIS, octets)[:3], "250")
    session.close()
    same(len(fields(arrived("5", name), "LSR-Trace")), 3)
    no_loop()


def large_is_scanned():
    """A route of its own comes after the filter, not in its place."""
    content_filter("scan:[127.0.0.1]:10025")
    milter_limits.limits(mta=("", "s"))
    name, message = milter_limits.sized(30000)
    same(milter_limits.offer(message, [PARIS])[1][:3], "250")
    got = once(arrived("6", name), 2)
    same(fields(got, "LSR-Route"), [b"lsrd:[198.51.100.6]:25"])
    assert b"scan.london.example.org" in got
    _, message = milter_limits.sized(80000)
    same(milter_limits.offer(message, [PARIS])[1][:9], "552 5.3.4")
    milter.table()


def copies_go_their_way():
    """What always_bcc adds does not take the message's own route."""
    other_recipient("always_bcc", "copy1@mx1.london.example.org")


def aliases_go_their_way():
    """Nor do those whom virtual_alias_maps puts beside a recipient."""
    copy = "copy2@mx1.london.example.org"
    other_recipient("virtual_alias_maps", copy,
                    "inline:{{ %s = %s,%s }}" % (PARIS, PARIS, copy))


def other_recipient(parameter, copy, value=None):
    content_filter(None)
    postconf("-e", "%s=%s" % (parameter, value or copy))
    milter_limits.limits(mta=("", "c"))
    name, message = milter_limits.sized(30000)
    same(milter_limits.offer(message, [PARIS])[1][:3], "250")
    got = arrived("6", name)
    same(len(fields(got, "LSR-Trace")), 1)
    same(fields(got, "LSR-Route")[0], b"lsrd:[198.51.100.6]:25")

    def copied():
        return mail_log("to=<%s>" % copy)
    until(lambda: [line for line in copied() if "relay=none" in line], "the copy is lost")
    for line in copied():
        assert "198.51.100.6" not in line, line
    postconf("-X", parameter)
    content_filter(None)
    milter.table()


def bcc_goes_its_way():
    """By the sender, and by the recipient."""
    copy = "copy3@mx1.london.example.org"
    other_recipient("sender_bcc_maps", copy,
                    "inline:{{ s@london.example.org = %s }}" % copy)
    copy = "copy4@mx1.london.example.org"
    other_recipient("recipient_bcc_maps", copy, "inline:{{ %s = %s }}" % (PARIS, copy))


def moved_recipient(to, is_to, *parameters, octets=30000):
    """In the place of `to` another one, of this host: his mail is here."""
    postconf("-e", *parameters)
    content_filter(None)
    milter_limits.limits(mta=("", "c"))
    message = milter_limits.sized(octets)[1]
    same(milter_limits.offer(message, [to])[1][:3], "250")
    line = until(lambda: [line for line in mail_log("to=<%s>" % is_to)
                          if "status=" in line and "relay=127.0.0.1" not in line],
                 "it is lost")[0]
    assert "postfix/discard" in line, line
    postconf("-X", *[word.partition("=")[0] for word in parameters])
    content_filter(None)
    milter.table()


def moved_to_another_domain():
    for n, name in enumerate(("canonical_maps", "recipient_canonical_maps")):
        to = "moved%d@mx1.london.example.org" % n
        moved_recipient(PARIS, to, "%s=inline:{{ %s = %s }}" % (name, PARIS, to))


def aliased_to_here():
    """Too large for the way to him who was named, for now or for ever."""
    for n, octets in enumerate((30000, 80000)):
        to = "alias%d@mx1.london.example.org" % n
        moved_recipient(PARIS, to, "virtual_alias_maps=inline:{{ %s = %s }}" % (PARIS, to),
                        octets=octets)


def too_large_after_maps():
    """Judged late, refused for good all the same: nobody waits for five days."""
    postconf("-e", "virtual_alias_maps=inline:{{ x@y.example = z@y.example }}")
    content_filter(None)
    milter_limits.limits(mta=("", "c"))
    to = "large@paris.example.org"
    same(milter_limits.offer(milter_limits.sized(80000)[1], [to])[1][:3], "250")
    line = until(lambda: [line for line in mail_log("to=<%s>" % to)
                          if "552 5.3.4" in line], "it is not refused")[0]
    assert "status=bounced" in line and ":10026" in line, line
    postconf("-X", "virtual_alias_maps")
    content_filter(None)
    milter.table()


def masqueraded():
    moved_recipient("masked@paris.example.org", "masked@example.org",
                    "masquerade_domains=example.org",
                    "masquerade_classes=envelope_sender, envelope_recipient")


def generic_maps():
    """Are for where mail leaves, and not for the way by our own smtpd."""
    postconf("-e", "smtp_generic_maps=inline:{{ %s = gen@mx1.london.example.org }}" % PARIS)
    other_recipient("always_bcc", "copy5@mx1.london.example.org")
    postconf("-X", "smtp_generic_maps")
    content_filter(None)
    same(mail_log("to=<gen@"), [])


def before_the_queue():
    """The service behind smtpd_proxy_filter gives the route; one visit."""
    postconf("-P", "25/inet/smtpd_proxy_filter=127.0.0.1:10025")
    content_filter(None)
    milter_limits.limits()
    name, message = milter_limits.sized(30000)
    for declared in (None, 30000):
        name, message = milter_limits.sized(30000)
        replies, end = milter_limits.offer(message, [PARIS], declared)
        same((replies, end[:3]), (["250 2.1.5"], "250"))
        got = arrived("6", name)
        same(fields(got, "LSR-Route"), [b"lsrd:[198.51.100.6]:25"])
        same(len(fields(got, "LSR-Trace")), 1)
    same(milter_limits.offer(milter_limits.sized(80000)[1], [PARIS])[1][:9], "552 5.3.4")
    no_loop()
    subprocess.run(["postconf", "-c", W + "/etc", "-PX", "25/inet/smtpd_proxy_filter"],
                   check=True)
    content_filter(None)
    milter.table()


def named_twice():
    """The milter stands twice in smtpd_milters: all mail was a loop."""
    milters = subprocess.run(["postconf", "-c", W + "/etc", "-h", "smtpd_milters"],
                             capture_output=True, check=True).stdout.decode().strip()
    content_filter(None)
    postconf("-e", "smtpd_milters=%s, %s" % (milters, milters))
    content_filter(None)
    name, octets = fresh()
    session = Session("198.51.100.5")
    same(session.message(PARIS, octets)[:3], "250")
    session.close()
    same(len(fields(arrived("5", name), "LSR-Trace")), 1)
    postconf("-e", "smtpd_milters=" + milters)


def without_filter():
    content_filter(None)
    name, octets = fresh()
    once(passed(octets, name=name), 1)


CASES = (
    ("a pipe, and back by sendmail(1)", by_sendmail),
    ("by SMTP, and back by loopback", by_loopback),
    ("by SMTP, and back by the host's own address", by_own_address),
    ("two filters in a row", by_two_filters),
    ("back from the next hop by a newer table: no loop", newer_table),
    ("a route of its own comes behind the filter", large_is_scanned),
    ("copies by always_bcc go their own way", copies_go_their_way),
    ("aliases go their own way", aliases_go_their_way),
    ("copies by sender_bcc_maps and recipient_bcc_maps", bcc_goes_its_way),
    ("whom canonical_maps move to another domain", moved_to_another_domain),
    ("whom virtual_alias_maps move here", aliased_to_here),
    ("too large for all ways, found out behind the maps", too_large_after_maps),
    ("whom masquerade_domains moves", masqueraded),
    ("smtp_generic_maps are not for the way round", generic_maps),
    ("a filter before the queue", before_the_queue),
    ("the milter named twice is no loop", named_twice),
    ("without a filter again", without_filter),
    ("back from the next hop: a loop", real_loop),
)

if __name__ == "__main__":
    milter.options = ("--reinject", "lsrd-again:[127.0.0.1]:10026")
    milter.prepare = services
    run(CASES)

"""mail.py - messages by number: sent, delivered, lost, doubled, bounced.

A message counts as sent when a server of the lab answered 250 to it; then
its number goes into the lab's ledger. Each server's sink keeps what was
delivered there, so that at the end every number is accounted for.
"""

import os
import re
import socket
import time

import mta
from host import enter_net

MARK = "X-Lab-Id"
MARKED = re.compile(rb"(?im)^X-Lab-Id: ([\w.-]+)")
HOP = re.compile(r"\bby (\S+)")


class Session:
    """One SMTP session with a server of the lab; as plain as can be."""

    def __init__(self, address, port=25, timeout=60, source=None):
        self.socket = socket.create_connection(
            (address, port), timeout, (source, 0) if source else None)
        self.file = self.socket.makefile("rb")
        self.greeting = self.answer()

    def answer(self):
        """The server's next reply: code and last line."""
        while True:
            line = self.file.readline().decode("ascii", "replace").rstrip()
            if not line:
                raise OSError("the server closed the connection")
            if line[3:4] != "-":
                return int(line[:3]), line

    def say(self, line):
        """One command, one reply."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.answer()

    def message(self, number, sender, recipients, octets=300):
        """Sends one message; True once the server has answered 250."""
        codes = [self.say("MAIL FROM:<%s>" % sender)[0]]
        codes += [self.say("RCPT TO:<%s>" % r)[0] for r in recipients]
        if any(code != 250 for code in codes) or self.say("DATA")[0] != 354:
            self.say("RSET")
            return False
        body = ("From: <%s>\r\nTo: <%s>\r\nSubject: lab %s\r\n%s: %s\r\n"
                "Message-ID: <%s@lab>\r\n\r\n%s\r\n."
                % (sender, ">, <".join(recipients), number, MARK, number, number,
                   ("x" * 70 + "\r\n") * (octets // 72)))
        return self.say(body)[0] == 250

    def close(self):
        """Leaves."""
        try:
            self.say("QUIT")
        except OSError:
            pass
        self.socket.close()


def sender_at(node):
    """An address at this server whose bounces end in its sink."""
    for space in node.server.spaces:
        if "@" not in space["pattern"] and space["pattern"][0] not in "*.":
            return "sender@" + space["pattern"]
    return "sender@" + node.name


def send(node, recipients, count, rate, ledger, prefix=None, port=0):
    """
    Hands `count` messages to the node's own mail server, `rate` a second (0: as
    fast as it takes them); of two, at another port, to the other one. Recipients take turns. Returns how many were
    taken; each of those is in the ledger by then.
    """
    prefix = prefix or "%x" % (time.time_ns() // 1000)
    local = "127.0.0.1" if node.kind == "namespaces" else node.address

    def work():
        taken, begun, session = 0, time.monotonic(), None
        with open(ledger, "a", encoding="ascii", buffering=1) as book:
            for n in range(count):
                if rate:
                    time.sleep(max(0, begun + n / rate - time.monotonic()))
                number, to = "%s-%d" % (prefix, n), recipients[n % len(recipients)]
                try:
                    if session is None:
                        session = Session(local, port or node.smtp_port, source=None
                                          if local == "127.0.0.1" else local)
                        session.say("EHLO " + node.name)
                    if session.message(number, sender_at(node), [to]):
                        book.write("%s %.6f %s %s\n" % (number, time.time(),
                                                        node.alias, to))
                        taken += 1
                except OSError:
                    session = None
        if session:
            session.close()
        return taken

    return work


def send_in(node, recipients, count, rate, ledger, prefix=None, port=0):
    """Starts send() in a child, in the node's network; returns its pid."""
    work = send(node, recipients, count, rate, ledger, prefix, port)
    if node.kind == "namespaces":
        node.load()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        if node.kind == "namespaces":
            enter_net(node.net)
        status = 0 if work() == count else 1
    finally:
        os._exit(status)


def sent(ledger):
    """The ledger: number to (when, from, to)."""
    book = {}
    try:
        with open(ledger, encoding="ascii") as file:
            for line in file:
                number, when, node, to = line.split()
                book[number] = (float(when), node, to)
    except OSError:
        pass
    return book


def arrived(nodes):
    """Reads all sinks: (number to list of (node, file)), numbers bounced."""
    delivered, bounced = {}, set()
    for node in nodes:
        for sub in ("new", "cur"):
            folder = node.at(mta.SINK + "/all/" + sub)
            try:
                names = os.listdir(folder)
            except OSError:
                continue
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    text = file.read(65536)
                head = text.split(b"\n\n", 1)[0]
                own = MARKED.search(head)
                if own:
                    delivered.setdefault(own.group(1).decode(), []).append((node, path))
                elif b"report-type=delivery-status" in head:
                    if re.search(rb"(?im)^Action: failed", text):
                        bounced.update(n.decode() for n in MARKED.findall(text))
    return delivered, bounced


def path_of(file):
    """The servers a delivered message went through, first to last."""
    with open(file, encoding="utf-8", errors="replace") as message:
        head = re.sub(r"\n[ \t]+", " ", message.read().split("\n\n", 1)[0])
    hops = []
    for line in head.split("\n"):
        if line.startswith("Received: "):
            by = HOP.search(line)
            if by:
                hops.insert(0, by.group(1))
    return hops


def waiting(nodes):
    """Numbers that lie in a queue: number to (node, reason)."""
    found = {}
    for node in nodes:
        for queue_id, reason in node.mta.queue(node):
            number = MARKED.search(node.mta.head(node, queue_id).encode())
            if number:
                found[number.group(1).decode()] = (node, reason)
    return found


def account(nodes, ledger, queues=True):
    """Everything about the ledger's messages, in one dictionary."""
    book = sent(ledger)
    delivered, bounced = arrived(nodes)
    queued = waiting(nodes) if queues else {}
    return {
        "sent": len(book),
        "delivered": sum(1 for n in book if n in delivered),
        "waiting": sorted(n for n in book if n not in delivered and n in queued),
        "lost": sorted(n for n in book if n not in delivered and n not in bounced
                       and n not in queued),
        "doubled": sorted(n for n in book if len(delivered.get(n, [])) > 1),
        "bounced": sorted(n for n in book if n in bounced),
        "reasons": {n: queued[n] for n in queued},
        "files": delivered,
        "book": book,
    }


def sent_again(nodes, doubled):
    """Those of the doubled that nothing that routes can prevent: see mta.py."""
    wanted, found = set(doubled), set()
    for node in nodes if wanted else []:
        found |= mta.sent_again(node)
    return found & wanted

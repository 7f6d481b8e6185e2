"""both.py - Exim and Postfix on one server, with the face that mta.py describes.

Exim has port 25, which others send to; Postfix has port 2525, and its own
queue. Both deliver into the same sink. What a test asks of the server's mail
server is asked of both.
"""

import os

import exim
import postfix

WORD, NAME = "both", "Exim and Postfix"
MEMBERS = (exim, postfix)
TABLES, TABLE, LOG = exim.TABLES, exim.TABLE, exim.LOG
PORT = 2525

put, hinder = exim.put, exim.hinder


def configure(node, conf):
    """Exim's packages come first: they bring /etc."""
    exim.configure(node, conf)
    os.makedirs(node.at("/etc/postfix"), exist_ok=True)
    postfix.configure(node, conf)
    master = node.read("/etc/postfix/master.cf")
    node.write("/etc/postfix/master.cf", master.replace(
        "smtp      inet", "%d      inet" % PORT, 1))


def ready(node):
    """Before either is started."""
    for part in MEMBERS:
        part.ready(node)


def start(node):
    """Starts those that do not run."""
    for part in MEMBERS:
        if not part.running(node):
            part.start(node)


def running(node):
    """A process id where both run; or 0."""
    pids = [part.running(node) for part in MEMBERS]
    return pids[0] if all(pids) else 0


def stop(node):
    """Ends both in an orderly way."""
    for part in MEMBERS:
        part.stop(node)


def kill(node):
    """Ends both at once."""
    for part in MEMBERS:
        part.kill(node)


def queue(node):
    """What waits in either."""
    return exim.queue(node) + postfix.queue(node)


def held(node):
    """What either is delivering."""
    return exim.held(node) + postfix.held(node)


def head(node, ident):
    """The header of a message that waits; Exim's have a hyphen."""
    return (exim if "-" in ident else postfix).head(node, ident)


def flush(node):
    """Has both try everything again."""
    for part in MEMBERS:
        part.flush(node)


def loops(node):
    """How many messages either refused because they came back."""
    return sum(part.loops(node) for part in MEMBERS)


def history(node):
    """Both logs, one after the other."""
    for part in MEMBERS:
        yield from part.history(node)

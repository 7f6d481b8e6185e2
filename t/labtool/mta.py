"""mta.py - what the mail servers of a lab have in common.

A server's mail server is a module, `node.mta`, of this face:

    WORD, NAME         what it is called in commands, and to people
    TABLES, TABLE      the folder of its tables, and the form of a file's name
    LOG                its log
    QUEUE_GROUP        who may see its queue
    configure(node, conf)   writes its configuration, with the lines of conf/
    ready(node)        before it or lsrd is started on a server just turned on
    start(node)        starts it, and comes back once it takes connections
    running(node)      its process id, as this machine counts; or 0
    stop(node), kill(node)  in an orderly way, and as a crash does
    queue(node)        what waits: (queue id, reason) of each message
    held(node)         those of them that are being delivered: their queue ids
    head(node, id)     the header of one of these
    flush(node)        tries all of it now
    put(node, pattern, hops)    sets its table against lsrd's
    hinder(node, how)  has it `refuse` every recipient for now; or be `slow` to
                       answer one, five seconds; or have a mailbox full@ that
                       is `full`; or relay for nobody (`no-relay`); or `off`
    loops(node)        how many messages it refused because they came back
    history(node)      its log, as sent_again() below reads it

It delivers its own domains into one maildir, where every message can be
counted.
"""

import os

from host import NOBODY

SINK = "/var/mail/lab"


def parts(node):
    """The mail servers of a server: one, or two (both.py)."""
    return getattr(node.mta, "MEMBERS", (node.mta,))


def own_domains(node):
    """The domains whose mail ends here."""
    return [s["pattern"] for s in node.server.spaces
            if "@" not in s["pattern"] and s["pattern"][0] not in "*."]


def make_sink(node):
    """The folder of the maildir."""
    os.makedirs(node.at(SINK + "/all"), exist_ok=True)
    os.chown(node.at(SINK + "/all"), NOBODY, NOBODY)


def sent_again(node):
    """
    Numbers of what this server may have sent twice by a connection cut between
    the last octet and the answer, or by being killed between a delivery and its
    own note of it (RFC 1047): it was still in the queue at the next start.
    """
    found, numbers, deliveries, queued, kept = set(), {}, {}, set(), set()
    for what, queue_id, number in node.mta.history(node):
        if what == "start":
            kept |= queued
            continue
        if number:
            numbers[queue_id] = number
        own = numbers.get(queue_id)
        (queued.discard if what == "gone" else queued.add)(queue_id)
        if what == "unsure":
            found.add(own)
        if what == "sent":
            deliveries[own] = deliveries.get(own, 0) + 1
            if queue_id in kept:
                found.add(own)
    return found | {number for number, times in deliveries.items() if times > 1}

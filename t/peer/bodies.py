"""bodies.py - whether the body of an LSA is one that lsrd-protocol(7) 5 allows.

Written from that page, as wire.py is, which reads the head. The grammar of a
schedule stands in lsrd.conf(5) and is not written again here.
"""

import ipaddress
import re
import struct

import wire

FREE = re.compile(rb'[ !#-\[\]-~]*\Z')
WHO = re.compile(rb'[!#-\[\]-~]{1,32}\Z')
SENDER_MAX = NEIGHBOURS = 1024


class Bad(wire.Fault):
    """Not allowed."""


def need(good):
    """Or it is refused."""
    if not good:
        raise Bad("body")


def name(value):
    """A host's name."""
    need(wire.is_host(value.decode("latin-1")))
    return value


def word(value):
    """Of a routing group or a connector."""
    need(wire.NAME.match(value.decode("latin-1")))


def free(value):
    """A reason."""
    need(len(value) <= 120 and FREE.match(value))


def who(value):
    """One word of an operator, or of a program."""
    need(WHO.match(value))


def sender(value):
    """Of a connector's list."""
    need(value == b"<>" or wire.is_pattern(value.decode("latin-1")))
    return value


def address(value):
    """One that mail or a session may go to."""
    need(value and len(value) == {4: 7, 6: 19}.get(value[0]))
    ip = ipaddress.ip_address(value[1:-2])
    need(value[-2:] != b"\0\0")
    if ip.is_loopback:
        return
    need(not ip.is_unspecified and not ip.is_multicast and not ip.is_link_local)
    if ip.version == 4:
        need(1 <= value[1] <= 223)
    else:
        need(ip.ipv4_mapped is None)


def number(value, size, least, most):
    """An unsigned integer of so many octets."""
    need(len(value) == size and least <= int.from_bytes(value, "big") <= most)


def drain(value):
    """Who drained a connector, and why."""
    need(len(value) >= 16)
    first, _, rest = value[16:].partition(b" ")
    who(first)
    free(rest)


def drain_of(value):
    """The same of one bridgehead."""
    need(len(value) >= 16)
    first, _, rest = value[16:].partition(b" ")
    name(first)
    drain(value[:16] + rest)
    return first


def bridgehead(value):
    """A server that a connector leads to."""
    need(len(value) >= 5 and value[0] <= 1)
    number(value[1:5], 4, 1, 65535)
    return name(value[5:])


def state(value):
    """Of a server."""
    need(len(value) >= 9 and value[0] <= 2)
    free(value[9:])


def empty(value):
    """It says all by being there."""
    need(not value)


def drained(value):
    """Since when and by whom."""
    need(len(value) >= 8)
    who(value[8:])


def position(value):
    """Longitude and latitude in millionths of a degree."""
    need(len(value) == 8)
    for at, most in ((value[:4], 180000000), (value[4:], 90000000)):
        need(-most <= int.from_bytes(at, "big", signed=True) <= most)


def anything(_):
    """Whatever stands there."""


def connector_state(value):
    """Up or drain."""
    need(value in (b"\0", b"\2"))


def certificate(value):
    """DER, looked at elsewhere."""
    need(1 <= len(value) <= 28672)


# of a type: TLV -> (check, how many at most, sorted by what the check returns)
FORMS = {
    wire.IDENTITY: {1: (certificate, 2, False)},
    wire.SERVER: {
        1: (word, 1, False), 2: (address, 4, False), 3: (address, 4, False),
        4: (lambda v: need(len(v) == 32), 2, False), 5: (state, 1, False),
        6: (name, NEIGHBOURS, True), 7: (name, NEIGHBOURS, True),
        8: (name, NEIGHBOURS, True), 9: (empty, 1, False), 30: (empty, 1, False),
        31: (drained, 1, False), 32: (who, 1, False),
        33: (position, 1, False), 34: (lambda v: need(len(v) == 2), 1, False)},
    wire.CONNECTOR: {
        1: (word, 1, False), 2: (connector_state, 1, False), 3: (bridgehead, 64, True),
        4: (lambda v: number(v, 1, 0, 3), 1, False),
        5: (lambda v: number(v, 8, 1, 2**64 - 1), 1, False),
        6: (lambda v: number(v, 1, 1, 7), 1, False), 7: (sender, 64, True),
        8: (sender, 64, True), 9: (anything, 1, False), 10: (free, 1, False),
        11: (lambda v: number(v, 8, 1, 2**64 - 1), 1, False), 12: (anything, 1, False),
        13: (drain, 1, False), 14: (drain_of, 64, True)},
    wire.SPACE: {1: (lambda v: number(v, 4, 0, 65535), 1, False),
                 2: (lambda v: number(v, 1, 0, 15), 1, False)},
    wire.FORGET: {1: (lambda v: need(len(v) == 4), 1, False)},
    wire.REVOCATION: {1: (lambda v: need(len(v) == 8), 1, False)},
    wire.RULE: {1: (lambda v: number(v, 1, 0, 1), 1, False)},
    wire.GRANT: {2: (lambda v: need(v in (b"\0", b"\x08")), 1, False),
                 3: (wire.patterns, 1, False)},
    wire.LIST: {1: (lambda v: number(v, 4, 0, 65535), 1, False),
                2: (lambda v: number(v, 1, 0, 15), 1, False),
                3: (wire.patterns, 1, False)},
}
MUST = {wire.IDENTITY: (1,), wire.SERVER: (1, 5), wire.CONNECTOR: (1, 2),
        wire.SPACE: (1, 2), wire.FORGET: (1,), wire.RULE: (1,), wire.GRANT: (2, 3),
        wire.LIST: (1, 2, 3)}


def has_schedule(lsa):
    """What is judged by another page."""
    return lsa.type == wire.CONNECTOR and any(t in (9, 12) for t, _ in lsa.tlvs)


def check(lsa):
    """Raises Bad where the body is not allowed."""
    form, seen, last = FORMS.get(lsa.type), {}, {}
    if form is None or lsa.purge:
        return
    for kind, value in lsa.tlvs:
        if kind not in form:
            continue
        judge, most, is_sorted = form[kind]
        seen[kind] = seen.get(kind, 0) + 1
        need(seen[kind] <= most)
        what = judge(value)
        if is_sorted:
            need(kind not in last or last[kind] < what)
            last[kind] = what
    need(all(kind in seen for kind in MUST.get(lsa.type, ())))
    if lsa.type == wire.CONNECTOR:
        need((11 in seen) == (12 in seen))
    if lsa.type in wire.LISTS and lsa.key.id != "!":
        need(wire.patterns(lsa.all(3)[0])[0] >= lsa.key.id)

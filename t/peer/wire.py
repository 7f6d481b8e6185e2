"""wire.py - frames, messages and LSAs of lsrd-protocol(7), to and from octets.

Written from that page alone, sections 2 to 5. Pure: octets in, values out. What
the page does not allow is a Fault, whose text goes to the peer as the reason.
"""

import collections
import hashlib
import ipaddress
import os.path
import re
import struct

HELLO, ALIVE, DIGEST, SUMMARY, REQUEST, UPDATE, NONE, SYNCED, CLOSE = range(1, 10)
IDENTITY, SERVER, CONNECTOR, SPACE, FORGET, REVOCATION, RULE, GRANT, LIST = range(1, 10)
LISTS = (GRANT, LIST)
TYPES = ("identity", "server", "connector", "space", "forget", "revocation",
         "rule", "grant", "list")

FRAME_MAX = 65536
KEYS_MAX = 400
LSA_MAX, BODY_MAX, UNKNOWN_MAX = 65000, 60000, 2048
ORIGIN_MAX, ID_MAX = 253, 318
FIRST, LAST = 1, 2
ASKS = 1
OLDEST, VERSION = 1, 3  # of the protocol: what is spoken here
PURGE = 1

Key = collections.namedtuple("Key", "origin type id")  # sorts as a summary does
Hello = collections.namedtuple("Hello", "low high organization name keep_alive dead begins",
                               defaults=[0])
Entry = collections.namedtuple("Entry", "key sequence start")
Part = collections.namedtuple("Part", "number count digest")


class Fault(Exception):
    """What the other end said is not allowed."""


class Octets:
    """Reads from the front; never past the end."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        """The next n octets."""
        if len(self.data) - self.at < n:
            raise Fault("too short")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, size):
        """An unsigned integer of so many octets."""
        return int.from_bytes(self.take(size), "big")

    def text(self, size):
        """`u8 n name`, `u16 n id`: a length of so many octets, and the text."""
        data = self.take(self.number(size))
        if len(data) > (ORIGIN_MAX if size == 1 else ID_MAX):
            raise Fault("name too long")
        if b"\0" in data:
            raise Fault("bad-name")
        return data.decode("latin-1")

    def left(self):
        """How many octets there still are."""
        return len(self.data) - self.at

    def end(self):
        """Nothing may follow."""
        if self.left():
            raise Fault("too long")


def text(size, value):
    """The other direction of Octets.text()."""
    data = value.encode("ascii")
    return len(data).to_bytes(size, "big") + data


def digest(data):
    """SHA-256."""
    return hashlib.sha256(data).digest()


# --- section 2 and 3

def frame(kind, body=b""):
    """One frame."""
    return struct.pack(">IB", len(body) + 1, kind) + body


class Frames:
    """Cuts a stream into frames."""

    def __init__(self):
        self.held = b""

    def feed(self, data):
        """Yields (type, body) of each frame that is whole now."""
        self.held += data
        while len(self.held) >= 4:
            size = int.from_bytes(self.held[:4], "big")
            if not 1 <= size <= FRAME_MAX:
                raise Fault("frame of %d octets" % size)
            if len(self.held) < 4 + size:
                return
            whole, self.held = self.held[4:4 + size], self.held[4 + size:]
            yield whole[0], whole[1:]


def hello(value):
    """Body of HELLO."""
    return struct.pack(">HH32s", value.low, value.high, value.organization) + text(
        1, value.name) + struct.pack(">II", value.keep_alive, value.dead) + (
            struct.pack(">I", value.begins) if value.begins else b"")


def read_hello(body):
    """What a later version puts behind is passed over."""
    o = Octets(body)
    return Hello(o.number(2), o.number(2), o.take(32), o.text(1), o.number(4),
                 o.number(4), o.number(4) if o.left() >= 4 else 0)


def key(value):
    """`u8 type, u8 n origin, u16 n id`."""
    return bytes([value.type]) + text(1, value.origin) + text(2, value.id)


def read_key(o):
    """The same back."""
    kind = o.number(1)
    origin = o.text(1)
    return Key(origin, kind, o.text(2))


def part_of(origin):
    """The part of the database that an origin belongs to."""
    return digest(origin.encode("ascii"))[0] if origin else 0


def told(version, lsas):
    """What a session of this version is about."""
    return [lsa for lsa in lsas if version > 2 or lsa.type not in LISTS]


def parts(lsas):
    """The parts of a database that are not empty, in order."""
    found = collections.defaultdict(list)
    for lsa in sorted(lsas, key=lambda lsa: lsa.key):
        found[part_of(lsa.key.origin)].append(lsa.digest)
    return [Part(number, len(found[number]), digest(b"".join(found[number])))
            for number in sorted(found)]


def whole(lsas):
    """One digest of all of them, to show; no message has it."""
    return digest(b"".join(bytes([p.number]) + p.digest for p in parts(lsas)))


def write_digest(version, lsas, flags):
    """Body of DIGEST."""
    lsas = told(version, lsas)
    if version == 1:
        value = 0
        for lsa in lsas:
            value ^= int.from_bytes(lsa.digest, "big")
        return struct.pack(">32sI", value.to_bytes(32, "big"), len(lsas))
    found = parts(lsas)
    return struct.pack(">BH", flags, len(found)) + b"".join(
        struct.pack(">BI32s", *part) for part in found)


def read_parts(body):
    """(flags, parts) of a DIGEST of version 2."""
    o, found, last = Octets(body), [], -1
    flags, n = o.number(1), o.number(2)
    for _ in range(n):
        found.append(Part(o.number(1), o.number(4), o.take(32)))
        if found[-1].number <= last:
            raise Fault("order of parts")
        last = found[-1].number
    o.end()
    return flags, found


def read_digest(version, body, lsas):
    """
    (flags, the parts that differ). With version 1 there is one part, None,
    that all LSAs are in.
    """
    if version == 1:
        o = Octets(body)
        same = o.take(32) == write_digest(1, lsas, 0)[:32]
        o.number(4)
        o.end()
        return 0, set() if same else {None}
    flags, found = read_parts(body)
    theirs = {p.number: p.digest for p in found}
    ours = {p.number: p.digest for p in parts(told(version, lsas))}
    return flags, {n for n in set(ours) | set(theirs) if ours.get(n) != theirs.get(n)}


def start(version):
    """So many octets of an LSA's digest are in an entry of a summary."""
    return 8 if version == 1 else 16


def summaries(version, lsas, differ):
    """Bodies of SUMMARY for those parts of a database, in order."""
    lsas = told(version, lsas)
    if version == 1:
        entries = sorted(lsas, key=lambda lsa: lsa.key)
    else:
        entries = sorted((l for l in lsas if part_of(l.key.origin) in differ),
                         key=lambda l: (part_of(l.key.origin), l.key))
    pieces = [entries[i:i + KEYS_MAX] for i in range(0, len(entries), KEYS_MAX)] or [[]]
    for i, piece in enumerate(pieces):
        flags = (FIRST if i == 0 else 0) | (LAST if i == len(pieces) - 1 else 0)
        yield struct.pack(">BH", flags, len(piece)) + b"".join(
            key(l.key) + struct.pack(">Q", l.sequence) + l.digest[:start(version)]
            for l in piece)


def read_summary(version, body):
    """(flags, entries)."""
    o = Octets(body)
    flags, n = o.number(1), o.number(2)
    if n > KEYS_MAX:
        raise Fault("summary of %d" % n)
    entries = [Entry(read_key(o), o.number(8), o.take(start(version))) for _ in range(n)]
    o.end()
    return flags, entries


def requests(keys):
    """Bodies of REQUEST."""
    keys = list(keys)
    for i in range(0, len(keys), KEYS_MAX):
        part = keys[i:i + KEYS_MAX]
        yield struct.pack(">H", len(part)) + b"".join(key(k) for k in part)


def read_request(body):
    """The keys."""
    o = Octets(body)
    n = o.number(2)
    if n > KEYS_MAX:
        raise Fault("request of %d" % n)
    keys = [read_key(o) for _ in range(n)]
    o.end()
    return keys


# --- section 4

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(r"(?=.{1,253}\Z)(%s\.)+%s\Z" % (LABEL, LABEL))
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
HEX = re.compile(r"[0-9a-f]{64}\Z")
USER = re.compile(r"[a-z0-9#*+=?^_~-]+(\.[a-z0-9#*+=?^_~-]+)*\Z")
OTHER = re.compile(r"[!-~]{0,318}\Z")


def is_host(value):
    """A host's name, and not an address."""
    return bool(HOST.match(value)) and not value.rpartition(".")[2].isdigit()


def is_pattern(value):
    """user@domain, domain, .domain or *."""
    if value == "*":
        return True
    user, at, domain = value.partition("@")
    if len(value) > ID_MAX:
        return False
    if at:
        return bool(USER.match(user)) and len(user) <= 64 and is_host(domain)
    if value[:1] == ".":
        return bool(re.match(LABEL + r"\Z", value[1:])) or is_host(value[1:])
    return is_host(value)


LISTED_MAX = 255  # octets of a pattern in a list


def is_begin(value):
    """Where a chunk of a list begins."""
    return value == "!" or is_listed(value)


def is_listed(value):
    """A pattern that may stand in a list."""
    return value != "*" and len(value) <= LISTED_MAX and is_pattern(value)


def patterns(value):
    """Those of a chunk, section 5; Fault where that is not their one form."""
    o, last, found = Octets(value), b"", []
    while o.left():
        same, rest = o.number(1), o.take(o.number(1))
        one = last[:same] + rest
        common = len(os.path.commonprefix([last, one]))
        if same > len(last) or same != common or one <= last or not is_listed(
                one.decode("latin-1")):
            raise Fault("pattern")
        found.append(one.decode("ascii"))
        last = one
    if not found:
        raise Fault("no pattern")
    return found


class Lsa:
    """One advertisement, as it came."""

    def __init__(self, octets):
        self.octets = octets
        if len(octets) > LSA_MAX:
            raise Fault("lsa too long")
        o = Octets(octets)
        version, self.type, flags, zero = o.take(4)
        self.organization = o.take(32)
        origin, ident = o.text(1), o.text(2)
        self.sequence = o.number(8)
        self.signer = o.take(32)
        self.time = o.number(8)
        size = o.number(4)
        if version != 1 or flags & ~PURGE or zero or size > BODY_MAX or not self.sequence:
            raise Fault("lsa head")
        self.body = o.take(size)
        self.signed = octets[:o.at]
        self.signature = o.take(64)
        o.end()
        self.purge = bool(flags)
        self.key = Key(origin, self.type, ident)
        self.digest = digest(octets)
        self._grammar()

    def _grammar(self):
        origin, kind, ident = self.key
        good = {IDENTITY: lambda: not ident, SERVER: lambda: not ident,
                CONNECTOR: lambda: NAME.match(ident), SPACE: lambda: is_pattern(ident),
                FORGET: lambda: HEX.match(ident),
                REVOCATION: lambda: HEX.match(ident),
                RULE: lambda: NAME.match(ident),
                GRANT: lambda: is_begin(ident), LIST: lambda: is_begin(ident)}.get(kind, lambda: OTHER.match(ident))
        if not IDENTITY <= kind <= LIST and len(self.octets) > UNKNOWN_MAX:
            raise Fault("lsa too long")
        if not good() or (self.purge and (self.body or kind in (IDENTITY, FORGET, REVOCATION))):
            raise Fault("lsa id")
        if bool(origin) == (kind in (REVOCATION, RULE)) or origin and not is_host(origin):
            raise Fault("lsa origin")
        self.tlvs = list(tlvs(self.body)) if IDENTITY <= kind <= LIST else []

    def all(self, kind):
        """Values of the TLVs of one type."""
        return [value for t, value in self.tlvs if t == kind]

    def newer(self, other):
        """Section 4: of two with one key."""
        return (self.sequence, self.digest) > (other.sequence, other.digest)


def build(organization, signer, head, body, sign):
    """
    The octets of an LSA. head is (key, sequence, time, purge), signer the
    public key, sign() makes the signature.
    """
    ident, sequence, time, purge = head
    data = bytes([1, ident.type, PURGE if purge else 0, 0]) + organization
    data += text(1, ident.origin) + text(2, ident.id) + struct.pack(">Q", sequence)
    data += digest(signer) + struct.pack(">QI", time, len(body)) + body
    return data + sign(data)


# --- section 5

def tlvs(body):
    """Yields (type, value), in the order of types."""
    o, last = Octets(body), 0
    while o.left():
        kind, size = o.number(2), o.number(2)
        if kind < last:
            raise Fault("order of tlvs")
        last = kind
        yield kind, o.take(size)


def tlv(kind, value):
    """One TLV."""
    return struct.pack(">HH", kind, len(value)) + value


def address(value):
    """`192.0.2.1:25` or `[2001:db8::1]:25` in octets."""
    host, _, port = value.rpartition(":")
    ip = ipaddress.ip_address(host.strip("[]"))
    return bytes([ip.version]) + ip.packed + struct.pack(">H", int(port))


def read_address(value):
    """The same back."""
    o = Octets(value)
    family = o.number(1)
    if family not in (4, 6):
        raise Fault("family")
    ip = ipaddress.ip_address(o.take(4 if family == 4 else 16))
    port = o.number(2)
    o.end()
    return ("%s:%d" if family == 4 else "[%s]:%d") % (ip, port)


def server(group, places, state, drain_reason, neighbours):
    """Body of a server LSA; places are those of mail and those of peering."""
    body = tlv(1, group.encode())
    body += b"".join(tlv(2 + i, address(a)) for i in (0, 1) for a in places[i])
    body += tlv(5, struct.pack(">BQ", state, 0) + drain_reason.encode())
    return body + b"".join(tlv(6, n.encode()) for n in sorted(neighbours))


def space(cost, flags):
    """Body of a space LSA."""
    return tlv(1, struct.pack(">I", cost)) + tlv(2, bytes([flags]))


STATES = ("up", "starting", "drain")


def show(lsa):
    """An LSA as a JSON object."""
    out = {"type": TYPES[lsa.type - 1] if 0 < lsa.type <= LIST else str(lsa.type),
           "origin": lsa.key.origin, "id": lsa.key.id,
           "sequence": lsa.sequence, "purge": lsa.purge,
           "digest": lsa.digest.hex()}
    texts = lambda kind: [v.decode() for v in lsa.all(kind)]
    if lsa.purge:
        return out
    if lsa.type == SERVER:
        state = lsa.all(5)[0]
        out.update(group=texts(1)[0], smtp=[read_address(v) for v in lsa.all(2)],
                   listen=[read_address(v) for v in lsa.all(3)],
                   state=STATES[state[0]], reason=state[9:].decode(),
                   neighbours=texts(6), finds_up=texts(7), finds_down=texts(8),
                   mta_down=bool(lsa.all(9)))
    elif lsa.type == CONNECTOR:
        out.update(group=texts(1)[0], state="drain" if lsa.all(2)[0][0] else "up",
                   bridgeheads=[{"server": v[5:].decode(), "up": bool(v[0]),
                                 "cost": int.from_bytes(v[1:5], "big")}
                                for v in lsa.all(3)])
    elif lsa.type == SPACE:
        flags = lsa.all(2)[0][0]
        out.update(cost=int.from_bytes(lsa.all(1)[0], "big"), down=bool(flags & 1),
                   local=bool(flags & 2), fallback=bool(flags & 4), relay=bool(flags & 8))
    return out

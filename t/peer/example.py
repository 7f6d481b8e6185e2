#!/usr/bin/env python3
"""example.py - the octets of the example in lsrd-protocol(7), made anew.

    example.py      the block of frames, as it stands in the page

What the second program would send and hear: t/peer/test_page.c lets lsrd's
own code play the same session and compares. The keys are the first three of
RFC 8032, section 7.1, so that everybody has them.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

import wire

SECRETS = ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
           "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
           "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
NAMES = {"L": "mx1.london.example.org", "P": "mx1.paris.example.org"}
GROUPS = {"L": "london", "P": "paris"}
SMTP = {"L": "192.0.2.10:25", "P": "198.51.100.5:25"}
ISSUED = 1800000000  # 2027-01-15 08:00:00 UTC


class Server:
    """One end of the session: its key, its certificate, its LSAs."""

    def __init__(self, letter, authority, private, serial):
        self.letter, self.name, self.private = letter, NAMES[letter], private
        self.public = private.public_key().public_bytes(*RAW)
        self.organization = wire.digest(authority.public_key().public_bytes(*RAW))
        self.certificate = self.certify(authority, serial)
        self.counter = 0
        self.said = 0

    def certify(self, authority, serial):
        """The least that section 1 asks for."""
        names = [x509.DNSName(self.name)] + [x509.UniformResourceIdentifier(uri) for uri in (
            "lsrd:group:" + GROUPS[self.letter],)]
        builder = (x509.CertificateBuilder()
                   .subject_name(x509.Name([]))
                   .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")]))
                   .public_key(self.private.public_key()).serial_number(serial)
                   .not_valid_before(datetime.datetime(2026, 1, 1))
                   .not_valid_after(datetime.datetime(2046, 1, 1))
                   .add_extension(x509.SubjectAlternativeName(names), True))
        return builder.sign(authority, None).public_bytes(serialization.Encoding.DER)

    def lsa(self, kind, epoch, body, purge=False, ident=""):
        """Its next LSA."""
        self.counter += 1
        return wire.Lsa(wire.build(
            self.organization, self.public,
            (wire.Key(self.name, kind, ident), epoch << 32 | self.counter, ISSUED, purge),
            body, self.private.sign))


def rows(letter, data, comments):
    """
    Octets in hexadecimal; comments are (octets, text) for the first so many
    octets each, and the rest goes 16 to a line.
    """
    mark, at = letter + ": ", 0
    for n, text in comments + [(len(data), "")]:
        part, at = data[at:at + n], at + n
        while part:
            line = mark + " ".join("%02x" % octet for octet in part[:16])
            yield ("%-51s # %s" % (line, text) if text else line)
            part, mark, text = part[16:], "   ", ""


def message(server, kind, body, what, comments=()):
    """One frame, in rows."""
    frame = wire.frame(kind, body)
    server.said += len(frame)
    return list(rows(server.letter, frame, [(5, what)] + list(comments)))


def alive(server, other):
    """ALIVE: all that the other has said has come."""
    return message(server, wire.ALIVE, other.said.to_bytes(8, "big"), "ALIVE",
                   [(8, "so many octets came")])


def head_of(lsa):
    """Comments for the octets of an LSA."""
    origin, ident = len(lsa.key.origin), len(lsa.key.id)
    return [(4, "version, type, flags"), (32, "organization"),
            (1 + origin, "origin"), (2 + ident, "id"), (8, "epoch, counter"),
            (32, "digest of the key"), (8, "issue time"), (4, "length of the body"),
            (len(lsa.body), "body"), (64, "signature")]


def hello(server, begins=0):
    """HELLO with its comments."""
    said = [(4, "epoch; said nothing yet")] if begins else []
    return message(server, wire.HELLO, wire.hello(wire.Hello(
        1, 3, server.organization, server.name, 1000, 3000, begins)), "HELLO", [
            (4, "versions 1 to 3"), (32, "organization"), (1 + len(server.name), "name"),
            (4, "keep-alive 1000 ms"), (4, "dead 3000 ms")] + said)


def digest(server, lsas):
    """DIGEST of a database."""
    comments = [(1, "asks for none"), (2, "parts")]
    for _ in wire.parts(lsas):
        comments += [(1, "number of a part"), (4, "of so many LSAs"), (32, "its digest")]
    return message(server, wire.DIGEST, wire.write_digest(2, lsas, 0), "DIGEST", comments)


def key_size(key):
    """Octets of a key."""
    return 4 + len(key.origin) + len(key.id)


def summary(server, lsas):
    """SUMMARY in one message."""
    comments = [(3, "first and last; entries")]
    for lsa in sorted(lsas, key=lambda lsa: lsa.key):
        comments += [(key_size(lsa.key), "key"), (8, "sequence"), (16, "of its digest")]
    return message(server, wire.SUMMARY,
                   next(wire.summaries(2, lsas, {wire.part_of(NAMES["P"])})),
                   "SUMMARY", comments)


def request(server, keys):
    """REQUEST in one message."""
    return message(server, wire.REQUEST, next(wire.requests(keys)), "REQUEST",
                   [(2, "keys")] + [(key_size(key), "key") for key in keys])


def update(server, lsa, what):
    """UPDATE of an LSA."""
    return message(server, wire.UPDATE, lsa.octets, "UPDATE: " + what, head_of(lsa))


def session(london, paris):
    """The whole session."""
    theirs = [paris.lsa(wire.IDENTITY, 7, wire.tlv(1, paris.certificate)),
              paris.lsa(wire.SERVER, 7, wire.server(
                  GROUPS["P"], ([SMTP["P"]], []), 0, "", []))]
    ours = [london.lsa(wire.IDENTITY, 1, wire.tlv(1, london.certificate)),
            london.lsa(wire.SERVER, 1, wire.server(
                GROUPS["L"], ([SMTP["L"]], []), 0, "", [paris.name]))]
    gone = wire.Key(paris.name, wire.SPACE, "*")
    yield hello(london, 1)
    yield hello(paris)
    yield digest(london, [])
    yield digest(paris, theirs)
    yield summary(london, [])
    yield summary(paris, theirs)
    yield request(london, [lsa.key for lsa in theirs])
    yield update(paris, theirs[0], "identity")
    yield update(paris, theirs[1], "server")
    yield message(london, wire.SYNCED, b"", "SYNCED")
    yield message(paris, wire.SYNCED, b"", "SYNCED")
    yield update(london, ours[0], "identity")
    yield update(london, ours[1], "server")
    yield request(paris, [gone])
    yield message(london, wire.NONE, wire.key(gone), "NONE", [(key_size(gone), "key")])
    yield alive(paris, london)
    yield alive(london, paris)
    yield message(paris, wire.CLOSE, b"bye", "CLOSE", [(3, "bye")])
    yield message(london, wire.CLOSE, b"closed-by-peer", "CLOSE", [(14, "closed-by-peer")])


def main():
    """Entry."""
    keys = [ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(s)) for s in SECRETS]
    london, paris = Server("L", keys[0], keys[1], 2), Server("P", keys[0], keys[2], 3)
    print("\n\n".join("\n".join(lines) for lines in session(london, paris)))


if __name__ == "__main__":
    main()

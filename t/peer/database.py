"""database.py - what is accepted, section 6 of lsrd-protocol(7), and kept.

Certificates and Ed25519 are python3-cryptography's work.
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import wire

RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class Refused(Exception):
    """This LSA is not accepted."""


def raw(certificate):
    """The 32 octets of a certificate's key."""
    public = certificate.public_key()
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise Refused("key")
    return public.public_bytes(*RAW)


def san(certificate):
    """(names, uris) of the subjectAltName."""
    value = certificate.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    return (value.get_values_for_type(x509.DNSName),
            value.get_values_for_type(x509.UniformResourceIdentifier))


def covers(claim, pattern):
    """Section 1: what a claim covers."""
    if claim == pattern:
        return True
    if claim == "*":
        return False
    domain = pattern.rpartition("@")[2]
    if claim.startswith("."):
        return domain.endswith(claim) and domain != claim
    return "@" in pattern and domain == claim


# The y of the points whose order divides 8, without those beyond the prime.
PRIME = (1 << 255) - 19
ORDER8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826
SMALL = {0, 1, PRIME - 1, ORDER8, PRIME - ORDER8}
ORDER = (1 << 252) + 27742317777372353535851937790883648493


def fit(point):
    """Canonical, and not of small order."""
    y = int.from_bytes(point, "little") & (1 << 255) - 1
    return y < PRIME and y not in SMALL


def verify(public, signature, data):
    """Raises Refused. The library is not asked for what libraries differ about."""
    if (not fit(public) or not fit(signature[:32])
            or int.from_bytes(signature[32:], "little") >= ORDER):
        raise Refused("signature")
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature as error:
        raise Refused("signature") from error


CEILING, STEP = 1 << 24, 1 << 16  # of epochs, section 6


WORDS = wire.FORGET, wire.REVOCATION, wire.RULE, wire.GRANT  # the authority's


def epoch(lsa):
    """The epoch an LSA is judged by."""
    if lsa.type == wire.FORGET:
        return int.from_bytes(lsa.all(1)[0], "big")
    return 0 if lsa.type in WORDS else lsa.sequence >> 32


class Database:
    """The newest instance of each LSA, and who may say what."""

    def __init__(self, authority, certificate, key):
        with open(authority, "rb") as file:
            self.authority = raw(x509.load_pem_x509_certificate(file.read()))
        with open(certificate, "rb") as file:
            own = x509.load_pem_x509_certificate(file.read())
        with open(key, "rb") as file:
            self.private = serialization.load_pem_private_key(file.read(), None)
        self.organization = wire.digest(self.authority)
        self.certificate = own.public_bytes(serialization.Encoding.DER)
        self.name, self.public = san(own)[0][0], raw(own)
        self.lsas = {}

    def get(self, key):
        """The LSA of that key, or None."""
        return self.lsas.get(key)

    def all(self):
        """All, in the order of keys."""
        return [self.lsas[key] for key in sorted(self.lsas)]

    def digest(self):
        """(digest of the database, number of LSAs)."""
        return wire.whole(self.lsas.values()), len(self.lsas)

    def sign(self, head, body):
        """An LSA of our own."""
        return wire.Lsa(wire.build(self.organization, self.public, head, body,
                                   self.private.sign))

    def certificates(self, identity):
        """Those of an identity, each signed by the authority for its origin."""
        found = []
        for der in identity.all(1):
            certificate = x509.load_der_x509_certificate(der)
            verify(self.authority, certificate.signature,
                   certificate.tbs_certificate_bytes)
            if san(certificate)[0] != [identity.key.origin]:
                raise Refused("name")
            found.append(certificate)
        return found

    def judge(self, lsa):
        """Returns the key that is missing, or None; raises Refused."""
        if lsa.organization != self.organization:
            raise Refused("organization")
        if wire.Key("", wire.REVOCATION, lsa.signer.hex()) in self.lsas:
            raise Refused("revoked")
        if lsa.type in WORDS:
            known = [(self.authority, None)]
        else:
            identity = lsa if lsa.type == wire.IDENTITY else self.get(
                wire.Key(lsa.key.origin, wire.IDENTITY, ""))
            if not identity:
                return wire.Key(lsa.key.origin, wire.IDENTITY, "")
            known = [(raw(c), c) for c in self.certificates(identity)]
        for public, certificate in known:
            if wire.digest(public) == lsa.signer:
                verify(public, lsa.signature, lsa.signed)
                break
        else:
            raise Refused("signer")
        self.claims(lsa, certificate)
        known = [epoch(l) for l in self.lsas.values() if l.key.origin == lsa.key.origin]
        if epoch(lsa) > max(known + [CEILING]) + STEP:
            raise Refused("epoch")
        forgets = [epoch(l) for l in self.lsas.values()
                   if l.type == wire.FORGET and l.key.origin == lsa.key.origin]
        if lsa.type not in WORDS and lsa.sequence >> 32 <= max(forgets + [0]):
            raise Refused("forgotten")
        return None

    def claims(self, lsa, certificate):
        """The group of a server, the pattern of a space."""
        if lsa.purge or lsa.type not in (wire.SERVER, wire.SPACE):
            return
        uris = san(certificate)[1]
        if lsa.type == wire.SERVER:
            if "lsrd:group:" + lsa.all(1)[0].decode() not in uris:
                raise Refused("group")
        elif not any(covers(uri[11:], lsa.key.id) for uri in uris
                     if uri.startswith("lsrd:space:")):
            raise Refused("space")

    def install(self, lsa):
        """Takes its place; returns the keys that go because of it."""
        self.lsas[lsa.key] = lsa
        gone = []
        for key, other in self.lsas.items():
            if lsa.type == wire.REVOCATION:
                hit = other.signer.hex() == lsa.key.id
            elif lsa.type == wire.FORGET:
                hit = key.type not in WORDS and key.origin == lsa.key.origin and (
                    other.sequence >> 32 <= epoch(lsa))
            else:
                hit = False
            if hit and key != lsa.key:
                gone.append(key)
        for key in gone:
            del self.lsas[key]
        if lsa.type in (wire.FORGET, wire.REVOCATION):
            gone += self.unvouched()
        return gone

    def unvouched(self):
        """What no identity is left for goes: its keys."""
        vouched = {key.origin for key in self.lsas if key.type == wire.IDENTITY}
        gone = [key for key in self.lsas if key.origin not in vouched | {self.name}
                and key.type not in WORDS]
        for key in gone:
            del self.lsas[key]
        return gone

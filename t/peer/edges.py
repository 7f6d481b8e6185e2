#!/usr/bin/env python3
"""edges.py - signatures that Ed25519 libraries differ about.

    edges.py             says the rows of t/crypt/edges.rows
    edges.py --check     reads those, and has database.verify() judge each

A row is a word, accept or refuse, the public key, the signature and the message
in hexadecimal, and what is the matter. The cases are those of "Taming the many
EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), and what lies beside them, made
from the curve's definition (RFC 8032, 5.1) in plain slow numbers. An encoding
that is not canonical is of a small point in each: nobody can sign by another. Whether a row
is accepted is computed here from the rule at the beginning of lsrd-protocol(7).
"""

import hashlib
import math
import os
import sys

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ROWS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crypt/edges.rows")


def plus(a, b):
    """The sum of two points (X, Y, Z): x = X / Z, y = Y / Z."""
    (x1, y1, z1), (x2, y2, z2) = a, b
    z, x, y = z1 * z2 % P, x1 * x2 % P, y1 * y2 % P
    zz, k = z * z % P, D * x * y % P
    cross = ((x1 + y1) * (x2 + y2) - x - y) % P
    return z * (zz - k) * cross % P, z * (zz + k) * (x + y) % P, (zz - k) * (zz + k) % P


def plain(point):
    """(x, y)"""
    inverse = pow(point[2], -1, P)
    return point[0] * inverse % P, point[1] * inverse % P


def add(a, b):
    """The sum of two points."""
    return plain(plus((*a, 1), (*b, 1)))


def times(n, point):
    """A multiple of a point."""
    out, point = (0, 1, 1), (*point, 1)
    while n:
        if n & 1:
            out = plus(out, point)
        point, n = plus(point, point), n >> 1
    return plain(out)


def lift(y, sign):
    """The point with this y, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return (x if x & 1 == sign else -x % P, y % P)


def encode(point, extra=0):
    """32 octets; with `extra` P is added to y, so that it is not canonical."""
    return (point[1] + extra * P | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(octets):
    """(point or None, whether its encoding is canonical)."""
    number = int.from_bytes(octets, "little")
    y, sign = number % 2 ** 255, number >> 255
    point = lift(y % P, sign)
    return point, point is not None and y < P and point[0] & 1 == sign


def scalar(*parts):
    """SHA-512 as a number below L."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


BASE = lift(4 * pow(5, P - 2, P) % P, 0)


def torsion():
    """The eight points of small order, as multiples of one of order 8."""
    y = 2
    while True:
        point = lift(y, 0)
        if point and times(4, times(L, point)) != (0, 1):
            return [times(i, times(L, point)) for i in range(8)]
        y += 1


SMALL = torsion()


def accepts(key, sig, message):
    """The rule."""
    (a, a_good), (r, r_good) = decode(key), decode(sig[:32])
    s = int.from_bytes(sig[32:], "little")
    if s >= L or not a_good or not r_good or a in SMALL or r in SMALL:
        return False
    h = scalar(sig[:32], key, message)
    return times(s, BASE) == add(r, times(h, a))


def cofactored(key, sig, message):
    """What others accept: the equation times 8, any encoding, any point."""
    a, r = decode(key)[0], decode(sig[:32])[0]
    h = scalar(sig[:32], key, message)
    s = int.from_bytes(sig[32:], "little")
    return times(8 * s, BASE) == times(8, add(r, times(h, a)))


class Signer:
    """A secret, and what it signs when it does not mean well."""

    def __init__(self, seed):
        self.a = scalar(b"edge", bytes([seed])) or 1
        self.r = scalar(b"nonce", bytes([seed])) or 1

    def sign(self, message, at=0, rt=0, a=None, key=None, r=None):
        """Points with the torsion `at` and `rt`; or these octets."""
        a = self.a if a is None else a
        key = key or encode(add(times(a, BASE), SMALL[at]))
        r, nonce = (r, 0) if r else (encode(add(times(self.r, BASE), SMALL[rt])), self.r)
        s = (nonce + scalar(r, key, message) * a) % L
        return key, r + s.to_bytes(32, "little")

    def until(self, wanted, **how):
        """The first message whose signature is as wanted: (key, sig, message)."""
        number = 0
        while True:
            message = b"edge %d" % number
            row = *self.sign(message, **how), message
            if wanted(*row):
                return row
            number += 1


def holds(key, sig, message):
    """The equation without the cofactor, whatever the points: what is plain."""
    r, h = decode(sig[:32])[0], scalar(sig[:32], key, message)
    s = int.from_bytes(sig[32:], "little")
    return times(s, BASE) == add(r, times(h, decode(key)[0]))


def raised(row, k):
    """The same with S + k L."""
    key, sig, message = row
    s = int.from_bytes(sig[32:], "little") + k * L
    return key, sig[:32] + s.to_bytes(32, "little"), message


def only_cofactored(*row):
    """The difference."""
    return cofactored(*row) and not holds(*row)


def small_rows(signer):
    """Small keys, small R: each encoding of each of the eight points."""
    for i, point in enumerate(SMALL):
        for extra in (0, 1):
            if point[1] + extra * P >= 2 ** 255:
                continue
            for flip in (0, 1) if point[0] == 0 else (0,):
                octets = bytearray(encode(point, extra))
                octets[31] ^= flip << 7
                what = "%s%s, multiple %d" % ("not canonical" if extra else "canonical",
                                             ", sign of 0" if flip else "", i)
                yield ("small key, " + what,
                       signer.until(holds, a=0, key=bytes(octets)))
                yield ("small R, " + what, signer.until(cofactored, r=bytes(octets)))
                yield ("both small, " + what,
                       signer.until(cofactored, a=0, key=bytes(octets), r=bytes(octets)))


def rows():
    """(what, (key, signature, message))"""
    signer = Signer(1)
    good = signer.until(holds)
    yield "nothing", good
    for k in (1, 2, 4, 8, 15):
        yield "S + %d L" % k, raised(good, k)
    yield "key, S and R of another message", (*good[:2], good[2] + b".")
    for at in range(8):
        for rt in range(8):
            if at or rt:
                how = {"at": at, "rt": rt}
                if rt % math.gcd(at, 8) == 0:
                    yield "mixed %d %d, without cofactor" % (at, rt), signer.until(
                        holds, **how)
                yield "mixed %d %d, by cofactor alone" % (at, rt), signer.until(
                    only_cofactored, **how)
    yield from small_rows(signer)


def main():
    """Entry."""
    if "--check" in sys.argv:
        from database import Refused, verify  # pylint: disable=import-outside-toplevel
        with open(ROWS, encoding="ascii") as file:
            for line in file:
                word, key, sig, message, what = line.split(" ", 4)
                try:
                    verify(*map(bytes.fromhex, (key, sig, message)))
                    got = "accept"
                except Refused:
                    got = "refuse"
                if got != word:
                    print("%s, and is %s: %s" % (word, got, what.strip()))
        return
    for what, row in rows():
        word = "accept" if accepts(*row) else "refuse"
        print(word, *(octets.hex() for octets in row), what)


if __name__ == "__main__":
    main()

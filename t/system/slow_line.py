#!/usr/bin/env python3
"""slow_line.py - what t/system/slow-line needs: many LSAs, and a slow wire.

    slow_line.py fill --dial ADDRESS --from ADDRESS --key F --certificate F
            --authority F --authority-key F --lsas N
        plays a server of lsrd-protocol(7) whose database has N LSAs, those of
        other servers, which it certifies and signs itself; gives them to the
        server it dials and ends.

    slow_line.py wire --rate BITS --rtt MS [--cut SECONDS]...
            LISTEN=TO@FROM...
        carries TCP from LISTEN to TO, with FROM as its own address, at that
        rate each way and with that delay; is silent about it. All that it
        carries is cut so many seconds after its start.

Addresses are ADDRESS:PORT of IPv4.
"""

import argparse
import asyncio
import datetime
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peer"))

EACH = 4000  # LSAs of one origin


def place(text):
    """ADDRESS:PORT in two."""
    host, _, port = text.rpartition(":")
    return host, int(port)


# --- the wire

class Way:
    """One direction of one connection."""

    def __init__(self, rate, delay, reader, writer):
        self.rate, self.delay, self.reader, self.writer = rate, delay, reader, writer
        self.room = int(rate * (delay + 0.1)) + 16384
        self.queue = asyncio.Queue()
        self.held = 0
        self.fits = asyncio.Event()

    async def take(self):
        """What comes, as long as there is room: a line holds little."""
        free = 0.0
        while True:
            data = await self.reader.read(4096)
            now = time.monotonic()
            free = max(free, now) + len(data) / self.rate
            self.held += len(data)
            self.queue.put_nowait((free + self.delay, data))
            if not data:
                return
            while self.held > self.room:
                self.fits.clear()
                await self.fits.wait()

    async def give(self):
        """In its time."""
        while True:
            due, data = await self.queue.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            if not data:
                self.writer.close()
                return
            self.writer.write(data)
            await self.writer.drain()
            self.held -= len(data)
            self.fits.set()


def small(writer):
    """No more in the kernel than a line would hold."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    writer.transport.set_write_buffer_limits(8192)


async def carry(args, to, source, live, reader, writer):
    """One connection, both ways."""
    rate, delay = args.rate / 8, args.rtt / 2000
    try:
        far_reader, far_writer = await asyncio.open_connection(
            *to, local_addr=(source, 0), limit=8192)
    except OSError:
        writer.close()
        return
    live.update((writer, far_writer))
    for one in (writer, far_writer):
        small(one)
    ways = [Way(rate, delay, reader, far_writer), Way(rate, delay, far_reader, writer)]
    tasks = [asyncio.ensure_future(part()) for way in ways for part in (way.take, way.give)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(tasks, timeout=args.rtt / 500)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for one in (writer, far_writer):
        live.discard(one)
        one.close()


async def wire(args):
    """All lines; until it is killed."""
    live = set()
    for line in args.line:
        listen, _, rest = line.partition("=")
        to, _, source = rest.partition("@")

        def come(reader, writer, to=place(to), source=source):
            return carry(args, to, source, live, reader, writer)
        await asyncio.start_server(come, *place(listen), limit=8192)
    began = time.monotonic()
    for cut in sorted(args.cut):
        await asyncio.sleep(max(0, began + cut - time.monotonic()))
        for writer in list(live):
            writer.transport.abort()
    await asyncio.sleep(1 << 30)


# --- the LSAs

def builder(authority, public):
    """A certificate of a server that is not signed yet, nor names it."""
    from cryptography import x509
    return (x509.CertificateBuilder().subject_name(x509.Name([]))
            .issuer_name(authority.subject).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2024, 1, 1))
            .not_valid_after(datetime.datetime(2046, 1, 1)))


def certify(authority, name, group, public):
    """A certificate that claims everything below its name."""
    from cryptography import x509
    names = [x509.DNSName(name)] + [x509.UniformResourceIdentifier(uri) for uri in (
        "lsrd:group:" + group, "lsrd:space:." + name)]
    return (builder(authority[0], public)
            .add_extension(x509.SubjectAlternativeName(names), True)
            .sign(authority[1], None))


def lsas_make(args):
    """{key: (octets, sequence, digest)} of many servers."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
    import wire as w
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    with open(args.authority, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    with open(args.authority_key, "rb") as file:
        authority = certificate, serialization.load_pem_private_key(file.read(), None)
    organization = w.digest(certificate.public_key().public_bytes(*raw))
    found = {}
    for number in range((args.lsas + EACH - 1) // EACH):
        name, private = "n%d.far.example.org" % number, ed25519.Ed25519PrivateKey.generate()
        public = private.public_key()
        der = certify(authority, name, "far", public).public_bytes(
            serialization.Encoding.DER)
        bodies = [(w.Key(name, w.IDENTITY, ""), w.tlv(1, der))]
        for i in range(min(EACH, args.lsas - number * EACH) - 1):
            bodies.append((w.Key(name, w.SPACE, "s%d.%s" % (i, name)), w.space(1, 0)))
        for count, (key, body) in enumerate(bodies, 1):
            octets = w.build(organization, public.public_bytes(*raw),
                             (key, 1 << 32 | count, 0, False), body, private.sign)
            found[key] = octets, 1 << 32 | count, w.digest(octets)
    return organization, found


def digest_of(lsas):
    """DIGEST of them, and the keys in the order of a summary."""
    import wire as w
    order = sorted((w.part_of(key.origin),) + key for key in lsas)
    found = {}
    for part, *key in order:
        found.setdefault(part, []).append(lsas[w.Key(*key)][2])
    body = b"\0" + len(found).to_bytes(2, "big")
    for part in sorted(found):
        body += bytes([part]) + len(found[part]).to_bytes(4, "big") + w.digest(
            b"".join(found[part]))
    return body, [w.Key(*key) for _, *key in order]


def summaries(lsas, keys):
    """Bodies of SUMMARY."""
    import wire as w
    pieces = [keys[i:i + w.KEYS_MAX] for i in range(0, len(keys), w.KEYS_MAX)]
    for i, piece in enumerate(pieces):
        flags = (i == 0) | (i == len(pieces) - 1) << 1
        yield bytes([flags]) + len(piece).to_bytes(2, "big") + b"".join(
            w.key(key) + lsas[key][1].to_bytes(8, "big") + lsas[key][2][:16] for key in piece)


def fill(args):
    """One session, until the other has everything."""
    import carrier
    import wire as w
    organization, lsas = lsas_make(args)
    body, keys = digest_of(lsas)
    sock = socket.create_connection(place(args.dial), 10, (args.source, 0))
    line, frames, came, alive = carrier.Tcp(sock, args), w.Frames(), 0, 0.0
    pieces, begun, full = summaries(lsas, keys), False, False
    while not full:
        select.select([line], [line] if line.wants_write else [], [], 0.1)
        line.writable()
        data = line.readable()
        came += len(data)
        if line.tls.done and not alive:
            line.write(w.frame(w.HELLO, w.hello(w.Hello(
                1, 2, organization, args.name, 1000, 600000))))
            alive = time.monotonic() + 1
        for kind, body_in in frames.feed(data):
            if kind == w.HELLO:
                line.write(w.frame(w.DIGEST, body))
            elif kind == w.REQUEST:
                for key in w.read_request(body_in):
                    line.write(w.frame(w.UPDATE, lsas[key][0]) if key in lsas
                               else w.frame(w.NONE, w.key(key)))
            elif kind == w.SUMMARY:
                begun = True
            elif kind == w.CLOSE:
                sys.exit("closed: " + body_in.decode("ascii", "replace"))
            elif kind == w.SYNCED:
                full = True
        piece = next(pieces, None) if begun and len(line.out) < 65536 else None
        if piece:
            line.write(w.frame(w.SUMMARY, piece))
        if alive and time.monotonic() >= alive:
            line.write(w.frame(w.ALIVE, came.to_bytes(8, "big")))
            alive = time.monotonic() + 1
    line.write(w.frame(w.CLOSE, b"bye"))
    while line.wants_write:
        line.writable()


def main():
    """Entry."""
    parser = argparse.ArgumentParser(usage=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("fill")
    for name in ("dial", "key", "certificate", "authority", "authority-key", "name"):
        verb.add_argument("--" + name, required=True)
    verb.add_argument("--from", dest="source", required=True)
    verb.add_argument("--lsas", type=int, required=True)
    verb = verbs.add_parser("wire")
    verb.add_argument("--rate", type=int, required=True)
    verb.add_argument("--rtt", type=int, required=True)
    verb.add_argument("--cut", type=float, action="append", default=[])
    verb.add_argument("line", nargs="+")
    args = parser.parse_args()
    if args.verb == "fill":
        fill(args)
    else:
        asyncio.run(wire(args))


if __name__ == "__main__":
    main()

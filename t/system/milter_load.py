"""milter_load.py - many milter sessions at once, as an MTA has them.

    milter_load.py SOCKET SESSIONS MESSAGES [HOPS]

SESSIONS sessions with MESSAGES messages each; of every other message the mark
that it got comes back on the next one, HOPS times. Prints what was answered.
"""

import asyncio
import collections
import resource
import socket
import struct
import sys

SOCKET, SESSIONS, MESSAGES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
HOPS = int(sys.argv[4]) if len(sys.argv) > 4 else 2
STEPS, NOCONNECT, NR_RCPT = 0x1FFFFF, 0x1, 0x8000
SAID = collections.Counter()


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def connected():
    """A connection; waits while too many others do, as a blocking one does."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(SOCKET)
    return sock


async def reply(reader):
    size = struct.unpack(">I", await reader.readexactly(4))[0]
    data = await reader.readexactly(size)
    return data[:1], data[1:]


def message(number, marks):
    """One message in packets that want no answer, but the last."""
    fields = [(b"LSR-Trace", mark) for mark in marks]
    fields += [(b"Received", b"from a by b")] * (len(marks) + 1)
    fields += [(b"Message-ID", b"<%s@load>" % number), (b"Subject", b"x")]
    out = [packet(b"M", b"<s@a.example>\0SIZE=1000\0"), packet(b"R", b"<u@b.example>\0")]
    out += [packet(b"L", name + b"\0" + value + b"\0") for name, value in fields]
    return b"".join(out) + packet(b"E")


async def ask(reader, writer, number, marks, steps):
    """Its verdict, and the mark it got."""
    writer.write(message(number, marks))
    mark = None
    if not steps & NR_RCPT:
        await reply(reader)
    while True:
        command, data = await reply(reader)
        if command == b"i":
            mark = data[4:].split(b"\0")[1]
        elif command in b"cay":
            return ("refused" if command == b"y" else "accepted"), mark


async def session(number, gate):
    async with gate:
        reader, writer = await asyncio.open_unix_connection(
            sock=await asyncio.get_running_loop().run_in_executor(None, connected))
    writer.write(packet(b"O", struct.pack(">III", 6, 0x1FF, STEPS)))
    _, data = await reply(reader)
    steps = struct.unpack(">III", data)[2]
    if not steps & NOCONNECT:
        writer.write(packet(b"C", b"c.example\0004\0\031198.51.100.9\0"))
    if number % 10 == 0:
        writer.write(packet(b"U", b"X-LSA-2\0"))
        await reply(reader)
    for n in range(MESSAGES):
        marks = []
        for _ in range(HOPS if n % 2 else 1):
            said, mark = await ask(reader, writer, b"%d.%d" % (number, n), marks,
                                   steps)
            SAID[said + (" marked" if mark else "")] += 1
            if mark is None:
                break
            marks.insert(0, mark)
        if n % 3 == 0:
            writer.write(packet(b"M", b"<>\0") + packet(b"A"))
    if number % 7:
        writer.write(packet(b"Q"))
        await writer.drain()
    writer.close()


async def main():
    gate = asyncio.Semaphore(100)  # connecting at once
    tasks = [asyncio.create_task(session(n, gate)) for n in range(SESSIONS)]
    for task in asyncio.as_completed(tasks):
        try:
            await task
        except (OSError, asyncio.IncompleteReadError) as error:
            SAID["cut by %r" % error] += 1
    print(", ".join("%s %d" % pair for pair in sorted(SAID.items())))


most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
asyncio.run(main())

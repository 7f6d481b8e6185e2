"""nomail.py - a server of the lab without a mail server; mta.py says the face.

What answers at its port for mail is one process for all of them, which greets
whoever asks and says goodbye: a mail service is up, and takes nothing.

    nomail.py      reads lines `NET-PID ADDRESS PORT`, says `up`, and greets
"""

import asyncio
import os
import socket
import subprocess
import sys

from host import NOBODY, LabError, birth, enter_net, environment

WORD = "none"
NAME = "no mail server"
TABLES, TABLE, LOG = "/etc/lsrd/tables", "%s", "/var/log/none"
QUEUE_GROUP = "nogroup"


def configure(node, _):
    """lsrd publishes even so."""
    os.makedirs(node.at(TABLES), exist_ok=True)
    os.chown(node.at(TABLES), NOBODY, NOBODY)


def running(_):
    """As far as anybody asks."""
    return 1


def queue(_):
    """Nothing waits."""
    return []


held = queue


def nothing(*_):
    """There is nothing to do."""


ready = start = stop = kill = nothing


def greet(nodes):
    """Starts what answers for these servers; its process id, and when it began."""
    process = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True, env=environment(PYTHONDONTWRITEBYTECODE="1"))
    process.stdin.write("".join("%d %s %d\n" % (n.net, n.address, n.smtp_port)
                                for n in nodes))
    process.stdin.close()
    if process.stdout.readline() != "up\n":
        raise LabError("nobody greets in place of the mail servers")
    return process.pid, birth(process.pid)


async def talk(reader, writer):
    """One session."""
    try:
        writer.write(b"220 lab ESMTP\r\n")
        while line := await asyncio.wait_for(reader.readline(), 60):
            last = line[:4].upper() == b"QUIT"
            writer.write(b"221 bye\r\n" if last else b"250 lab\r\n")
            await writer.drain()
            if last:
                break
    except (OSError, ValueError, asyncio.TimeoutError):
        pass
    finally:
        writer.close()


def listener(line):
    """The socket that a line asks for."""
    pid, address, port = line.split()
    enter_net(int(pid))
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, int(port)))
    sock.listen(64)
    return sock


async def answer(sockets):
    """For ever."""
    servers = [await asyncio.start_server(talk, sock=sock) for sock in sockets]
    print("up", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(answer([listener(line) for line in sys.stdin]))

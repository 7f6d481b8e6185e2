"""wire.py - a wire of some milliseconds between two servers of a lab.

    wire.py PID DEVICE PID DEVICE MS

Makes DEVICE in the network of each PID and carries the packets of one to the
other, each MS later; says `up` once both are there, and ends when told. For
kernels without tc-netem(8).
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

from host import enter_net

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def tap(pid, device):
    """The file of a new device in the network of that process."""
    enter_net(pid)
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
    return file


def take(file, queue, due):
    """What has come goes into the queue of the other end."""
    try:
        while True:
            queue.append((due, os.read(file, 65536)))
    except BlockingIOError:
        pass


def give(file, queue, now):
    """What is due goes out; a device that is down takes none."""
    while queue and queue[0][0] <= now:
        try:
            os.write(file, queue.popleft()[1])
        except OSError:
            pass


def carry(files, seconds):
    """For ever."""
    queues = {files[0]: collections.deque(), files[1]: collections.deque()}
    other = {files[0]: files[1], files[1]: files[0]}
    while True:
        now = time.monotonic()
        for file, queue in queues.items():
            give(file, queue, now)
        first = min((q[0][0] for q in queues.values() if q), default=now + 1)
        for file in select.select(files, [], [], max(0, first - now))[0]:
            take(file, queues[other[file]], time.monotonic() + seconds)


def main():
    """Entry."""
    pid_a, device_a, pid_b, device_b, ms = sys.argv[1:]
    files = [tap(int(pid_a), device_a), tap(int(pid_b), device_b)]
    print("up", flush=True)
    try:
        carry(files, float(ms) / 1000)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()

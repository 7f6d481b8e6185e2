"""in-front.py - SMTP from the outside, for in-front.sh.

    in-front.py ehlo SOURCE HOST PORT       the answer to EHLO
    in-front.py verb SOURCE HOST PORT       the answers to X-LSA-2 and NOOP after it
    in-front.py mail SOURCE HOST PORT       a message to root; the last answer
    in-front.py slow SOURCE HOST PORT FILE  the same, in a session that waits,
                                            once greeted, until FILE is there
    in-front.py knock SOURCE HOST PORT FILE greetings, one connection after
                                            another until FILE is there and
                                            one came: whether one did, and
                                            how many were refused
"""

import os
import socket
import sys
import time


class Smtp:
    """One session."""

    def __init__(self, source, host, port, timeout=60):
        self.link = socket.create_connection((host, int(port)), timeout, (source, 0))
        self.lines = self.link.makefile("rb")
        self.greeting = self.answer()

    def answer(self):
        text = ""
        while True:
            line = self.lines.readline().decode()
            text += line
            if line[3:4] != "-":
                return text

    def ask(self, line):
        self.link.sendall(line.encode() + b"\r\n")
        return self.answer()


def ehlo(*where):
    smtp = Smtp(*where)
    print(smtp.ask("EHLO out.example"))
    smtp.ask("QUIT")


def verb(*where):
    smtp = Smtp(*where)
    smtp.ask("EHLO out.example")
    print(smtp.ask("X-LSA-2"), end="")
    print(smtp.ask("NOOP"), end="")


def mail(*where):
    finish(Smtp(*where))


def slow(source, host, port, file):
    smtp = Smtp(source, host, port)
    print("greeted", flush=True)
    wait(file)
    finish(smtp)


def wait(file):
    while not os.path.exists(file):
        time.sleep(0.05)


def finish(smtp):
    for line in ("EHLO out.example", "MAIL FROM:<a@out.example>",
                 "RCPT TO:<root@localhost>", "DATA"):
        said = smtp.ask(line)
        if said[0] not in "23":
            break
    else:
        said = smtp.ask("Subject: from outside\r\n\r\nhello\r\n.")
    print(said)


def knock(source, host, port, file):
    greeted = refused = 0
    end = time.monotonic() + 60
    while not os.path.exists(file) or (not greeted and time.monotonic() < end):
        try:
            smtp = Smtp(source, host, port, 2)
            greeted += smtp.greeting.startswith("220 ")
            smtp.link.close()
        except ConnectionRefusedError:
            refused += 1
        except OSError:
            # It was killed in mid-session; or a connection that the packet
            # filter had turned lost its way when the rule went.
            pass
        time.sleep(0.02)
    print("greeted=%s refused=%d" % ("yes" if greeted else "no", refused))


globals()[sys.argv[1]](*sys.argv[2:])

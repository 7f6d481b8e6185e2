#!/usr/bin/env python3
"""quirks.py - mail services with one quirk each, for lab-probe.sh: each takes
mail, as Postfix's client would give it, and is not what a probe expects.

    quirks.py ADDRESS QUIRK=PORT...
"""

import socket
import sys
import threading
import time

EHLO_NO = {"helo": "502 5.5.1 no such command", "old": "500 what?"}


def session(conn, quirk):
    end = "\n" if quirk == "lf" else "\r\n"
    far = 1.8 if quirk == "far" else 0  # there and back, in seconds

    def say(text):
        time.sleep(far)
        conn.sendall((text + end).encode())
    time.sleep(far)  # for the connection itself
    if quirk == "slow":
        time.sleep(6)
    if quirk == "late":
        time.sleep(20)
    if quirk == "busy":
        say("421 4.7.0 too many sessions, try again later")
        return
    if quirk == "none":
        say("554 5.3.2 no mail service here")
        return
    say("220 " + quirk)
    for line in conn.makefile("r", newline="\n"):
        verb = line[:4].upper()
        if verb == "EHLO" and quirk in EHLO_NO:
            say(EHLO_NO[quirk])
        elif verb == "QUIT":
            if quirk != "mute":
                say("500 never heard of it" if quirk == "odd" else "221 bye")
            return
        elif verb == "DATA":
            say("354 go on")
        else:
            say("250 ok")


def serve(address, quirk, port):
    listener = socket.create_server((address, port))
    while True:
        conn = listener.accept()[0]
        def talk(conn=conn):
            try:
                session(conn, quirk)
            except OSError:
                pass
            finally:
                conn.close()
        threading.Thread(target=talk, daemon=True).start()


for word in sys.argv[2:]:
    name, _, number = word.partition("=")
    threading.Thread(target=serve, daemon=True,
                     args=(sys.argv[1], name, int(number))).start()
while True:
    time.sleep(3600)

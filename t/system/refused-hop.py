"""refused-hop.py - a next hop that answers by number, for refused-mail.sh.

    refused-hop.py ADDRESS REPLIES...

A recipient `NAME-N@` gets the reply of line N (from 0, comments left out) of
the file `replies.NAME`, after RCPT or after the content as the line has it.
`NAME-N` of the lines that are such replies are written to standard output.
"""

import os
import re
import socketserver
import sys

LINE = re.compile(r"^[\d.]+ host \S+ said: (5.*) \(in reply to (RCPT TO|end of DATA) command\)$")
replies = {}


def read(path):
    """The replies of one file."""
    name = os.path.basename(path).rpartition(".")[2]
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n") for line in file if line[0] != "#"]
    for n, row in enumerate(rows):
        found = LINE.match(row)
        if found:
            replies["%s-%d" % (name, n)] = found.groups()
            print("%s-%d" % (name, n), flush=True)


class Hop(socketserver.StreamRequestHandler):
    """One SMTP session; a message has one recipient."""

    def say(self, text):
        """A reply; what Postfix joined is several lines again."""
        code = text[:3]
        for line in re.split(r" (?=%s[- ])" % code, text):
            self.wfile.write(line.encode() + b"\r\n")

    def content(self, reply):
        """DATA and what follows."""
        self.say("354 go on")
        while self.rfile.readline() not in (b".\r\n", b""):
            pass
        self.say(reply or "250 2.0.0 ok")

    def handle(self):
        after = None
        self.say("220 hop ESMTP")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"RCPT":
                to = line.split(b"<")[1].split(b"@")[0].decode()
                reply, where = replies.get(to, ("250 2.1.5 ok", "RCPT TO"))
                after = None if where == "RCPT TO" else reply
                self.say("250 2.1.5 ok" if after else reply)
            elif word == b"DATA":
                self.content(after)
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


for name in sys.argv[2:]:
    read(name)
print("ready", flush=True)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer((sys.argv[1], 25), Hop).serve_forever()

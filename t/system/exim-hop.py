"""exim-hop.py - mail servers that take all, or refuse, for exim-routers.sh.

    exim-hop.py LOG ADDRESS/PORT/MODE...

MODE is `ok`, or STAGE=REPLY with STAGE one of banner, ehlo, mail, rcpt, content;
in a REPLY `_` is a blank and `|` begins a new line.
What is taken is written to LOG, a line a message: ADDRESS/PORT RECIPIENT...
"""

import socket
import socketserver
import sys
import threading

taken = threading.Lock()


class Hop(socketserver.StreamRequestHandler):
    """One session."""

    def say(self, stage, reply):
        """The reply of this stage, or what stands in its place."""
        which, _, other = self.server.mode.partition("=")
        reply = other if which == stage else reply
        for line in reply.replace("_", " ").split("|"):
            self.wfile.write(line.encode() + b"\r\n")
        return reply[0] in "23"

    def content(self, recipients):
        """DATA and what follows."""
        if not recipients:
            return self.say("data", "503 no recipients")
        self.say("data", "354 go on")
        while self.rfile.readline() not in (b".\r\n", b""):
            pass
        if self.say("content", "250 ok"):
            with taken, open(sys.argv[1], "a", encoding="ascii") as log:
                log.write(" ".join([self.server.name] + recipients) + "\n")
        return None

    def command(self, line, recipients):
        """One but DATA and QUIT."""
        word = line[:4].upper()
        stage = {"EHLO": "ehlo", "HELO": "ehlo", "MAIL": "mail", "RCPT": "rcpt"}
        if self.say(stage.get(word, "other"), "250 ok") and word == "RCPT":
            recipients.append(line.split("<")[1].split(">")[0])

    def handle(self):
        recipients = []
        if not self.say("banner", "220 hop ESMTP"):
            return
        for line in self.rfile:
            line = line.decode()
            if line[:4].upper() == "QUIT":
                self.say("quit", "221 bye")
                return
            if line[:4].upper() == "DATA":
                self.content(recipients)
                recipients = []
            else:
                self.command(line, recipients)


class Server(socketserver.ThreadingTCPServer):
    """All sessions at one address."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


def serve(spec):
    """Listens at one of the arguments."""
    address, port, mode = spec.split("/", 2)
    kind = type("Server", (Server,), {
        "address_family": socket.AF_INET6 if ":" in address else socket.AF_INET})
    server = kind((address, int(port)), Hop)
    server.mode, server.name = mode, address + "/" + port
    threading.Thread(target=server.serve_forever, daemon=True).start()


for argument in sys.argv[2:]:
    serve(argument)
print("ready", flush=True)
threading.Event().wait()

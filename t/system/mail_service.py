"""mail_service.py ADDRESS PORT - a mail service as far as a probe sees it."""

import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 service ESMTP\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Session).serve_forever()

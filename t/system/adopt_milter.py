"""adopt_milter.py PORT HEADER - a site's own milter: adds a header, no more."""

import socketserver
import struct
import sys

# of milter's protocol 6: add headers; tell me of nothing but the end
ADD_HEADERS, SILENT = 0x1, 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200


class Milter(socketserver.StreamRequestHandler):
    """One connection of Postfix's."""

    def reply(self, text):
        """A packet: its length, and what it says."""
        self.wfile.write(struct.pack("!I", len(text)) + text)

    def handle(self):
        while True:
            size = self.rfile.read(4)
            if len(size) < 4:
                return
            packet = self.rfile.read(struct.unpack("!I", size)[0])
            if packet[:1] == b"O":
                self.reply(b"O" + struct.pack("!III", 6, ADD_HEADERS, SILENT))
            elif packet[:1] == b"E":
                self.reply(b"h" + sys.argv[2].encode() + b"\0yes\0")
                self.reply(b"c")
            elif packet[:1] == b"Q":
                return


class Server(socketserver.ThreadingTCPServer):
    """Ends with the machine."""

    allow_reuse_address = daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Milter).serve_forever()

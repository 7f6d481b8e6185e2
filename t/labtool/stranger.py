"""stranger.py - what somebody gets who has no business on port 691.

Every knock ends with one line: how many octets the server said inside the
session (none must come: nothing of ours speaks before the name is proved)
and whether, and after what time, it closed. To what is no TLS at all OpenSSL
answers an alert of seven octets.
"""

import os
import socket
import ssl
import time

LIMIT = 60


def _context(keys=None, newest=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["lsrd/1"])
    if newest:
        context.maximum_version = newest
    if keys:
        context.load_cert_chain(os.path.join(keys, "server.pem"),
                                os.path.join(keys, "server.key"))
    return context


def _listen(link, begun):
    """Reads to the end; says what happened."""
    octets = 0
    link.settimeout(LIMIT)
    try:
        while True:
            some = link.recv(4096)
            if not some:
                how = "closed"
                break
            octets += len(some)
            if time.monotonic() - begun > LIMIT:
                how = "still open"
                break
    except TimeoutError:
        how = "still open"
    except ssl.SSLError as error:
        how = "closed (%s)" % (error.reason or "alert")
    except OSError as error:
        how = "closed (%s)" % (error.strerror or error)
    return "%s after %.1f s, %d octets inside" % (how, time.monotonic() - begun, octets)


def _tls(context):
    def knock(link, begun):
        try:
            link = context.wrap_socket(link)
        except ssl.SSLError as error:
            return "closed (%s) after %.1f s, 0 octets inside" % (
                error.reason or "alert", time.monotonic() - begun)
        except TimeoutError:
            return "still open after %.1f s, no handshake" % (time.monotonic() - begun)
        except OSError as error:
            return "closed (%s) after %.1f s, 0 octets inside" % (
                error.strerror or error, time.monotonic() - begun)
        return _listen(link, begun)
    return knock


def _raw(octets):
    def knock(link, begun):
        link.sendall(octets)
        return _listen(link, begun)
    return knock


WAYS = {
    "no-certificate": lambda keys: _tls(_context()),
    "certificate": lambda keys: _tls(_context(keys)),
    "tls-1.2": lambda keys: _tls(_context(keys, ssl.TLSVersion.TLSv1_2)),
    "garbage": lambda keys: _raw(os.urandom(4096)),
    "http": lambda keys: _raw(b"GET / HTTP/1.0\r\n\r\n"),
    "smtp": lambda keys: _raw(b"EHLO stranger.example\r\n"),
    "silence": lambda keys: _raw(b""),
}


def knock(address, port, how, keys=None):
    """Knocks once, in the given way; returns one line."""
    begun = time.monotonic()
    try:
        link = socket.create_connection((address, port), LIMIT)
    except OSError as error:
        return "not connected (%s)" % (error.strerror or error)
    with link:
        try:
            return WAYS[how](keys)(link, begun)
        except OSError as error:
            return "closed (%s) after %.1f s, 0 octets inside" % (
                error.strerror or error, time.monotonic() - begun)

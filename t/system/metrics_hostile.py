"""metrics_hostile.py - clients of lsrd-metrics that mean harm, of metrics.sh:
what they get, and that a scrape goes on beside them.

    metrics_hostile.py PORT             exit status 0, or what went wrong
    metrics_hostile.py PORT lasting     who keeps his connection, and is ended for it"""

import socket
import sys
import time

PORT = int(sys.argv[1])
WAIT = 60  # for what must come about, on a busy machine


def connect():
    return socket.create_connection(("127.0.0.1", PORT), WAIT)


def ended(link):
    """All it says until it ends; b"" too where that is a reset."""
    said = b""
    try:
        while True:
            some = link.recv(65536)
            if not some:
                return said
            said += some
    except ConnectionError:
        return said
    finally:
        link.close()


def ask(octets):
    """The connection of a CONNECT would stay, so it ends here."""
    link = connect()
    try:
        link.sendall(octets)
        if octets.startswith(b"CONNECT "):
            link.shutdown(socket.SHUT_WR)
    except ConnectionError:
        pass
    return ended(link)


def get(host=b"127.0.0.1", method=b"GET", path=b"/metrics", more=b""):
    return ask(b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (method, path, host, more))


def status(answer):
    return answer.split(b"\r\n")[0].split(b" ")[1:2]


def check(what, good):
    if not good:
        sys.exit("failed: " + what)


def scrape(what):
    answer = get()
    check("a scrape " + what, status(answer) == [b"200"] and b"\nlsrd_up 1\n" in answer)


def hosts():
    for good in (b"127.0.0.1", b"127.0.0.1:9691", b"[::1]:9691", b"localhost", b"LocalHost:80",
                 b"watch.example.org", b"Watch.example.org:9691"):
        check("Host %r" % good, status(get(good)) == [b"200"])
    for bad in (b"evil.example.org", b"127.0.0.1.evil.example.org", b"localhost.evil", b"[::1",
                b"[evil]", b"::1evil", b"a" * 4000, b"watch.example.org.evil", b":9691",
                b"127.0.0.1@evil"):
        answer = get(bad)
        check("Host %r" % bad[:40], status(answer) != [b"200"] and b"lsrd_" not in answer)


def methods():
    for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"GARBAGE"):
        answer = get(method=method)
        check("%r" % method, status(answer) not in ([b"200"],) and b"lsrd_up" not in answer)
    head = get(method=b"HEAD")
    body = get().split(b"\r\n\r\n", 1)[1]
    check("HEAD has no body", status(head) == [b"200"] and head.endswith(b"\r\n\r\n"))
    check("HEAD says its length", b"Content-Length: " in head and len(body) > 1000)
    for path in (b"/metricsx", b"/../metrics", b"/etc/passwd", b"//evil/metrics/x", b"*"):
        check("path %r" % path, status(get(path=path)) != [b"200"])
    check("a query", status(get(path=b"/metrics?x=y")) == [b"200"])


def long_and_odd():
    for octets in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                   b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
                   b"GET /metrics HTTP/1.1\r\n" + b"X: a\r\n" * 20000 + b"\r\n",
                   b"POST /metrics HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n" + b"a" * 100000,
                   b"POST /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"a" * 9000,
                   b"GET /metrics HTTP/9.9\r\n\r\n", b"\0" * 9000, b"\r\n" * 9000 + b"\r\n\r\n",
                   b"GET /metrics HTTP/1.1\r\n continued\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 9000,
                   b"GET http://evil/metrics HTTP/1.1\r\nHost: evil\r\n\r\n", b"\n\n\n\n" + b"x" * 20000):
        link = connect()
        try:
            link.sendall(octets)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = ended(link)
        check("%r is answered in full: %r" % (octets[:40], answer[:80]), b"lsrd_up" not in answer)
    scrape("after odd requests")


def slow():
    """Says something every second, for ever: it is ended all the same."""
    link = connect()
    began = time.monotonic()
    link.sendall(b"GET /metrics HTTP/1.1\r\n")
    try:
        while time.monotonic() - began < WAIT:
            link.sendall(b"X: y\r\n")
            time.sleep(0.5)
    except ConnectionError:
        return
    sys.exit("failed: a slow client stays")


def many():
    """More than there are descriptors: a scrape comes through once they are
    ended, which is not long after they came; and lsrd is still asked."""
    links = [connect() for _ in range(200)]
    scrape("beside 200 idle connections")
    for link in links:
        link.close()
    for link in [connect() for _ in range(50)]:
        link.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        link.close()
    scrape("after 50 that did not listen")


def unread():
    """Asks and does not read."""
    links = [connect() for _ in range(40)]
    for link in links:
        link.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
    scrape("beside 40 that do not read")
    for link in links:
        link.close()


scrape("at first")
if sys.argv[2:] == ["lasting"]:
    slow()
    many()
    unread()
else:
    hosts()
    methods()
    long_and_odd()

"""map_client.py - what lsrd-map answers to a browser and to those who are none, of map.sh.

    map_client.py PORT hostile                    who gets nothing, and heads that all get
    map_client.py PORT hold SECONDS               one page listens; is it let go before, as who
                                                  never ends a request must be
    map_client.py PORT stream FILE [LAST]         events into FILE, until it is ended
    map_client.py PORT crowd N SECONDS            N pages listen; how many heard of it all"""

import json
import selectors
import socket
import sys
import time

PORT = int(sys.argv[1])
WAIT = 60
SAFE = (b"Content-Security-Policy: default-src 'none'; script-src 'self'", b"frame-ancestors 'none'",
        b"X-Content-Type-Options: nosniff", b"X-Frame-Options: DENY", b"Referrer-Policy: no-referrer",
        b"Cross-Origin-Opener-Policy: same-origin", b"Cross-Origin-Resource-Policy: same-origin")


def ask(octets):
    link = socket.create_connection(("127.0.0.1", PORT), WAIT)
    said = b""
    try:
        link.sendall(octets)
        if octets.startswith(b"CONNECT "):
            link.shutdown(socket.SHUT_WR)
        while True:
            some = link.recv(65536)
            if not some:
                return said
            said += some
    except ConnectionError:
        return said
    finally:
        link.close()


def get(path=b"/api/status", method=b"GET", host=b"127.0.0.1", more=b""):
    return ask(b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (method, path, host, more))


def status(answer):
    return int((answer.split(b"\r\n")[0].split(b" ") + [b"0", b"0"])[1] or 0)


def check(what, good):
    if not good:
        sys.exit("failed: " + what)


def is_status(answer):
    return b'"organization"' in answer


def hosts():
    for good in (b"127.0.0.1", b"[::1]:1", b"localhost", b"Map.example.org:443"):
        check("Host %r" % good, status(get(host=good)) == 200)
    for bad in (b"evil.example", b"127.0.0.1.evil.example", b"map.example.org.evil", b"[evil]", b"a" * 4000,
                b"localhost\r\nHost: evil.example"):
        answer = get(host=bad)
        check("Host %r" % bad[:30], status(answer) != 200 and not is_status(answer))
    for bad in (b"Origin: http://evil.example", b"Origin: null", b"Origin: http://127.0.0.1:1",
                b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: same-site",
                b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors"):
        answer = get(more=bad + b"\r\n")
        check("%r" % bad, status(answer) == 403 and not is_status(answer))
        check("no stream for %r" % bad, status(get(b"/api/stream", more=bad + b"\r\n")) == 403)
    for good in (b"Origin: http://127.0.0.1", b"Origin: https://map.example.org", b"Sec-Fetch-Site: same-origin",
                 b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate"):
        check("%r" % good, status(get(more=good + b"\r\n")) == 200)


def methods():
    for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"GARBAGE"):
        answer = get(method=method)
        check("%r" % method, status(answer) != 200 and not is_status(answer))
    head = get(b"/", b"HEAD")
    check("HEAD", status(head) == 200 and head.endswith(b"\r\n\r\n") and b"Content-Length: " in head)
    check("HEAD of a stream", status(get(b"/api/stream", b"HEAD")) == 400)


def paths():
    for path in (b"/../secret.html", b"/..%2fsecret.html", b"/%2e%2e/secret.html", b"//secret.html", b"/./index.html",
                 b"/.hidden.html", b"/folder/in.html", b"/folder", b"/index.html%00", b"/link.html", b"/index.html.gz",
                 b"/INDEX.HTML", b"*", b"http://evil.example/index.html", b"/api", b"/api/", b"/api/watch",
                 b"/api/reload", b"/api/inject", b"/api/config", b"/api/../index.html"):
        answer = get(path)
        check("path %r" % path, status(answer) in (400, 404, 0) and b"secret" not in answer)
    for path, kind in ((b"/", b"text/html"), (b"/index.html", b"text/html"), (b"/map.js", b"text/javascript"),
                       (b"/api/topology", b"application/json"), (b"/nowhere", b"application/json")):
        answer = get(path)
        check("the type of %r" % path, b"Content-Type: " + kind in answer)
        for safe in SAFE:
            check("%r of %r" % (safe, path), safe in answer)
        check("no cookie of %r" % path, b"cookie" not in answer.lower())


def kept():
    answer = get(b"/map.js", more=b"Accept-Encoding: br, gzip\r\n")
    check("packed", b"Content-Encoding: gzip" in answer and answer.endswith(b"\r\n\r\npacked"))
    check("plain", get(b"/map.js", more=b"Accept-Encoding: gzip;q=0\r\n").endswith(b"\r\n\r\nplain"))
    for path in (b"/map.js", b"/api/topology"):
        tag = [line for line in get(path).split(b"\r\n") if line.startswith(b"ETag: ")][0][6:]
        again = get(path, more=b"If-None-Match: " + tag + b"\r\n")
        check("unchanged %r" % path, status(again) == 304 and again.endswith(b"\r\n\r\n"))


def questions():
    for path in (b"/api/simulate?cut=--help", b"/api/simulate?x=y", b"/api/explain", b"/api/events?since=2h",
                 b"/api/explain?address=a%0ab", b"/api/simulate?" + b"cut=a&" * 600):
        answer = get(path)
        check("question %r" % path[:40], status(answer) == 400)
        json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["text"]


def odd():
    for octets in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20000 + b"\r\n",
                   b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n" + b"a" * 100000, b"\0" * 9000,
                   b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"a" * 9000,
                   b"GET /api/stream HTTP/1.1\r\nHost: evil\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 9000,
                   b"GET / HTTP/9.9\r\n\r\n"):
        link = socket.create_connection(("127.0.0.1", PORT), WAIT)
        try:
            link.sendall(octets)
            link.shutdown(socket.SHUT_WR)
            while link.recv(65536):
                pass
        except OSError:
            pass
        link.close()
    # who goes on speaking while he listens
    link = listen()
    link.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    check("a stream goes on", link.recv(65536) != b"")
    link.close()
    check("after odd requests", is_status(get()))


def listen(last=None):
    link = socket.create_connection(("127.0.0.1", PORT), WAIT)
    link.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n%s\r\n" %
                 (b"Last-Event-ID: %s\r\n" % last.encode() if last else b""))
    return link


def stream(path, last):
    link = listen(last)
    link.settimeout(None)
    with open(path, "ab", buffering=0) as out:
        while True:
            some = link.recv(65536)
            if not some:
                return
            out.write(some)


def hold(seconds):
    links = [listen(), socket.create_connection(("127.0.0.1", PORT), WAIT)]
    links[1].sendall(b"GET /api/stream HTTP/1.1\r\nHost: local")
    wait, ends, begin = selectors.DefaultSelector(), {}, time.monotonic()
    for link in links:
        wait.register(link, selectors.EVENT_READ)
    while time.monotonic() < begin + seconds:
        for key, _ in wait.select(max(0, begin + seconds - time.monotonic())):
            if not key.fileobj.recv(1 << 20):
                wait.unregister(key.fileobj)
                ends[key.fileobj] = time.monotonic() - begin
    check("a stream of %g s ended after %g" % (seconds, ends.get(links[0], 0)), links[0] not in ends)
    check("half a request is let go", links[1] in ends)


def crowd(n, seconds):
    """All but one read; that one is let go, and they hear of what happens."""
    links, heard, wait = [listen() for _ in range(n)], {}, selectors.DefaultSelector()
    for link in links:
        link.setblocking(False)
        wait.register(link, selectors.EVENT_READ)
        heard[link] = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in wait.select(max(0, end - time.monotonic())):
            some = key.fileobj.recv(1 << 20)
            if some:
                heard[key.fileobj] += some
            else:
                wait.unregister(key.fileobj)
    print(json.dumps({"pages": n, "topology": [text.count(b"\nevent: topology") for text in heard.values()],
                      "change": [text.count(b"\nevent: change") for text in heard.values()]}))


if sys.argv[2] == "stream":
    stream(sys.argv[3], sys.argv[4] if sys.argv[4:] else None)
elif sys.argv[2] == "hold":
    hold(float(sys.argv[3]))
elif sys.argv[2] == "crowd":
    crowd(int(sys.argv[3]), float(sys.argv[4]))
else:
    hosts()
    methods()
    paths()
    kept()
    questions()
    odd()

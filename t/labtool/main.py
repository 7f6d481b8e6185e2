"""main.py - the commands of t/lab."""

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time

import front
import mail
import many
import soak
import stranger
from host import LabError, namespaces_refused, wait_for
from lab import TOP, Lab, names, now
from topo import BadDocument

EPILOG = """\
A lab is a network of mail servers on this machine: a network namespace each,
with a real Postfix or Exim and a real lsrd, joined as a topology document says.
NODE is a server's name or its first label; A and B may be routing groups.

  t/lab up t/labtool/three-groups.json    make one and start it
  t/lab sh london1                        be on that server
  t/lab cut paris tokyo                   the wires are cut (and: heal)
  t/lab send london1 user@tokyo.example   mail
  t/lab report                            what became of it
  t/lab down                              all is gone

  t/lab up --many 200                     so many lsrds without a mail server, and
                                          how long they take to agree
  t/lab soak 2 --seed 7                   two hours of mail and faults
"""

# Seconds: after a cut TCP leaves two minutes between two attempts at last, and a
# mail server waits ten for the answer to a message.
DELIVERY = 700
PARTS = ("lsrd", "mta", "postfix", "exim", "front", "milter", "all")


def place(text):
    """GROUP=PLACE, as a pair."""
    group, _, where = text.partition("=")
    if where not in front.PLACES:
        raise argparse.ArgumentTypeError("no place of lsrd-front: " + text)
    return group, where


def parser():
    """The commands, as argparse likes them."""
    top = argparse.ArgumentParser(
        prog="t/lab", epilog=EPILOG, description="A network of mail servers to try.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--lab", metavar="NAME", help="which lab (default: $LAB, the only one)")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    def verb(name, text):
        return verbs.add_parser(name, help=text, description=text)

    up = verb("up", "make a lab from a topology document and start it")
    up.add_argument("document", metavar="TOPOLOGY.json", nargs="?")
    up.add_argument("--build", metavar="DIR", default=os.environ.get("LSRD_BUILD"),
                    help="where lsrd was built (default: $LSRD_BUILD, else where "
                    "make, t/demo or t/check built it)")
    up.add_argument("--mode", choices=("auto", "namespaces", "loopback"), default="auto")
    up.add_argument("-6", dest="family", action="store_const", const=6, default=4,
                    help="IPv6 between the servers")
    up.add_argument("--x-lsa-2", dest="meet", action="store_const", const=front.AT_25,
                    default=front.AT_691,
                    help="between routing groups only port 25 is open: lsrd-front there")
    up.add_argument("--front", metavar="GROUP=PLACE", dest="places", action="append",
                    default=[], type=place, help="where lsrd-front of a group's servers "
                    "stands: " + ", ".join(front.PLACES))
    up.add_argument("--exim", metavar="SERVER", nargs="+", dest="exims",
                    default=os.environ.get("LSRD_LAB_EXIM", "").split(),
                    help="the servers, or groups, that have an Exim and no Postfix: besides "
                    "those whose \"mta\" is \"exim\" in the document (default: $LSRD_LAB_EXIM)")
    up.add_argument("--many", type=int, metavar="N", help="N servers without a mail "
                    "server, in groups of four; measured until all agree, when a wire is "
                    "cut, and idle")
    up.add_argument("--conf", metavar="LINES", default="",
                    help="for every lsrd.conf (default: $LSRD_LAB_CONF)")
    up.add_argument("--off", action="store_true", help="make it, start nothing")
    verb("down", "end the lab and remove it")
    verb("list", "the labs that are up")
    verb("dir", "where it keeps all it has")
    verb("status", "what runs where").add_argument("--json", action="store_true")
    verb("reset", "heal every wire, start what does not run")
    sub = verb("sh", "a shell on a server")
    sub.add_argument("node")
    sub = verb("run", "a command on a server")
    sub.add_argument("node")
    sub.add_argument("command", nargs=argparse.REMAINDER)
    for name, text in (("cut", "cut a wire: connections are reset"),
                       ("silence", "silence a wire: packets vanish"),
                       ("heal", "undo cut and silence")):
        sub = verb(name, text)
        sub.add_argument("a")
        sub.add_argument("b")
        sub.add_argument("--port", type=int, default=0, help="this TCP port alone")
    sub = verb("kill", "end a server, or what of it is named")
    sub.add_argument("node", help="a server, a group, or all")
    sub.add_argument("-9", dest="hard", action="store_true", help="at once, as a crash does")
    sub.add_argument("what", choices=PARTS, nargs="?", default="all",
                     help="mta is its mail server, whichever it is")
    sub = verb("start", "start a server, or what of it is named")
    sub.add_argument("node", help="a server, a group, or all")
    sub.add_argument("what", choices=PARTS, nargs="?", default="all",
                     help="mta is its mail server, whichever it is")
    sub = verb("send", "hand mail to a server")
    sub.add_argument("node")
    sub.add_argument("to", nargs="+", help="recipients, in turns")
    sub.add_argument("-n", dest="count", type=int, default=1)
    sub.add_argument("-r", dest="rate", type=float, default=0, help="messages a second")
    sub.add_argument("--port", type=int, default=0,
                     help="of two mail servers there the one at this port")
    sub = verb("report", "what became of the mail")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--wait", type=float, default=0, metavar="SECONDS",
                     help="until all has arrived, so long at most")
    sub.add_argument("--paths", action="store_true", help="every message's way")
    sub = verb("route", "what a server's mail server does with a pattern")
    sub.add_argument("node", help="a server, a group, or all")
    sub.add_argument("pattern")
    sub.add_argument("--until", metavar="REGEX", help="wait until that is so")
    sub.add_argument("-t", dest="limit", type=float, default=30, metavar="SECONDS")
    sub = verb("path", "send one message and say the servers it went through")
    sub.add_argument("node")
    sub.add_argument("to")
    sub = verb("full", "wait until every server knows every route, and all is well")
    sub.add_argument("-t", dest="limit", type=float, default=90, metavar="SECONDS")
    sub = verb("holds", "tell each route that becomes a hold, until ended")
    sub.add_argument("-t", dest="limit", type=float, default=300, metavar="SECONDS")
    sub = verb("rcpt", "what a server answers a stranger who names these recipients")
    sub.add_argument("node")
    sub.add_argument("to", nargs="+")
    sub = verb("stranger", "knock at a server's port 691 and say what came of it")
    sub.add_argument("source", help="the server whose address the stranger has")
    sub.add_argument("node")
    sub.add_argument("how", choices=sorted(stranger.WAYS))
    sub.add_argument("--keys", metavar="DIR", help="server.key and server.pem to show")
    sub = verb("queue", "what waits at a server: identifier, number, reason")
    sub.add_argument("node", help="a server, a group, or all")
    sub = verb("flush", "have a server's mail server try all of it now")
    sub.add_argument("node", help="a server, a group, or all")
    sub = verb("log", "a mail server's own log")
    sub.add_argument("node")
    sub = verb("loops", "how many messages a server refused because they came back")
    sub.add_argument("node")
    sub = verb("put", "set a server's table against lsrd's (kill its lsrd before)")
    sub.add_argument("node")
    sub.add_argument("pattern")
    sub.add_argument("hop", nargs="+", help="servers, in the order to try")
    sub = verb("hinder", "have a mail server refuse mail, or be slow; see mta.py")
    sub.add_argument("node")
    sub.add_argument("how", choices=("refuse", "slow", "full", "no-relay", "off"))
    soak.options(verb("soak", "hours of mail and of faults, counted and measured: a lab "
                      "of its own, which is gone at the end"))
    verb("able", "whether this machine can make network namespaces")
    return top


def route(lab, args):
    """t/lab route."""
    nodes = lab.some(args.node)
    wanted = re.compile(args.until) if args.until else None
    with lab.watch(nodes) as watch:
        def holds():
            return all(wanted.search(lab.route(watch, n.alias, args.pattern))
                       for n in nodes)
        good = wanted is None or wait_for(holds, args.limit, 0.005)
        for node in nodes:
            print("%s: %s" % (node.alias, lab.route(watch, node.alias, args.pattern)))
    return 0 if good else 1


def holds(lab, args):
    """t/lab holds: says `watching` once it is."""
    told, until = {}, time.monotonic() + args.limit
    with lab.watch(step=0.02) as watch:
        print("watching", flush=True)
        while time.monotonic() < until:
            for name, seen in watch.changes.items():
                for _, values in seen[told.get(name, 0):]:
                    for key, value in values.items():
                        if (value or "lsrd-hold:no key").startswith("lsrd-hold:"):
                            print("%s: %s: %s" % (name, key, value), flush=True)
                told[name] = len(seen)
            time.sleep(0.05)
    return 0


def path(lab, args):
    """t/lab path."""
    way = lab.one(args.node, args.to)
    print(" > ".join(way) if way else "has not arrived")
    return 0 if way else 1


def rcpt(lab, args):
    """t/lab rcpt: from the server's own address, which it does not trust."""
    node = lab.node(args.node)

    def work():
        for address in args.to:
            session = mail.Session(node.address, node.smtp_port)
            session.say("EHLO stranger.example")
            session.say("MAIL FROM:<stranger@outside.example>")
            print("%s %s" % (session.say("RCPT TO:<%s>" % address)[1], address), flush=True)
            session.close()

    return node.in_net(work) if node.kind == "namespaces" else work() or 0


def knock(lab, args):
    """t/lab stranger."""
    source, node = lab.node(args.source), lab.node(args.node)

    def work():
        print(stranger.knock(node.address, node.peer_port, args.how, args.keys), flush=True)

    return source.in_net(work) if node.kind == "namespaces" else work() or 0


def queue(lab, args):
    """t/lab queue."""
    for node in lab.some(args.node):
        for ident, reason in node.mta.queue(node):
            number = mail.MARKED.search(node.mta.head(node, ident).encode())
            print("%s: %s %s: %s" % (node.alias, ident,
                                     number.group(1).decode() if number else "-", reason))
    return 0


def of_mta(lab, args):
    """The verbs of one mail server that are a function of its module."""
    for node in lab.some(args.node):
        if args.verb == "flush":
            node.mta.flush(node)
        elif args.verb == "log":
            print(node.read(node.mta.LOG), end="")
        elif args.verb == "loops":
            print(node.mta.loops(node))
        elif args.verb == "put":
            node.mta.put(node, args.pattern, [lab.node(hop) for hop in args.hop])
        else:
            node.mta.hinder(node, args.how)
    return 0


def show_report(lab, args):
    """t/lab report."""
    got = lab.drain(args.wait, DELIVERY) if args.wait else lab.account()
    again = mail.sent_again(lab.nodes.values(), got["doubled"])
    got["doubled"] = [n for n in got["doubled"] if n not in again]
    if args.json:
        print(json.dumps({k: v if isinstance(v, int) else len(v) for k, v in got.items()
                          if k in ("sent", "delivered", "waiting", "lost", "doubled",
                                   "bounced")}))
    else:
        print("sent %d  delivered %d  waiting %d  lost %d  doubled %d  bounced %d" % (
            got["sent"], got["delivered"], len(got["waiting"]), len(got["lost"]),
            len(got["doubled"]), len(got["bounced"])))
        if again:
            print("  %d more came twice by a cut before the answer (RFC 1047)" % len(again))
        for number in got["waiting"][:10]:
            node, reason = got["reasons"][number]
            print("  waits at %s: %s" % (node.alias, reason))
    if args.paths:
        alias = {n.name: n.alias for n in lab.nodes.values()}
        for number in got["book"]:
            for _, file in got["files"].get(number, []):
                print("  %s  %s" % (number, " > ".join(
                    alias.get(hop, hop) for hop in mail.path_of(file))))
    return 1 if got["lost"] or got["doubled"] or got["bounced"] else 0


def show_status(lab, args):
    """t/lab status."""
    rows = lab.status()
    if args.json:
        print(json.dumps(rows))
        return 0
    print("%-12s %-12s %-16s %-8s %-8s %-8s %s" % (
        "server", "group", "address", "lsrd", "mail", "queue", "mta"))
    for row in rows:
        print("%-12s %-12s %-16s %-8s %-8s %-8s %s" % (
            row["node"], row["group"], row["address"],
            (row["lsrd"] or "-") if row["on"] else "off", row["mail"] or "-",
            row.get("queue", "-"), row["mta"]))
    for fault in lab.state["faults"]:
        print("%s: %s and %s%s" % (fault["how"], fault["a"], fault["b"],
                                   ", port %d" % fault["port"] if fault["port"] else ""))
    return 0


def shell(lab, args):
    """t/lab sh."""
    node = lab.node(args.node)
    prompt = "%s# " % node.alias
    argv = node.argv(["env", "PS1=" + prompt, "bash", "--norc", "-i"])
    env = dict(os.environ, PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
               "/sbin:/bin", PS1=prompt)
    if node.kind != "namespaces":
        env.update(MAIL_CONFIG=node.inside("/etc/postfix"),
                   LSRD_CONTROL=node.inside("/run/lsrd/control"))
    os.execvpe(argv[0], argv, env)


def run(lab, args):
    """t/lab run."""
    argv = lab.node(args.node).argv(args.command)
    os.execvp(argv[0], argv)


def built():
    """Where lsrd was built: by hand, by t/demo or by t/check."""
    for folder in ("build", ".", "build/demo", "build/check"):
        if os.path.exists(os.path.join(TOP, folder, "lsrd")):
            return os.path.normpath(os.path.join(TOP, folder))
    raise LabError("lsrd is not built: run t/demo once, or make, or say --build DIR")


def up(args):
    """t/lab up; all is taken down again if it fails or is interrupted."""
    build = args.build or built()
    if args.many:
        return up_many(args, build)
    if not args.document and args.exims:
        # it stands behind the words of --exim
        args.document = args.exims.pop()
    if not args.document:
        raise LabError("which TOPOLOGY.json? t/labtool has some")
    lab = Lab(args.lab or os.environ.get("LAB") or "lab")
    if lab.name in names():
        raise LabError("the lab %s is up: t/lab down" % lab.name)
    try:
        lab.up(args.document, build, args.mode, args.family, print, args.meet,
               args.places, args.exims, args.conf)
        if not args.off:
            todo = [n for n in lab.nodes.values() if n.server.state != "down"]
            lab.each(todo, lab.start)
    except BaseException:
        lab.down()
        raise
    print("the lab %s is up (%s)" % (lab.name, lab.state["mode"]))
    return 0


def up_many(args, build):
    """t/lab up --many; it stays up, for `down` and whatever before."""
    if not 2 <= args.many <= 1000:
        raise LabError("--many wants a number from 2 to 1000")
    lab = Lab(args.lab or os.environ.get("LAB") or "lab")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(many.document(args.many), file)
        file.flush()
        try:
            lab.up(file.name, build, "lean", args.family, print)
            begun = now()
            lab.each(lab.nodes.values(), lab.start)
            many.measure(lab, begun)
        except BaseException:
            lab.down()
            raise
    print("the lab %s is up" % lab.name)
    return 0


def reset(lab):
    """t/lab reset."""
    if lab.state["mode"] != "loopback":
        lab.heal_all()
    lab.each([n for n in lab.nodes.values() if n.server.state != "down"], lab.start)
    return 0


def send(lab, args):
    """t/lab send."""
    pid = mail.send_in(lab.node(args.node), args.to, args.count, args.rate, lab.ledger,
                       port=args.port)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def act(args):
    """Runs one command; returns its exit status."""
    if args.verb == "up":
        return up(args)
    if args.verb == "soak":
        return soak.main(args, args.build or built())
    if args.verb == "list":
        print("\n".join(names()))
        return 0
    if args.verb == "able":
        refused = namespaces_refused()
        print("no network namespaces here: " + refused if refused else "yes")
        return 1 if refused else 0
    lab = Lab.find(args.lab)
    if args.verb == "down":
        lab.down()
    elif args.verb == "dir":
        print(lab.dir)
    elif args.verb in ("cut", "silence"):
        lab.fault(args.verb, args.a, args.b, args.port)
    elif args.verb == "heal":
        lab.heal(args.a, args.b, args.port)
    elif args.verb == "kill":
        lab.each(lab.some(args.node), lambda n: lab.kill(n, args.what, args.hard))
    elif args.verb == "start":
        lab.each(lab.some(args.node), lambda n: lab.start(n, args.what))
    else:
        return {"sh": shell, "run": run, "report": show_report, "status": show_status,
                "route": route, "path": path, "rcpt": rcpt, "stranger": knock,
                "full": lambda lab, args: 0 if lab.wait_settled(args.limit, 1) else 1,
                "holds": holds, "queue": queue, "flush": of_mta, "log": of_mta,
                "loops": of_mta, "put": of_mta, "hinder": of_mta,
                "send": send, "reset": lambda lab, _: reset(lab)}[args.verb](lab, args)
    return 0


def main():
    """Entry of t/lab."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    if "kill" in words and "-9" in words:
        # argparse wants it behind what it stands before
        words.remove("-9")
        words.append("-9")
    args = parser().parse_args(words)
    try:
        sys.exit(act(args))
    except (LabError, BadDocument) as error:
        sys.exit("t/lab: %s" % error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

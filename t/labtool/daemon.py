"""daemon.py - the lsrd of one server: keys, configuration, start, questions."""

import json
import os
import shutil
import signal
import subprocess

import front
import mapped
import mta
from host import NOBODY, LabError, end, environment, wait_for
from topo import is_any

CONF = "/etc/lsrd/lsrd.conf"
LOG = "/var/log/lsrd.log"
USER = "_lsrd"


def _quoted(words):
    return "{ " + ", ".join('"%s"' % word for word in words) + " }"


def _port(address, port):
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)


def _space(entry):
    lines = ['address-space "%s" {' % entry["pattern"], "    deliver = here"]
    if entry.get("cost"):
        lines.append("    cost = %d" % entry["cost"])
    if entry.get("scope"):
        lines.append("    scope = " + entry["scope"])
    for word in ("fallback", "relay"):
        if word in entry:
            lines.append("    %s = %s" % (word, "yes" if entry[word] else "no"))
    return "\n".join(lines) + "\n}\n"


def _carrier(node):
    """How news go to a server of another routing group."""
    if node.front == front.APART:
        return 'peer = x-lsa-2  peer-address = "%s"' % _port(node.address, front.APART_PORT)
    return "peer = x-lsa-2" if node.front else "peer = tcp"


def _connector(entry, nodes, group):
    lines = ['connector "%s" {' % entry["name"], '    routing-group = "%s"' % group]
    if is_any(entry):
        lines.append("    bridgehead = any")
    for name in [] if is_any(entry) else entry["to"]:
        if nodes[name].server.group == group:
            lines.append('    bridgehead "%s" { smtp = "%s"  %s }'
                         % (name, _port(nodes[name].address, nodes[name].smtp_port),
                            _carrier(nodes[name])))
    lines.append("    cost = %d" % entry["cost"])
    if entry.get("state") == "drain":
        lines.append("    drain = yes")
    if "max_message_size" in entry:
        lines.append("    max-message-size = %d" % entry["max_message_size"])
    if "schedule" in entry:
        lines.append('    schedule = "%s"' % entry["schedule"])
    return "\n".join(lines) + "\n}\n"


def configuration(node, topology, nodes, extra=""):
    """lsrd.conf of this server, in full."""
    server = node.server
    lines = [
        "# made by t/lab from " + os.path.basename(topology.path),
        'organization = "%s"' % topology.organization,
        'routing-group = "%s"' % server.group,
        'server = "%s"' % server.name,
        "peer-listen = " + _quoted([_port(node.address, node.peer_port)]),
        "smtp = " + _quoted([_port(node.address, node.smtp_port)]),
        "mta = " + node.mta.WORD,
    ]
    if node.kind != "namespaces":
        keys = node.inside("/etc/lsrd/keys")
        lines += [
            "lab = yes",
            'user = "nobody"',
            'publisher = "%s/sbin/lsrd-publish"' % node.stage,
            'postfix-directory = "%s"' % node.inside("/etc/postfix"),
            'state-directory = "%s"' % node.inside("/var/lib/lsrd"),
            'table-directory = "%s"' % node.inside(node.mta.TABLES),
            'control-socket = "%s"' % node.inside("/run/lsrd/control"),
            'report-socket = "%s"' % node.inside("/run/lsrd/report"),
            'key = "%s/server.key"' % keys,
            'certificate = "%s/server.pem"' % keys,
            'authority = "%s/authority.pem"' % keys,
            'mark-key = "%s/mark.key"' % keys,
        ]
    if node.front:
        lines.append('front-socket = "%s"' % front.SOCKET)
    if server.position and mapped.built(node):
        lines.append("position = { %.6f, %.6f }" % tuple(server.position))
    if extra:
        lines.append(extra)
    text = "\n".join(lines) + "\n\n"
    for peer in topology.neighbours(server):
        if node.front and peer.group != server.group:
            continue
        text += 'peer "%s" { address = %s }\n' % (
            peer.name, _quoted([_port(nodes[peer.name].address, nodes[peer.name].peer_port)]))
    for entry in server.connectors:
        if entry.get("state") == "down":
            continue
        for group in sorted({nodes[n].server.group for n in entry["to"]}):
            text += "\n" + _connector(entry, nodes, group)
    for entry in server.spaces:
        text += "\n" + _space(entry)
    return text


def lsrctl(stage, argv, node=None):
    """Runs lsrctl: in a server, or (for keys) on this machine."""
    command = [os.path.join(stage, "bin/lsrctl")] + argv
    if node is not None:
        command = ["lsrctl"] + argv
        if node.kind != "namespaces":
            command[1:1] = ["--socket", node.inside("/run/lsrd/control")]
        return node.run(command)
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env=environment())


def make_keys(stage, folder, topology, nodes):
    """An authority for the organization, and each server's key from it."""
    os.makedirs(folder, exist_ok=True)
    _must(lsrctl(stage, ["keys", "authority", "--directory", folder,
                         "--organization", topology.organization]))
    for node in nodes.values():
        claims = ["--group", node.server.group]
        for space in node.server.spaces:
            claims += ["--space", space["pattern"]]
            if space["pattern"] != "*" and space.get("relay", True):
                claims += ["--relay", space["pattern"]]
        out = os.path.join(folder, node.alias)
        _must(lsrctl(stage, ["keys", "issue", node.name, "--directory", folder,
                             "--output", out, "--user", "root"]
                     + claims))


def _must(done):
    if done.returncode != 0:
        raise LabError("lsrctl: " + (done.stderr or done.stdout).strip())


def add_user(node):
    """
    The user that lsrd becomes, who may see the mail server's queue: in the
    server's own /etc, nowhere else.
    """
    if node.kind != "namespaces" or USER + ":" in node.read("/etc/passwd"):
        return
    taken = {line.split(":")[2] for line in
             (node.read("/etc/passwd") + node.read("/etc/group")).splitlines()
             if line.count(":") > 2}
    number = next(n for n in range(990, 100, -1) if str(n) not in taken)
    node.write("/etc/passwd", node.read("/etc/passwd")
               + "%s:x:%d:%d:lsrd:/var/lib/lsrd:/usr/sbin/nologin\n"
               % (USER, number, number))
    group = "\n".join(line + (("," if line[-1] != ":" else "") + USER
                              if line.split(":")[0] in [
                                  part.QUEUE_GROUP for part in mta.parts(node)] else "")
                      for line in node.read("/etc/group").splitlines())
    node.write("/etc/group", group + "\n%s:x:%d:\n" % (USER, number))


def owner(node):
    """The numbers of the user that lsrd runs as in this server."""
    if node.kind != "namespaces":
        return NOBODY, NOBODY
    for line in node.read("/etc/passwd").splitlines():
        fields = line.split(":")
        if fields[0] == USER:
            return int(fields[2]), int(fields[3])
    return 0, 0


def configure(node, topology, nodes, folder, extra=""):
    """Puts configuration and keys into the server."""
    add_user(node)
    if node.front:
        front.add_users(node, USER)
    node.write(CONF, configuration(node, topology, nodes, extra))
    keys = node.at("/etc/lsrd/keys")
    for name in os.listdir(os.path.join(folder, node.alias)):
        shutil.copy2(os.path.join(folder, node.alias, name), keys)
    uid, gid = owner(node)
    for path in [keys] + [os.path.join(keys, n) for n in os.listdir(keys)]:
        os.chown(path, uid, gid)
    for path in ("/var/lib/lsrd", "/run/lsrd"):
        os.makedirs(node.at(path), exist_ok=True)
        os.chown(node.at(path), uid, gid)


def start(node):
    """Starts lsrd; its log goes to the server's /var/log/lsrd.log."""
    uid, gid = owner(node)
    os.makedirs(node.at("/run/lsrd"), exist_ok=True)
    os.chown(node.at("/run/lsrd"), uid, gid)
    node.spawn(["lsrd", "-f", "-c", node.inside(CONF)], LOG)


def running(node):
    """The process id of lsrd, as this machine counts; or 0."""
    return (node.named("lsrd") or [0])[0]


def stop(node, sig=signal.SIGTERM):
    """Ends lsrd (and with -9 its publisher too, as the kernel would find it)."""
    pids = node.named("lsrd")
    for pid in pids:
        end(pid, sig=sig)
    wait_for(lambda: not running(node), 60, 0.005)


def ask(node, *words):
    """What lsrd answers to lsrctl's reading verbs: a list of objects."""
    done = lsrctl("", list(words) + ["--json"], node)
    return [json.loads(line) for line in done.stdout.splitlines()
            if line.startswith("{")]


def health(node):
    """The digest of its database, if every session is full, every link up."""
    status = ask(node, "status")
    peers, links = ask(node, "peers"), ask(node, "links")
    if (not status or status[0]["state"] not in ("up", "drain")
            or any(peer["state"] != "full" for peer in peers)
            or any(link["state"] != "up" for link in links)):
        return None
    return status[0]["digest"]

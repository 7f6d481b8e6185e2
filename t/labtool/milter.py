"""milter.py - lsrd-milter of one server, where the build has it."""

import os
import signal

import daemon
import postfix
from host import end, wait_for

LOG = "/var/log/lsrd-milter.log"
FOLDER = "/var/spool/postfix/lsrd"
USER = "_lsrd-milter"
GROUP = "lsrd-mark"


def _number(text, name):
    for line in text.splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2])
    return 0


def _free(text):
    taken = {line.split(":")[2] for line in text.splitlines() if line.count(":") > 2}
    return next(n for n in range(980, 100, -1) if str(n) not in taken)


def _add_user(node):
    users, groups = node.read("/etc/passwd"), node.read("/etc/group")
    if USER + ":" not in users:
        number = _free(users + groups)
        node.write("/etc/passwd", users + "%s:x:%d:%d:lsrd-milter:/nonexistent:"
                   "/usr/sbin/nologin\n" % (USER, number, number))
        node.write("/etc/group", groups + "%s:x:%d:\n" % (USER, number))


def share_key(node, reader):
    """A group that may read the mark key: lsrd, and who marks messages here."""
    users, groups = node.read("/etc/passwd"), node.read("/etc/group")
    lines = [line for line in groups.splitlines() if not line.startswith(GROUP + ":")]
    mark = _number(groups, GROUP) or _free(users + groups)
    lines.append("%s:x:%d:%s,%s" % (GROUP, mark, daemon.USER, reader))
    node.write("/etc/group", "\n".join(lines) + "\n")
    for path in ("/etc/lsrd/keys", "/etc/lsrd/keys/mark.key"):
        os.chown(node.at(path), -1, mark)
    os.chmod(node.at("/etc/lsrd/keys"), 0o710)
    os.chmod(node.at("/etc/lsrd/keys/mark.key"), 0o640)


def configure(node):
    """The folder of its socket, and who may read the mark key."""
    os.makedirs(node.at(FOLDER), exist_ok=True)
    if node.kind != "namespaces":
        os.chmod(node.at(FOLDER), 0o777)
        return
    _add_user(node)
    users, groups = node.read("/etc/passwd"), node.read("/etc/group")
    os.chown(node.at(FOLDER), _number(users, USER), _number(groups, "postfix"))
    os.chmod(node.at(FOLDER), 0o2750)
    share_key(node, USER)


def built(node):
    """True if the build has it, and the mail server is one that asks milters."""
    return node.mta is postfix and bool(node.stage) and os.path.exists(os.path.join(node.stage, "sbin/lsrd-milter"))


def start(node):
    """Starts it; its log goes to the server's /var/log/lsrd-milter.log."""
    command = ["lsrd-milter", "-f"]
    if node.kind != "namespaces":
        command += ["-p", "unix:" + node.inside(FOLDER + "/milter"), "-u", "nobody",
                    "-T", node.inside("/var/lib/lsrd/milter/table"),
                    "-k", node.inside("/etc/lsrd/keys/mark.key"),
                    "-r", node.inside("/run/lsrd/report")]
    node.spawn(command, LOG)


def running(node):
    """Its process id, as this machine counts; or 0."""
    return (node.named("lsrd-milter") or [0])[0]


def stop(node, sig=signal.SIGTERM):
    """Ends it."""
    for pid in node.named("lsrd-milter"):
        end(pid, sig=sig)
    wait_for(lambda: not running(node), 60, 0.005)

"""postfix.py - the Postfix of one server, with the face that mta.py describes.

The configuration is Debian's own master.cf and a small main.cf; what lsrd
needs is added by the very lines that conf/postfix ships.
"""

import json
import os
import pwd
import re
import shutil

from host import NOBODY, LabError, end, wait_for
from mta import SINK, make_sink, own_domains

WORD, NAME = "postfix", "Postfix"
TABLES = "/var/lib/lsrd/postfix"
TABLE = "%s.lmdb"
LOG = "/var/log/mail.log"
QUEUE_GROUP = "postdrop"
LINE = re.compile(r"postfix\S*\[\d+\]: ([0-9A-Za-z]{6,}): ")
IDENT = re.compile(r"message-id=<([\w.-]+)@lab>")


def main_cf(node):
    """main.cf before anything of lsrd is in it."""
    own = "127.0.0.0/8 [::1]/128" if node.kind == "namespaces" else node.address
    lines = [
        "compatibility_level = 3.6",
        "myhostname = " + node.name,
        "myorigin = $myhostname",
        "mydestination = " + ", ".join(own_domains(node) or ["localhost"]),
        "mynetworks = " + own,
        "inet_protocols = " + ("all" if node.kind == "namespaces" else "ipv4"),
        "inet_interfaces = "
        + ("all" if node.kind == "namespaces" else "loopback-only"),
        "maillog_file = " + node.inside(LOG),
        "alias_maps =",
        "local_recipient_maps =",
        "local_transport = virtual",
        "virtual_mailbox_domains =",
        "virtual_mailbox_base = " + node.inside(SINK),
        "virtual_mailbox_maps = static:all/",
        "virtual_minimum_uid = 1",
        "virtual_uid_maps = static:%d" % NOBODY,
        "virtual_gid_maps = static:%d" % NOBODY,
        "biff = no",
        "address_verify_poll_delay = 1s",
    ]
    if node.kind != "namespaces":
        lines += [
            "queue_directory = " + node.inside("/var/spool/postfix"),
            "data_directory = " + node.inside("/var/lib/postfix"),
            "maillog_file_prefixes = " + node.root,
            "smtp_bind_address = " + node.address,
            "process_id_directory = pid",
        ]
    return "\n".join(lines) + "\n"


def master_cf(node):
    """Debian's master.cf; without its chroots where we have no root."""
    with open("/usr/share/postfix/master.cf.dist", encoding="utf-8") as file:
        text = file.read()
    if node.kind == "namespaces":
        return text
    # lo has only 127.0.0.1 for inet_interfaces to find: so it is said here
    text = re.sub(r"(?m)^smtp(\s+inet\s)", r"%s:%d\1" % (node.address, node.smtp_port), text)
    return re.sub(r"(?m)^(\w\S*\s+\S+\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", text)


def configure(node, conf):
    """Writes the configuration."""
    for name in ("dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files",
                 "postfix-files.d", "post-install", "postfix-script"):
        there, here = "/etc/postfix/" + name, node.at("/etc/postfix/" + name)
        if os.path.isdir(there):
            shutil.copytree(there, here, dirs_exist_ok=True)
        elif os.path.exists(there):
            shutil.copy2(there, here)
    node.write("/etc/postfix/main.cf", main_cf(node))
    node.write("/etc/postfix/master.cf", master_cf(node))
    make_sink(node)
    os.chown(node.at("/var/lib/postfix"), pwd.getpwnam("postfix").pw_uid, -1)
    _apply(node, os.path.join(conf, "postfix"))


def _apply(node, snippets):
    """Adds the lines lsrd needs, from the files that are shipped."""
    with open(os.path.join(snippets, "main.cf"), encoding="utf-8") as file:
        text = file.read().replace(TABLES, node.inside(TABLES))
    with open(node.at("/etc/postfix/main.cf"), "a", encoding="utf-8") as file:
        file.write("\n" + text)
    with open(os.path.join(snippets, "master.cf"), encoding="utf-8") as file:
        text = file.read().replace("/usr/share/lsrd/", node.inside("/etc/postfix/"))
    shutil.copy(os.path.join(snippets, "route-refused.regexp"), node.at("/etc/postfix"))
    if node.kind != "namespaces":
        text = re.sub(r"(?m)^(\w\S*\s+\S+\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", text)
    with open(node.at("/etc/postfix/master.cf"), "a", encoding="utf-8") as file:
        file.write("\n" + text)


def ready(_node):
    """Nothing: main.cf is read as it is."""


def start(node):
    """Starts Postfix and waits until it greets."""
    pid = node.at("/var/spool/postfix/pid/master.pid")
    if os.path.exists(pid):
        os.unlink(pid)
    if node.kind == "namespaces":
        node.run(["sh", "/usr/lib/postfix/configure-instance.sh", "-"])
    done = node.run(["postfix", "-c", node.inside("/etc/postfix"), "start"])
    if done.returncode != 0:
        raise LabError("%s: postfix start: %s%s" % (
            node.alias, done.stderr, node.read(LOG)[-800:]))


def running(node):
    """The process id of Postfix's master, as this machine counts; or 0."""
    return (node.named("master") or [0])[0]


def stop(node):
    """Ends Postfix in an orderly way."""
    node.run(["postfix", "-c", node.inside("/etc/postfix"), "stop"])
    wait_for(lambda: not running(node), 30)


def kill(node):
    """Ends all of Postfix at once, as a crash does."""
    master = running(node)
    family = [master] if master else []
    for pid in node.pids():
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == master:
                    family.append(pid)
        except (OSError, ValueError):
            continue
    for pid in family:
        end(pid)
    wait_for(lambda: not running(node), 30)


def _entries(node):
    """What postqueue says of each message."""
    if not running(node):
        return []
    done = node.run(["postqueue", "-c", node.inside("/etc/postfix"), "-j"])
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def queue(node):
    """What waits here: identifier and reason of each message."""
    return [(entry["queue_id"], (entry["recipients"] or [{}])[0].get("delay_reason", "")
             or entry["queue_name"]) for entry in _entries(node)]


def held(node):
    """What is being delivered."""
    return [entry["queue_id"] for entry in _entries(node)
            if entry["queue_name"] in ("active", "incoming", "maildrop")]


def head(node, queue_id):
    """The header of a message that waits."""
    return node.run(["postcat", "-c", node.inside("/etc/postfix"), "-qh", queue_id]).stdout


def flush(node):
    """Asks Postfix to try everything again, now."""
    node.run(["postqueue", "-c", node.inside("/etc/postfix"), "-f"])


def put(node, pattern, hops):
    """Has the table send a pattern to these servers, in this order."""
    value = "lsrd:" + ", ".join("[%s]:%d" % (hop.address, hop.smtp_port) for hop in hops)
    done = node.run(["postmap", "-i", "-r", "lmdb:" + node.inside(TABLES + "/transport")],
                    input="%s %s\n" % (pattern, value))
    if done.returncode != 0:
        raise LabError("%s: postmap: %s" % (node.alias, done.stderr))


# What hinder() says in main.cf; and for smtpd alone, so that lsrd, which reads
# main.cf, finds nothing wrong there.
RCPT = {"refuse": "defer", "slow": "sleep 5",
        "full": "check_recipient_access regexp:{{/^full@/ 452 4.2.2 Mailbox full}}"}
NO_RELAY = ("rewrite/unix/relay_domains=", "smtp/inet/relay_domains=",
            "smtp/inet/smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination")


def hinder(node, how):
    """See mta.py."""
    config = ["-c", node.inside("/etc/postfix")]
    changes = [["-X", "smtpd_recipient_restrictions"]]
    changes += [["-PX", line.partition("=")[0]] for line in NO_RELAY]
    if how in RCPT:
        changes.append(["-e", "smtpd_recipient_restrictions = " + RCPT[how]])
    if how == "no-relay":
        changes.append(["-P"] + list(NO_RELAY))
    for change in changes:
        node.run(["postconf"] + config + change)
    node.run(["postfix"] + config + ["reload"])


def loops(node):
    """How many messages were refused here because they came back."""
    return node.read(LOG).count(": milter-reject: END-OF-MESSAGE ")


def history(node):
    """The log, for mta.History: (what, queue id, number)."""
    for line in node.read(LOG).splitlines():
        if ": daemon started -- " in line:
            yield "start", None, None
        queue_id, own = LINE.search(line), IDENT.search(line)
        if not queue_id:
            continue
        what = "gone" if line.endswith(": removed") else "seen"
        if ", status=sent " in line:
            what = "sent"
        if "message may be sent more than once" in line:
            what = "unsure"
        yield what, queue_id.group(1), own and own.group(1)

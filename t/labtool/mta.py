"""mta.py - the Postfix of one server: configuration, start, queue.

The configuration is Debian's own master.cf and a small main.cf; what lsrd
needs is added by the very lines that conf/postfix ships. A server delivers
its own domains into one maildir, where every message can be counted.
"""

import json
import os
import re
import shutil
import subprocess

from host import NOBODY, LabError, end, wait_for

SINK = "/var/mail/lab"


def _own_domains(node):
    """The domains whose mail ends here, as main.cf wants them."""
    return [s["pattern"] for s in node.server.spaces
            if "@" not in s["pattern"] and s["pattern"][0] not in "*."]


def main_cf(node):
    """main.cf before anything of lsrd is in it."""
    own = "127.0.0.0/8 [::1]/128" if node.kind == "namespaces" else node.address
    lines = [
        "compatibility_level = 3.6",
        "myhostname = " + node.name,
        "myorigin = $myhostname",
        "mydestination = " + ", ".join(_own_domains(node) or ["localhost"]),
        "mynetworks = " + own,
        "inet_protocols = " + ("all" if node.kind == "namespaces" else "ipv4"),
        "inet_interfaces = "
        + ("all" if node.kind == "namespaces" else "loopback-only"),
        "maillog_file = " + node.inside("/var/log/mail.log"),
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


def configure(node, snippets, tables):
    """Writes the configuration; `snippets` is conf/postfix of the tree."""
    for name in ("dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files",
                 "postfix-files.d", "post-install", "postfix-script"):
        there, here = "/etc/postfix/" + name, node.at("/etc/postfix/" + name)
        if os.path.isdir(there):
            shutil.copytree(there, here, dirs_exist_ok=True)
        elif os.path.exists(there):
            shutil.copy2(there, here)
    node.write("/etc/postfix/main.cf", main_cf(node))
    node.write("/etc/postfix/master.cf", master_cf(node))
    os.makedirs(node.at(SINK + "/all"), exist_ok=True)
    os.chown(node.at(SINK + "/all"), NOBODY, NOBODY)
    postfix = shutil_uid("postfix")
    os.chown(node.at("/var/lib/postfix"), postfix, -1)
    _apply(node, snippets, tables)


def shutil_uid(user):
    """The number of a system user."""
    import pwd
    return pwd.getpwnam(user).pw_uid


def _apply(node, snippets, tables):
    """Adds the lines lsrd needs, from the files that are shipped."""
    with open(os.path.join(snippets, "main.cf"), encoding="utf-8") as file:
        text = file.read().replace("/var/lib/lsrd/postfix", tables)
    with open(node.at("/etc/postfix/main.cf"), "a", encoding="utf-8") as file:
        file.write("\n" + text)
    with open(os.path.join(snippets, "master.cf"), encoding="utf-8") as file:
        text = file.read().replace("/usr/share/lsrd/", node.inside("/etc/postfix/"))
    shutil.copy(os.path.join(snippets, "route-refused.regexp"), node.at("/etc/postfix"))
    if node.kind != "namespaces":
        text = re.sub(r"(?m)^(\w\S*\s+\S+\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", text)
    with open(node.at("/etc/postfix/master.cf"), "a", encoding="utf-8") as file:
        file.write("\n" + text)


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
            node.alias, done.stderr, node.read("/var/log/mail.log")[-800:]))


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


def queue(node):
    """What waits here: a list of postqueue's own objects."""
    if not running(node):
        return []
    done = node.run(["postqueue", "-c", node.inside("/etc/postfix"), "-j"])
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def flush(node):
    """Asks Postfix to try everything again, now."""
    node.run(["postqueue", "-c", node.inside("/etc/postfix"), "-f"])


def lookup(node, table, key):
    """What a table of Postfix's says for `key`; None if it has no such key."""
    done = subprocess.run(["postmap", "-q", key, "lmdb:" + table],
                          capture_output=True, text=True, check=False)
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def put(node, table, key, value):
    """Writes one key of a table, as Postfix's own postmap does."""
    done = node.run(["postmap", "-i", "-r", "lmdb:" + table],
                    input="%s %s\n" % (key, value))
    if done.returncode != 0:
        raise LabError("%s: postmap: %s" % (node.alias, done.stderr))

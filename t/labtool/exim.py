"""exim.py - the Exim of one server, with the face that mta.py describes.

Its binaries are Debian's packages, unpacked and not installed (t/setup.sh),
and laid over /usr in the server's own mount namespace: so it runs on a machine
where Postfix is, or another Exim. The configuration is Debian's, split; what
lsrd needs is added by the very lines that conf/exim ships.
"""

import fcntl
import glob
import os
import re
import shutil
import struct
import subprocess

from cdb import Cdb, write
from host import NOBODY, LabError, alive, end, environment, wait_for
from mta import SINK, make_sink, own_domains

WORD, NAME = "exim", "Exim"
TABLES = "/var/lib/lsrd/exim"
TABLE = "%s.cdb"
LOG = "/var/log/exim4/mainlog"
USER = "Debian-exim"
PIDFILE = "/run/exim4/exim.pid"
SPOOL = "/var/spool/exim4"
CONF = "/etc/exim4"
SHARE = CONF + "/lsrd"
QUEUE_GROUP = USER
LINE = re.compile(r"^\S+ \S+ (?:\[\d+\] )?([0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}) ")
# no answer to a message that may have been taken; an error is an answer
UNSURE = re.compile(r" (?:SMTP timeout after|Remote host closed connection in response to) "
                    r"(?:pipelined )?(?:end of data|sending data block|BDAT)")
IDENT = re.compile(r" id=([\w.-]+)@lab\b")

# update-exim4.conf.conf, as dpkg-reconfigure writes it
DEBIAN = """\
dc_eximconfig_configtype='internet'
dc_other_hostnames='%(domains)s'
dc_local_interfaces='%(interfaces)s'
dc_readhost=''
dc_relay_domains='%(relays)s'
dc_minimaldns='false'
dc_relay_nets='%(servers)s'
dc_smarthost=''
CFILEMODE='644'
dc_use_split_config='true'
dc_hide_mailname=''
dc_mailname_in_oh='false'
dc_localdelivery='mail_spool'
"""

# The lab's own: it has no name server, no certificates, and a sink for mail.
MAIN = """\
MAIN_HARDCODE_PRIMARY_HOSTNAME = %(name)s
MAIN_HOST_LOOKUP =
tls_advertise_hosts =
LSRD_SHARE = %(share)s
LSRD_OBJECT = /usr/local/lib/lsrd/lsrd-exim.so
MAIN_ACL_CHECK_RCPT = lab_rcpt
"""
ACL = """\
lab_rcpt:
  defer
    condition = ${if exists{%(conf)s/lab.refuse}}
    message = 450 4.7.1 mail is refused here
  warn
    condition = ${if exists{%(conf)s/lab.slow}}
    delay = 5s
  defer
    condition = ${if exists{%(conf)s/lab.full}}
    local_parts = full
    message = 452 4.2.2 Mailbox full
  deny
    condition = ${if exists{%(conf)s/lab.no-relay}}
    ! domains = +local_domains
    message = relay not permitted
  require
    acl = acl_check_rcpt
  accept
"""
ROUTER = """\
lab:
  driver = accept
  domains = +local_domains
  transport = lab
"""
TRANSPORT = """\
lab:
  driver = appendfile
  directory = %(sink)s/all
  maildir_format
  headers_add = X-Original-To: $local_part@$domain
  user = %(nobody)d
  group = %(nobody)d
"""

# Where the files of conf/exim go: a line each, in this order, in conf.d.
PARTS = {"main/000_lsrd": ("events", "marks.main", "main"),
         "acl/50_lsrd": ("acl", "marks.acl"),
         "router/050_lsrd": ("marks.routers", "routers"),
         "router/190_lsrd": ("default",),
         "transport/50_lsrd": ("transports",),
         "retry/20_lsrd": ("retry",)}


def unpacked():
    """Where Debian's Exim is unpacked; it is fetched once."""
    cache = os.environ.get("LSRD_CACHE") or "/var/cache/lsrd-check"
    here = os.path.join(cache, "exim-heavy")
    setup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../setup.sh")
    done = subprocess.run(["sh", "-c", '. "$1" && setup_exim "$2"', "sh", setup, here],
                          capture_output=True, text=True, env=environment(), check=False)
    if done.returncode != 0:
        raise LabError("no Exim: %s\nits packages come from this machine's apt, once: "
                       "into %s" % (done.stderr.strip(), here))
    return here


def configure(node, conf):
    """Writes the configuration, and what the packages' scripts would make."""
    if node.kind != "namespaces":
        raise LabError("%s: an Exim needs network namespaces" % node.alias)
    _packaged(node)
    uid, gid = _add_user(node)
    for path in (SPOOL, SPOOL + "/db", SPOOL + "/input", SPOOL + "/msglog",
                 os.path.dirname(LOG)):
        os.makedirs(node.at(path), exist_ok=True)
        os.chown(node.at(path), uid, gid)
        os.chmod(node.at(path), 0o750)
    os.makedirs(node.at("/var/lib/exim4"), exist_ok=True)
    make_sink(node)
    about = {"name": node.name, "sink": SINK, "nobody": NOBODY,
             "domains": " : ".join(own_domains(node)), "interfaces": "",
             "relays": "+lsrd_domains", "servers": "+lsrd_servers", "share": SHARE,
             "conf": CONF}
    node.write("/etc/mailname", node.name + "\n")
    node.write(CONF + "/update-exim4.conf.conf", DEBIAN % about)
    shutil.copytree(os.path.join(conf, "exim"), node.at(SHARE))
    for there, parts in PARTS.items():
        node.write("%s/conf.d/%s" % (CONF, there), "".join(
            ".include_if_exists %s/%s\n" % (SHARE, part) for part in parts))
    node.write(CONF + "/conf.d/main/000_lab", MAIN % about)
    node.write(CONF + "/conf.d/acl/60_lab", ACL % about)
    node.write(CONF + "/conf.d/router/350_lab", ROUTER)
    node.write(CONF + "/conf.d/transport/30_lab", TRANSPORT % about)


def _packaged(node):
    """/etc as the packages have it, not as this machine's administrator has."""
    for path in (CONF, "/etc/postfix"):
        shutil.rmtree(node.at(path), ignore_errors=True)
    shutil.copytree(node.over + "/etc", node.at("/etc"), symlinks=True, dirs_exist_ok=True)


def _add_user(node):
    """The numbers of Exim's user, who is the server's own."""
    users, groups = node.read("/etc/passwd"), node.read("/etc/group")
    for line in users.splitlines():
        fields = line.split(":")
        if fields[0] == USER:
            return int(fields[2]), int(fields[3])
    taken = {line.split(":")[2] for line in (users + groups).splitlines()
             if line.count(":") > 2}
    number = next(n for n in range(970, 100, -1) if str(n) not in taken)
    node.write("/etc/passwd", users + "%s:x:%d:%d::%s:/usr/sbin/nologin\n"
               % (USER, number, number, SPOOL))
    node.write("/etc/group", groups + "%s:x:%d:\n" % (USER, number))
    return number, number


def ready(node):
    """Has Debian put the configuration together."""
    done = node.run(["update-exim4.conf"])
    if done.returncode != 0:
        raise LabError("%s: update-exim4.conf: %s" % (node.alias, done.stderr))


def start(node):
    """Starts Exim and waits until it listens."""
    ready(node)
    uid, gid = _add_user(node)
    os.makedirs(node.at("/run/exim4"), exist_ok=True)
    os.chown(node.at("/run/exim4"), uid, gid)
    if os.path.exists(node.at(PIDFILE)):
        os.unlink(node.at(PIDFILE))
    done = node.run(["exim4", "-bd", "-q30m"])
    if done.returncode != 0:
        raise LabError("%s: exim4: %s%s" % (node.alias, done.stderr,
                                            node.read("/var/log/exim4/paniclog")[-800:]))
    if not wait_for(lambda: os.path.exists(node.at(PIDFILE)), 60):
        raise LabError("%s: Exim does not start: %s" % (node.alias, node.read(LOG)[-800:]))


def running(node):
    """The process id of Exim's daemon, as this machine counts; or 0."""
    inner = node.read(PIDFILE).strip()
    for pid in node.named("exim4"):
        try:
            with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
                found = re.search(r"(?m)^NSpid:.*\s(\d+)$", file.read())
        except OSError:
            continue
        if found and found.group(1) == inner:
            return pid
    return 0


def stop(node):
    """Ends Exim's daemon; what is being delivered comes to its end."""
    end(running(node), sig=15)
    wait_for(lambda: not running(node), 30)


def kill(node):
    """Ends all of Exim at once, as a crash does: whoever it starts meanwhile, too."""
    daemon = running(node)
    end(daemon)
    wait_for(lambda: not (daemon and alive(daemon)), 30)
    for _ in range(10):
        pids = node.named("exim4")
        for pid in pids:
            end(pid)
        if not pids:
            break


def _spool(node):
    """The header files of the messages in the spool: identifier to path."""
    found = {}
    for folder, _, files in os.walk(node.at(SPOOL + "/input")):
        found.update((name[:-2], os.path.join(folder, name)) for name in files
                     if name.endswith("-H"))
    return found


def queue(node):
    """What waits here: identifier and reason of each message."""
    return [(ident, _reason(node, path)) for ident, path in _spool(node).items()]


def held(node):
    """What is being delivered: Exim has the data file of each locked."""
    return [ident for ident, path in _spool(node).items() if _is_locked(path[:-2] + "-D")]


def _is_locked(path):
    """Whether another process has a lock on a part of it."""
    lock = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    try:
        with open(path, "rb") as file:
            lock = fcntl.fcntl(file, fcntl.F_GETLK, lock)
    except OSError:
        return False
    return struct.unpack("hhqqi", lock)[0] != fcntl.F_UNLCK


def _reason(node, path):
    """The last word of a message's own log."""
    log = path[:-2].replace("/input/", "/msglog/", 1)
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        lines = []
    return re.sub(r"^\S+ \S+ ", "", lines[-1]) if lines else "not tried yet"


def head(node, ident):
    """The header of a message that waits."""
    try:
        with open(_spool(node).get(ident, ""), encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return ""
    # each line of the header has its length and a letter before it
    return re.sub(r"(?m)^\d{3,}[A-Z* ] ", "", text)


def flush(node):
    """Asks Exim to try everything again, now; one at a time is enough."""
    node.spawn(["flock", "-n", "/run/exim4/flush", "exim4", "-qff"], "/var/log/flush.log")


def put(node, pattern, hops):
    """Has the table send a pattern to these servers, in this order."""
    path = node.at(TABLES + "/transport.cdb")
    items = dict(Cdb(path).items())
    items[pattern.encode()] = ('route "<; %s" byname' % "; ".join(
        "[%s]:%d" % (hop.address, hop.smtp_port) for hop in hops)).encode()
    write(path, items)


def hinder(node, how):
    """See mta.py; the access list looks for these files."""
    for path in glob.glob(node.at(CONF + "/lab.*")):
        os.unlink(path)
    if how != "off":
        node.write("%s/lab.%s" % (CONF, how), "")


def loops(node):
    """How many messages were refused here because they came back."""
    return node.read(LOG).count(" rejected after DATA: Routes disagree")


def history(node):
    """The log, for mta.sent_again(): (what, message, number)."""
    for line in node.read(LOG).splitlines():
        if " daemon started: " in line:
            yield "start", None, None
        message, own = LINE.search(line), IDENT.search(line)
        if not message:
            continue
        what = "seen"
        if line.endswith(" Completed"):
            what = "gone"
        if re.search(r" [=-]> ", line):
            what = "sent"
        if UNSURE.search(line):
            what = "unsure"
        yield what, message.group(1), own and own.group(1)

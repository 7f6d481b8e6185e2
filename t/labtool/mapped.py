"""mapped.py - lsrd-map beside a lab, on this machine: a browser looks at it.

It is no process of a server's: those have a network of their own, and a browser
is in none of them. It asks one server's lsrd by its socket, which is a file.
"""

import os
import subprocess
import time
import urllib.request

from host import LabError, birth, wait_for

LISTEN = "127.0.0.1:8691"
NOBODY = 65534


def built(node):
    """True if the build has it; one from before does not know `position`, either."""
    return bool(node.stage) and os.path.exists(os.path.join(node.stage, "sbin/lsrd-map"))


def answers():
    """Whether it has a topology to show."""
    try:
        with urllib.request.urlopen("http://%s/api/topology" % LISTEN, timeout=5) as got:
            return got.status == 200
    except OSError:
        return False


def start(lab, node):
    """Starts it beside this server; returns its address. lab.down() ends it."""
    control = node.at("/run/lsrd/control")
    past = os.path.join(lab.dir, "map")
    os.makedirs(past, exist_ok=True)
    os.chown(past, NOBODY, NOBODY)
    with open(os.path.join(lab.dir, "map.log"), "ab") as log:
        child = subprocess.Popen(
            [node.stage + "/sbin/lsrd-map", "-l", LISTEN, "-s", control,
             "-f", node.at("/var/lib/lsrd"), "-p", past,
             "-d", node.stage + "/share/lsrd/map", "-c", node.stage + "/bin/lsrctl"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            user=NOBODY, group=os.stat(control).st_gid, extra_groups=[])
    lab.state["map"] = [child.pid, birth(child.pid)]
    lab.save()
    if not wait_for(answers, 15, 0.1):
        time.sleep(0.1)
        with open(os.path.join(lab.dir, "map.log"), encoding="utf-8", errors="replace") as log:
            raise LabError("lsrd-map does not begin: %s" % log.read()[-500:].strip())
    return "http://%s/" % LISTEN

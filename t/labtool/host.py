"""host.py - one server of the lab as a machine of its own.

Three kinds, with the same face:

  Machine   a network namespace, and in it a process namespace with a root
            directory of its own: /etc, /var, /run and /tmp belong to this
            server, /usr is this machine's (with Exim laid over it, where
            that is the server's), /usr/local what was just built.
            Ending its first process ends all of it, as a power cut does.
  Folder    where namespaces are refused: the same directories, named in
            full in every configuration, on an address in 127.0.0.0/8.
  Lean      one of hundreds: a network namespace, and the directories of a
            Folder; lsrd is all that runs in it.

Nothing is ever ended by name: a process is ours if it lives in the process
namespace we made, or if it carries our mark in its environment, works
in this server's directories, or is a child of one that does.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NOBODY = 65534
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The first process of a server. It says its number as this machine counts,
# builds the root it was given, moves in, and then only buries the dead.
INIT = r"""
set -e
read -r pid rest </proc/self/stat
echo "$pid" >"$1/../pid.new" && mv "$1/../pid.new" "$1/../pid"
root=$1 stage=$2 name=$3 over=$4
mount --rbind "$root" "$root"
if [ -n "$over" ]; then
    mount -t overlay overlay -o "lowerdir=$over/usr:/usr" "$root/usr"
else
    mount --rbind /usr "$root/usr"
fi
if [ -n "$stage" ]; then mount --bind "$stage" "$root/usr/local"; fi
for d in bin sbin lib lib32 lib64 libx32; do
    if [ -d "$root/$d" ] && [ ! -L "$root/$d" ]; then mount --bind "/$d" "$root/$d"; fi
done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sys "$root/sys" 2>/dev/null || true
hostname "$name" 2>/dev/null || true
cd "$root"
exec chroot "$root" /bin/sh -c '
    exec </dev/null >/dev/null 2>&1
    cd /; : >/run/booted
    trap "" HUP INT
    sleep 2147483647 &
    while :; do wait; sleep 2147483647 & done'
"""


class LabError(Exception):
    """What the lab could not do, for the person at the terminal."""


def alive(pid, born=None):
    """True if `pid` runs, and is the process that began at `born`."""
    began = birth(pid)
    return began is not None and (born is None or began == born)


def birth(pid):
    """When the process began, in ticks since boot; None if it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def children(pid):
    """Those of one process. Of two readings: where one ends while the list is
    read, the next may be missing (proc(5))."""
    found = set()
    for task in os.listdir("/proc/%d/task" % pid) * 2:
        with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as file:
            found.update(int(word) for word in file.read().split())
    return found


def descendants(pid):
    """All children of a process, and theirs; not itself."""
    found, todo = [], [pid]
    while todo:
        up = todo.pop()
        try:
            todo += children(up)
        except OSError:
            continue
        if up != pid:
            found.append(up)
    return found


def enter_net(pid):
    """Moves the calling process into the network namespace of `pid`."""
    fd = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY)
    try:
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


def end(pid, born=None, sig=signal.SIGKILL):
    """Ends one process that is known to be ours."""
    if pid and alive(pid, born):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass


def rest(took, step, most):
    """Seconds until something is looked at again that took so long: four times as
    long, for others want the processor that is waited with; at least `step`."""
    return max(step, min(4 * took, most))


def wait_for(test, seconds, step=0.02):
    """Asks `test` until it is true; returns its last answer."""
    until = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        answer = test()
        if answer or asked > until:
            return answer
        time.sleep(rest(time.monotonic() - asked, step, 0.3))


def namespaces_refused():
    """None where this machine lets us make namespaces, else the reason."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool, path=PATH):
            return "no %s(8) here" % tool
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork",
         "--propagation", "private", "sh", "-c",
         "mount -t proc proc /proc && ip link add lab0 type veth peer name lab1"],
        capture_output=True, text=True, env=environment(), check=False)
    if tried.returncode == 0:
        return None
    lines = tried.stderr.strip().splitlines() or ["namespaces are refused"]
    return lines[-1]


def environment(**more):
    """A small environment, the same for everything the lab starts."""
    env = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"}
    for name in ("TERM", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(more)
    return env


class Folder:
    """A server as directories and processes that carry its mark."""

    kind = "loopback"
    smtp_port, peer_port = 2525, 6910

    def __init__(self, lab_dir, server, address):
        self.server = server
        self.alias = server.alias
        self.name = server.name
        self.address = address
        self.dir = os.path.join(lab_dir, server.alias)
        self.root = os.path.join(self.dir, "root")
        self.over = ""

    def at(self, path):
        """Where `path` of this server lies, for the lab's own eyes."""
        return self.root + path

    def inside(self, path):
        """How programs of this server name `path`."""
        return self.at(path)

    def write(self, path, text, mode=0o644):
        """Puts a file into this server."""
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.at(path), mode)

    def read(self, path):
        """What a file of this server says; empty if there is none."""
        try:
            with open(self.at(path), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def build(self):
        """Makes the directories every server has."""
        for path in ("/etc", "/etc/lsrd/keys", "/etc/postfix", "/run/lsrd",
                     "/tmp", "/root", "/var/lib/lsrd", "/var/lib/postfix",
                     "/var/log", "/var/mail", "/var/spool/postfix", "/var/tmp"):
            os.makedirs(self.at(path), exist_ok=True)
        os.chmod(self.at("/tmp"), 0o1777)

    def boot(self, stage):
        """There is nothing to boot: the machine is this one."""
        self.stage = stage

    def argv(self, argv):
        """The command that runs `argv` in this server."""
        stage = getattr(self, "stage", None)
        path = PATH
        if stage:
            path = "%s/sbin:%s/bin:%s" % (stage, stage, PATH)
        return ["env", "PATH=" + path, "LSRD_LAB_NODE=" + self.dir] + list(argv)

    def run(self, argv, **options):
        """Runs a command in this server and returns what it said."""
        options.setdefault("check", False)
        if "stdin" not in options and "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        return subprocess.run(self.argv(argv), capture_output=True, text=True,
                              env=environment(), **options)

    def spawn(self, argv, log):
        """Starts a command that outlives us; what it says goes to `log`."""
        shell = 'log=$1; shift; exec setsid "$@" >>"$log" 2>&1 </dev/null &'
        self.run(["sh", "-c", shell, "sh", self.inside(log)] + list(argv))

    def pids(self):
        """All processes of this server, as this machine counts them."""
        mark = ("LSRD_LAB_NODE=" + self.dir).encode()
        parents, ours = {}, set()
        for entry in filter(str.isdigit, os.listdir("/proc")):
            pid = int(entry)
            try:
                with open("/proc/%d/environ" % pid, "rb") as file:
                    if mark in file.read().split(b"\0"):
                        ours.add(pid)
                if (os.readlink("/proc/%d/cwd" % pid) + "/").startswith(self.root + "/"):
                    ours.add(pid)
                with open("/proc/%d/stat" % pid, encoding="ascii",
                          errors="replace") as file:
                    parents[pid] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
        grown = True
        while grown:
            more = {p for p, up in parents.items() if up in ours} - ours
            grown = bool(more)
            ours |= more
        ours.discard(os.getpid())
        return sorted(p for p in ours if alive(p))

    def named(self, *words):
        """The processes of this server that run one of these programs."""
        found = []
        for pid in self.pids():
            try:
                with open("/proc/%d/comm" % pid, encoding="ascii") as file:
                    if file.read().strip() in words:
                        found.append(pid)
            except OSError:
                continue
        return found

    def up(self):
        """True while this server can run anything."""
        return True

    def off(self, wait=True):
        """Ends every process of this server at once."""
        for _ in range(5):
            pids = self.pids()
            for pid in pids:
                end(pid)
            if not wait or wait_for(lambda: not self.pids(), 1):
                return


class Machine(Folder):
    """A server with namespaces and a root directory of its own."""

    kind = "namespaces"
    smtp_port, peer_port = 25, 691

    def inside(self, path):
        return path

    def build(self):
        super().build()
        for path in ("/dev", "/proc", "/sys", "/usr"):
            os.makedirs(self.at(path), exist_ok=True)
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            there, here = "/" + name, self.at("/" + name)
            if os.path.lexists(here) or not os.path.lexists(there):
                continue
            if os.path.islink(there):
                os.symlink(os.readlink(there), here)
            else:
                os.mkdir(here)
        subprocess.run(["cp", "-a", "/etc/.", self.at("/etc/")], check=True,
                       capture_output=True)
        self.wire()

    def wire(self):
        """Makes the network namespace, which outlives the server's death."""
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo up; exec sleep 2147483647 >&2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd="/",
            stderr=subprocess.DEVNULL, start_new_session=True, env=environment())
        if holder.stdout.readline() != b"up\n":
            raise LabError("%s: no network namespace" % self.alias)
        self.net = holder.pid
        self._save()

    def _save(self):
        with open(os.path.join(self.dir, "net"), "w", encoding="ascii") as file:
            file.write("%d %s\n" % (self.net, birth(self.net)))

    def load(self):
        """Reads back what an earlier command of the lab made."""
        self.net, self.net_born = self._numbers("net")
        self.pid, self.pid_born = self._numbers("init")
        return self

    def _numbers(self, name):
        try:
            with open(os.path.join(self.dir, name), encoding="ascii") as file:
                pid, born = file.read().split()
                return int(pid), born
        except (OSError, ValueError):
            return 0, "never"

    def boot(self, stage):
        """Starts the first process: the server is on."""
        pidfile = os.path.join(self.dir, "pid")
        if os.path.exists(pidfile):
            os.unlink(pidfile)
        shutil.rmtree(self.at("/run"), ignore_errors=True)
        os.makedirs(self.at("/run/lock"))
        with open(os.path.join(self.dir, "boot.log"), "wb") as log:
            subprocess.Popen(
                ["nsenter", "--net", "--target", str(self.net), "unshare", "--mount",
                 "--uts", "--ipc", "--pid", "--fork", "--kill-child",
                 "--propagation", "private", "sh", "-c", INIT, "sh", self.root,
                 stage or "", self.name, self.over],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=environment(), cwd="/")
        if not wait_for(lambda: os.path.exists(self.at("/run/booted")), 60, 0.005):
            with open(os.path.join(self.dir, "boot.log"), encoding="utf-8") as log:
                raise LabError("%s does not boot: %s" % (self.alias, log.read().strip()))
        with open(pidfile, encoding="ascii") as file:
            self.pid = int(file.read())
        with open(os.path.join(self.dir, "init"), "w", encoding="ascii") as file:
            file.write("%d %s\n" % (self.pid, birth(self.pid)))

    def argv(self, argv):
        self.load()
        if not alive(self.pid, self.pid_born):
            raise LabError("%s is off: t/lab start %s" % (self.alias, self.alias))
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc",
                "--net", "--pid", "--root", "--wd", "--"] + list(argv)

    def up(self):
        self.load()
        return alive(self.pid, self.pid_born)

    def pids(self):
        self.load()
        if not alive(self.pid, self.pid_born):
            return []
        if os.path.exists("/proc/self/task/%d/children" % os.getpid()):
            return [pid for pid in descendants(self.pid) if alive(pid)]
        mine = os.readlink("/proc/%d/ns/pid" % self.pid)
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink("/proc/%s/ns/pid" % entry) == mine and alive(int(entry)):
                    found.append(int(entry))
            except OSError:
                continue
        return [pid for pid in found if pid != self.pid]

    def off(self, wait=True):
        self.load()
        end(self.pid, self.pid_born)
        if wait:
            wait_for(lambda: not alive(self.pid, self.pid_born), 30, 0.002)

    def unwire(self):
        """Gives the network namespace back, when the lab goes down."""
        self.load()
        end(self.net, self.net_born)

    def in_net(self, work):
        """Runs `work` in a child process inside this server's network."""
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                enter_net(self.net)
                status = work() or 0
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def in_net_run(self, argv, text=None):
        """Runs a tool of this machine (ip, nft, ss) in the server's network."""
        self.load()
        return subprocess.run(
            ["nsenter", "--net", "--target", str(self.net)] + list(argv), input=text,
            capture_output=True, text=True, env=environment(), check=False)


class Lean(Machine):
    """A server with a network of its own, and nothing else but lsrd."""

    kind = "lean"
    smtp_port, peer_port = Folder.smtp_port, Folder.peer_port

    def inside(self, path):
        return self.at(path)

    def build(self):
        Folder.build(self)
        self.wire()

    def boot(self, stage):
        self.stage = stage

    def up(self):
        self.load()
        return alive(self.net, self.net_born)

    def argv(self, argv):
        if not self.up():
            raise LabError("%s has no network any more" % self.alias)
        return ["nsenter", "--net", "--target", str(self.net),
                "--"] + Folder.argv(self, argv)

    def spawn(self, argv, log):
        """As Folder's, and it is remembered: nobody looks through all processes."""
        with open(self.at(log), "ab") as out:
            pid = subprocess.Popen(self.argv(argv), stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, start_new_session=True,
                                   env=environment()).pid
        with open(os.path.join(self.dir, "init"), "w", encoding="ascii") as file:
            file.write("%d %s\n" % (pid, birth(pid)))

    def pids(self):
        self.load()
        if not alive(self.pid, self.pid_born):
            return []
        return [self.pid] + [pid for pid in descendants(self.pid) if alive(pid)]

    def off(self, wait=True):
        Folder.off(self, wait)

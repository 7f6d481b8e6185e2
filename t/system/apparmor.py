"""apparmor.py - whether a profile of conf/apparmor lets pass what strace saw.

    apparmor.py PROFILE TRACE [SANITIZED]

Each file that was opened for something, made, renamed, removed, given away,
locked, started or connected to is looked for among the profile's rules, with what
it includes from /etc/apparmor.d; so are families of sockets, and the capabilities
that calls tell of. What failed for another reason than permission has met no rule,
and what only looks (stat, access) none either. The trace is of `strace -f -y`.
Exit status 0, or 1 and what is not allowed, a line each."""

import re
import sys

HOME = "/etc/apparmor.d/"
VARIABLES = {"@{PROC}": "/proc", "@{run}": "/{,var/}run", "@{etc_ro}": "/{,usr/}etc",
             "@{etc_rw}": "/etc", "@{pid}": "[0-9]*", "@{pids}": "[0-9]*", "@{tid}": "[0-9]*",
             "@{tids}": "[0-9]*", "@{HOME}": "/{root,home/*}", "@{HOMEDIRS}": "/home",
             "@{sys}": "/sys", "@{multiarch}": "*-linux-gnu*", "@{lib}": "/{,usr/}lib"}
# of what the sanitizers do themselves
SANITIZER = re.compile(r"/proc/(self|[0-9]+)/(maps|cmdline|environ|exe|stat|task.*)$|/proc/sys/")


def lines(path):
    """A profile's lines, and of what it includes."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return
    for line in text.replace(",\n", "\n").splitlines():
        line = line.split(" #")[0].strip().rstrip(",")
        found = re.match(r"#?include (if exists )?<([^>]+)>", line)
        if found:
            yield from lines(HOME + found.group(2))
        elif line and line[0] != "#":
            yield line


def pattern(glob):
    """AppArmor's pattern as a regular expression."""
    for name, value in VARIABLES.items():
        glob = glob.replace(name, value)
    out, depth, at = "", 0, 0
    while at < len(glob):
        char = glob[at]
        if glob.startswith("**", at):
            out, at = out + ".*", at + 1
        elif char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char in "[]-":
            out += char
        elif char == "{":
            out, depth = out + "(?:", depth + 1
        elif char == "}":
            out, depth = out + ")", depth - 1
        elif char == "," and depth:
            out += "|"
        else:
            out += re.escape(char)
        at += 1
    return re.compile(out + "$")


def rules(path):
    """(allowed, denied) of files, and the words of the other rules."""
    allow, deny, others = [], [], []
    for line in lines(path):
        found = re.match(r"(deny )?(?:owner )?(?:file )?([/@][^ ]*)\s+([rwaklmixpuUPCc]+)$", line)
        if found:
            (deny if found.group(1) else allow).append((pattern(found.group(2)), found.group(3)))
        else:
            others.append(line)
    return allow, deny, others


def opened(flags):
    """What an open() asks for."""
    want = "w" if "O_WRONLY" in flags else "rw" if "O_RDWR" in flags else "r"
    return want + ("w" if "O_CREAT" in flags or "O_TRUNC" in flags else "")


def folder(name):
    """As AppArmor has the name of one."""
    return name.rstrip("/") + "/"


def wants(call, text):
    """(path, what) of a line of strace."""
    names = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    if call in ("open", "openat") and "O_PATH" not in text:
        return [(folder(names[0]) if "O_DIRECTORY" in text else names[0], opened(text))] if names else []
    if call in ("mkdir", "mkdirat", "rmdir"):
        return [(folder(names[0]), "w")] if names else []
    if call in ("unlink", "unlinkat", "chmod", "fchmodat", "chown",
                "lchown", "fchownat", "truncate", "utimensat", "mknod"):
        return [(names[0], "w")] if names else []
    if call in ("rename", "renameat", "renameat2", "link", "linkat", "symlink"):
        return [(name, "w") for name in names]
    if call in ("connect", "sendto", "bind", "sendmsg"):
        found = re.search(r'sun_path="([^"]+)"', text)
        return [(found.group(1), "w")] if found else []
    if call == "execve":
        return [(names[0], "x")] if names else []
    found = re.match(r"\d+<(/[^>]*)>(?:, F_(?:OFD_)?SETLKW?|, LOCK_|$)?", text)
    if found and (call == "flock" or (call == "fcntl" and "SETLK" in text)):
        return [(found.group(1), "k")]
    if found and call in ("fchown", "fchmod"):
        return [(found.group(1), "w")]
    return []


def seen(path):
    """Each call of a trace that met a rule: (call, its arguments)."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = re.match(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)( E\w+)?", line)
            if found and (found.group(3)[0] != "-" or found.group(4) in (
                    " EACCES", " EPERM", " EINPROGRESS", " EAGAIN")):
                yield found.group(1), found.group(2)


def family(call, text, others):
    """A socket's family that no rule names, or None."""
    found = re.match(r"AF_(\w+), SOCK_(\w+)", text) if call == "socket" else None
    if not found:
        return None
    name = {"UNIX": "unix", "INET": "inet", "INET6": "inet6", "NETLINK": "netlink"}[found.group(1)]
    kind = found.group(2).split("|")[0].lower()
    good = any(re.match(r"network(?: %s)?(?: %s)?$" % (name, kind), rule) for rule in others)
    return None if good else "network %s %s" % (name, kind)


# Ports below 1024 are root's.
LOW_PORT = re.compile(r"sin6?_port=htons\(([1-9]|[1-9]\d|[1-9]\d\d|10[01]\d|102[0-3])\)")
CAPABILITIES = {"setuid": "setuid", "setresuid": "setuid", "setgid": "setgid", "setresgid": "setgid",
                "setgroups": "setgid", "chown": "chown", "fchown": "chown", "fchownat": "chown",
                "lchown": "chown"}


def capability(call, text, others):
    """One that a call needs and no rule names, or None."""
    name = CAPABILITIES.get(call)
    if call == "bind" and LOW_PORT.search(text):
        name = "net_bind_service"
    if name is None or "capability " + name in others:
        return None
    return "capability %s: %s(%s)" % (name, call, text)


def main(profile, trace, sanitized=""):
    """The complaints."""
    allow, deny, others = rules(profile)
    wrong, n, itself = set(), 0, None
    for call, text in seen(trace):
        wrong.update(filter(None, [family(call, text, others), capability(call, text, others)]))
        for path, want in wants(call, text):
            if call == "execve" and itself is None:
                itself = path  # whom the profile is of
                continue
            path = itself if path == "/proc/self/exe" else path
            if not path.startswith("/") or (sanitized and SANITIZER.match(path)):
                continue
            path = re.sub("^/proc/self/", "/proc/1/", path)
            if re.search(r"\.so(\.|$)", path):
                want += "m"
            n += 1
            have = {p for where, perms in allow if where.match(path) for p in perms}
            have -= {p for where, perms in deny if where.match(path) for p in perms}
            if set(want) - have:
                wrong.add("%s %s: %s" % (path, "".join(sorted(set(want) - have)), call))
    print("# %d files" % n)
    for line in sorted(wrong):
        print(line)
    return 1 if wrong or n < 5 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/python3
"""typed.py - what a manual page has an administrator type, typed.

    typed.py HOSTS PAGE SECTION     types the literal blocks of that .Ss, prints what
                                    was said, and fails where it is not what the page says
    typed.py --list PAGE            the sections that have something to type

HOSTS is a file with a line HOST PID each: the first process of its container.
In a literal block (.Bd -literal to .Ed)

    mx1# COMMAND                    is typed on mx1 as root; one that ends with \\ or |
                                    or && or within '' goes on in the next line
    mx1:/etc/lsrd/lsrd.conf         changes that file by the lines that follow:
    - LINE                              goes
    + LINE                              comes in its place; at the end of the file
                                        where no other line stands before it
      LINE                              is there already, and says where
    all else                        is said by the command before it, in this order:
                                    spaces are all alike, ... is anything, and what
                                    the page leaves out may stand between. EPOCH, DIGEST
                                    and QUEUEID are one word, which later commands have,
                                    and which later answers must have

A command that only looks is typed again until it says that, for a while, as a
person would; each other one once, and its status is 0 or the page has its words.
"""

import os
import re
import subprocess
import sys
import time

PATIENCE = int(os.environ.get("TYPED_PATIENCE", "90"))
PROMPT = re.compile(r"^([a-z][a-z0-9]*)# (.*)$")
FILE = re.compile(r"^([a-z][a-z0-9]*):(/\S+)$")
LOOKS = re.compile(
    r"^(lsrctl( --json)? (status|peers|links|routes|db|explain|trace|check|export|events|overrides|transit|"
    r"config|keys (list|show))\b|lsrd -t|mailq|postqueue|postmap -q|journalctl|systemctl (status|is-active|show)|"
    r"cat |grep |ls |ip -br )")
WORDS = re.compile(r"\b(EPOCH|DIGEST|QUEUEID)\b")
ELLIPSES = [(r"^\\\.\\\.\\\.\\ ", "(?:.* )?"), (r"\\ \\\.\\\.\\\.", "(?: .*)?"), (r"\\\.\\\.\\\.", ".*")]
ESCAPES = {r"\e": "\\", r"\(dq": '"', r"\(aq": "'", r"\-": "-", r"\&": "", r"\(ti": "~", r"\(ha": "^"}


def plain(line):
    return re.sub(r"\\(e|\(\w\w|-|&)", lambda m: ESCAPES.get(m.group(0), m.group(0)), line)


def sections(path):
    """[(title, [block, ...]), ...]: each block is a list of lines."""
    found, block = [], None
    with open(path, encoding="utf-8") as page:
        for line in page:
            line = line.rstrip("\n")
            if line.startswith((".Ss ", ".Sh ")):
                found.append((plain(line[4:]), []))
            elif line.startswith(".Bd -literal"):
                block = []
            elif line.startswith(".Ed") and block is not None:
                if any(PROMPT.match(b) or FILE.match(b) for b in block):
                    found[-1][1].append(block)
                block = None
            elif block is not None and not line.startswith((".Pp", '.\\"')):
                block.append(plain(line))
    return found


def steps(block):
    """("type", host, command, [said]) and ("edit", host, path, [line])."""
    found, lines = [], iter(block)
    for line in lines:
        typed, edited = PROMPT.match(line), FILE.match(line)
        if typed:
            command = typed.group(2)
            while command.endswith(("\\", "|", "&&")) or command.count("'") % 2:
                command += "\n" + next(lines)
            found.append(("type", typed.group(1), command, []))
        elif edited:
            found.append(("edit", edited.group(1), edited.group(2), []))
        elif found and line.strip():
            found[-1][3].append(line)
    return found


def same(line):
    return " ".join(line.split())


class Wrong(Exception):
    pass


class Hosts:
    def __init__(self, path):
        with open(path, encoding="utf-8") as table:
            self.pids = dict(line.split() for line in table)

    def run(self, host, text, stdin=""):
        if host not in self.pids:
            raise Wrong(f"no host {host}")
        folder = "/root/authority" if host == "ca" else "/root"
        enter = ["nsenter", "--target", self.pids[host], "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"]
        clean = ["env", "-i", "LC_ALL=C.UTF-8", "HOME=/root", "TERM=dumb", "COLUMNS=132",
                 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        done = subprocess.run(enter + clean + ["sh", "-c", f"cd {folder}; {text}"], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600, check=False)
        return done.returncode, done.stdout


def missing(wanted, said, words):
    """The first line of the page that was not said, or None; and the words it has."""
    lines = iter([same(s) for s in said.splitlines()])
    for want in wanted:
        pattern = re.escape(same(want))
        for written, meant in ELLIPSES:
            pattern = re.sub(written, meant, pattern)
        pattern = WORDS.sub(lambda m: re.escape(words[m[1]]) if m[1] in words else rf"(?P<{m[1]}>\S+?)", pattern)
        found = same(want) == "..." or next(filter(None, (re.fullmatch(pattern, line) for line in lines)), None)
        if not found:
            return want
        if found is not True:
            words.update(found.groupdict())
    return None


def type_it(hosts, host, command, wanted, words):
    command = WORDS.sub(lambda m: words.get(m.group(1), m.group(1)), command)
    until = time.monotonic() + (PATIENCE if wanted and LOOKS.match(command) else 0)
    while True:
        status, said = hosts.run(host, command)
        lacks = missing(wanted, said, words)
        if lacks is None or time.monotonic() >= until:
            break
        time.sleep(1)
    print(f"{host}# {command}\n{said}", end="" if said.endswith("\n") or not said else "\n")
    if lacks is not None:
        raise Wrong(f"not said: {lacks}")
    if status != 0 and not wanted:
        raise Wrong(f"exit status {status}")


def changes(rows):
    """A list of rows for each place: what comes stands last in it."""
    found = [[]]
    for row in rows:
        if found[-1] and found[-1][-1].startswith("+ ") and not row.startswith("+ "):
            found.append([])
        found[-1].append(row)
    return found


def changed(lines, rows, path):
    """The file's lines with the change of one place made."""
    if all(row.startswith("+ ") for row in rows):
        return lines + [row[2:] for row in rows]
    here = [same(row[2:]) for row in rows if not row.startswith("+ ")]
    for at in range(len(lines) - len(here) + 1):
        if [same(line) for line in lines[at:at + len(here)]] != here:
            continue
        new, i = [], at
        for row in rows:
            if row.startswith("+ "):
                new.append(row[2:])
            else:
                new += [] if row.startswith("- ") else [lines[i]]
                i += 1
        return lines[:at] + new + lines[i:]
    raise Wrong(f"{path} has not, one after the other: {here}")


def edit(hosts, host, path, rows):
    print(f"{host}:{path}", *rows, sep="\n")
    _, text = hosts.run(host, f"cat {path} 2>/dev/null")
    lines = text.splitlines()
    for place in changes(rows):
        lines = changed(lines, place, path)
    text = "\n".join(lines) + "\n"
    status, said = hosts.run(host, f"mkdir -p $(dirname {path}) && cat >{path}", text)
    if status != 0:
        raise Wrong(said)


def main(args):
    if args[0] == "--list":
        print(*(title for title, blocks in sections(args[1]) if blocks), sep="\n")
        return 0
    hosts = Hosts(args[0])
    blocks = [b for title, all_of_it in sections(args[1]) if title == args[2] for b in all_of_it]
    if not blocks:
        print(f"{args[1]} has nothing to type in: {args[2]}")
        return 1
    words = {}
    try:
        for block in blocks:
            for what, host, text, rows in steps(block):
                if what == "type":
                    type_it(hosts, host, text, rows, words)
                else:
                    edit(hosts, host, text, rows)
    except Wrong as wrong:
        print(f"WRONG: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

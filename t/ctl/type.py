"""type.py [-t SECONDS] COMMAND... -- STEP... - types on a terminal. A step is
`<TEXT`, which is awaited (a regular expression, in what came since the last
one), or `>TEXT`, which is typed, with Python's escapes. Fails where a text does
not come; ends as the command does where its end is awaited by `$STATUS`."""
import os, pty, re, select, sys, time

arguments = sys.argv[1:]
patience = 120
if arguments[0] == "-t":
    patience, arguments = float(arguments[1]), arguments[2:]
middle = arguments.index("--")
command, steps = arguments[:middle], arguments[middle + 1:]

pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
status = None


def more(end):
    global seen, status
    if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
        return False
    try:
        part = os.read(fd, 65536)
    except OSError:
        part = b""
    seen += part
    return part != b""


for step in steps:
    kind, text = step[0], step[1:]
    end = time.monotonic() + patience
    if kind == ">":
        os.write(fd, text.encode().decode("unicode_escape").encode("latin-1"))
    elif kind == "<":
        while not (found := re.search(text.encode(), seen, re.S)):
            if not more(end):
                sys.exit("%r did not come; there was %r" % (text, seen))
        print(seen[: found.end()].decode("utf-8", "replace"))
        seen = seen[found.end():]
    elif kind == "$":
        while more(end):
            pass
        if time.monotonic() >= end:
            os.kill(pid, 9)
            sys.exit("did not end; there was %r" % seen)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status != int(text):
            sys.exit("ended with %d; there was %r" % (status, seen))
if status is None:
    os.kill(pid, 9)
    os.waitpid(pid, 0)

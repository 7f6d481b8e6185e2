"""mutants_kinds.py BUILD [WORD] - what mutants-kinds does once it is built.

t/sim/kinds has the mistakes: what, the file, what sed makes of it, and the tests
that know it best; tabs between. They are asked first, then every unit, every
scene, seeds and the swarm, until one says no or the two minutes are over.
"""

import glob
import os
import subprocess
import sys
import time

from mutate import Core, Tests, UNITS

MOST = 120  # seconds to be found in


def argv_of(word):
    """The command of a test as the table names it."""
    scene = "t/sim/scenes/%s.scene" % word
    if os.path.exists(scene):
        return ["t/sim/sim", os.path.abspath(scene)]
    if word == "seeds":
        return ["t/sim/sim", "-f", "--seed", "1", "--count", "10"]
    if word == "mail":
        return ["t/sim/mail/mail", "--worlds", "1000"]
    if word == "restarts":
        return ["t/sim/restarts"]
    return [unit for unit in UNITS if unit.endswith("/" + word)][:1]


def first(text):
    """Of what a test says, what does not hold."""
    for line in text.splitlines():
        if line.startswith("# ") and "at " in line:
            return line[2:].split(".scene:", 1)[-1]
    for line in text.splitlines():
        if line.startswith("not ok") or ":F:" in line or ":E:" in line or "CHECK" in line:
            return line.replace("not ok - ", "").split("/")[-1]
    return "it stops"


def search(core, tests, words, begun):
    """(by what, what it said), or None within the time."""
    mine = [argv_of(word) for word in words]
    rest = sorted((a for a in tests.argv if a[0].startswith("t/") and
                   not a[0].endswith(".sh")), key=lambda a: a[0] == "t/sim/restarts")
    for argv in mine + rest:
        left = MOST - (time.monotonic() - begun)
        if left <= 0:
            return None
        good, _, how, text = core.play(argv, left)
        if how == "time limit" and left < 10:
            return None
        if not good:
            name = words[mine.index(argv)] if argv in mine else os.path.basename(argv[-1])
            return name, first(text)
    return None


def main():
    """See above."""
    build, word = os.path.abspath(sys.argv[1]), "".join(sys.argv[2:3])
    sys.stdout.reconfigure(line_buffering=True)
    core = Core(build, "plain", "-O1")
    tests = Tests(build)
    tests.swarm(core)
    found, worst = 0, 0.0
    rows = [line.rstrip("\n").split("\t") for line in open("t/sim/kinds")
            if line.strip() and not line.startswith("#")]
    rows = [row for row in rows if word in row[0]]
    for what, path, script, words in rows:
        was = open(path).read()
        text = subprocess.run(["sed", script], input=was, text=True, check=True,
                              stdout=subprocess.PIPE).stdout
        begun, by = time.monotonic(), None
        if text == was:
            why = "nothing to change"
        elif not core.change(path, text):
            why = "does not compile"
        else:
            by = search(core, tests, words.split(), begun)
            why = "not found"
        took = time.monotonic() - begun
        found += by is not None
        worst = max(worst, took)
        print("%s - %s" % ("ok" if by else "not ok", what))
        print("#   %s" % ("%.1f s, %s: %s" % (took, by[0], by[1][:80]) if by else why))
    core.restore()
    print("# %d of %d, each within %.0f s" % (found, len(rows), worst))
    print("1..%d" % len(rows))
    return 0 if found == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())

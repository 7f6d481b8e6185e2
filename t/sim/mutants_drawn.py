"""mutants_drawn.py BUILD N SEED MINUTES - what mutants-drawn does once it is built.

Every program is linked with a library of src/core in place of the archive, so a
mutant costs one object and one link. First each test runs once and tells which
lines it comes by; a mutant then meets those tests alone that come by its line,
the ones that cost least first. What is as it was when it is compiled (cc -O2)
is no mutant. BUILD/log has a line a mutant and BUILD/learnt what each test comes
by: who begins again with the same seed goes on where he stopped. Remove both
after a change. The end names who survived; t/sim/SURVIVORS has those that were
judged. EACH=8 in the environment takes each eighth scene alone.
"""

import collections
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

CORE = "t/core/test_"
UNITS = sorted(p[:-2] for p in glob.glob("t/core/test_*.c")) + [
    "t/peer/test_page", "t/publish/test_mtable_file", "t/publish/test_mtable_news",
    "t/publish/test_wire", "t/milter/test_admission", "t/milter/test_news",
    "t/ctl/test_export"]
FUZZ = ["t/fuzz/fuzz_" + n for n in (
    "frame lsa mark query report route schedule session state table").split()]
PROGRAMS = UNITS + FUZZ + ["t/sim/sim", "t/sim/restarts", "t/sim/mail/mail"]
LONGEST = 100  # seconds for one mutant
FLAGS = "-std=c11 -Isrc -I. -fPIC -w -fsanitize=address,undefined " \
    "-fno-sanitize-recover=undefined"

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\#\s*include[^\n]*|
        ->|<<=|>>=|<<|>>|\+\+|--|[-+*/%&|^]=|[A-Za-z_][A-Za-z0-9_]*) |
    (?P<op>==|!=|<=|>=|&&|\|\||<|>|\+|-) |
    (?P<number>(?:0[xX][0-9a-fA-F]+|[0-9]+)(?=[uUlL]*\b)[uUlL]*)
    """, re.X | re.S)
SIGN = re.compile(r"(?:[(,=<>&|?:+*/%!;{\[-]|\breturn)\s*\Z")
OTHERS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">"], "<=": ["<", ">"],
          ">": [">=", "<"], ">=": [">", "<"], "&&": ["||"], "||": ["&&"],
          "+": ["-"], "-": ["+"]}
WORDS = {"true": "false", "false": "true"}


def sites(path):
    """Each (at, end, other) of a source that could be written otherwise."""
    text = open(path).read()
    for m in TOKEN.finditer(text):
        word = m.group()
        if m.group("op"):
            if word in "+-" and SIGN.search(text[:m.start()][-9:]):
                continue
            for other in OTHERS[word]:
                yield m.start(), m.end(), other
        elif m.group("number"):
            suffix = word.lstrip("0123456789abcdefABCDEFxX")
            n = int(word[:len(word) - len(suffix)] if suffix else word, 0)
            for other in (n + 1, n - 1) if n > 1 else (1 - n,):
                yield m.start(), m.end(), str(other) + suffix
        elif word in WORDS:
            yield m.start(), m.end(), WORDS[word]
        elif word in ("if", "while") and text[m.end():m.end() + 2] == " (":
            yield m.end() + 2, m.end() + 2, "!"


def negated(text, at):
    """`if (x)` with its whole condition turned round."""
    depth, end = 1, at
    while depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[:at] + "!(" + text[at:end - 1] + ")" + text[end - 1:]


class Mutant:
    """One change of one source."""

    def __init__(self, path, at, end, other):
        text = open(path).read()
        self.path = path
        self.line = text.count("\n", 0, at) + 1
        self.was = text.split("\n")[self.line - 1].strip()
        self.text = negated(text, at) if other == "!" else \
            text[:at] + other + text[end:]
        self.now = self.text.split("\n")[self.line - 1].strip()

    def __str__(self):
        return "%s:%d: %s  ->  %s" % (self.path, self.line, self.was, self.now)


def run(argv, seconds, where, **more):
    """Whether a test passes within its time; and how long it took."""
    begun = time.monotonic()
    try:
        done = subprocess.run(argv, cwd=where, timeout=seconds, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True, env=dict(os.environ, **more))
        good = done.returncode == 0 and b"\nnot ok" not in b"\n" + done.stdout
    except subprocess.TimeoutExpired:
        good = False
    return good, time.monotonic() - begun


class Tests:
    """What there is to notice a mutant, and which lines each comes by."""

    def __init__(self, build):
        self.build = build
        self.room = build + "/room"
        os.makedirs(self.room, exist_ok=True)
        sim = ["t/sim/sim"]
        scenes = sorted(glob.glob("t/sim/scenes/*.scene"))
        self.argv = [[p] for p in UNITS] + [[p] for p in FUZZ]
        each = int(os.environ.get("EACH", "1"))
        self.argv += [sim + [os.path.abspath(s)] for s in scenes[::each]]
        self.argv += [sim + how + ["--seed", str(s), "--count", "1"]
                      for how in ([], ["--insiders"]) for s in range(1, 9, each)]
        self.argv += [["t/sim/mail/mail"]]
        self.took = {}
        self.kills = collections.Counter()
        self.comes_by = collections.defaultdict(set)

    def play(self, i, tree, seconds, **more):
        """Test i, from a tree."""
        argv = ["%s/%s/%s" % (self.build, tree, self.argv[i][0])] + self.argv[i][1:]
        return run(argv, seconds, self.room, top_srcdir=os.getcwd(),
                   top_builddir="%s/%s" % (self.build, tree), CK_FORK="no", **more)

    def learn(self, i):
        """Its lines, and how long it takes."""
        tree = self.build + "/covered"
        counts = glob.glob(tree + "/src/core/*/*.gcda")
        for path in counts:
            os.remove(path)
        good, _ = self.play(i, "covered", 300)
        counts = glob.glob(tree + "/src/core/*/*.gcda")
        said = subprocess.run(["gcov", "-t", "-j"] + counts, cwd=tree, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found = {}
        for line in said.splitlines():
            for unit in json.loads(line)["files"]:
                name = unit["file"][unit["file"].find("src/"):]
                found[name] = [at["line_number"] for at in unit["lines"] if at["count"]]
        took = None
        if good:
            good, took = self.play(i, "changed", 300)
        if not good:
            print("left out, for it fails as it is: %s" % " ".join(self.argv[i]))
        return {"took": took if good else None, "lines": found}

    def learn_all(self):
        """The same of each that is not known yet."""
        path = self.build + "/learnt"
        known = {}
        if os.path.exists(path):
            known = {one["argv"]: one for one in map(json.loads, open(path))}
        for i, argv in enumerate(self.argv):
            one = known.get(" ".join(argv))
            if one is None:
                one = dict(self.learn(i), argv=" ".join(argv))
                with open(path, "a") as f:
                    f.write(json.dumps(one) + "\n")
            if one["took"] is not None:
                self.took[i] = one["took"]
            for name, lines in one["lines"].items():
                for line in lines:
                    self.comes_by[name, line].add(i)

    def order(self, mutant):
        """Those that come by its line, and of a statement's other lines."""
        near = set()
        for line in range(mutant.line, mutant.line + 4):
            near = self.comes_by.get((mutant.path, line), set())
            if near:
                break
        return sorted((i for i in near if i in self.took),
                      key=lambda i: self.took[i] / (1 + self.kills[i]))


class Core:
    """The library that stands in for the archive."""

    def __init__(self, build):
        self.tree = build + "/changed"
        self.so = self.tree + "/libcore.so"
        self.objects = [o for o in glob.glob(self.tree + "/src/base/*.o") +
                        glob.glob(self.tree + "/src/core/*/*.o")]
        self.link(None, None)
        archive = self.tree + "/libcore.a"
        with open(archive, "w") as f:
            f.write("INPUT(%s)\n" % self.so)
        for program in PROGRAMS:
            if os.path.exists("%s/%s" % (self.tree, program)):
                os.remove("%s/%s" % (self.tree, program))
        subprocess.run(["make", "-s", "-o", "libcore.a", "-C", self.tree] + PROGRAMS,
                       check=True, stdout=subprocess.DEVNULL)

    def object_of(self, path):
        """The object of a source, by either name that automake gives it."""
        folder, name = os.path.split(path)
        for o in self.objects:
            if os.path.dirname(o).endswith(folder) and os.path.basename(o) in (
                    name[:-2] + ".o", "libcore_a-" + name[:-2] + ".o"):
                return o
        raise KeyError(path)

    def link(self, path, instead):
        """With an object in place of a source's, or as it was."""
        objects = list(self.objects)
        if path:
            objects[objects.index(self.object_of(path))] = instead
        subprocess.run(["cc", "-shared", "-fsanitize=address,undefined", "-o",
                        self.so + ".new"] + objects, check=True)
        os.replace(self.so + ".new", self.so)


def compile_to(source, out, flags):
    """Whether it compiles."""
    return subprocess.run(["cc"] + flags.split() + ["-c", "-o", out, source],
                          stderr=subprocess.DEVNULL).returncode == 0


def is_same(mutant, build):
    """No other program comes of it."""
    a, b = build + "/a", build + "/b"
    for name, text in ((a, open(mutant.path).read()), (b, mutant.text)):
        os.makedirs(name, exist_ok=True)
        with open(name + "/one.c", "w") as f:
            f.write(text)
        subprocess.run(["cc", "-std=c11", "-Isrc", "-I.", "-w", "-O2", "-S", "-o",
                        name + "/one.s", name + "/one.c"], check=True)
    return open(a + "/one.s").read().replace(a, "") == \
        open(b + "/one.s").read().replace(b, "")


def judge(mutant, tests, core, build):
    """("killed", by what), ("survived", how many), ("same", "") or ("broken", "")."""
    source, out = build + "/mutant.c", build + "/mutant.o"
    with open(source, "w") as f:
        f.write(mutant.text)
    if not compile_to(source, out, FLAGS + " -O1"):
        return "broken", ""
    core.link(mutant.path, out)
    begun, played = time.monotonic(), 0
    for i in tests.order(mutant):
        if time.monotonic() - begun > LONGEST:
            break
        played += 1
        good, _ = tests.play(i, "changed", 5 + 8 * tests.took[i])
        if not good:
            tests.kills[i] += 1
            return "killed", " ".join(os.path.basename(a) for a in tests.argv[i])
    if is_same(mutant, build):
        return "same", ""
    return "survived", "%d of %d tests" % (played, len(tests.order(mutant)))


def draw(n, seed):
    """Endless: mutants in the order in which they are drawn."""
    every = [(path, *site) for path in sorted(glob.glob("src/core/*/*.c"))
             for site in sites(path)]
    random.Random(seed).shuffle(every)
    print("%d changes are possible; %d are drawn, seed %d" % (len(every), n, seed))
    return (Mutant(*one) for one in every)


def judged():
    """The changes that t/sim/SURVIVORS has, without their line numbers."""
    path = "t/sim/SURVIVORS"
    text = open(path).read() if os.path.exists(path) else ""
    return {re.sub(r":\d+:", ":", line) for line in text.splitlines()
            if line.startswith("src/")}


def main():
    """See above."""
    if sys.argv[1] == "--programs":
        print(" ".join(PROGRAMS))
        return 0
    build, n, seed, minutes = os.path.abspath(sys.argv[1]), *map(int, sys.argv[2:5])
    until = time.monotonic() + 60 * minutes
    sys.stdout.reconfigure(line_buffering=True)
    drawn = draw(n, seed)
    core, tests = Core(build), Tests(build)
    tests.learn_all()
    print("%d tests, %.0f s all of them" % (len(tests.took), sum(tests.took.values())))
    count, alive = collections.Counter(), []
    done = {}
    if os.path.exists(build + "/log"):
        done = {line.rstrip("\n").split("): ", 1)[1]: line for line in open(build + "/log")}
    with open(build + "/log", "a", buffering=1) as log:
        for mutant in drawn:
            if count["killed"] + count["survived"] >= n or time.monotonic() > until:
                break
            if str(mutant) in done:
                verdict, why = done[str(mutant)].split("): ", 1)[0].split(" (", 1)
            else:
                verdict, why = judge(mutant, tests, core, build)
                print("%s (%s): %s" % (verdict, why, mutant), file=log)
            count[verdict] += 1
            if verdict == "survived":
                alive.append((mutant, why))
    core.link(None, None)
    shutil.rmtree(tests.room, ignore_errors=True)
    known = judged()
    for mutant, why in alive:
        is_known = re.sub(r":\d+:", ":", str(mutant)) in known
        print("%s (%s): %s" % ("judged" if is_known else "survived", why, mutant))
    real = count["killed"] + count["survived"]
    print("%d mutants, %d killed (%.1f %%); %d are the same program, %d do not compile" % (
        real, count["killed"], 100 * count["killed"] / max(1, real), count["same"],
        count["broken"]))
    return 0 if count["killed"] >= 0.95 * real else 1


if __name__ == "__main__":
    sys.exit(main())

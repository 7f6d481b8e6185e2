"""mutants_drawn.py BUILD N SEED MINUTES [survivors] - what mutants-drawn does once
it is built.

A mutant first meets the tests that come by its line, what is quick and has
found most before the rest; whom none of these finds meets the quick ones once
more with sanitizers. What compiles to the same object is no mutant, nor is a
CHECK() that is weaker: it says what always holds. Times are those of a
processor, so that a busy machine kills nobody.

BUILD/learnt has what each test takes and comes by, BUILD/log a line a mutant:
who begins again goes on where he stopped. After a change of the core remove
both. With `survivors` those of the log are judged once more, by the tests that
there are now.

On a machine that is busy the environment may say LEARN=no (of what is not learnt
yet, only whether it passes and how long that takes), LONGEST=3 (seconds for a
mutant, before it counts as a survivor; 120) and BUILT=yes (nothing was changed
since the last time). JOBS=4 has four work side by side, but with no script.
"""

import collections
import functools
import glob
import hashlib
import itertools
import os
import re
import sys
import time

from mutate import Core, Tests, blanked

LONGEST = float(os.environ.get("LONGEST", "120"))  # seconds of a processor each
LONGEST_STRICT = LONGEST / 3  # and with sanitizers
MOST_STRICT = 2.0    # seconds that a test may take for that

TOKEN = re.compile(r"""
    (?P<skip>\#\s*(?:include|line)[^\n]*|->|<<=|>>=|<<|>>|\+\+|--|[-+*/%&|^]=|
        [A-Za-z_][A-Za-z0-9_]*) |
    (?P<op>==|!=|<=|>=|&&|\|\||<|>|\+|-|!) |
    (?P<number>(?:0[xX][0-9a-fA-F]+|[0-9]+)(?=[uUlL]*\b)[uUlL]*)
    """, re.X | re.S)
SIGN = re.compile(r"(?:[(,=<>&|?:+*/%!;{\[-]|\breturn)\s*\Z")
OTHERS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">"], "<=": ["<", ">"],
          ">": [">=", "<"], ">=": [">", "<"], "&&": ["||"], "||": ["&&"],
          "+": ["-"], "-": ["+"], "!": [""]}
WORDS = {"true": "false", "false": "true"}
STATEMENT = re.compile(
    r"(?<=\n)\t+(?!(?:if|for|while|switch|return|case|default|do|else|goto|CHECK|"
    r"_Static_assert|struct|enum|const|static|VEC)\b)"
    r"(?:(?:break|continue);|\(void\)|[*+&-]*[A-Za-z_][A-Za-z0-9_]*"
    r"(?:(?:->|\.)[A-Za-z0-9_]+|\[[^\]\n]*\])*\s*(?:[-+*/|&^]?=(?!=)|<<=|>>=|\+\+|--|\(|;))")


def statement_end(bare, at):
    """Behind the `;` that ends it; 0: it has none before its block ends."""
    depth = 0
    for k in range(at, len(bare)):
        depth += (bare[k] in "([{") - (bare[k] in ")]}")
        if depth < 0:
            return 0
        if bare[k] == ";" and depth == 0:
            return k + 1
    return 0


def statements(bare):
    """Each statement that does something, from its first octet on."""
    for m in STATEMENT.finditer(bare):
        before = bare[:m.start()].rstrip()
        if before[-1:] in ";{}):" or before.endswith("else"):
            at = m.start() + len(m.group()) - len(m.group().lstrip())
            end = statement_end(bare, at)
            if end:
                yield at, end


def sites(path):
    """Each (at, end, other) of a source that could be written otherwise."""
    text = open(path).read()
    bare = blanked(text)
    checks = [(m.start(), statement_end(bare, m.start()))
              for m in re.finditer(r"\b(?:CHECK|_Static_assert)\(", bare)]
    found = [(at, end, ";") for at, end in statements(bare)]
    for m in TOKEN.finditer(bare):
        word = m.group()
        if m.group("op"):
            if word in "+-" and SIGN.search(bare[:m.start()][-9:]):
                continue
            found += [(m.start(), m.end(), other) for other in OTHERS[word]]
        elif m.group("number"):
            suffix = word.lstrip("0123456789abcdefABCDEFxX")
            n = int(word[:len(word) - len(suffix)] if suffix else word, 0)
            found += [(m.start(), m.end(), str(other) + suffix)
                      for other in ((n + 1, n - 1) if n > 1 else (1 - n,))]
        elif word in WORDS:
            found.append((m.start(), m.end(), WORDS[word]))
        elif word in ("if", "while") and bare[m.end():m.end() + 2] == " (":
            found.append((m.end() + 2, m.end() + 2, "if not"))
    return [one for one in found
            if not any(a <= one[0] < b for a, b in checks)]


def negated(text, bare, at):
    """`if (x)` with its whole condition turned round."""
    depth, end = 1, at
    while depth:
        depth += {"(": 1, ")": -1}.get(bare[end], 0)
        end += 1
    return text[:at] + "!(" + text[at:end - 1] + ")" + text[end - 1:]


class Mutant:
    """One change of one source."""

    def __init__(self, path, at, end, other):
        text = open(path).read()
        self.path = path
        self.line = text.count("\n", 0, at) + 1
        self.was = text.split("\n")[self.line - 1].strip()
        if other == "if not":
            self.text = negated(text, blanked(text), at)
        else:
            self.text = text[:at] + other + "\n" * text.count("\n", at, end) + text[end:]
        self.now = self.text.split("\n")[self.line - 1].strip()
        if other == ";":
            self.was, self.now = " ".join(text[at:end].split()), "nothing"
        elif other == "if not":
            self.now = "if not: " + self.now

    def change(self):
        """The change as text; the same wherever the line is."""
        return "%s  ->  %s" % (self.was, self.now)

    def __str__(self):
        return "%s:%d: %s" % (self.path, self.line, self.change())


as_it_is = {}
AGAIN = "survivors" in sys.argv


def judge(mutant, tests, plain, strict):
    """("killed", by what), ("survived", how many), ("same", "") or ("broken", "")."""
    if mutant.path not in as_it_is:
        text = open(mutant.path).read()
        as_it_is[mutant.path] = open(plain.compile(mutant.path, text), "rb").read()
    out = plain.compile(mutant.path, mutant.text)
    if out is None:
        return "broken", ""
    if open(out, "rb").read() == as_it_is[mutant.path]:
        return "same", ""
    plain.put(mutant.path, out)
    order, played = tests.order(mutant.path, mutant.line), 0
    for is_strict in (True, False) if AGAIN else (False, True):
        core = strict() if is_strict else plain
        left, most = (LONGEST_STRICT, MOST_STRICT) if is_strict else (LONGEST, 1e9)
        if is_strict and not core.change(mutant.path, mutant.text):
            break
        for i in order:
            if left < 0 or tests.took[i] > most or not core.has(tests.argv[i][0]):
                continue
            played += 1
            good, took, how, _ = core.play(
                tests.argv[i], 2 + (40 if is_strict else 5) * tests.took[i])
            left -= took
            if not good:
                tests.kills[i] += 1
                return "killed", tests.name(i) + \
                    (", time limit" if how == "time limit" else "") + \
                    (", sanitizers" if is_strict else "")
            if not is_strict:
                tests.took[i] = min(tests.took[i], took)
    return "survived", "%d tests of %d" % (played, len(order))


def draw(n, seed):
    """Endless: mutants in the order in which they are drawn. Each has its lot by what
    it says alone, so that a change of the source draws the others no otherwise."""
    lots, same = [], collections.Counter()
    for path in sorted(glob.glob("src/core/*/*.c")):
        for site in sites(path):
            what = "%s: %s" % (path, Mutant(path, *site).change())
            same[what] += 1
            lot = hashlib.sha256(("%d %d %s" % (seed, same[what], what)).encode()).digest()
            lots.append((lot, path, site))
    print("# %d changes are possible; %d are drawn, seed %d" % (len(lots), n, seed))
    return (Mutant(path, *site) for _, path, site in sorted(lots))


def judged():
    """{file, change: judgement} of t/sim/survivors; tabs between."""
    found = {}
    if os.path.exists("t/sim/survivors"):
        for line in open("t/sim/survivors"):
            if line.strip() and not line.startswith("#"):
                place, change, why = line.rstrip("\n").split("\t")
                found[place.rsplit(":", 1)[0], change] = why
    return found


def gone(known):
    """Those of t/sim/survivors that are possible no more."""
    have = {path: {Mutant(path, *site).change() for site in sites(path)}
            for path in {p for p, _ in known} if os.path.exists(path)}
    return ["%s: %s" % (path, change) for path, change in known
            if change not in have.get(path, ())]


class Log:
    """What came of each so far."""

    def __init__(self, path, again):
        self.done = {}
        if os.path.exists(path):
            for line in open(path):
                verdict, why, mutant = line.rstrip("\n").split("\t")
                self.done[mutant] = verdict, why
        if again:
            self.done = {m: v for m, v in self.done.items() if v[0] != "survived"}
        self.file = open(path, "a", buffering=1)

    def kills(self, tests):
        """So many were found by each test."""
        name = {tests.name(i): i for i in range(len(tests.argv))}
        for verdict, why in self.done.values():
            i = name.get(why.split(",")[0])
            if verdict == "killed" and i is not None:
                tests.kills[i] += 1

    def judge(self, mutant, *how):
        """From the log, or now."""
        if str(mutant) not in self.done:
            found = judge(mutant, *how)
            self.done[str(mutant)] = found
            print("%s\t%s\t%s" % (*found, mutant), file=self.file)
        return self.done[str(mutant)]


def share_out(mutants, jobs, log, tests, plain, strict):
    """Each of so many processes judges those that are its turn: with a room of its
    own, for the libraries stay as they are where no script is started."""
    cores = plain, strict()
    for k in range(jobs):
        if os.fork():
            continue
        for core in cores:
            core.room += "-%d" % k
            core.before += "-%d.so" % k
            os.makedirs(core.room, exist_ok=True)
        tests.took = {i: s for i, s in tests.took.items()
                      if not tests.argv[i][0].endswith(".sh")}
        for mutant in mutants[k::jobs]:
            log.judge(mutant, tests, plain, strict)
        os._exit(0)
    for _ in range(jobs):
        os.wait()


def main():
    """See above."""
    build, n, seed, minutes = os.path.abspath(sys.argv[1]), *map(int, sys.argv[2:5])
    begun = time.monotonic()
    sys.stdout.reconfigure(line_buffering=True)
    if not n:
        left = gone(judged())
        print("".join("# t/sim/survivors: not there any more: %s\n" % g for g in left), end="")
        return 1 if left else 0
    drawn = draw(n, seed)
    plain = Core(build, "plain", "-O1")
    strict = functools.cache(lambda: Core(
        build, "strict", "-O1 -fsanitize=address,undefined -fno-sanitize-recover=all"))
    tests = Tests(build, int(os.environ.get("EACH", "1")))
    tests.learn_all(plain, lambda: Core(build, "covered", "-O2 --coverage"))
    print("# %d tests, %.0f s all of them" % (len(tests.took), sum(tests.took.values())))
    log = Log(build + "/log", AGAIN)
    log.kills(tests)
    jobs = int(os.environ.get("JOBS", "1"))
    if jobs > 1:
        first = list(itertools.islice(drawn, n))
        share_out(first, jobs, log, tests, plain, strict)
        log = Log(build + "/log", AGAIN)
        drawn = itertools.chain(first, drawn)
    count, alive = collections.Counter(), []
    for mutant in drawn:
        real = count["killed"] + count["survived"]
        if real >= n or time.monotonic() - begun > 60 * minutes:
            break
        verdict, why = log.judge(mutant, tests, plain, strict)
        count[verdict] += 1
        count["late"] += "time limit" in why
        if verdict == "survived":
            alive.append((mutant, why))
        if real % 25 == 24:
            print("# %d of %d, %d killed, %.0f min" % (
                real + 1, n, count["killed"], (time.monotonic() - begun) / 60))
    plain.restore()
    if strict.cache_info().currsize:
        strict().restore()
    return told(count, alive, n)


def told(count, alive, n):
    """Who survived, the figures, and whether they are good."""
    known, same, unjudged = judged(), 0, 0
    for mutant, why in alive:
        word = known.get((mutant.path, mutant.change()))
        same += word is not None and word.startswith("equivalent")
        unjudged += word is None
        print("# survived (%s): %s: %s" % (why, mutant, word or "not judged"))
    for one in gone(known):
        print("# t/sim/survivors: not there any more: %s" % one)
    real = count["killed"] + count["survived"]
    share = 100 * count["killed"] / max(1, real - same)
    print("# %d mutants, %d killed (%.1f %%), %d of these by a time limit; %d survived, "
          "of which %d are equivalent: %.1f %% of the others killed" % (
              real, count["killed"], 100 * count["killed"] / max(1, real), count["late"],
              count["survived"], same, share))
    print("# besides: %d compile to the same object, %d do not compile" % (
        count["same"], count["broken"]))
    return 0 if real >= n and share >= 95 and not unjudged and not gone(known) else 1


if __name__ == "__main__":
    sys.exit(main())

"""mutate.py - what mutants-drawn and mutants-kinds share: a build whose programs
take src/core from a library, so that a changed source costs one object and one
link; the tests that may notice it; and which lines each of them comes by.
"""

import collections
import functools
import glob
import json
import os
import re
import resource
import select
import signal
import subprocess
import time

# the first two take long, or stand at the end; test_work counts the blocks of an
# archive
SLOW = ("t/core/test_view_slow", "t/core/test_view_live", "t/core/test_work")
UNITS = [p for p in sorted(p[:-2] for p in glob.glob("t/core/test_*.c"))
         if p not in SLOW] + [
    "t/peer/test_page", "t/publish/test_mtable_file", "t/publish/test_mtable_news",
    "t/publish/test_wire", "t/milter/test_admission", "t/milter/test_news",
    "t/ctl/test_export", "t/cfg/test_conf_keys", "t/core/test_view_live"]
FUZZ = ["t/fuzz/fuzz_" + n for n in (
    "document frame lsa mark query report route schedule session state table").split()]
SCRIPTS = ["t/ctl/report.sh", "t/ctl/export.sh", "t/ctl/form.sh", "t/ctl/schema.sh",
           "t/ctl/health.sh", "t/ctl/change.sh", "t/ctl/ports.sh", "t/ctl/live.sh",
           "t/cfg/golden.sh", "t/system/oracle.sh", "t/system/document.sh",
           "t/system/requests.sh", "t/system/metrics.sh"]
PROGRAMS = UNITS + FUZZ + ["t/sim/sim", "t/sim/restarts", "t/sim/mail/mail",
                           "lsrctl", "lsrd", "lsrd-publish", "lsrd-metrics",
                           "t/cfg/show"]
STRICT = UNITS + FUZZ
SLOWEST = 40      # seconds: what takes longer is left out
SWARM = range(1, 41)
SEEDS = range(1, 9)
ROOM = 3 << 30    # octets of memory, where no sanitizer wants more
WRITES = 64 << 20
WAITS = 120       # seconds that nothing may take, but on a machine that is busy
ASAN = "malloc_context_size=8:quarantine_size_mb=16:detect_odr_violation=0"


def limits(seconds, is_strict):
    """Of a process that may do anything."""
    def apply():
        cpu = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (WRITES, WRITES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not is_strict:
            resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    return apply


def ended(child, seconds):
    """Its status, and seconds of a processor that it and its children took; -1: it
    waits for something that does not come."""
    at = os.pidfd_open(child.pid)
    ended_now = select.select([at], [], [], WAITS + 20 * seconds)[0]
    os.close(at)
    if ended_now:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, used.ru_utime + used.ru_stime
    os.killpg(child.pid, 9)
    child.wait()
    return -1000, seconds


class Core:
    """A tree that make has built; its library stands in for the archive."""

    def __init__(self, build, name, flags):
        self.tree = os.path.join(build, name)
        self.so = self.tree + "/libcore.so"
        self.is_strict = name == "strict"
        self.flags = flags.split()
        self.programs = STRICT if self.is_strict else PROGRAMS
        self.room = build + "/room"
        self.before = "%s/before-%s.so" % (build, name)
        self.changed, self.linked = None, False
        os.makedirs(self.room, exist_ok=True)
        self.objects = {}
        for o in glob.glob(self.tree + "/src/base/*.o") + \
                glob.glob(self.tree + "/src/core/*/*.o"):
            path = os.path.relpath(o, self.tree).replace("libcore_a-", "")
            self.objects[path[:-2] + ".c"] = o
        if name != "covered":
            self.stand_in()

    def stand_in(self):
        """From now on the programs take the library."""
        self.link()
        archive = self.tree + "/libcore.a"
        if "INPUT" not in open(archive, errors="replace").read(10):
            with open(archive, "w") as f:
                f.write("INPUT(%s)\n" % self.so)
            for program in self.programs:
                if os.path.exists("%s/%s" % (self.tree, program)):
                    os.remove("%s/%s" % (self.tree, program))
        if os.environ.get("BUILT") != 'yes':
            subprocess.run(["make", "-s", "-o", "libcore.a", "-C", self.tree] + self.programs,
                           check=True, stdout=subprocess.DEVNULL)

    def link(self, path=None, instead=None):
        """With an object in place of a source's, or as it was."""
        objects = dict(self.objects)
        if path:
            objects[path] = instead
        subprocess.run(["cc", "-shared", "-o", self.so + ".new"] + self.more() +
                       list(objects.values()), check=True)
        os.replace(self.so + ".new", self.so)

    def compile(self, path, text):
        """The object's name, of this text for that source; None: it is no C."""
        out = self.room + ("/strict.o" if self.is_strict else "/plain.o")
        done = subprocess.run(
            ["cc", "-std=c11", "-Isrc", "-I.", "-fPIC", "-w"] + self.flags +
            ["-iquote", os.path.dirname(path), "-x", "c", "-c", "-o", out, "-"],
            input='#line 1 "%s"\n' % path + text, text=True, stderr=subprocess.DEVNULL)
        return out if done.returncode == 0 else None

    def change(self, path, text):
        """Whether the programs are now those of this text."""
        out = self.compile(path, text)
        if out is not None:
            self.put(path, out)
        return out is not None

    def put(self, path, out):
        """This object goes before the library, which costs less than to link that;
        but scripts start other programs."""
        if self.linked:
            self.link()
        self.changed = path, out
        self.linked = False
        subprocess.run(["cc", "-shared", "-o", self.before] + self.more() + [out],
                       check=True)

    def more(self):
        """What a library is linked with besides."""
        return ["-fsanitize=address,undefined"] if self.is_strict else []

    @functools.cached_property
    def first(self):
        """What wants to be before all else."""
        if not self.is_strict:
            return ""
        return subprocess.run(["cc", "-print-file-name=libasan.so"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout.strip() + ":"

    def restore(self):
        """All is as it was."""
        self.changed = None
        self.linked = False
        self.link()

    def has(self, test):
        """Whether it is played here."""
        return test in self.programs or (test.endswith(".sh") and not self.is_strict)

    def play(self, argv, seconds):
        """(whether it passes, seconds of a processor, how it failed, what it said):
        a machine that is busy makes nothing fail."""
        said = self.room + "/said"
        is_script = argv[0].endswith(".sh")
        more = {}
        if self.changed and not self.linked:
            if is_script:
                self.link(*self.changed)
                self.linked = True
            else:
                more = {"LD_PRELOAD": self.first + self.before}
        argv = ["sh"] + argv if is_script else [self.tree + "/" + argv[0]] + argv[1:]
        with open(said, "wb") as out:
            child = subprocess.Popen(
                argv, cwd=None if is_script else self.room,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                preexec_fn=limits(seconds, self.is_strict), start_new_session=True,
                env=dict(os.environ, top_srcdir=os.getcwd(), top_builddir=self.tree,
                         CK_FORK="no", CK_DEFAULT_TIMEOUT="0", ASAN_OPTIONS=ASAN,
                         **more))
            status, took = ended(child, seconds)
        try:
            os.killpg(child.pid, 9)
        except ProcessLookupError:
            pass
        text = open(said, errors="replace").read(200000)
        if status in (-1000, -signal.SIGXCPU, -signal.SIGKILL):
            return False, took, "time limit", text
        if status or "\nnot ok" in "\n" + text:
            return False, took, "fails", text
        return True, took, "", text


class Tests:
    """What there is to notice a mutant, and which lines each comes by."""

    def __init__(self, build, each=1):
        self.build = build
        scenes = sorted(glob.glob("t/sim/scenes/*.scene"))
        self.argv = [[p] for p in UNITS] + [[p] for p in FUZZ]
        # a few of its changes, for all of them take seconds
        self.argv += [["t/core/test_view_live", "1500", "1"]]
        self.argv += [["t/sim/sim", os.path.abspath(s)] for s in scenes[::each]]
        self.argv += [["t/sim/sim", "-j1"] + how + ["--seed", str(s), "--count", "1"]
                      for how in (["-f"], ["--insiders"]) for s in SEEDS[::each]]
        # as files: a failure of a seed would be made short first
        self.argv += [["t/sim/sim", "%s/swarm-%d.scene" % (build, s)]
                      for s in SWARM[::each]]
        self.argv += [["t/sim/mail/mail"], ["t/sim/restarts"]]
        self.argv += [[p] for p in SCRIPTS if os.path.exists(p)]
        self.took = {}
        self.unknown = set()
        self.kills = collections.Counter()
        self.comes_by = collections.defaultdict(set)
        self.of_file = collections.defaultdict(set)

    def name(self, i):
        """Short: for a table."""
        return " ".join(os.path.basename(a) for a in self.argv[i] if a != "-j1") \
            .replace("sim ", "", 1).replace("--seed ", "").replace(" --count 1", "")

    def swarm(self, core):
        """Writes the scenes of the swarm."""
        for s in SWARM:
            path = "%s/swarm-%d.scene" % (self.build, s)
            if not os.path.exists(path):
                with open(path, "w") as f:
                    subprocess.run([core.tree + "/t/sim/sim", "--print", "--seed", str(s)],
                                   stdout=f, check=True)

    def is_wide(self, i):
        """Drawn: whatever a scene comes by, this does sooner or later."""
        return "--seed" in self.argv[i] or "/swarm-" in self.argv[i][-1] or \
            i in self.unknown

    def learn(self, i, core, covered):
        """How long it takes, and its lines."""
        good, took, how, _ = core.play(self.argv[i], SLOWEST)
        found = {}
        if good and not self.is_wide(i):
            for path in glob.glob(covered.tree + "/src/core/*/*.gcda"):
                os.remove(path)
            covered.play(self.argv[i], 20 * SLOWEST)
            counts = glob.glob(covered.tree + "/src/core/*/*.gcda")
            said = subprocess.run(["gcov", "-t", "-j"] + counts, cwd=covered.tree,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True).stdout
            for line in said.splitlines():
                for unit in json.loads(line)["files"]:
                    name = unit["file"][unit["file"].find("src/"):]
                    if name.endswith(".c"):
                        found[name] = sorted({at["line_number"] for at in unit["lines"]
                                              if at["count"]})
        if not good:
            print("# left out, for as it is it %s: %s" % (how, " ".join(self.argv[i])))
        return {"took": took if good else None, "lines": found}

    def learn_all(self, core, make_covered):
        """The same of each that is not known yet."""
        path, covered = self.build + "/learnt", None
        known = {}
        if os.path.exists(path):
            known = {one["argv"]: one for one in map(json.loads, open(path))}
        self.swarm(core)
        for i, argv in enumerate(self.argv):
            one = known.get(" ".join(argv))
            if one is None and os.environ.get("LEARN") == "no" and \
                    not argv[0].endswith(".sh"):
                good, took = core.play(argv, SLOWEST)[:2]
                one = {"took": took if good else None, "lines": {},
                       "argv": " ".join(argv), "wide": True}
                with open(path, "a") as f:
                    f.write(json.dumps(one) + "\n")
            if one is None:
                covered = covered or make_covered()
                one = dict(self.learn(i, core, covered), argv=" ".join(argv))
                with open(path, "a") as f:
                    f.write(json.dumps(one) + "\n")
            if one.get("wide"):
                self.unknown.add(i)
            if one["took"] is not None:
                self.took[i] = one["took"]
            for name, lines in one["lines"].items():
                if lines:
                    self.of_file[name].add(i)
                for line in lines:
                    self.comes_by[name, line].add(i)

    def near(self, path, line):
        """Those that come by it, or by the rest of its statement; of what no
        function has, those that come by the file."""
        text = open(path).read().split("\n")
        heads = [k for k in range(line - 1, -1, -1) if text[k][:1] in "{}" and text[k]]
        inside = bool(heads) and text[heads[0]] == "{"
        found = self.of_file[path]
        is_played = any(self.argv[i][0] == "t/sim/sim" for i in found)
        for by in (0, -1, 1, -2, 2, -3, 3) if inside else ():
            if self.comes_by.get((path, line + by)):
                found = self.comes_by[path, line + by]
                break
        found = found | {i for i in self.unknown if self.argv[i][0].endswith(".sh")}
        if is_played:
            found = found | {i for i in range(len(self.argv)) if self.is_wide(i)}
        return found

    def order(self, path, line):
        """Of these those first that are quick, and have found others."""
        return sorted((i for i in self.near(path, line) if i in self.took),
                      key=lambda i: (self.took[i] + 0.02) / (1 + self.kills[i]))


def blanked(text):
    """The same length, with nothing in comments and strings."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)

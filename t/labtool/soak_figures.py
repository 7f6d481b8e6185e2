"""soak_figures.py - memory and descriptors of each daemon over a soak.

Each look reads of every process of ours what it has in memory (RSS, PSS, and
the anonymous part, which is its own heap and stacks), its descriptors, its
threads and what it took of a processor. All of it is in soak.samples, a line a
process and look; soak.png draws those of the servers whose daemons are spared,
where python3-matplotlib is.

Growth is judged over the second half of the run, of each process that lived
through all of it: a line is fitted by least squares, and it grows if that line
rises over the half by more than a twentieth of what it has in the middle and
256 kB (of descriptors: by more than 2), the slope is more than three times its
standard error, and in the middle of the last quarter it has more than it ever had
in the first half: descriptors are sessions, which come and go. Before that half
caches and the heap find their size. A run of less than half an hour is told, not
judged.

    soak_figures.py SECONDS SAMPLES     judges a run that was so long once more
"""

import os
import statistics
import sys
import tempfile

PROGRAMS = ("lsrd", "lsrd-publish", "lsrd-milter", "lsrd-front")
HEAD = "second server program pid rss_kb pss_kb own_kb descriptors threads cpu_s"
TICK = os.sysconf("SC_CLK_TCK")
# What is judged: the name, the column, the share and the amount that are allowed.
JUDGED = (("rss", 4, 0.05, 256), ("own", 6, 0.05, 256), ("descriptors", 7, 0, 2))
HALF_HOUR = 1800


def memory(pid):
    """RSS, PSS and the anonymous part, in kB."""
    found = {}
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("Rss", "Pss", "Anonymous"):
                found[name] = int(rest.split()[0])
    return found["Rss"], found["Pss"], found["Anonymous"]


def stat(pid):
    """Its name, and the fields behind it."""
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
        head, _, rest = file.read().rpartition(")")
    return head.partition("(")[2], rest.split()


def one(pid):
    """What a look says of one process behind its name; None if it is none of ours."""
    name, fields = stat(pid)
    if name not in PROGRAMS:
        return None
    rss, pss, own = memory(pid)
    return (name, pid, rss, pss, own, len(os.listdir("/proc/%d/fd" % pid)), int(fields[17]),
            (int(fields[11]) + int(fields[12])) / TICK)


def line_of(points):
    """A line through (x, y): slope, its standard error, and y in the middle."""
    n = len(points)
    x0 = sum(x for x, _ in points) / n
    y0 = sum(y for _, y in points) / n
    xx = sum((x - x0) ** 2 for x, _ in points)
    slope = sum((x - x0) * (y - y0) for x, y in points) / xx
    rest = sum((y - y0 - slope * (x - x0)) ** 2 for x, y in points)
    return slope, (rest / (n - 2) / xx) ** 0.5, y0


class Figures:
    """All samples of one run."""

    def __init__(self, nodes, spared, folder):
        self.nodes, self.spared, self.folder = nodes, spared, folder
        self.rows = []
        self.took, self.last, self.seconds = 0, {}, 0
        self.file = open(os.path.join(folder, "soak.samples"), "w", encoding="ascii",
                         buffering=1)
        self.file.write(HEAD + "\n")

    def sample(self, at):
        """One look at all servers."""
        for node in self.nodes:
            for pid in node.pids() if node.up() else []:
                try:
                    self._spent(node, pid)
                    row = one(pid)
                except (OSError, KeyError, ValueError):
                    continue  # it has just ended
                if row:
                    self.rows.append((at, node.alias) + row)
                    self.file.write("%.0f %s %s %d %d %d %d %d %d %.2f\n" % self.rows[-1])

    def _spent(self, node, pid):
        """What the whole server took of a processor, mail server and all."""
        fields = stat(pid)[1]
        used, key = sum(int(field) for field in fields[11:15]), (node.name, pid, fields[19])
        self.took += max(0, used - self.last.get(key, used if not self.last else 0))
        self.last[key] = used

    def end(self, seconds):
        """The run is over: what comes now is not part of it."""
        self.seconds = seconds

    def lives(self):
        """(server, program, pid) to its rows, of who lived through the second half."""
        half = [at for at in sorted({row[0] for row in self.rows})
                if self.seconds / 2 <= at <= self.seconds]
        found = {}
        for row in self.rows:
            if self.seconds / 2 <= row[0] <= self.seconds:
                found.setdefault(row[1:4], []).append(row)
        return {key: rows for key, rows in found.items() if len(rows) == len(half) >= 3}

    def verdict(self):
        """What grows; and a line for each program and what is judged of it."""
        grown, lines, lives = [], [], self.lives()
        lines.append("processor: %.2f of one, all servers together (%d s in %d s)" % (
            self.took / TICK / max(1, self.seconds), self.took / TICK, self.seconds))
        for program in PROGRAMS:
            mine = {key: rows for key, rows in lives.items() if key[1] == program}
            if not mine:
                lines.append("%s: none lived through the second half" % program)
                continue
            for what, column, share, amount in JUDGED:
                fits = {key: line_of([(row[0], row[column]) for row in rows])
                        for key, rows in mine.items()}
                lines.append(self._told(program, what, fits))
                grown += [self._grows(key, what, fit) for key, fit in fits.items()
                          if self._rise(fit) > max(share * fit[2], amount)
                          and fit[0] > 3 * fit[1] and self._is_new(key, column)
                          and self.seconds >= HALF_HOUR]
        if self.seconds < HALF_HOUR:
            lines.append("growth: not judged, for that half an hour is needed")
        return grown, lines

    def _is_new(self, key, column):
        """Whether the last quarter has more than the first half ever had."""
        mine = [row for row in self.rows if row[1:4] == key]
        first = [row[column] for row in mine if row[0] < self.seconds / 2]
        last = [row[column] for row in mine if self.seconds * 0.75 <= row[0] <= self.seconds]
        return not first or not last or statistics.median(last) > max(first)

    def _rise(self, fit):
        return fit[0] * self.seconds / 2

    def _told(self, program, what, fits):
        middles = [fit[2] for fit in fits.values()]
        rises = [self._rise(fit) for fit in fits.values()]
        return ("%-12s %-11s of %d: median %.0f, most %.0f; rise over the second half: "
                "median %+.1f, most %+.1f" % (program, what, len(fits),
                                              statistics.median(middles), max(middles),
                                              statistics.median(rises), max(rises)))

    def _grows(self, key, what, fit):
        return "%s: %s (%d): %s %.0f, %+.1f over the second half (error of it %.1f)" % (
            key[0], key[1], key[2], what, fit[2], self._rise(fit),
            fit[1] * self.seconds / 2)

    def write(self, lines):
        """soak.txt, and soak.png where that can be drawn."""
        self.file.flush()
        lines.append(self._draw())
        with open(os.path.join(self.folder, "soak.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _draw(self):
        try:
            import matplotlib
            matplotlib.use("Agg")
            from matplotlib import pyplot
        except ImportError:
            return "no picture: python3-matplotlib is not here; the text has all of it"
        spared = sorted(node.alias for node in self.nodes if node.name in self.spared)
        figure, axes = pyplot.subplots(len(PROGRAMS), 3, figsize=(15, 13), sharex=True)
        for panels, program in zip(axes, PROGRAMS):
            lines = {}
            for row in self.rows:
                if row[2] == program and row[1] in spared:
                    lines.setdefault(row[1:4], []).append(row)
            for panel, (title, column) in zip(panels, (
                    ("RSS, kB", 4), ("own (anonymous), kB", 6), ("descriptors", 7))):
                for key, rows in sorted(lines.items()):
                    panel.plot([row[0] / 60 for row in rows], [row[column] for row in rows],
                               label=key[0], linewidth=1,
                               color="C%d" % (spared.index(key[0]) % 10))
                panel.set_title(program + ": " + title, fontsize=9)
                panel.set_ylim(bottom=0)
        for panel in axes[-1]:
            panel.set_xlabel("minutes")
        handles, names = axes[0][0].get_legend_handles_labels()
        unique = dict(zip(names, handles))
        figure.legend(unique.values(), unique.keys(), loc="lower center", ncol=6)
        figure.savefig(os.path.join(self.folder, "soak.png"), dpi=80)
        return "drawn: soak.png"


def again(seconds, samples):
    """The verdict on what a run has left."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Figures([], set(), folder)
    with open(samples, encoding="ascii") as file:
        for line in list(file)[1:]:
            words = line.split()
            figures.rows.append((float(words[0]), words[1], words[2], int(words[3]),
                                 *map(int, words[4:9]), float(words[9])))
    figures.end(seconds)
    grown, lines = figures.verdict()
    print("\n".join(lines[1:] + ["GROWS: " + line for line in grown]))
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(again(float(sys.argv[1]), sys.argv[2]))

#!/usr/bin/env python3
"""coverage.py - the branches of src/core that a build with --coverage took: the
figure, by room and in all, and the lines with one that it never took. See
t/sim/coverage.

    coverage.py SOURCE BUILD
"""

import collections
import json
import pathlib
import re
import subprocess
import sys


# Branches within a macro of src/base are not the core's; t/base has them.
OF_BASE = re.compile(r"\b(CHECK|vec_push)\(")


def counts(source, build):
    """{file: {line: [count of each branch]}}: sums over all objects."""
    found = collections.defaultdict(dict)
    for data in sorted(pathlib.Path(build, "src/core").rglob("*.gcda")):
        text = subprocess.run(
            ["gcov", "--json-format", "--stdout", "-b", data],
            cwd=build, capture_output=True, check=True).stdout
        for document in text.splitlines():
            for file in json.loads(document)["files"]:
                path = pathlib.Path(build, file["file"]).resolve()
                if not path.is_relative_to(pathlib.Path(source, "src/core")):
                    continue
                if path.suffix != ".c":
                    continue
                for line in file["lines"]:
                    branches = [b["count"] for b in line["branches"]]
                    if branches:
                        found[path].setdefault(
                            line["line_number"], []).append(branches)
    return found


def reasons(source):
    """Lines of t/sim/uncovered: `file: text of the line: why`."""
    known = {}
    for line in pathlib.Path(source, "t/sim/uncovered").read_text().splitlines():
        if line and not line.startswith("#"):
            file, text, why = line.split("\t")
            known[file, text] = why
    return known


def main():
    source, build = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    known, used = reasons(source), set()
    total, taken, excused = collections.Counter(), collections.Counter(), 0
    left = []
    for path, lines in sorted(counts(source, build).items()):
        name = str(path.relative_to(source / "src/core"))
        text = path.read_text().splitlines()
        for number, objects in sorted(lines.items()):
            code = text[number - 1].strip()
            if OF_BASE.search(code):
                continue
            branches = [sum(b) for b in zip(*objects)]
            n, hit = len(branches), sum(b > 0 for b in branches)
            total[name.split("/")[0]] += n
            taken[name.split("/")[0]] += hit
            if hit == n:
                continue
            why = known.get((name, code))
            used.add((name, code))
            excused += n - hit if why else 0
            left.append((name, number, hit, n, code, why))
    for name, number, hit, n, code, why in left:
        print(f"{name}:{number}: {hit} of {n}: {code}" +
              (f"\n\t{why}" if why else ""))
    for file, code in sorted(set(known) - used):
        print(f"t/sim/uncovered: {file}: {code}: is taken now, or is gone")
    for room in sorted(total):
        print(f"{room:8} {taken[room]:6} of {total[room]:6} branches, "
              f"{100 * taken[room] / total[room]:.1f} %")
    n, hit = sum(total.values()), sum(taken.values())
    print(f"in all   {hit:6} of {n:6} branches, {100 * hit / n:.2f} %; "
          f"with a reason {excused}: {100 * (hit + excused) / n:.2f} %")


if __name__ == "__main__":
    main()

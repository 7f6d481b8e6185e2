"""What `lsrctl check --json` finds of Exim, a line each; with a root, what its
remedies say is done below that, letter by letter.

usage: exim_mend.py FILE [ROOT]
"""

import json
import os
import re
import sys

OURS = ("exim", "table", "overridden", "here")
FORM = re.compile(r'^(/\S+?)(?:, (below|above|in place of) "(.*?)")?: (.*)$')
MOVE = re.compile(r'^move "(.*)" above "(.*)"$')


def lines_of(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return f.read().split("\n")[:-1]


def lines_put(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in lines))


def place_of(lines, anchor):
    for i, line in enumerate(lines):
        if line.strip() == anchor:
            return i
    return None


def end_of(lines, i):
    """The first line behind one that may be continued."""
    while lines[i].rstrip().endswith("\\"):
        i += 1
    return i + 1


def change(path, how, anchor, line):
    lines = lines_of(path)
    if how is None:
        lines.append(line)
    elif how == "in place of":
        name = r"\s+".join(re.escape(word) for word in anchor.split())
        places = [i for i, text in enumerate(lines) if
                  re.match(name + r"\s*=", text)]
        if not places:
            return False
        lines[places[0]:end_of(lines, places[0])] = [line]
    else:
        i = place_of(lines, anchor)
        if i is None:
            return False
        lines.insert(i + (how == "below"), line)
    lines_put(path, lines)
    return True


def move(root, line, anchor):
    for path in ("etc/exim4/exim4.conf.template", "etc/exim4/exim4.conf"):
        path = os.path.join(root, path)
        lines = lines_of(path)
        if place_of(lines, line) is None or place_of(lines, anchor) is None:
            continue
        lines.pop(place_of(lines, line))
        lines.insert(place_of(lines, anchor), line)
        lines_put(path, lines)
        return True
    return False


def mend(root, remedy):
    is_form, is_move = FORM.match(remedy), MOVE.match(remedy)
    if is_move:
        return move(root, *is_move.groups())
    if is_form:
        path, how, anchor, line = is_form.groups()
        return change(root + path, how, anchor, line)
    return False


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        found = [json.loads(line) for line in f]
    for one in found:
        if one.get("what") not in OURS:
            continue
        remedy = one.get("remedy", "")
        if len(sys.argv) > 2:
            print(mend(sys.argv[2], remedy), remedy)
        else:
            print(one["level"], one["what"], one["text"], remedy, sep="\t")


main()

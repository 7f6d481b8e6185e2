"""metrics_watch.py - asks a Prometheus, for long-metrics.sh.

    metrics_watch.py URL queries DASHBOARD   each query of it says something
    metrics_watch.py URL alert NAME yes|no   it fires, or does not
    metrics_watch.py URL rules               each is evaluated, and of what it asks for
                                             there is some
    metrics_watch.py URL says QUERY          it is so
    metrics_watch.py URL draw DASHBOARD SVG [SECONDS]     its panels, of so long until now

Exit status 0, or what is not so."""

import json
import re
import sys
import time
import urllib.parse
import urllib.request

URL = sys.argv[1]
COLOURS = ("#1f78b4", "#e31a1c", "#33a02c", "#ff7f00", "#6a3d9a", "#b15928", "#a6761d", "#666666")
COLUMNS, WIDE, HIGH, PLOT = 3, 320, 190, 100


def ask(path, **words):
    with urllib.request.urlopen(URL + "/api/v1/" + path + "?" + urllib.parse.urlencode(words),
                                timeout=60) as answer:
        return json.load(answer)["data"]


def panels(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["panels"]


def queries(path):
    for panel in panels(path):
        for target in panel["targets"]:
            expr = target["expr"].replace("$instance", ".+")
            if not ask("query", query=expr)["result"]:
                sys.exit("nothing for %s: %s" % (panel["title"], expr))


def alert(name, fires):
    active = [a for a in ask("alerts")["alerts"]
              if a["labels"]["alertname"] == name and a["state"] == "firing"]
    if bool(active) != (fires == "yes"):
        sys.exit("%s: %s" % (name, active))


def rules():
    have = set(ask("label/__name__/values"))
    for group in ask("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                sys.exit("%s is %s: %s" % (rule["name"], rule["health"], rule.get("lastError")))
            lacks = set(re.findall(r"\blsrd_\w+", rule["query"])) - have
            if lacks:
                sys.exit("%s asks for what is not there: %s" % (rule["name"], lacks))


def says(query):
    if not ask("query", query=query)["result"]:
        sys.exit("not so: %s" % query)


def series(panel, begin, end):
    """(legend, points) of all queries, what is 0 throughout last."""
    found = []
    for target in panel["targets"]:
        expr = target["expr"].replace("$instance", ".+")
        for one in ask("query_range", query=expr, start=begin, end=end, step=max(1, (end - begin) / 150))["result"]:
            legend = target["legendFormat"]
            for name, value in one["metric"].items():
                legend = legend.replace("{{%s}}" % name, value)
            points = [(float(t), float(v)) for t, v in one["values"] if v not in ("NaN", "+Inf")]
            if points:
                found.append((legend, points))
    return sorted(found, key=lambda one: -max(v for _, v in one[1]))


def text(x, y, words, size=11, colour="#333"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return '<text x="%d" y="%d" font-size="%d" fill="%s">%s</text>' % (x, y, size, colour, words)


def draw_panel(panel, at, begin, end):
    x, y = at % COLUMNS * WIDE, at // COLUMNS * HIGH
    lines = ['<g transform="translate(%d,%d)">' % (x, y), text(10, 16, panel["title"], 12, "#000")]
    found = series(panel, begin, end)
    top = max([v for _, points in found for _, v in points] + [1e-9])
    lines.append('<rect x="10" y="24" width="%d" height="%d" fill="none" stroke="#ccc"/>' % (WIDE - 30, PLOT))
    lines.append(text(14, 36, "%.3g" % top if top > 1e-9 else "0", 9, "#888"))
    for i, (legend, points) in enumerate(found[:4]):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join("%.1f,%.1f" % (10 + (t - begin) / (end - begin) * (WIDE - 30),
                                       24 + PLOT - v / top * (PLOT - 4)) for t, v in points)
        lines.append('<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>' % (colour, path))
        lines.append(text(10, 24 + PLOT + 13 * (i + 1), legend[:52], 10, colour))
    return "\n".join(lines + ["</g>"])


def draw(path, out, seconds="180"):
    end = time.time()
    begin = end - int(seconds)
    all_panels = panels(path)
    rows = (len(all_panels) + COLUMNS - 1) // COLUMNS
    with open(out, "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif">\n'
                   '<rect width="100%%" height="100%%" fill="#fff"/>\n' % (COLUMNS * WIDE, rows * HIGH))
        for i, panel in enumerate(all_panels):
            file.write(draw_panel(panel, i, begin, end) + "\n")
        file.write("</svg>\n")


{"queries": queries, "alert": alert, "rules": rules, "says": says, "draw": draw}[sys.argv[2]](*sys.argv[3:])

#!/bin/sh
# page.sh - the page of the map: what its parts may be, that they are what is
# made of their sources, and that the core in it answers as lsrctl does. What
# needs Node.js, or the libraries of package-lock.json (npm ci), is skipped
# where they are not.

. "$(dirname "$0")/../tap.sh"
need python3
page=$top_srcdir/src/page
lsrctl=$top_builddir/lsrctl

for what in policy alone size licences; do
	ok "the parts: $what" python3 "$top_srcdir/t/page/page.py" "$page/made" $what
done

# `export html`, of names that end a string or an element.
python3 - "$W/hostile.json" <<'END'
import json, sys
bad = ["</script><script>alert(1)</script>", "<!--<script>", "'\"@data@", "a\u2028\\b"]
json.dump({"format": "lsrd-topology/1", "organization": "@map.js@</title>", "connectors": [
    {"name": "c<" + n, "server": n, "to": [bad[0]], "cost": 1} for n in bad[1:]],
    "servers": [{"name": n, "routing_group": "g" + n} for n in bad],
    "address_spaces": [{"pattern": "<img src=x onerror=alert(1)>", "server": n} for n in bad]},
    open(sys.argv[1], "w"))
END
html() {
	"$lsrctl" --topology "$W/hostile.json" export html --parts "$page/made" "$W/page.html"
}
whole() {
	python3 - "$W/page.html" "$W/hostile.json" <<'END'
import html.parser, json, sys
class Parser(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts, self.text, self.id = 0, "", None
    def handle_starttag(self, tag, attrs):
        assert tag != "img"
        self.scripts += tag == "script"
        self.id = dict(attrs).get("id") if tag == "script" else self.id
    def handle_endtag(self, tag):
        self.id = None if tag == "script" else self.id
    def handle_data(self, data):
        self.text += data if self.id == "data" else ""
p = Parser()
p.feed(open(sys.argv[1]).read())
assert p.scripts == 5, p.scripts
assert json.loads(p.text)["topology"] == json.load(open(sys.argv[2]))
END
}
ok 'export html writes a page' html
ok 'whose data no name can end' whole
ok 'the same on standard output' sh -c '"$0" --topology "$1" export html --parts "$2" - |
	python3 -c "import sys; assert len(sys.stdin.read()) > 300000"' \
	"$lsrctl" "$W/hostile.json" "$page/made"
ok 'a part that is missing' says 2 'a part of the page, .*/export.html' \
	"$lsrctl" --topology "$W/hostile.json" export html --parts "$W" "$W/none.html"
ok 'a file that cannot be written' says 2 '/none/x: No such file' \
	"$lsrctl" --topology "$W/hostile.json" export html --parts "$page/made" /none/x

node=$(command -v node) || node=
if [ -z "$node" ]; then
	skip_case 'the core answers as lsrctl' 'needs node'
else
	ok 'the core answers as lsrctl' "$node" "$top_srcdir/t/page/alike.mjs" \
		"$lsrctl" "$page" "$top_srcdir"/t/fixtures/*.json
fi

modules=$page/node_modules
if [ -z "$node" ] || [ ! -d "$modules" ]; then
	for what in 'its own tests' 'types and lint' 'the same octets again'; do
		skip_case "$what" 'needs node, and npm ci in src/page'
	done
else
	ok 'its own tests' sh -c 'cd "$0" && node --test test/' "$page"
	ok 'types and lint' sh -c 'cd "$0" && node node_modules/typescript/bin/tsc --project . &&
		node node_modules/eslint/bin/eslint.js .' "$page"
	again() {
		node "$page/build.mjs" "$W/made" &&
			for f in "$W"/made/*; do
				cmp "$f" "$page/made/${f##*/}" || return 1
			done
	}
	ok 'the same octets again' again
fi

# A change below src/base or src/core that changes no answer makes another core all
# the same, and so does clang of another version: before a release.
if ! at_length; then
	skip_case 'the same core again' 'at length'
elif [ "$(clang --version 2>/dev/null | sed -n 's/.*clang version \([0-9]*\).*/\1/p')" != 14 ] ||
	[ ! -e /usr/include/wasm32-wasi ] || [ ! -e /usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi ]; then
	skip_case 'the same core again' 'needs clang-14, lld-14, wasi-libc, libclang-rt-14-dev-wasm32'
else
	core() {
		"$page/core/make" "$W/core.wasm" && cmp "$W/core.wasm" "$page/made/core.wasm"
	}
	ok 'the same core again' core
fi
all_told

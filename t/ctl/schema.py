"""schema.py SCHEMA SINK VERBS [LINES] - is the schema one, does it have every
verb (the file VERBS names them) and every kind of record that the table of
SINK makes (src/io/sink.c), is each key explained; and is each of LINES what
it says?  A line of these is VERB, a tab, what was asked, a tab, what was
printed.

Keys that the schema does not have are refused here, though its readers are to
ignore them: what is printed has to be written down."""
import json, re, sys
from jsonschema import Draft202012Validator

bad = False


def wrong(*words):
    global bad
    bad = True
    print(*words)


def closed(node):
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for part in node.values():
            closed(part)
    elif isinstance(node, list):
        for part in node:
            closed(part)


def explained(node, path):
    for key, part in node.get("properties", {}).items():
        if "description" not in part and "$ref" not in part:
            wrong(path + "." + key, "is not explained")
        explained(part, path + "." + key)
    for part in node.get("anyOf", []):
        explained(part, path)
    if isinstance(node.get("items"), dict):
        explained(node["items"], path + "[]")


def kinds_made(sink):
    """{word: (keys, those that are always there)}; lsrd-events(7) says which
    are not kept."""
    row = re.compile(r'\[EVENT_(\w+)\] = \{ "([a-z-]+)", SINK_(\w+),\s*((?:\.\w+ = "[a-z-]+",? *)*)\}')
    for kind, word, level, fields in row.findall(sink):
        if level in ("DEBUG", "REMOTE") or kind in ("ROUTES", "REPORT_REFUSED"):
            continue
        fields = dict(re.findall(r'\.(\w+) = "([a-z-]+)"', fields))
        yield word, set(fields.values()), {fields[k] for k in ("value", "total") if k in fields}


def kinds_compare(schema, sink):
    known = {e["properties"]["kind"]["const"]: e for e in schema["$defs"]["events"]["anyOf"]}
    made = list(kinds_made(sink))
    if len(made) < 30:
        wrong("the table of src/io/sink.c could not be read")
    for word, keys, always in made:
        entry = known.get(word, {"properties": {}, "required": []})
        if set(entry["properties"]) - {"said", "not_kept"} != keys | {"at", "kind"}:
            wrong("events:", word, "has", sorted(keys), "and in the schema", sorted(entry["properties"]))
        if set(entry["required"]) != always | {"at", "kind"}:
            wrong("events:", word, "always has", sorted(always), "and in the schema", entry["required"])


def verbs_compare(schema, verbs):
    plain = set(re.split(r"[,;]? (?:and |nor do )?", schema["$comment"].split(" print")[0]))
    for verb in verbs.split("\n"):
        if verb and verb not in schema["$defs"] and verb not in plain:
            wrong(verb, "is not in the schema")


def lines_judge(schema, lines):
    judges = {}
    for line in lines:
        verb, asked, text = line.rstrip("\n").split("\t", 2)
        if verb not in judges:
            judges[verb] = Draft202012Validator({**schema, "$ref": "#/$defs/" + verb.replace(" ", "%20")})
        try:
            value = json.loads(text)
        except ValueError:
            wrong(asked + ": no JSON:", text[:200])
            continue
        for error in judges[verb].iter_errors(value):
            wrong(asked + ":", text[:300], *error.path, error.message[:400])
            for part in sorted(error.context or (), key=lambda e: len(e.schema_path)):
                print("   ", *part.path, part.message[:200])


def main():
    schema = json.load(open(sys.argv[1]))
    Draft202012Validator.check_schema(schema)
    for verb, node in schema["$defs"].items():
        explained(node, verb)
    verbs_compare(schema, open(sys.argv[3]).read())
    kinds_compare(schema, open(sys.argv[2]).read())
    closed(schema["$defs"])
    if len(sys.argv) > 4:
        lines_judge(schema, open(sys.argv[4], encoding="utf-8"))
    return bad


sys.exit(main())

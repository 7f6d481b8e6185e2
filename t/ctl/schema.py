"""schema.py SCHEMA VERB - is each line of standard input what $defs/VERB says?
Keys that the schema does not have are refused here, though its readers are to
ignore them: what is printed has to be written down."""
import json, sys
from jsonschema import Draft202012Validator


def closed(node):
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        for part in node.values():
            closed(part)
    elif isinstance(node, list):
        for part in node:
            closed(part)


schema = json.load(open(sys.argv[1]))
closed(schema["$defs"])
schema["$ref"] = "#/$defs/" + sys.argv[2].replace(" ", "%20")
judge = Draft202012Validator(schema)
bad = 0
for line in sys.stdin:
    for error in judge.iter_errors(json.loads(line)):
        print(line[:300], *error.path, error.message[:400])
        for part in error.context or ():
            print("   ", *part.path, part.message[:200])
        bad = 1
sys.exit(bad)

#!/usr/bin/python3
"""page.py - what the parts of the page may be: page.py DIRECTORY WHAT"""
import base64, gzip, hashlib, json, pathlib, re, sys

made = pathlib.Path(sys.argv[1])
text = {n: (made / n).read_text() for n in
        ("index.html", "export.html", "map.js", "map.css", "worker.js", "world.json",
         "licences.txt")}

def policy():
    """nothing inline in what a server sends, and by its digest in a file"""
    page = text["index.html"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page), "inline"
    whole = text["export.html"]
    assert not re.search(r"\sstyle=|\son[a-z]+=", whole.split("<script")[0]), "inline"
    said = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', whole)[1]
    assert said.startswith("default-src 'none'; "), said
    assert "unsafe-inline" not in said and "http" not in said, said
    assert text["worker.js"] in whole, "worker"
    for part in ("map.css", "map.js"):
        digest = base64.b64encode(hashlib.sha256(text[part].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in said, part
    core = re.search(r'id="core">([^<]*)<', whole)[1]
    assert base64.b64decode(core) == (made / "core.wasm").read_bytes(), "core"

def alone():
    """no address of anything elsewhere, and no markup of text"""
    for name in ("index.html", "export.html", "map.js", "map.css", "worker.js", "world.json"):
        urls = {u for u in re.findall(r"""(?:https?:)?//[a-zA-Z0-9][^\s"'`<>)]*""", text[name])
                if not u.startswith("http://www.w3.org/")}
        # base64 has slashes
        urls = {u for u in urls if u.startswith("http") or re.match(r"//[\w-]+\.[a-z]{2,6}/", u)}
        assert not urls, (name, urls)
    # d3-selection has .html(), which nothing calls
    for word in ("insertAdjacentHTML", "document.write", "eval(", "new Function", "outerHTML"):
        assert word not in text["map.js"], word
    assert text["map.js"].count("innerHTML") <= 4, "innerHTML"
    assert "</script" not in text["map.js"].lower() and "<!--" not in text["map.js"]
    assert "</style" not in text["map.css"].lower()

def size():
    """a megabyte at most, compressed: a page, and one that is exported"""
    sizes = {n: len(gzip.compress(t.encode(), 9)) for n, t in text.items()}
    served = sum(sizes[n] for n in ("index.html", "map.js", "map.css", "worker.js", "world.json"))
    served += len(gzip.compress((made / "core.wasm").read_bytes(), 9))
    whole = served + sizes["export.html"]
    print(f"# {served} octets compressed, in a file {whole}")
    assert whole < 1 << 20, whole

def licences():
    """of each library that the lock file has for the bundle, and no registry is named"""
    lock = json.loads((made.parent / "package-lock.json").read_text())
    assert "resolved" not in json.dumps(lock), "an address of a registry"
    for name, package in lock["packages"].items():
        if name == "":
            continue
        assert package.get("integrity", "").startswith("sha512-"), name
    named = re.findall(r"^(\S+) ([0-9.]+) \(([^)]*)\)$", text["licences.txt"], re.M)
    assert len(named) >= 8, named
    free = {"ISC", "BSD-3-Clause", "MIT"}
    for name, version, licence in named:
        assert licence in free, (name, licence)
        assert lock["packages"][f"node_modules/{name}"]["version"] == version, name
    assert "Natural Earth" in text["licences.txt"]

{"policy": policy, "alone": alone, "size": size, "licences": licences}[sys.argv[2]]()

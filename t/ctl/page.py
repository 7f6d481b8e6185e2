"""page.py FILE [TEXT]... - a page of lsrctl: well formed, with tags and
attributes of its own alone, nothing from elsewhere, no script, its one style
sheet that of its policy's hash, and each TEXT shown as it is."""
import base64, hashlib, html.parser, sys

TAGS = {"html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content"},
        "title": set(), "style": set(), "body": set(), "h1": set(), "h2": set(),
        "p": set(), "table": set(), "tr": set(), "th": set(), "td": {"class"},
        "svg": {"xmlns", "width", "height", "font-family", "role"}, "g": set(),
        "text": {"x", "y", "font-size", "text-anchor"},
        "rect": {"x", "y", "width", "height", "fill"}}
VOID = {"meta"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.texts, self.styles = [], [], [], []
        self.policy = ""

    def handle_starttag(self, tag, attrs):
        names = {k for k, _ in attrs}
        if tag not in TAGS or not names <= TAGS[tag]:
            self.wrong.append((tag, attrs))
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s>" % tag)

    def handle_data(self, data):
        (self.styles if self.open[-1:] == ["style"] else self.texts).append(data)


page = Page()
with open(sys.argv[1], encoding="utf-8") as f:
    page.feed(f.read())
page.close()
digest = base64.b64encode(hashlib.sha256("".join(page.styles).encode()).digest()).decode()
wanted = "default-src 'none'; style-src 'sha256-%s'" % digest
shown = "\n".join(page.texts)
wrong = page.wrong + ["open: " + t for t in page.open]
wrong += ["policy: " + page.policy] if page.policy != wanted else []
wrong += ["not shown: " + t for t in sys.argv[2:] if t not in shown]
for line in wrong:
    print(line)
sys.exit(bool(wrong))

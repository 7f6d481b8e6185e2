/*
 * pure.test.js - what the page makes of documents, without a browser.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { detailOf, folded, spacings, worse } from "../detail.js";
import { Engine } from "../engine.js";
import { withALabels } from "../answers.js";
import { namesOf, recordText, weightOf } from "../happened.js";
import { extent, layoutOf } from "../layout.js";
import { differences, modelOf, summary } from "../model.js";
import { changeText, commandOf, outcomeOf } from "../plan.js";
import { addressOf, waysOf } from "../route.js";
import { liveSource } from "../source.js";
import { brief, commonSuffix, duration, moment, shell, size } from "../words.js";

/** @param {number} n */
function documentOf(n) {
	const servers = Array.from({ length: n }, (_, i) => ({
		name: `mx${i}.g${i % 4}.example.org`, routing_group: `g${i % 4}`,
		position: i % 4 === 3 ? undefined : [i % 4 * 30, 10 * (i % 3)],
	}));
	return {
		format: "lsrd-topology/1", organization: "example.org", servers,
		connectors: servers.map((s, i) => ({
			name: `c${i}`, server: s.name, to: [servers[(i + 1) % n].name, "nobody"], cost: i,
			state: i === 0 ? "down" : "up", congestion: i === 1 ? 2 : 0,
		})),
		address_spaces: servers.map((s) => ({ pattern: s.name, server: s.name })),
	};
}

test("a document becomes a model, and what leads nowhere is left out", () => {
	const m = modelOf(documentOf(8));
	assert.equal(m.servers.length, 8);
	assert.equal(m.groups.length, 4);
	assert.equal(m.edges.length, 8);
	assert.equal(m.servers[0].claims.length, 1);
	assert.equal(summary(m).out, 1);
	assert.equal(modelOf({}).servers.length, 0);
});

test("an earlier moment is asked of its own document", async () => {
	const octets = readFileSync(new URL("../made/core.wasm", import.meta.url));
	const { fetch } = globalThis;
	/** @type {string[]} */
	const fetched = [];
	globalThis.fetch = async (what) => {
		fetched.push(String(what));
		return new Response(octets);
	};
	try {
		const source = liveSource();
		const later = documentOf(5);
		later.connectors = later.connectors.map((c) => ({ ...c, to: [c.to[0]] }));
		const then = structuredClone(later);
		then.connectors[0].state = "up";
		const from = then.servers[0].name;
		const address = `jo@${then.servers[1].name}`;
		for (const [doc, hops] of /** @type {[any, number][]} */ ([[then, 1], [later, 0], [then, 1]])) {
			const answers = await source.of({ ...doc, time: 1, away: false });
			assert.equal((await answers.explain(address, from)).next_hops?.length ?? 0, hops);
			assert.equal((await answers.trace(address, from)).length, hops + 1);
		}
		const rows = await (await source.of(then)).simulate([{ what: "cut", name: "c0" }]);
		assert.ok(outcomeOf(rows).patterns.size > 0);
		assert.deepEqual(fetched, ["core.wasm"]);
	} finally {
		globalThis.fetch = fetch;
	}
});

test("two documents are compared", () => {
	const a = documentOf(5);
	const b = documentOf(5);
	assert.deepEqual(differences(modelOf(a), modelOf(b)), []);
	b.connectors[2].cost = 99;
	b.servers.pop();
	const list = differences(modelOf(a), modelOf(b));
	assert.ok(list.some((d) => d.name === "c2" && d.what === "cost" && d.is === "99"));
	assert.ok(list.some((d) => d.kind === "server" && d.what === "went"));
});

test("a drain of one bridgehead is that of one step", () => {
	const doc = documentOf(3);
	const drained = { ...doc.connectors[1], drained: [{ server: doc.servers[2].name }] };
	const m = modelOf({ ...doc, connectors: [drained] });
	assert.equal(m.edges[0].state, "drain");
});

test("places are the same each time, and none is no number", () => {
	for (const n of [1, 2, 30, 400]) {
		const m = modelOf(documentOf(n));
		for (const map of [true, false]) {
			const one = layoutOf(m, map);
			const two = layoutOf(m, map);
			assert.deepEqual(one, two);
			assert.ok(one.x.every(Number.isFinite) && one.y.every(Number.isFinite));
		}
	}
	const none = modelOf({});
	assert.ok(Number.isFinite(extent(layoutOf(none)).width));
});

test("what is crowded is folded, and nothing of it is lost", () => {
	const m = modelOf(documentOf(400));
	const layout = layoutOf(m);
	const space = spacings(m, layout);
	const far = detailOf(m, layout, folded(m, space, 0.5), 1e3);
	assert.equal(far.marks.length, 4);
	assert.equal(far.marks.reduce((n, mark) => n + mark.n, 0), 400);
	const near = detailOf(m, layout, folded(m, space, 1e6), 1e6);
	const farthest = detailOf(m, layout, folded(m, space, 0.01), 0.01);
	assert.equal(farthest.marks.length, 1);
	assert.equal(farthest.lines.length, 0);
	assert.equal(near.marks.length, 400);
	assert.equal(near.lines.length, 400);
	assert.equal(worse("up", "away"), "away");
});

test("a way is drawn hop by hop, with its alternates", () => {
	const m = modelOf(documentOf(4));
	const [a, b, c, d] = m.servers.map((s) => s.name);
	const ways = waysOf(m,
		{ from: a, alternates: [d], ways: [{ neighbour: d, verdict: "alternate" }] },
		[{ server: a, next_hops: [b, c] }, { server: b, next_hops: [c] }, { server: c, next_hops: [] }]);
	assert.deepEqual(ways.route, [[0, 1], [1, 2]]);
	assert.deepEqual(ways.alternates, [[0, 2], [0, 3]]);
	assert.equal(addressOf(".example.org"), "postmaster@x.example.org");
});

test("commands can be typed as they stand", () => {
	const m = modelOf({
		servers: [{ name: "s", routing_group: "g" }],
		connectors: [{ name: "it's; rm", server: "s", to: [], cost: 1 }],
	});
	assert.deepEqual(commandOf(m, { what: "cut", name: "it's; rm" }),
		{ where: "s", command: "lsrctl drain 'it'\\''s; rm'" });
	assert.equal(commandOf(m, { what: "cost", name: "it's; rm", cost: 7 }).command,
		"lsrctl cost 'it'\\''s; rm' 7");
	assert.equal(changeText({ what: "drain", name: "s" }), "s drains");
	assert.equal(shell("a.b-c"), "a.b-c");
});

test("an outcome counts what is lost apart from what moves", () => {
	const o = outcomeOf([
		{ from: "a", pattern: "p", before: { cost: 1 }, after: { unreachable: "no path" } },
		{ from: "b", pattern: "p", before: { cost: 1 }, after: { cost: 2 } },
		{ servers: 2, routes: 9, moved: 2, unreachable: 1 },
	]);
	assert.deepEqual(o.patterns.get("p"), { moved: 1, lost: 1, why: "no path" });
	assert.equal(o.count.routes, 9);
});

test("records are told with their causes", () => {
	const record = {
		kind: "routes", at: 1, moved: 2, total: 9,
		causes: [{ what: "lsa", server: "s", type: "connector", id: "c", did: "said", change: "state" }],
		routes: [{ from: { next_hops: ["a"] }, to: { unreachable: "no path" }, patterns: ["p"] }],
	};
	assert.match(recordText(record).text, /2 routes of 9 moved, because of connector c of s said: state/);
	assert.deepEqual(recordText(record).more, ["p: a → hold (no path)"]);
	assert.deepEqual(namesOf(record), ["s", "c"]);
	assert.equal(weightOf({ kind: "nbr-state", to: "down" }), "bad");
	assert.match(recordText({ kind: "new-word", at: 1, peer: "<b>" }).text, /peer=<b>/);
});

test("words", () => {
	assert.equal(commonSuffix(["a.x.org", "b.x.org"]), ".x.org");
	assert.equal(commonSuffix(["a", "b"]), "");
	assert.equal(brief("mx1.x.org", ".x.org"), "mx1");
	assert.equal(duration(3700), "61 min");
	assert.equal(duration(90000), "25 h");
	assert.equal(size(10485760), "10 MiB");
	assert.equal(moment(0, true), "1970-01-01 00:00:00Z");
	assert.equal(withALabels("u@münchen.example"), "u@xn--mnchen-3ya.example");
	assert.equal(withALabels("example.org"), "postmaster@example.org");
});

const core = readFileSync(new URL("../made/core.wasm", import.meta.url));

test("the core answers as lsrctl does, and judges what it is given", async () => {
	const engine = await Engine.load(new Uint8Array(core));
	const doc = documentOf(6);
	const [a, , c] = doc.servers.map((s) => s.name);
	engine.use(JSON.stringify(doc));
	assert.throws(() => engine.ask(["routes", "--from", a]), /no server is called `nobody`/);
	doc.connectors.forEach((one) => one.to.pop());
	engine.use(JSON.stringify(doc));
	assert.equal(engine.ask(["explain", `u@${c}`, "--from", a, "--ways"])[0].hops, 4);
	doc.connectors[0].state = "up";
	const hostile = "<\u0001\u20ac\ud83d\ude00\"\\>";
	doc.servers[5].name = doc.connectors[4].to[0] = doc.connectors[5].server = hostile;
	doc.address_spaces[5].server = hostile;
	engine.use(JSON.stringify(doc));
	const [explain] = engine.ask(["explain", `u@${c}`, "--from", a, "--ways"]);
	assert.equal(explain.result, "remote");
	assert.equal(explain.hops, 2);
	assert.ok(engine.ask(["routes", "--from", a]).length === 6);
	const rows = engine.ask(["simulate", "--cut", "c1"]);
	assert.ok(rows.at(-1).moved > 0);
	assert.throws(() => engine.ask(["routes", "--from", "nobody"]), /no server is called `nobody`/);
	assert.throws(() => engine.ask(["forget", "all"]), Error);
	assert.throws(() => engine.ask([]), Error);
});

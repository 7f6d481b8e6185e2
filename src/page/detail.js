/*
 * detail.js - how much is shown at a scale: groups whose members would lie on
 * each other become one mark, and edges between marks one edge. Pure.
 */

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Edge} Edge */
/** @typedef {import("./layout.js").Layout} Layout */

/**
 * @typedef {object} Mark
 * @property {number} x
 * @property {number} y
 * @property {number} server -1: a whole group
 * @property {number} group the first of them
 * @property {number[]} groups several where folded ones would lie on each other
 * @property {number} n servers that it stands for
 * @property {string} state its own; of a group "up" unless none is
 * @property {[string, number][]} other how many are in which other state
 */

/**
 * @typedef {object} Line
 * @property {number} from a mark
 * @property {number} to
 * @property {Edge[]} edges
 * @property {"up" | "drain" | "down"} state the best of them: a way that is left
 *     is a way
 * @property {number} congestion the worst
 * @property {number} cost the least
 */

/**
 * @typedef {object} Detail
 * @property {string} key of what is folded; the same key is the same detail
 * @property {Mark[]} marks
 * @property {Line[]} lines
 * @property {Int32Array} markOf by server
 */

/* Members nearer than this on the screen are folded. */
const NEAR = 15;
/* So few servers are never folded. */
const FEW = 60;
/* Folded groups nearer than this become one mark. */
const TOGETHER = 34;

const rank = ["up", "starting", "drain", "down", "away"];

/**
 * @param {string} a
 * @param {string} b
 */
export function worse(a, b) {
	return rank.indexOf(a) >= rank.indexOf(b) ? a : b;
}

/**
 * How far the members of each group are from each other, about.
 *
 * @param {Model} m
 * @param {Layout} layout
 */
export function spacings(m, layout) {
	return m.groups.map((g) => {
		if (g.members.length < 2)
			return Infinity;
		let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
		for (const i of g.members) {
			left = Math.min(left, layout.x[i]);
			right = Math.max(right, layout.x[i]);
			top = Math.min(top, layout.y[i]);
			bottom = Math.max(bottom, layout.y[i]);
		}
		return Math.max(right - left, bottom - top) / Math.sqrt(g.members.length);
	});
}

/**
 * @param {Model} m
 * @param {number[]} space of spacings()
 * @param {number} scale points of the screen for a unit
 * @returns {boolean[]} by group
 */
export function folded(m, space, scale) {
	return m.groups.map((g) =>
		g.members.length > 1 && m.servers.length > FEW && space[g.at] * scale < NEAR);
}

/**
 * The middle of a group's members.
 *
 * @param {Layout} layout
 * @param {number[]} members
 * @returns {[number, number]}
 */
function centre(layout, members) {
	let [x, y] = [0, 0];
	for (const i of members) {
		x += layout.x[i];
		y += layout.y[i];
	}
	return [x / members.length, y / members.length];
}

/**
 * Folded groups that would lie on each other at this scale, together. So that
 * the picture is the same for a while, the scale goes by steps.
 *
 * @param {Model} m
 * @param {Layout} layout
 * @param {boolean[]} fold
 * @param {number} step
 * @returns {number[][]}
 */
function clusters(m, layout, fold, step) {
	const cell = TOGETHER / 1.5 ** step;
	/** @type {{x: number, y: number, groups: number[]}[]} */
	const all = [];
	/** @type {Map<string, number>} */
	const at = new Map();
	for (const g of m.groups) {
		if (!fold[g.at])
			continue;
		const [x, y] = centre(layout, g.members);
		const [i, k] = [Math.floor(x / cell), Math.floor(y / cell)];
		let found = -1;
		for (let n = 0; n < 9 && found < 0; n++) {
			const near = at.get(`${i + n % 3 - 1} ${k + Math.floor(n / 3) - 1}`) ?? -1;
			if (near >= 0 && Math.hypot(all[near].x - x, all[near].y - y) < cell)
				found = near;
		}
		if (found >= 0) {
			all[found].groups.push(g.at);
		} else {
			at.set(`${i} ${k}`, all.length);
			all.push({ x, y, groups: [g.at] });
		}
	}
	return all.map((c) => c.groups);
}

/** @param {number} scale */
function stepOf(scale) {
	return Math.floor(Math.log(scale) / Math.log(1.5));
}

/**
 * What names a detail, before it is made.
 *
 * @param {boolean[]} fold
 * @param {number} scale
 */
export function keyOf(fold, scale) {
	return fold.map((f) => (f ? "1" : "0")).join("") + (fold.includes(true) ? ` ${stepOf(scale)}` : "");
}

/**
 * One mark for all members of these groups.
 *
 * @param {Model} m
 * @param {Layout} layout
 * @param {number[]} groups
 * @returns {Mark}
 */
function foldedMark(m, layout, groups) {
	const members = groups.flatMap((g) => m.groups[g].members);
	/** @type {Map<string, number>} */
	const states = new Map();
	for (const i of members)
		states.set(m.servers[i].state, (states.get(m.servers[i].state) ?? 0) + 1);
	const other = [...states].filter(([state]) => state !== "up");
	const [x, y] = centre(layout, members);
	return {
		x, y, server: -1, group: groups[0], groups, n: members.length,
		state: other.length === 1 && other[0][1] === members.length ? other[0][0] : "up", other,
	};
}

/**
 * @param {Model} m
 * @param {Layout} layout
 * @param {boolean[]} fold by group
 * @param {number} scale
 * @returns {Detail}
 */
export function detailOf(m, layout, fold, scale) {
	const markOf = new Int32Array(m.servers.length);
	/** @type {Mark[]} */
	const marks = [];
	for (const s of m.servers)
		if (!fold[s.group]) {
			markOf[s.at] = marks.length;
			marks.push({
				x: layout.x[s.at], y: layout.y[s.at], server: s.at, group: s.group,
				groups: [s.group], n: 1, state: s.state, other: [],
			});
		}
	for (const groups of clusters(m, layout, fold, stepOf(scale))) {
		for (const g of groups)
			for (const i of m.groups[g].members)
				markOf[i] = marks.length;
		marks.push(foldedMark(m, layout, groups));
	}
	return { key: keyOf(fold, scale), marks, markOf, lines: linesOf(m, markOf, marks.length) };
}

/**
 * @param {Model} m
 * @param {Int32Array} markOf
 * @param {number} n
 */
function linesOf(m, markOf, n) {
	/** @type {Map<number, Line>} */
	const lines = new Map();
	for (const e of m.edges) {
		const from = markOf[e.from];
		const to = markOf[e.to];
		if (from === to)
			continue;
		const key = from * n + to;
		const line = lines.get(key);
		const congestion = e.state === "up" ? e.connector.congestion : 0;
		if (line === undefined) {
			lines.set(key, { from, to, edges: [e], state: e.state, congestion, cost: e.connector.cost });
			continue;
		}
		line.edges.push(e);
		line.state = worse(line.state, e.state) === e.state ? line.state : e.state;
		line.congestion = Math.max(line.congestion, congestion);
		line.cost = Math.min(line.cost, e.connector.cost);
	}
	/* One that is late among many is told where the many are seen. */
	for (const line of lines.values())
		if (line.edges.filter((e) => e.connector.congestion > 0).length * 20 < line.edges.length)
			line.congestion = 0;
	return [...lines.values()];
}

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
 * @property {number} group
 * @property {number} n servers that it stands for
 * @property {string} state the worst of them
 */

/**
 * @typedef {object} Line
 * @property {number} from a mark
 * @property {number} to
 * @property {Edge[]} edges
 * @property {"up" | "drain" | "down"} state the worst of them
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
 * @param {Model} m
 * @param {Layout} layout
 * @param {boolean[]} fold by group
 * @returns {Detail}
 */
export function detailOf(m, layout, fold) {
	const markOf = new Int32Array(m.servers.length);
	/** @type {Mark[]} */
	const marks = [];
	for (const g of m.groups) {
		if (!fold[g.at]) {
			for (const i of g.members) {
				markOf[i] = marks.length;
				marks.push({
					x: layout.x[i], y: layout.y[i], server: i, group: g.at, n: 1,
					state: m.servers[i].state,
				});
			}
			continue;
		}
		let [x, y] = [0, 0];
		let state = "up";
		for (const i of g.members) {
			markOf[i] = marks.length;
			x += layout.x[i];
			y += layout.y[i];
			state = worse(state, m.servers[i].state);
		}
		const n = g.members.length;
		marks.push({ x: x / n, y: y / n, server: -1, group: g.at, n, state });
	}
	return {
		key: fold.map((f) => (f ? "1" : "0")).join(""),
		marks, markOf, lines: linesOf(m, markOf, marks.length),
	};
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
		line.state = /** @type {"up" | "drain" | "down"} */ (worse(line.state, e.state));
		line.congestion = Math.max(line.congestion, congestion);
		line.cost = Math.min(line.cost, e.connector.cost);
	}
	return [...lines.values()];
}

/*
 * plan.js - what if: changes that nobody has made, what would move, and the
 * commands that make them. The judgement is that of simulate.
 */

import { fill, h, table } from "./dom.js";
import { button, link } from "./tell.js";
import { count, metric, shell } from "./words.js";

/** @typedef {import("./source.js").Change} Change */
/** @typedef {import("./model.js").Model} Model */

/**
 * What to type, and where: a drain is asked for at the server itself.
 *
 * @param {Model} m
 * @param {Change} c
 * @returns {{where: string, command: string}}
 */
export function commandOf(m, c) {
	const connector = m.byConnector.get(c.name);
	const where = c.what === "drain" ? c.name
		: connector === undefined ? "" : m.servers[connector.server].name;
	const command = c.what === "drain" ? "lsrctl drain"
		: c.what === "cut" ? `lsrctl drain ${shell(c.name)}`
			: `lsrctl cost ${shell(c.name)} ${c.cost}`;
	return { where, command };
}

/** @param {Change} c */
export function changeText(c) {
	return c.what === "cost" ? `${c.name} costs ${c.cost}`
		: c.what === "cut" ? `${c.name} is cut` : `${c.name} drains`;
}

/**
 * @typedef {object} Outcome
 * @property {any} count
 * @property {Map<string, {moved: number, lost: number}>} servers
 * @property {Map<string, {moved: number, lost: number, why: string}>} patterns
 * @property {any[]} rows
 */

/**
 * @param {any[]} rows of simulate
 * @returns {Outcome}
 */
export function outcomeOf(rows) {
	/** @type {Outcome} */
	const o = { count: null, servers: new Map(), patterns: new Map(), rows: [] };
	for (const row of rows) {
		if (row.from === undefined) {
			o.count = row;
			continue;
		}
		o.rows.push(row);
		const lost = row.after.unreachable !== undefined && row.before.unreachable === undefined;
		const s = o.servers.get(row.from) ?? { moved: 0, lost: 0 };
		const p = o.patterns.get(row.pattern) ?? { moved: 0, lost: 0, why: "" };
		if (lost) {
			s.lost++;
			p.lost++;
			p.why = row.after.unreachable;
		} else {
			s.moved++;
			p.moved++;
		}
		o.servers.set(row.from, s);
		o.patterns.set(row.pattern, p);
	}
	return o;
}

/** @param {any} side */
function sideText(side) {
	if (side.unreachable !== undefined)
		return "no way";
	return side.here ? "here" : `${(side.next_hops ?? []).join(", ")} (${metric(side)})`;
}

export class Plan {
	/**
	 * @param {HTMLElement} panel
	 * @param {{changed: (changes: Change[]) => void, server: (name: string) => void,
	 *     pattern: (pattern: string) => void}} events
	 */
	constructor(panel, events) {
		this.panel = panel;
		this.events = events;
		/** @type {Change[]} */
		this.changes = [];
		/** @type {Outcome | null} */
		this.outcome = null;
		this.wrong = "";
		/** Of which moment it is, in words; empty: now. */
		this.when = "";
	}

	/** @param {Change} change */
	add(change) {
		this.changes = this.changes.filter((c) => c.name !== change.name || c.what !== change.what);
		this.changes.push(change);
		this.again();
	}

	/** @param {Change} change */
	remove(change) {
		this.changes = this.changes.filter((c) => c !== change);
		this.again();
	}

	clear() {
		this.changes = [];
		this.again();
	}

	again() {
		this.outcome = null;
		this.wrong = "";
		this.events.changed(this.changes);
	}

	/** @param {Model} m */
	show(m) {
		if (this.changes.length === 0) {
			fill(this.panel, h("h2", null, "What if"),
				h("p", null, "Choose a server or a connector, on the map or in the list, and say that it " +
					"drains, is cut, or costs something else. What would move is shown here and on the " +
					"map; nothing is changed."));
			return;
		}
		fill(this.panel,
			h("h2", null, "What if"),
			this.when !== "" && h("p", { class: "quiet" }, this.when),
			h("ul", { class: "plain changes" }, this.changes.map((c) => h("li", null,
				changeText(c), " ", button("Take out", () => this.remove(c))))),
			h("p", { class: "acts" }, button("Take all out", () => this.clear())),
			this.wrong !== "" && h("p", { class: "critical" }, this.wrong),
			this.wrong === "" && this.outcome === null && h("p", { role: "status" },
				"computing …"),
			this.outcome !== null && this.tell(m, this.outcome));
	}

	/**
	 * @param {Model} m
	 * @param {Outcome} o
	 */
	tell(m, o) {
		const lost = [...o.patterns].filter(([, p]) => p.lost > 0).sort((a, b) => b[1].lost - a[1].lost);
		const moved = [...o.patterns].filter(([, p]) => p.moved > 0).sort((a, b) => b[1].moved - a[1].moved);
		return h("div", null,
			h("p", { role: "status" }, h("strong", null, o.rows.length === 0 ? "Nothing would move. " :
				`${count(o.count.moved, "route")} of ${o.count.routes.toLocaleString("en")} would move. `),
			lost.length > 0
				? h("strong", { class: "critical" }, `${count(lost.length, "pattern")} would be lost to some.`)
				: h("span", { class: "good" }, "None would be lost.")),
			lost.length > 0 && table("Lost", ["Pattern", "For servers", "Why"],
				lost.slice(0, 100).map(([pattern, p]) =>
					[link(pattern, () => this.events.pattern(pattern)), p.lost, p.why])),
			moved.length > 0 && table("Moved", ["Pattern", "For servers"],
				moved.slice(0, 100).map(([pattern, p]) =>
					[link(pattern, () => this.events.pattern(pattern)), p.moved])),
			o.rows.length > 0 && h("details", null,
				h("summary", null, `Each route (${o.rows.length})`),
				table("From where to where", ["Server", "Pattern", "Now", "Then"],
					o.rows.slice(0, 300).map((r) => [link(r.from, () => this.events.server(r.from)),
						r.pattern, sideText(r.before), sideText(r.after)]))),
			h("h3", null, "To do it for real"),
			h("ul", { class: "plain" }, this.changes.map((c) => {
				const { where, command } = commandOf(m, c);
				return h("li", null, `on ${where}: `, h("code", null, `${command} --dry-run`),
					" says what lsrd thinks of it, ", h("code", null, command), " does it");
			})));
	}
}

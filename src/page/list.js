/*
 * list.js - the same as the map, as tables: for a narrow screen, a screen
 * reader, and whoever searches. Rows are made as they are asked for, so ten
 * thousand servers are no burden.
 */

import { fill, h } from "./dom.js";
import { count } from "./words.js";

/** @typedef {import("./model.js").Model} Model */

/**
 * @typedef {object} Row
 * @property {(string | number)[]} cells
 * @property {() => void} open
 * @property {string} [state]
 */

/** @typedef {{name: string, heads: string[], rows: (m: Model) => Row[]}} Kind */

const PAGE = 200;

export class List {
	/**
	 * @param {HTMLElement} root
	 * @param {{server: (at: number) => void, connector: (name: string) => void,
	 *     pattern: (pattern: string) => void}} events
	 */
	constructor(root, events) {
		this.root = root;
		this.events = events;
		/** @type {Model | null} */
		this.model = null;
		this.kind = 0;
		this.sort = 0;
		this.down = false;
		this.most = PAGE;
		this.words = "";
		this.dirty = true;
		this.kinds = this.makeKinds();
		this.body = h("div", { class: "rows" });
		this.search = h("input", {
			type: "search", "aria-label": "Only rows with these letters", placeholder: "only rows with …",
			oninput: () => {
				this.words = this.search.value.trim().toLowerCase();
				this.most = PAGE;
				this.show();
			},
		});
		this.buttons = this.kinds.map((kind, i) => h("button", {
			type: "button", "aria-pressed": String(i === 0), onclick: () => this.choose(i),
		}, kind.name));
		root.append(h("div", { class: "bar" }, this.buttons, this.search), this.body);
	}

	/** @returns {Kind[]} */
	makeKinds() {
		return [
			{
				name: "Servers",
				heads: ["Server", "Group", "State", "Patterns", "Connectors", "Why"],
				rows: (m) => m.servers.map((s) => ({
					cells: [s.name, m.groups[s.group].name, s.state, s.claims.length,
						s.out.length, s.drain?.reason ?? ""],
					open: () => this.events.server(s.at), state: s.state,
				})),
			}, {
				name: "Connectors",
				heads: ["Connector", "From", "To", "Cost", "State", "Congestion", "Limits"],
				rows: (m) => m.connectors.map((c) => ({
					cells: [c.name, m.servers[c.server].name,
						c.to.map((to) => m.servers[to].name).join(", "), c.cost,
						c.drains.length > 0 && c.state === "up" ? "drain" : c.state,
						c.congestion, c.limits.join("; ")],
					open: () => this.events.connector(c.name), state: c.state,
				})),
			}, {
				name: "Patterns",
				heads: ["Pattern", "Server", "Cost", "Scope", "Relay", "State"],
				rows: (m) => m.claims.map((c) => ({
					cells: [c.pattern, m.servers[c.server].name, c.cost,
						c.local ? "its group" : "organization", c.relay ? "yes" : "no",
						c.down ? "down" : m.servers[c.server].state],
					open: () => this.events.pattern(c.pattern),
					state: c.down ? "down" : m.servers[c.server].state,
				})),
			}, {
				name: "Groups",
				heads: ["Group", "Servers", "Not up", "Patterns"],
				rows: (m) => m.groups.map((g) => ({
					cells: [g.name, g.members.length,
						g.members.filter((i) => m.servers[i].state !== "up").length,
						g.members.reduce((n, i) => n + m.servers[i].claims.length, 0)],
					open: () => this.events.server(g.members[0]),
				})),
			},
		];
	}

	/** @param {Model} model */
	set(model) {
		this.model = model;
		this.dirty = true;
		if (!this.root.hidden)
			this.show();
	}

	/** @param {number} i */
	choose(i) {
		this.kind = i;
		this.sort = 0;
		this.down = false;
		this.most = PAGE;
		this.buttons.forEach((b, k) => b.setAttribute("aria-pressed", String(i === k)));
		this.show();
	}

	/** The rows that are asked for, in their order. */
	rows() {
		if (this.model === null)
			return [];
		let rows = this.kinds[this.kind].rows(this.model);
		if (this.words !== "")
			rows = rows.filter((r) => r.cells.some((c) => String(c).toLowerCase().includes(this.words)));
		const { sort, down } = this;
		return rows.sort((a, b) => {
			const [x, y] = [a.cells[sort], b.cells[sort]];
			const order = typeof x === "number" && typeof y === "number"
				? x - y
				: x < y ? -1 : x > y ? 1 : 0;
			return down ? -order : order;
		});
	}

	show() {
		this.dirty = false;
		const kind = this.kinds[this.kind];
		const rows = this.rows();
		const shown = rows.slice(0, this.most);
		const rest = rows.length - shown.length;
		fill(this.body,
			h("table", null,
				h("caption", null, `${kind.name}: ${count(rows.length, "row")}` +
					(rest > 0 ? `, the first ${shown.length}` : "")),
				h("thead", null, h("tr", null, kind.heads.map((head, i) => this.head(head, i)))),
				h("tbody", null, shown.map((row) => this.row(row)))),
			rest > 0 && h("button", { type: "button", class: "more", onclick: () => {
				this.most += 5 * PAGE;
				this.show();
			} }, `More (${rest.toLocaleString("en")})`));
	}

	/**
	 * @param {string} head
	 * @param {number} i
	 */
	head(head, i) {
		const is = this.sort === i;
		return h("th", {
			scope: "col", "aria-sort": is ? (this.down ? "descending" : "ascending") : "none",
		}, h("button", { type: "button", onclick: () => {
			this.down = is && !this.down;
			this.sort = i;
			this.show();
		} }, head));
	}

	/** @param {Row} row */
	row(row) {
		return h("tr", { class: row.state }, row.cells.map((cell, i) => i === 0
			? h("th", { scope: "row" },
				h("button", { type: "button", class: "link", onclick: row.open }, cell))
			: h("td", null, cell)));
	}
}

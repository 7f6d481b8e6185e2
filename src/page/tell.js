/*
 * tell.js - what is known of one server or connector, and the state of the whole, as elements.
 */

import { facts, h, table } from "./dom.js";
import { summary } from "./model.js";
import { count, duration, moment } from "./words.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Server} Server */
/** @typedef {import("./model.js").Connector} Connector */
/** @typedef {import("./model.js").Drain} Drain */

/**
 * @typedef {object} Acts what can be asked for beside what is told
 * @property {(at: number) => void} server
 * @property {(name: string) => void} connector
 * @property {(pattern: string) => void} pattern
 * @property {(at: number) => void} from routes from there
 * @property {(what: "cut" | "drain" | "cost", name: string, cost?: number) => void} plan
 * @property {(kind: string, name: string) => void} past
 */

/**
 * A word of state with its sign.
 *
 * @param {string} state
 */
export function stateWord(state) {
	return h("span", { class: `state ${state}` }, state);
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {string} [title]
 */
export function link(text, act, title) {
	return h("button", { type: "button", class: "link", onclick: act, title }, text);
}

/**
 * @param {string} text
 * @param {() => void} act
 */
export function button(text, act) {
	return h("button", { type: "button", onclick: act }, text);
}

/** @param {Drain} d */
export function drainText(d) {
	const parts = [
		d.reason ? `“${d.reason}”` : "no reason given",
		d.by ? `by ${d.by}` : "",
		d.since ? `since ${moment(d.since)}` : "",
		d.until ? `until ${moment(d.until)}` : "",
	];
	return (d.server ? `to ${d.server}: ` : "") + parts.filter((p) => p !== "").join(", ");
}

/**
 * @param {Model} m
 * @param {Server} s
 * @param {Acts} acts
 * @param {number | null} awaySince
 */
export function tellServer(m, s, acts, awaySince) {
	const group = m.groups[s.group];
	return [
		h("h2", null, s.name),
		facts([
			["State", stateWord(s.state)],
			["Away since", awaySince !== null &&
				`${moment(awaySince)} (${duration(Date.now() / 1000 - awaySince)})`],
			["Drained", s.drain !== null && drainText(s.drain)],
			["Group", `${group.name} (${count(group.members.length, "server")})`],
			["Position", s.position !== null &&
				`${s.position[1].toFixed(2)}, ${s.position[0].toFixed(2)}`],
		]),
		h("p", { class: "acts" },
			button("Routes from here", () => acts.from(s.at)),
			s.state !== "down" && s.state !== "away" &&
				button("What if it drains", () => acts.plan("drain", s.name))),
		s.claims.length > 0 && table(`Delivers (${s.claims.length})`,
			["Pattern", "Cost", ""],
			s.claims.slice(0, 100).map((c) => [
				link(c.pattern, () => acts.pattern(c.pattern)), c.cost,
				[c.local && "in its group", c.fallback && "fallback", c.relay && "relay",
					c.down && "down"].filter(Boolean).join(", "),
			])),
		s.claims.length > 100 && h("p", null, `and ${s.claims.length - 100} more, see the list`),
		connectorTable(m, "Sends by", s.out, acts),
		connectorTable(m, "Receives by", s.into, acts),
	];
}

/**
 * @param {Model} m
 * @param {string} caption
 * @param {Connector[]} list
 * @param {Acts} acts
 */
function connectorTable(m, caption, list, acts) {
	return list.length > 0 && table(`${caption} (${list.length})`,
		["Connector", "From", "To", "Cost", "State"],
		list.slice(0, 100).map((c) => [
			link(c.name, () => acts.connector(c.name)),
			m.servers[c.server].name,
			c.to.map((to) => m.servers[to].name).join(", "), c.cost, stateWord(c.state),
		]));
}

/**
 * @param {Model} m
 * @param {Connector} c
 * @param {Acts} acts
 * @param {any[]} links what the daemon says of its own
 */
export function tellConnector(m, c, acts, links) {
	const cost = h("input", { type: "number", min: 0, max: 65535, value: c.cost, "aria-label": "Cost" });
	const own = links.filter((l) => l.connector === c.name);
	return [
		h("h2", null, c.name),
		facts([
			["State", stateWord(c.state)],
			["From", link(m.servers[c.server].name, () => acts.server(c.server))],
			["To", h("span", null, c.to.map((to) =>
				h("div", null, link(m.servers[to].name, () => acts.server(to)))))],
			["Cost", c.cost],
			["Congestion", c.congestion > 0 && `level ${c.congestion} of 3`],
			["Limits", c.limits.join("; ")],
			["Drained", c.drains.length > 0 &&
				h("span", null, c.drains.map((d) => h("div", null, drainText(d))))],
		]),
		own.length > 0 && table("Its mail services", ["Server", "State", "Waiting", "Late", "Why"],
			own.map((l) => [l.bridgehead ?? "", stateWord(l.state), l.waiting ?? 0, l.late ?? 0,
				l.reason ?? l.last_error?.said ?? ""])),
		h("p", { class: "acts" },
			button("What if it is cut", () => acts.plan("cut", c.name)),
			cost,
			button("What if it costs that", () => acts.plan("cost", c.name, Number(cost.value)))),
	];
}

/**
 * @param {Model} m
 * @param {any} status
 * @param {any[]} routes the daemon's own
 * @param {any[]} links
 * @param {Acts} acts
 */
export function tellAll(m, status, routes, links, acts) {
	const s = summary(m);
	const held = routes.filter((r) => r.unreachable !== undefined);
	const troubled = m.servers.filter((x) => x.state !== "up");
	const connectors = m.connectors.filter((c) =>
		c.state !== "up" || c.congestion > 0 || c.drains.length > 0);
	const waiting = links.filter((l) => l.waiting > 0);
	return [
		h("h2", null, m.organization),
		h("p", null, `${count(s.servers, "server")} in ${count(s.groups, "group")}, ` +
			`${count(s.connectors, "connector")}, ${count(s.patterns, "pattern")}.`),
		status !== null && facts([
			["Seen by", status.server], ["State", stateWord(status.state)],
			["Sessions", `${status.full} of ${status.sessions} full`],
			["Routes", status.routes], ["On hold", status.holds || ""],
			["Oldest that waits", status.oldest_held !== undefined &&
				`${status.oldest_held.message ?? "a message"} for ${status.oldest_held.pattern}, ` +
				`since ${moment(status.oldest_held.came)}` +
				(status.oldest_held.gives_up
					? `; given up ${moment(status.oldest_held.gives_up)}` : "")],
		]),
		(status?.troubles ?? []).length > 0 && h("div", null, h("h3", null, "Troubles"),
			h("ul", { class: "plain" }, status.troubles.map((/** @type {any} */ t) =>
				h("li", { class: t.level }, h("strong", null, t.word), ` ${t.text} `,
					h("code", null, t.remedy))))),
		troubled.length > 0
			? table(`Servers that are not up (${troubled.length})`, ["Server", "State", "Why"],
				troubled.slice(0, 60).map((x) => [link(x.name, () => acts.server(x.at)),
					stateWord(x.state), x.drain === null ? "" : drainText(x.drain)]))
			: h("p", null, "All servers are up."),
		connectors.length > 0 && table(`Connectors to look at (${connectors.length})`,
			["Connector", "State", "Why"],
			connectors.slice(0, 60).map((c) => [link(c.name, () => acts.connector(c.name)),
				stateWord(c.drains.length > 0 && c.state === "up" ? "drain" : c.state),
				[c.congestion > 0 && `congestion ${c.congestion}`, ...c.drains.map(drainText)]
					.filter(Boolean).join("; ")])),
		held.length > 0 && table(`Patterns on hold (${held.length})`, ["Pattern", "Why", "Since"],
			held.slice(0, 100).map((r) => [link(r.pattern, () => acts.pattern(r.pattern)),
				r.unreachable, r.since ? moment(r.since) : ""])),
		waiting.length > 0 && table("Mail that waits", ["By", "Waiting", "Late"],
			waiting.map((l) => [l.connector ?? l.server ?? l.space ?? "", l.waiting, l.late ?? 0])),
	];
}

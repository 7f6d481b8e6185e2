/*
 * happened.js - records of the history (lsrd-events(7)) in words, and which
 * servers and connectors they are about. Pure.
 */

import { count } from "./words.js";

/** @typedef {{server?: string, what?: string, type?: string, id?: string, did?: string,
 *     change?: string}} Cause */

/** @param {Cause} c */
export function causeText(c) {
	const whose = c.server !== undefined ? ` of ${c.server}` : "";
	if (c.what === "lsa") {
		const what = c.id !== undefined && c.id !== "" ? `${c.type} ${c.id}` : c.type ?? "advertisement";
		return `${what}${whose} ${c.did ?? ""}${c.change ? `: ${c.change}` : ""}`.trim();
	}
	return `${c.what ?? "something"}${c.id ? ` ${c.id}` : ""}${whose}` +
		`${c.change ? `: ${c.change}` : c.did ? ` ${c.did}` : ""}`;
}

/** @param {any} way */
function wayText(way) {
	if (way.unreachable !== undefined)
		return `hold (${way.unreachable})`;
	if (way.here)
		return "here";
	return (way.next_hops ?? []).join(", ") || way.way || "nothing";
}

/**
 * A record as a line, and what follows below it.
 *
 * @param {any} r
 * @returns {{text: string, more: string[]}}
 */
export function recordText(r) {
	switch (r.kind) {
	case "lsa":
		return { text: causeText(r), more: [] };
	case "routes":
		return {
			text: `${count(r.moved, "route")} of ${r.total} moved` +
				((r.causes ?? []).length > 0 ? `, because of ${r.causes.map(causeText).join("; ")}` : ""),
			more: (r.routes ?? []).slice(0, 8).map((/** @type {any} */ g) =>
				`${g.patterns.slice(0, 4).join(", ")}${g.patterns.length > 4
					? ` and ${g.patterns.length - 4} more` : ""}: ${wayText(g.from)} → ${wayText(g.to)}`),
		};
	case "published":
		return { text: `table ${r.generation} published after ${r.after_ms} ms`, more: [] };
	case "start":
		return { text: `lsrd ${r.version} started`, more: [] };
	case "stop":
		return { text: "lsrd stopped", more: [] };
	default:
		return {
			text: [r.kind, ...Object.entries(r)
				.filter(([key]) => !["at", "kind", "not_kept"].includes(key))
				.map(([key, value]) => `${key}=${typeof value === "object"
					? JSON.stringify(value) : value}`)].join(" "),
			more: [],
		};
	}
}

/**
 * Names of what a record is about.
 *
 * @param {any} r
 * @returns {string[]}
 */
export function namesOf(r) {
	const names = [r.server, r.peer, r.origin, r.connector, r.bridgehead,
		r.type === "connector" ? r.id : undefined];
	for (const c of r.causes ?? [])
		names.push(c.server, c.type === "connector" || c.what === "link" ? c.id : undefined);
	return [...new Set(names.filter((n) => typeof n === "string" && n !== ""))];
}

/** How a record is shown on the strip: worse ones higher.
 *
 * @param {any} r
 * @returns {"bad" | "moved" | "other"}
 */
export function weightOf(r) {
	if (r.kind === "routes")
		return "moved";
	if (r.state === "down" || r.to === "down" || r.did === "purged" || r.kind === "stop" ||
	    /down|lost|expire|refuse/.test(r.kind))
		return "bad";
	return "other";
}

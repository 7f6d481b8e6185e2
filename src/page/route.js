/*
 * route.js - the way of one address: what is drawn of it, and what is told. The
 * answers are those of explain --ways and trace.
 */

import { facts, h, table } from "./dom.js";
import { link, stateWord } from "./tell.js";
import { metric, moment, resultText, verdictText } from "./words.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./draw.js").Ways} Ways */

/**
 * The steps to draw: the way hop by hop, and at each hop the other next hops;
 * from the first also its alternates.
 *
 * @param {Model} m
 * @param {any} explain
 * @param {any[]} trace
 * @returns {Ways}
 */
export function waysOf(m, explain, trace) {
	/** @type {[number, number][]} */
	const route = [];
	/** @type {[number, number][]} */
	const alternates = [];
	/**
	 * @param {string} from
	 * @param {string} to
	 * @param {[number, number][]} into
	 */
	const add = (from, to, into) => {
		const a = m.byName.get(from);
		const b = m.byName.get(to);
		if (a !== undefined && b !== undefined)
			into.push([a.at, b.at]);
	};
	trace.forEach((hop, i) => {
		const next = trace[i + 1]?.server;
		for (const to of hop.next_hops ?? [])
			add(hop.server, to, to === next || next === undefined ? route : alternates);
	});
	const path = explain.path ?? [];
	if (trace.length < 2)
		for (let i = 0; i + 1 < path.length; i++)
			add(path[i], path[i + 1], route);
	for (const to of explain.alternates ?? [])
		add(explain.from, to, alternates);
	for (const way of explain.ways ?? [])
		if (way.verdict === "alternate")
			add(explain.from, way.neighbour, alternates);
	return { route, alternates: unique(alternates) };
}

/** @param {[number, number][]} steps */
function unique(steps) {
	return [...new Map(steps.map((s) => [s.join(" "), s])).values()];
}

/**
 * @param {any} explain
 * @param {(name: string) => Node} server
 */
function head(explain, server) {
	return [
		h("h2", null, explain.address),
		h("p", null, "From ", server(explain.from), ": ",
			h("strong", null, resultText(explain.result)),
			explain.result === "remote" || explain.result === "here"
				? h("span", null, explain.result === "remote" ? " to " : ", by ",
					explain.server !== undefined ? server(explain.server) : explain.way ?? "",
					`, ${metric(explain)}`)
				: "",
			"."),
		facts([
			["Pattern", explain.pattern],
			["Because", explain.unreachable ?? explain.reason],
			["Last resort", explain.last_resort && "leads by what absent servers said last"],
			["Next hops", (explain.next_hops ?? []).length > 0 &&
				h("span", null, explain.next_hops.map((/** @type {string} */ s) =>
					h("div", null, server(s))))],
			["Alternates", (explain.alternates ?? []).length > 0 &&
				h("span", null, explain.alternates.map((/** @type {string} */ s) =>
					h("div", null, server(s))))],
		]),
	];
}

/** @param {any} of */
function whenWhy(of) {
	return [
		of.reason, of.by !== undefined && `by ${of.by}`,
		of.since !== undefined && `since ${moment(of.since)}`,
		of.until !== undefined && `until ${moment(of.until)}`,
	].filter(Boolean).join(", ");
}

/**
 * @param {any} explain
 * @param {any[]} trace
 * @param {(name: string) => void} open a server
 */
export function tellRoute(explain, trace, open) {
	/** @param {string} name */
	const server = (name) => link(name, () => open(name));
	const candidates = explain.candidates ?? [];
	const ways = explain.ways ?? [];
	return [
		...head(explain, server),
		trace.length > 0 && h("div", null, h("h3", null, "Hop by hop"),
			h("ol", { class: "hops" }, trace.map((hop) => h("li", null,
				server(hop.server), " ",
				h("span", { class: "quiet" }, hop.pattern !== undefined ? `by ${hop.pattern}: ` : "",
					hop.result === "remote"
						? `to ${hop.next_hops.join(", or ")} (${metric(hop)})`
						: resultText(hop.result),
					hop.unreachable !== undefined ? `, because ${hop.unreachable}` : ""))))),
		candidates.length > 0 && table("Who claims it, and what each lost by",
			["Pattern", "Server", "Metric", "Verdict"],
			candidates.slice(0, 100).map((/** @type {any} */ c) => [
				c.pattern, server(c.server), metric(c),
				h("span", { class: c.verdict === "chosen" ? "good" : "" },
					verdictText(c.verdict), c.since !== undefined ? `, since ${moment(c.since)}` : ""),
			])),
		ways.length > 0 && table("The way by every neighbour",
			["Neighbour", "Connector", "Metric", "Verdict", "Why"],
			ways.slice(0, 100).map((/** @type {any} */ w) => [
				server(w.neighbour), w.connector ?? "same group", metric(w),
				h("span", { class: w.verdict === "next-hop" ? "good" : "" }, verdictText(w.verdict),
					w.more_cost !== undefined
						? ` (${w.more_cost} more${w.more_hops ? `, ${w.more_hops} hops` : ""})` : ""),
				whenWhy(w),
			])),
	];
}

/**
 * All routes of one server.
 *
 * @param {string} from
 * @param {any[]} routes
 * @param {{server: (name: string) => void, pattern: (pattern: string) => void}} acts
 */
export function tellRoutes(from, routes, acts) {
	const held = routes.filter((r) => r.unreachable !== undefined).length;
	return [
		h("h2", null, `Routes of ${from}`),
		h("p", null, `${routes.length} patterns`, held > 0 ? `, ${held} on hold.` : "."),
		table("Where each pattern goes", ["Pattern", "Goes to", "Metric", "Next hops"],
			routes.slice(0, 300).map((r) => [
				link(r.pattern, () => acts.pattern(r.pattern)),
				r.unreachable !== undefined
					? h("span", null, stateWord("down"), ` ${r.unreachable}`)
					: r.here ? "here"
						: r.server !== undefined ? link(r.server, () => acts.server(r.server)) : r.way ?? "",
				r.unreachable !== undefined ? "" : metric(r),
				(r.next_hops ?? []).join(", "),
			])),
		routes.length > 300 && h("p", null, `and ${routes.length - 300} more`),
	];
}

/**
 * An address that a pattern is about: the explanation of a pattern is that of
 * its postmaster.
 *
 * @param {string} pattern
 */
export function addressOf(pattern) {
	if (pattern === "*")
		return "postmaster@example.invalid";
	if (pattern.includes("@"))
		return pattern;
	return pattern.startsWith(".") ? `postmaster@x${pattern}` : `postmaster@${pattern}`;
}

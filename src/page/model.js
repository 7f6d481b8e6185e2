/*
 * model.js - a topology document (lsrctl(1)) as the page uses it, and how two of
 * them differ. Pure; a document is judged by lsrctl and lsrd, so what is
 * missing here is left out rather than complained of.
 */

/**
 * @typedef {object} Drain
 * @property {string} [server] the bridgehead; none: all
 * @property {string} [reason]
 * @property {string} [by]
 * @property {number} [since]
 * @property {number} [until]
 */

/**
 * @typedef {object} Server
 * @property {number} at its number
 * @property {string} name
 * @property {number} group
 * @property {[number, number] | null} position
 * @property {"up" | "starting" | "drain" | "down" | "away"} state
 * @property {Drain | null} drain
 * @property {Claim[]} claims
 * @property {Connector[]} out
 * @property {Connector[]} into
 */

/**
 * @typedef {object} Claim
 * @property {string} pattern
 * @property {number} server
 * @property {number} cost
 * @property {boolean} local
 * @property {boolean} fallback
 * @property {boolean} relay
 * @property {boolean} down
 */

/**
 * @typedef {object} Connector
 * @property {number} at
 * @property {string} name
 * @property {number} server
 * @property {number[]} to
 * @property {number} cost
 * @property {"up" | "drain" | "down"} state
 * @property {number} congestion
 * @property {string[]} limits in words
 * @property {Drain[]} drains
 */

/**
 * @typedef {object} Edge
 * @property {number} from
 * @property {number} to
 * @property {Connector} connector
 * @property {"up" | "drain" | "down"} state of this step
 */

/**
 * @typedef {object} Group
 * @property {number} at
 * @property {string} name
 * @property {number[]} members
 */

/**
 * @typedef {object} Model
 * @property {any} document
 * @property {string} organization
 * @property {Server[]} servers
 * @property {Group[]} groups
 * @property {Connector[]} connectors
 * @property {Edge[]} edges
 * @property {Claim[]} claims
 * @property {Map<string, Server>} byName
 * @property {Map<string, Connector>} byConnector
 */

import { size } from "./words.js";

/** @param {any} value */
function list(value) {
	return Array.isArray(value) ? value : [];
}

/** @param {any} of */
function drainOf(of) {
	return of.drain_since !== undefined || of.drain_by !== undefined ||
		of.drain_reason !== undefined
		? {
			reason: of.drain_reason, by: of.drain_by,
			since: of.drain_since, until: of.drain_until,
		}
		: null;
}

/** @param {any} s */
function positionOf(s) {
	const p = s.position;
	return Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1])
		? /** @type {[number, number]} */ ([p[0], Math.max(-85, Math.min(85, p[1]))])
		: null;
}

/** @param {any} c */
function limitsOf(c) {
	/** @type {string[]} */
	const words = [];
	if (c.max_message_size)
		words.push(`up to ${size(c.max_message_size)}`);
	if (c.senders?.allow)
		words.push(`senders ${list(c.senders.allow).join(", ")}`);
	if (c.senders?.deny)
		words.push(`not senders ${list(c.senders.deny).join(", ")}`);
	if (c.priorities)
		words.push(`priority ${list(c.priorities).join(", ")}`);
	if (c.schedule)
		words.push(`open ${c.schedule} UTC`);
	if (c.large_message_size)
		words.push(`larger than ${size(c.large_message_size)}: ${c.large_schedule ?? "never"} UTC`);
	return words;
}

/**
 * @param {any} doc
 * @returns {Model}
 */
export function modelOf(doc) {
	/** @type {Model} */
	const m = {
		document: doc, organization: String(doc.organization ?? ""),
		servers: [], groups: [], connectors: [], edges: [], claims: [],
		byName: new Map(), byConnector: new Map(),
	};
	addServers(m, list(doc.servers));
	addConnectors(m, list(doc.connectors));
	for (const a of list(doc.address_spaces)) {
		const server = m.byName.get(a.server);
		if (server === undefined)
			continue;
		const claim = {
			pattern: String(a.pattern), server: server.at, cost: a.cost ?? 0,
			local: a.scope === "routing-group", fallback: a.fallback === true,
			relay: a.relay === true, down: a.state === "down",
		};
		m.claims.push(claim);
		server.claims.push(claim);
	}
	return m;
}

/**
 * @param {Model} m
 * @param {any[]} servers
 */
function addServers(m, servers) {
	/** @type {Map<string, Group>} */
	const groups = new Map();
	for (const s of [...servers].sort((a, b) => (a.name < b.name ? -1 : 1))) {
		const name = String(s.name);
		const groupName = String(s.routing_group ?? "");
		let group = groups.get(groupName);
		if (group === undefined) {
			group = { at: groups.size, name: groupName, members: [] };
			groups.set(groupName, group);
		}
		const at = m.servers.length;
		group.members.push(at);
		/** @type {Server} */
		const server = {
			at, name, group: group.at, position: positionOf(s),
			state: s.away ? "away" : s.state ?? "up", drain: drainOf(s),
			claims: [], out: [], into: [],
		};
		m.servers.push(server);
		m.byName.set(name, server);
	}
	m.groups = [...groups.values()];
}

/**
 * @param {Model} m
 * @param {any[]} connectors
 */
function addConnectors(m, connectors) {
	for (const c of connectors) {
		const from = m.byName.get(c.server);
		if (from === undefined)
			continue;
		/** @type {Connector} */
		const connector = {
			at: m.connectors.length, name: String(c.name), server: from.at,
			to: list(c.to).map((name) => m.byName.get(name)?.at ?? -1)
				.filter((at) => at >= 0 && at !== from.at),
			cost: c.cost ?? 0, state: c.state ?? "up", congestion: c.congestion ?? 0,
			limits: limitsOf(c), drains: list(c.drained),
		};
		const own = drainOf(c);
		if (own !== null)
			connector.drains.push(own);
		m.connectors.push(connector);
		m.byConnector.set(connector.name, connector);
		from.out.push(connector);
		for (const to of connector.to) {
			m.servers[to].into.push(connector);
			m.edges.push({ from: from.at, to, connector, state: stepState(m, connector, to) });
		}
	}
}

/**
 * A drain may be of one bridgehead alone.
 *
 * @param {Model} m
 * @param {Connector} c
 * @param {number} to
 */
function stepState(m, c, to) {
	if (c.state !== "up")
		return c.state;
	return c.drains.some((d) => d.server === m.servers[to].name) ? "drain" : "up";
}

/**
 * @typedef {object} Difference
 * @property {"server" | "connector" | "space"} kind
 * @property {string} name
 * @property {string} what came, went, or the property that differs
 * @property {string} was
 * @property {string} is
 */

/** @param {Claim} c */
function claimText(c) {
	return `cost ${c.cost}${c.local ? ", in its group" : ""}${c.fallback ? ", fallback" : ""}` +
		`${c.relay ? ", relay" : ""}${c.down ? ", down" : ""}`;
}

/**
 * What is to be compared, by a name that only it has.
 *
 * @param {Model} m
 * @returns {Map<string, {kind: "server" | "connector" | "space", name: string,
 *     of: Record<string, string>}>}
 */
function things(m) {
	const all = new Map();
	for (const s of m.servers)
		all.set(`server ${s.name}`, {
			kind: "server", name: s.name,
			of: {
				"state": s.state, "group": m.groups[s.group].name,
				"drain": s.drain?.reason ?? "", "position": s.position?.join(" ") ?? "",
			},
		});
	for (const c of m.connectors)
		all.set(`connector ${c.name}`, {
			kind: "connector", name: c.name,
			of: {
				"state": c.state, "cost": String(c.cost), "congestion": String(c.congestion),
				"leads to": c.to.map((to) => m.servers[to].name).join(", "),
				"limits": c.limits.join("; "),
				"drains": c.drains.map((d) => d.server ?? "all").join(", "),
			},
		});
	for (const c of m.claims) {
		const name = `${c.pattern} at ${m.servers[c.server].name}`;
		all.set(`space ${name}`, { kind: "space", name, of: { "claim": claimText(c) } });
	}
	return all;
}

/**
 * @param {Model} before
 * @param {Model} after
 * @returns {Difference[]}
 */
export function differences(before, after) {
	const was = things(before);
	const is = things(after);
	/** @type {Difference[]} */
	const out = [];
	for (const [key, { kind, name, of }] of was) {
		const now = is.get(key);
		if (now === undefined) {
			out.push({ kind, name, what: "went", was: "there", is: "gone" });
			continue;
		}
		for (const what of Object.keys(of))
			if (of[what] !== now.of[what])
				out.push({ kind, name, what, was: of[what], is: now.of[what] });
	}
	for (const [key, { kind, name }] of is)
		if (!was.has(key))
			out.push({ kind, name, what: "came", was: "not there", is: "there" });
	return out;
}

/**
 * Figures of the whole.
 *
 * @param {Model} m
 */
export function summary(m) {
	/** @param {string} state */
	const of = (state) => m.servers.filter((s) => s.state === state).length;
	return {
		servers: m.servers.length, groups: m.groups.length,
		connectors: m.connectors.length, patterns: new Set(m.claims.map((c) => c.pattern)).size,
		away: of("away"), down: of("down"), drain: of("drain"), starting: of("starting"),
		out: m.connectors.filter((c) => c.state !== "up").length,
		congested: m.connectors.filter((c) => c.congestion > 0).length,
	};
}

/*
 * source.js - whom the page asks: lsrd-map, by HTTP, or the document that an
 * exported page bears, by the core compiled for the browser. Both answer with
 * what lsrctl --json says (conf/schema), so nothing else knows which it is.
 */

import { answersOf, postOf } from "./answers.js";

/**
 * @typedef {object} Change one of a plan
 * @property {"cut" | "drain" | "cost"} what
 * @property {string} name
 * @property {number} [cost]
 */

/**
 * @typedef {object} Listener what a live source tells
 * @property {() => void} topology it is another
 * @property {(record: any) => void} change a record of the history
 * @property {(there: boolean, text: string) => void} there whether lsrd answers
 */

/**
 * @typedef {object} Answers of one document
 * @property {(from: string) => Promise<any[]>} routes
 * @property {(address: string, from: string) => Promise<any>} explain
 * @property {(address: string, from: string) => Promise<any[]>} trace
 * @property {(changes: Change[]) => Promise<any[]>} simulate
 */

/**
 * @typedef {object} Whole
 * @property {boolean} live
 * @property {() => Promise<any>} topology
 * @property {() => Promise<any>} status null where there is none
 * @property {() => Promise<any[]>} links
 * @property {(since: number, until: number) => Promise<any[]>} events
 * @property {() => Promise<{from?: number, until?: number}>} extent of the history
 * @property {(time: number) => Promise<any>} at a document
 * @property {(document: any) => Promise<Answers>} of a document of an earlier moment
 * @property {(listener: Listener) => void} listen
 *
 * @typedef {Answers & Whole} Source
 */

/** What went wrong, in words for a person. */
export class SourceError extends Error {}

/**
 * @param {string} path
 * @param {[string, string][]} [parameters]
 */
async function ask(path, parameters = []) {
	const query = new URLSearchParams(parameters).toString();
	const where = `api/${path}${query === "" ? "" : `?${query}`}`;
	/** @type {Response} */
	let response;
	try {
		response = await fetch(where, { headers: { Accept: "application/json" } });
	} catch {
		throw new SourceError("lsrd-map does not answer");
	}
	const body = await response.json().catch(() => null);
	if (response.ok && body !== null)
		return body;
	throw new SourceError(body?.error?.text ?? `lsrd-map answers ${response.status}`);
}

/** @param {any} answer */
function first(answer) {
	return Array.isArray(answer) ? answer[0] : answer;
}

/** @param {any} answer */
function all(answer) {
	return Array.isArray(answer) ? answer : [answer];
}

/** @param {Change[]} changes */
export function parametersOf(changes) {
	return changes.map((c) => /** @type {[string, string]} */ ([
		c.what, c.what === "cost" ? `${c.name}=${c.cost}` : c.name,
	]));
}

/**
 * lsrd knows the present alone, so what is asked of an earlier moment is answered
 * here, from the document of that moment.
 */
function pastAnswers() {
	/** @type {Promise<import("./answers.js").Post> | null} */
	let core = null;
	/** @type {any} */
	let used = null;
	const load = async () => {
		const response = await fetch("core.wasm").catch(() => null);
		if (response === null || !response.ok)
			throw new SourceError("lsrd-map does not give what answers of an earlier moment");
		return postOf(new Uint8Array(await response.arrayBuffer()), "worker.js");
	};
	return async (/** @type {any} */ document) => {
		core ??= load();
		core.catch(() => {
			core = null;
		});
		const post = await core;
		if (used !== document)
			await post({ document: JSON.stringify(document) });
		used = document;
		return answersOf(post);
	};
}

/** @returns {Source} */
export function liveSource() {
	return {
		live: true,
		topology: async () => first(await ask("topology")),
		status: async () => first(await ask("status")),
		routes: async (from) => all(await ask("routes", from === "" ? [] : [["from", from]])),
		links: async () => all(await ask("links")),
		explain: async (address, from) =>
			first(await ask("explain", [["address", address], ["from", from]])),
		trace: async (address, from) =>
			all(await ask("trace", [["address", address], ["from", from]])),
		simulate: async (changes) => all(await ask("simulate", parametersOf(changes))),
		events: async (since, until) => all(await ask("events",
			[["since", String(Math.floor(since))], ["until", String(Math.ceil(until))]])),
		extent: async () => await ask("extent"),
		at: async (time) => first(await ask("at", [["time", time.toFixed(3)]])),
		of: pastAnswers(),
		listen,
	};
}

/* A stream that breaks and is there again before that, in milliseconds, is no news. */
const PATIENCE = 5000;

/**
 * The browser itself asks again when the stream breaks; when it gives up, we
 * do. A stream that stands says nothing of lsrd: lsrd-map tells that.
 *
 * @param {Listener} listener
 */
function listen(listener) {
	const stream = new EventSource("api/stream");
	let broken = false;
	let patience = 0;
	/** @param {string} data */
	const parse = (data) => {
		try {
			return JSON.parse(data);
		} catch {
			return null;
		}
	};
	stream.addEventListener("open", () => {
		clearTimeout(patience);
		if (broken)
			listener.topology();
		broken = false;
		listener.there(true, "");
	});
	stream.addEventListener("hello", (e) => {
		if (parse(e.data)?.away)
			listener.there(false, "lsrd does not answer");
	});
	stream.addEventListener("topology", () => listener.topology());
	stream.addEventListener("change", (e) => {
		const record = parse(e.data);
		if (record !== null)
			listener.change(record);
	});
	stream.addEventListener("away", () => listener.there(false, "lsrd does not answer"));
	stream.addEventListener("back", () => {
		listener.there(true, "");
		listener.topology();
	});
	stream.addEventListener("error", () => {
		if (!broken)
			patience = window.setTimeout(() =>
				listener.there(false, "lsrd-map does not answer"), PATIENCE);
		broken = true;
		if (stream.readyState === EventSource.CLOSED)
			setTimeout(() => {
				clearTimeout(patience);
				listen({ ...listener, there: (there, text) => {
					if (there)
						listener.topology();
					listener.there(there, text);
				} });
			}, 2000);
	});
}

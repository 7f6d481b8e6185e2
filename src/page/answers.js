/*
 * answers.js - what the core in the browser answers of a document: the one that
 * an exported page bears, or that of an earlier moment.
 */

import { Engine } from "./engine.js";
import { SourceError } from "./source.js";

/** @typedef {import("./source.js").Answers} Answers */
/** @typedef {import("./source.js").Change} Change */
/** @typedef {(message: any) => Promise<any>} Post */

/**
 * An engine in a worker.
 *
 * @param {string} url
 * @returns {Post}
 */
function workerPost(url) {
	const worker = new Worker(url);
	/** @type {Map<number, {done: (value: any) => void, wrong: (error: Error) => void}>} */
	const waiting = new Map();
	let last = 0;
	worker.addEventListener("message", ({ data }) => {
		const of = waiting.get(data.id);
		waiting.delete(data.id);
		if (data.wrong === undefined)
			of?.done(data.value);
		else
			of?.wrong(new SourceError(data.wrong));
	});
	worker.addEventListener("error", () => {
		for (const of of waiting.values())
			of.wrong(new SourceError("this browser lets no worker run"));
		waiting.clear();
	});
	return (message) => new Promise((done, wrong) => {
		last++;
		waiting.set(last, { done, wrong });
		worker.postMessage({ ...message, id: last });
	});
}

/**
 * One in the page itself, where a browser has no workers for files.
 *
 * @param {Uint8Array} core
 * @returns {Promise<Post>}
 */
async function ownPost(core) {
	const engine = await Engine.load(core);
	return async (message) => {
		if (message.document !== undefined)
			return engine.use(message.document);
		if (message.words === undefined)
			return null;
		try {
			return engine.ask(message.words);
		} catch (error) {
			throw new SourceError(error instanceof Error ? error.message : String(error));
		}
	};
}

/**
 * The domain with A-labels, as lsrctl makes them of what is typed.
 *
 * @param {string} address
 */
export function withALabels(address) {
	const text = address.trim().replace(/^<|>$/g, "");
	const at = text.lastIndexOf("@");
	const domain = text.slice(at + 1);
	const local = at < 0 ? "postmaster" : text.slice(0, at);
	if (/^[\x21-\x7e]*$/.test(domain))
		return `${local}@${domain}`;
	try {
		return `${local}@${new URL(`ftp://${domain}`).hostname}`;
	} catch {
		return `${local}@${domain}`;
	}
}

/** @param {Change[]} changes */
function changeWords(changes) {
	return changes.flatMap((c) => c.what === "cost"
		? ["--cost", `${c.name}=${c.cost}`] : [`--${c.what}`, c.name]);
}

/**
 * @param {Uint8Array} core
 * @param {string} url of the worker's script
 * @returns {Promise<Post>}
 */
export async function postOf(core, url) {
	try {
		const beside = workerPost(url);
		await beside({ core });
		return beside;
	} catch {
		return ownPost(core);
	}
}

/**
 * @param {Post} post whose document is used
 * @returns {Answers}
 */
export function answersOf(post) {
	/** @param {...string} words */
	const ask = (...words) => post({ words });
	return {
		routes: (from) => ask("routes", "--from", from),
		explain: async (address, from) =>
			(await ask("explain", withALabels(address), "--from", from, "--ways"))[0],
		trace: (address, from) => ask("trace", withALabels(address), "--from", from),
		simulate: (changes) => ask("simulate", ...changeWords(changes)),
	};
}

/*
 * file.js - the source of an exported page: the document that it bears, and the
 * engine that answers from it.
 */

import { answersOf, postOf } from "./answers.js";
import { SourceError } from "./source.js";

/** @typedef {import("./source.js").Source} Source */

/**
 * @param {any} data what the page bears
 * @param {Uint8Array} core
 * @param {string} script of the worker
 * @returns {Promise<Source>}
 */
export async function fileSource(data, core, script) {
	const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
	const post = await postOf(core, url);
	await post({ document: JSON.stringify(data.topology) });
	const none = async () => {
		throw new SourceError("a page in a file has no history");
	};
	return {
		...answersOf(post),
		live: false,
		topology: async () => data.topology,
		status: async () => data.status ?? null,
		links: async () => data.links ?? [],
		events: async () => [],
		extent: async () => ({}),
		at: none,
		of: none,
		listen: () => {},
	};
}

/*
 * engine.js - the verbs of lsrctl on a document, compiled for the browser
 * (core/core.c). The same code that answers at a prompt answers here: this file only
 * hands texts to it and takes texts from it. It runs in a worker, too.
 */

/**
 * @typedef {object} Core what the module offers
 * @property {WebAssembly.Memory} memory
 * @property {() => void} __wasm_call_ctors
 * @property {(n: number) => number} page_room where n octets may be put
 * @property {() => void} page_document what was put is the document
 * @property {() => number} page_ask what was put is a command line; the status
 * @property {() => number} page_answer where the answer stands
 * @property {() => number} page_octets its length
 */

/** What a command line without an answer said. */
export class EngineError extends Error {}

/* What a process has and a page has not: nothing is to ask for it, but for
 * files that are open from the beginning, of which there are none. */
const EBADF = 8;
const stop = new Proxy({}, {
	get: (_, name) => () => {
		if (name === "fd_prestat_get")
			return EBADF;
		throw new EngineError(`the core has stopped (${String(name)})`);
	},
});

export class Engine {
	/** @param {WebAssembly.Module} module */
	constructor(module) {
		this.module = module;
		this.document = new Uint8Array(0);
		this.core = this.instance();
	}

	/** @param {Uint8Array} octets */
	static async load(octets) {
		return new Engine(await WebAssembly.compile(octets.slice().buffer));
	}

	/** @returns {Core} */
	instance() {
		const instance = new WebAssembly.Instance(this.module,
			{ env: stop, wasi_snapshot_preview1: stop });
		const core = /** @type {Core} */ (/** @type {unknown} */ (instance.exports));
		core.__wasm_call_ctors();
		return core;
	}

	/** @param {Uint8Array} octets */
	put(octets) {
		const at = this.core.page_room(octets.length);
		new Uint8Array(this.core.memory.buffer, at, octets.length).set(octets);
	}

	/** @param {string} text of a document */
	use(text) {
		this.document = new TextEncoder().encode(text);
		this.put(this.document);
		this.core.page_document();
	}

	/**
	 * A command line of lsrctl --json; the answer is its lines.
	 *
	 * @param {string[]} words
	 * @returns {any[]}
	 */
	ask(words) {
		try {
			this.put(new TextEncoder().encode(words.map((w) => `${w.replaceAll("\0", "")}\0`).join("")));
			const status = this.core.page_ask();
			const said = new TextDecoder().decode(new Uint8Array(this.core.memory.buffer,
				this.core.page_answer(), this.core.page_octets()).slice());
			if (status > 1)
				throw new EngineError(said);
			return said.split("\n").filter((l) => l !== "").map((l) => JSON.parse(l));
		} catch (error) {
			/* What has stopped is not asked again: another one is. */
			if (error instanceof WebAssembly.RuntimeError) {
				this.core = this.instance();
				this.put(this.document);
				this.core.page_document();
				throw new EngineError("the core has stopped");
			}
			throw error;
		}
	}
}

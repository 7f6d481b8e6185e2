/*
 * worker.js - the engine beside the page, so that a long computation does not
 * hold it up. A message is {id, core} once, {id, document}, or {id, words}.
 */

import { Engine } from "./engine.js";

/** @type {Engine | null} */
let engine = null;

/** @param {any} message */
async function answer(message) {
	if (message.core !== undefined)
		engine = await Engine.load(message.core);
	else if (message.document !== undefined)
		engine?.use(message.document);
	else
		return engine?.ask(message.words);
	return null;
}

addEventListener("message", (event) => {
	const { data } = event;
	answer(data).then(
		(value) => postMessage({ id: data.id, value }),
		(error) => postMessage({ id: data.id, wrong: String(error.message) }));
});

/*
 * alike.mjs - core.wasm answers as lsrctl does, octet for octet: each question
 * is put to both.
 *
 *     node alike.mjs LSRCTL DIRECTORY-OF-THE-PAGE DOCUMENT...
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [lsrctl, page, ...documents] = process.argv.slice(2);
const { Engine } = await import(pathToFileURL(`${page}/engine.js`));
const engine = await Engine.load(readFileSync(`${page}/made/core.wasm`));
let asked = 0;

function native(document, words) {
	try {
		return execFileSync(lsrctl, ["--json", "--topology", document, ...words],
			{ encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
	} catch (error) {
		return error.status === 1 ? error.stdout : null;
	}
}

function other(words) {
	try {
		return engine.ask(words);
	} catch {
		return null;
	}
}

function compare(document, words) {
	const text = native(document, words);
	const is = text === null ? null
		: text.split("\n").filter((l) => l !== "").map((l) => JSON.parse(l));
	const answer = other(words);
	asked++;
	if (JSON.stringify(is) !== JSON.stringify(answer)) {
		process.stdout.write(`${document}: ${words.join(" ")}\n${JSON.stringify(is)}\n${JSON.stringify(answer)}\n`);
		process.exitCode = 1;
	}
}

for (const document of documents) {
	const text = readFileSync(document, "utf8");
	const doc = JSON.parse(text);
	engine.use(text);
	for (const s of doc.servers.slice(0, 6)) {
		compare(document, ["routes", "--from", s.name]);
		for (const a of doc.address_spaces.slice(0, 4)) {
			const address = a.pattern.includes("@") ? a.pattern
				: `u@${a.pattern.replace(/^\./, "x.").replace("*", "else.where")}`;
			compare(document, ["explain", address, "--from", s.name, "--ways"]);
			compare(document, ["trace", address, "--from", s.name]);
		}
		compare(document, ["simulate", "--drain", s.name]);
	}
	for (const c of doc.connectors.slice(0, 6)) {
		compare(document, ["simulate", "--cut", c.name]);
		compare(document, ["simulate", "--cost", `${c.name}=77`]);
	}
	compare(document, ["simulate", "--cut", "there is none"]);
}
if (asked < 40)
	throw new Error("that was too little");

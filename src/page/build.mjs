/*
 * build.mjs - makes the files of made/ from those here and the libraries of
 * package-lock.json. They are committed, so that building lsrd needs none of
 * this; the same input gives the same octets.
 *
 *     npm ci && node build.mjs [DIRECTORY]
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { feature, quantize } from "topojson-client";
import { topology } from "topojson-server";
import { filter, filterWeight, presimplify, simplify } from "topojson-simplify";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "made");

/** @param {string} name */
const read = (name) => readFileSync(join(here, name), "utf8");

/**
 * @param {string} name
 * @param {string | Uint8Array} content
 */
const write = (name, content) => writeFileSync(join(out, name), content);

/* Outlines of Natural Earth at 1:50 million, with what cannot be seen at the
 * scale of a screen taken out. */
function world() {
	const whole = JSON.parse(readFileSync(
		join(here, "node_modules/world-atlas/countries-50m.json"), "utf8"));
	const countries = feature(whole, whole.objects.countries);
	const fine = presimplify(/** @type {any} */ (topology({ countries }, 1e5)));
	const small = filter(simplify(fine, 0.03), filterWeight(simplify(fine, 0.03), 0.06));
	/** @type {any} */
	const t = quantize(small, 12000);
	t.objects.land = topologyLand(t);
	for (const g of t.objects.countries.geometries) {
		delete g.properties;
		delete g.id;
	}
	return JSON.stringify(t);
}

/* The countries as one, of the same arcs. */
function topologyLand(/** @type {any} */ t) {
	const arcs = t.objects.countries.geometries.flatMap((/** @type {any} */ g) =>
		g.type === "Polygon" ? [g.arcs] : g.type === "MultiPolygon" ? g.arcs : []);
	return { type: "MultiPolygon", arcs };
}

/* What is in the bundle, with its licence. */
function licences(/** @type {string[]} */ inputs) {
	const packages = new Set(inputs.map((path) =>
		/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? "").filter((n) => n !== ""));
	packages.add("world-atlas");
	const parts = [...packages].sort().map((name) => {
		const folder = join(here, "node_modules", name);
		const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING"]
			.find((f) => existsSync(join(folder, f)));
		if (file === undefined)
			throw new Error(`${name} has no licence`);
		return `${name} ${about.version} (${about.license})\n\n` +
			readFileSync(join(folder, file), "utf8").trim();
	});
	return "The page of lsrd-map and lsrctl export html has lsrd's own code, whose licence is\n" +
		"COPYING (BSD-2-Clause), and these libraries. The outlines of the world are of Natural Earth,\n" +
		"which is in the public domain.\n\n" + read("core/licences.txt") + "\n" + "-".repeat(72) +
		"\n\n" + parts.join("\n\n" + "-".repeat(72) + "\n\n") + "\n";
}

/** @param {string} text */
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/* The page in one file: what lsrctl puts in stands between the lines `@NAME@`. */
function exported(/** @type {string} */ page, /** @type {string} */ css,
	/** @type {string} */ js, /** @type {string} */ core, /** @type {string} */ worker) {
	const policy = "default-src 'none'; " +
		`style-src ${hash(css)}; script-src ${hash(js)} 'wasm-unsafe-eval'; worker-src blob:; ` +
		"base-uri 'none'; form-action 'none'";
	const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">\n` +
		"<style>@map.css@</style>";
	const foot = '<script type="application/json" id="data">@data@</script>\n' +
		'<script type="application/json" id="world">@world.json@</script>\n' +
		`<script type="text/plain" id="core">${core}</script>\n` +
		`<script type="text/plain" id="worker">${worker}</script>\n` +
		"<script>@map.js@</script>";
	return page.replace("<!--head-->", () => head).replace("<!--foot-->", () => foot);
}

mkdirSync(out, { recursive: true });
/** @param {string} name */
async function bundle(name) {
	const result = await build({
		absWorkingDir: here, entryPoints: [name], bundle: true, minify: true,
		format: "iife", target: "es2022", charset: "utf8", legalComments: "none",
		write: false, metafile: true, outfile: name,
	});
	const text = result.outputFiles[0].text;
	if (/<\/script|<!--/i.test(text))
		throw new Error(`${name} cannot stand in a page`);
	return { text, inputs: Object.keys(result.metafile.inputs) };
}

const { text: js, inputs } = await bundle("main.js");
const { text: worker } = await bundle("worker.js");
const css = (await build({
	absWorkingDir: here, entryPoints: ["map.css"], minify: true, charset: "utf8", write: false,
	outfile: "map.css",
})).outputFiles[0].text;
const page = read("index.html");
const core = readFileSync(join(here, "made", "core.wasm")).toString("base64");

write("map.js", js);
write("worker.js", worker);
write("map.css", css);
write("world.json", world());
write("licences.txt", licences(inputs));
write("index.html", page
	.replace("<!--head-->", () => '<link rel="stylesheet" href="map.css">')
	.replace("<!--foot-->", () => '<script src="map.js"></script>'));
write("export.html", exported(page, css, js, core, worker));

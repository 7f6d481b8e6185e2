/*
 * page.mjs - what the page of the map costs in Chromium: page.mjs FILE.html, which
 * lsrctl export html wrote. Times are those of the page's thread, so that a busy machine does
 * not count; the first picture is by the clock as well.
 *
 *     LSRD_PLAYWRIGHT=DIRECTORY   of playwright-core; else src/page/node_modules
 */

import { pathToFileURL } from "node:url";

const library = process.env.LSRD_PLAYWRIGHT ??
	new URL("../../src/page/node_modules/playwright-core", import.meta.url).pathname;
const { chromium } = await import(pathToFileURL(`${library}/index.mjs`));
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
const devtools = await page.context().newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });

async function metrics() {
	const { metrics: list } = await devtools.send("Performance.getMetrics");
	const of = (name) => list.find((m) => m.name === name).value * 1000;
	return { script: of("ScriptDuration"), task: of("TaskDuration") };
}

const frames = () => page.evaluate(() => globalThis.lsrdMap.view.painted);
const tell = (what, ms) => process.stdout.write(`${what}: ${ms.toFixed(1)} ms\n`);

await page.goto(pathToFileURL(process.argv[2]).href, { timeout: 120000 });
await page.waitForFunction("globalThis.lsrdMap?.view.painted > 0", null, { timeout: 120000, polling: 20 });
const first = await metrics();
tell("first picture, its thread", first.task);
tell("first picture, by the clock", await page.evaluate(() => globalThis.lsrdMap.view.firstPainted));
await page.waitForTimeout(2000);

async function dragged(what) {
	const begin = await metrics();
	const before = await frames();
	await page.mouse.move(700, 400);
	await page.mouse.down();
	for (let i = 0; i < 60; i++)
		await page.mouse.move(700 + 3 * i, 400 + 2 * (i % 20));
	await page.mouse.up();
	const end = await metrics();
	const n = await frames() - before;
	tell(`${what}, script a frame (${n} frames)`, (end.script - begin.script) / Math.max(n, 1));
}

await dragged("dragged");
await page.evaluate(() => globalThis.lsrdMap.view.zoomBy(12));
await page.waitForTimeout(500);
await dragged("dragged, near");
await page.evaluate(() => globalThis.lsrdMap.view.fit());
await page.waitForTimeout(500);

const begin = await metrics();
const n = await frames();
for (let i = 0; i < 5; i++) {
	await page.evaluate((at) => {
		const { lsrdMap } = globalThis;
		const doc = structuredClone(lsrdMap.model.document);
		doc.connectors[at].state = "down";
		lsrdMap.show(doc);
	}, i);
	await page.waitForFunction((was) => globalThis.lsrdMap.view.painted > was, n + i);
}
const end = await metrics();
tell("a change drawn, with the document read", (end.task - begin.task) / 5);
const list = await metrics();
await page.click("#show-list");
await page.fill("#list input", "mx1.");
tell("the list, and words in it", (await metrics()).task - list.task);
await browser.close();

/*
 * browser.mjs - a person at the map, played in Chromium: browser.mjs ADDRESS FIFO RESULTS PAGE.html.
 * What is done to servers it asks the shell for, by a word in FIFO; what was seen goes to
 * RESULTS, a line each: "ok WHAT" or "not ok WHAT: WHY".
 */

import { appendFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [address, fifo, results, exported, library, chromium, pictures] = process.argv.slice(2);
const { chromium: browserType } = await import(pathToFileURL(`${library}/index.mjs`));
const browser = await browserType.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
const wrong = [];

const act = (word) => writeFileSync(fifo, `${word}\n`);
const isThere = () => globalThis.lsrdMap?.model !== null && globalThis.lsrdMap !== undefined;
const say = (line) => appendFileSync(results, `${line}\n`);

async function open(options = {}, where = address) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	const page = await context.newPage();
	page.on("pageerror", (error) => wrong.push(error.message));
	page.on("dialog", (dialog) => {
		wrong.push(`a dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	page.on("console", (message) => {
		if (/Content Security|Refused to/.test(message.text()))
			wrong.push(message.text());
	});
	await page.goto(where);
	await until(page, isThere);
	return page;
}

async function step(what, doing) {
	try {
		const answer = await doing();
		say(answer === false ? `not ok ${what}` : `ok ${what}`);
	} catch (error) {
		say(`not ok ${what}: ${error.message.split("\n")[0]}`);
	}
}

/* waitForFunction() would have the page evaluate text, which its policy forbids. */
async function until(page, what, argument) {
	for (let i = 0; i < 1200; i++) {
		if (await page.evaluate(what, argument).catch(() => false))
			return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`in a minute not ${what}`);
}

const connectorIs = ([name, state]) =>
	globalThis.lsrdMap.model.byConnector.get(name)?.state === state;
const picture = (page, name) =>
	pictures ? page.screenshot({ path: `${pictures}/${name}.png` }) : null;

const page = await open();
await step("the map has all servers", () => until(page, () => globalThis.lsrdMap.model.servers.length >= 2));
await step("the page is live", () => until(page, () =>
	document.getElementById("state").textContent.includes("live")));
await step("a route is drawn, and told hop by hop", async () => {
	await page.fill("#address", "jo@paris.example.org");
	await page.press("#address", "Enter");
	await until(page, () => document.querySelectorAll("#panel-route .hops li").length >= 2);
	await until(page, () => globalThis.lsrdMap.view.ways.route.length >= 1);
	const text = await page.textContent("#panel-route");
	return /this one is used/.test(text) && /next hop/.test(text);
});
await picture(page, "route");
await step("what if: a cut is shown before it is made, with its command", async () => {
	await page.evaluate(() => globalThis.lsrdMap.chooseConnector("to-paris"));
	await page.click("text=What if it is cut");
	await until(page, () => globalThis.lsrdMap.plan.outcome !== null);
	const text = await page.textContent("#panel-plan");
	await page.click("text=Take all out");
	return /would move/.test(text) && /lsrctl drain to-paris/.test(text);
});
await step("a hostile reason is text", async () => {
	act("hostile");
	await until(page, () => globalThis.lsrdMap.model.servers.some((s) =>
		s.drain?.reason?.includes("<img")));
	await page.evaluate(() => globalThis.lsrdMap.chooseServer(
		globalThis.lsrdMap.model.servers.find((s) => s.drain?.reason?.includes("<img")).at));
	const text = await page.textContent("#panel-one");
	return text.includes("<img src=x onerror=alert(1)>") && await page.locator("#panel-one img").count() === 0;
});
await step("and its end is seen", async () => {
	act("ready");
	await until(page, () => globalThis.lsrdMap.model.servers.every((s) => s.state === "up"));
});
const before = await page.evaluate(() => Date.now() / 1000);
await new Promise((resolve) => setTimeout(resolve, 2500));
await step("a wire that is cut is on the map", async () => {
	act("cut");
	await until(page, connectorIs, ["to-paris", "down"]);
});
await step("a change is drawn within 100 ms of its arrival", async () => {
	const times = await page.evaluate(() =>
		performance.getEntriesByName("lsrd-shown").map((e) => e.duration));
	say(`# shown in ${times.map((t) => Math.round(t)).join(", ")} ms`);
	return times.length > 0 && times.sort((a, b) => a - b)[times.length >> 1] < 100;
});
await step("and what moved because of what is told", async () => {
	await page.click("#tab-happened");
	await until(page, () => /because of/.test(document.getElementById("panel-happened").textContent));
});
await picture(page, "cut");
await step("what it was before is shown", async () => {
	await page.evaluate((time) => globalThis.lsrdMap.time.go(time), before);
	await until(page, connectorIs, ["to-paris", "up"]);
	await until(page, () => document.getElementById("state").textContent.includes("as it was"));
});
await step("what is asked of that moment is answered from it", async () => {
	await page.fill("#address", "jo@paris.example.org");
	await page.press("#address", "Enter");
	await until(page, () => /as it was/.test(document.getElementById("panel-route").textContent));
	const route = await page.textContent("#panel-route");
	await page.evaluate(() => globalThis.lsrdMap.chooseConnector("to-paris"));
	await page.click("text=What if it is cut");
	await until(page, () => globalThis.lsrdMap.plan.outcome !== null);
	const plan = await page.textContent("#panel-plan");
	await page.evaluate(() => globalThis.lsrdMap.time.go(null));
	await until(page, () => /no way|no path|held/.test(document.getElementById("panel-route").textContent));
	await until(page, () => globalThis.lsrdMap.plan.outcome !== null);
	const now = await page.textContent("#panel-plan");
	await page.click("text=Take all out");
	return /goes on/.test(route) && /would move/.test(plan) && /as it was/.test(plan) && /Nothing would move/.test(now);
});
await step("two moments are compared", async () => {
	await page.click("text=Mark to compare");
	await page.evaluate(() => globalThis.lsrdMap.time.go(null));
	await until(page, () => /connector to-paris/.test(document.getElementById("panel-happened").textContent));
	await page.click("text=End comparison");
	await page.evaluate(() => globalThis.lsrdMap.time.go(null));
	await until(page, connectorIs, ["to-paris", "down"]);
});
await step("paused, nothing moves; then it does", async () => {
	await page.click("#pause");
	act("mend");
	await new Promise((resolve) => setTimeout(resolve, 4000));
	const held = await page.evaluate(connectorIs, ["to-paris", "down"]);
	await page.click("#pause");
	await until(page, connectorIs, ["to-paris", "up"]);
	return held;
});
await step("lsrd goes: the page says so", async () => {
	act("away");
	await until(page, () => !document.getElementById("notice").hidden &&
		/does not answer/.test(document.getElementById("notice").textContent));
});
await picture(page, "away");
await step("and mends itself when it is back", async () => {
	act("back");
	await until(page, () => document.getElementById("notice").hidden);
});
await step("lsrd-map goes and comes back: the page mends itself", async () => {
	act("map-away");
	await until(page, () => !document.getElementById("notice").hidden);
	act("map-back");
	await until(page, () => document.getElementById("notice").hidden);
});
await step("dark where the system is dark, and by its button", async () => {
	const dark = await open({ colorScheme: "dark" });
	const is = await dark.evaluate(() => document.documentElement.dataset.theme);
	await picture(dark, "dark");
	await dark.click("#theme");
	const then = await dark.evaluate(() => document.documentElement.dataset.theme);
	await dark.context().close();
	return is === "dark" && then === "light";
});
await step("by keys alone", async () => {
	const keys = await open();
	await keys.focus("#map");
	await keys.keyboard.press("n");
	await until(keys, () => globalThis.lsrdMap.selected?.kind === "server");
	const k = await keys.evaluate(() => globalThis.lsrdMap.view.at.k);
	await keys.keyboard.press("+");
	const nearer = await keys.evaluate(() => globalThis.lsrdMap.view.at.k);
	await keys.focus("#tab-one");
	await keys.keyboard.press("ArrowRight");
	const tab = await keys.evaluate(() => globalThis.lsrdMap.tabs.shown);
	await keys.focus("#address");
	await keys.keyboard.type("jo@paris.example.org");
	await keys.keyboard.press("Enter");
	await until(keys, () => document.querySelectorAll("#panel-route .hops li").length >= 1);
	await keys.focus("#show-list");
	await keys.keyboard.press("Enter");
	const rows = await keys.locator("#list tbody tr").count();
	await keys.context().close();
	return nearer > k && tab === "route" && rows >= 2;
});
await step("narrow, it is a list", async () => {
	const narrow = await open({ viewport: { width: 390, height: 800 } });
	const rows = await narrow.locator("#list tbody tr").count();
	const heads = await narrow.locator("#list thead th[scope=col][aria-sort]").count();
	const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
	await picture(narrow, "narrow");
	await narrow.context().close();
	return rows >= 2 && heads >= 4 && wide <= 400;
});
const pages = Number(process.env.PAGES ?? 50);
await step(`${pages} pages at once, and each sees a change`, async () => {
	const many = [];
	/* A browser opens six connections to a host: so each is a browser of its own. */
	const contexts = [];
	for (let i = 1; i < pages; i++) {
		const context = await browser.newContext();
		const one = await context.newPage();
		contexts.push(context);
		many.push(one);
		await one.goto(address, { timeout: 60000 });
	}
	for (const one of many)
		await until(one, isThere);
	act("crowd");
	act("hostile");
	for (const one of many)
		await until(one, () => globalThis.lsrdMap.model.servers.some((s) => s.drain !== null));
	act("ready");
	for (const context of contexts)
		await context.close();
});
await step("an exported page needs nobody", async () => {
	const context = await browser.newContext({ offline: true });
	const file = await context.newPage();
	const asked = [];
	file.on("request", (request) => asked.push(request.url()));
	await file.goto(pathToFileURL(exported).href);
	await until(file, isThere);
	await file.fill("#address", "jo@paris.example.org");
	await file.press("#address", "Enter");
	await until(file, () => document.querySelectorAll("#panel-route .hops li").length >= 2);
	await file.evaluate(() => globalThis.lsrdMap.plan.add({ what: "cut", name: "to-paris" }));
	await until(file, () => globalThis.lsrdMap.plan.outcome !== null);
	await context.close();
	return asked.every((url) => url.startsWith("file:") || url.startsWith("blob:"));
});
await step("nothing went wrong meanwhile", () => {
	if (wrong.length > 0)
		throw new Error(wrong[0]);
});
act("end");
await browser.close();

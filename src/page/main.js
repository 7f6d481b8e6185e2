/*
 * main.js - where the page begins: whether it bears its data or asks
 * lsrd-map, and what its buttons do.
 */

import { geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";

import { App, routeHint } from "./app.js";
import { coloursOf } from "./colours.js";
import { byId, fill, h } from "./dom.js";
import { drawShape } from "./draw.js";
import { fileSource } from "./file.js";
import { projection } from "./layout.js";
import { SourceError, liveSource } from "./source.js";


/** @param {string} id */
function embedded(id) {
	return document.getElementById(id)?.textContent ?? null;
}

/** @param {string} text */
function octetsOf(text) {
	return Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
}

async function sourceOf() {
	const data = embedded("data");
	if (data === null)
		return liveSource();
	return fileSource(JSON.parse(data), octetsOf(embedded("core") ?? ""), embedded("worker") ?? "");
}

/** @param {App} app */
async function drawWorld(app) {
	const text = embedded("world");
	const world = text !== null ? JSON.parse(text)
		: await fetch("world.json").then((r) => (r.ok ? r.json() : null)).catch(() => null);
	if (world === null)
		return;
	const path = geoPath(projection);
	const land = path(feature(world, world.objects.land));
	const borders = world.objects.countries === undefined ? null
		: path(mesh(world, world.objects.countries, (a, b) => a !== b));
	app.view.world = {
		land: land === null ? null : new Path2D(land),
		borders: borders === null ? null : new Path2D(borders),
	};
	app.view.ask();
}

/* The signs of the map, drawn by what draws the map. */
const signs = /** @type {[string, string][]} */ ([
	["up", "up"], ["starting", "starting"], ["drain", "drains: no transit"],
	["down", "down"], ["away", "away: not heard of"],
]);
const lines = /** @type {[string, string][]} */ ([
	["edge", "connector, with its cost"], ["late", "congested"], ["drain", "drained"],
	["down", "down"], ["route", "route"], ["alternate", "alternate"], ["moved", "moved, or would"],
]);

/** @param {boolean} dark */
function drawLegend(dark) {
	const colours = coloursOf(dark);
	const ratio = 2;
	/**
	 * @param {(c: CanvasRenderingContext2D) => void} paint
	 * @param {string} text
	 */
	const item = (paint, text) => {
		const canvas = h("canvas", { width: 34 * ratio, height: 16 * ratio, "aria-hidden": "true" });
		const c = canvas.getContext("2d");
		if (c !== null) {
			c.scale(ratio, ratio);
			paint(c);
		}
		return h("li", null, canvas, text);
	};
	fill(byId("signs"),
		signs.map(([state, text]) =>
			item((c) => drawShape(c, state, 17, 8, 5.5, colours), text)),
		lines.map(([kind, text]) => item((c) => {
			const colour = {
				edge: colours.edge, late: colours.congestion[2], drain: colours.state.drain,
				down: colours.state.down, route: colours.route, alternate: colours.alternate,
				moved: colours.moved,
			}[kind] ?? colours.edge;
			c.strokeStyle = colour;
			c.lineWidth = kind === "route" ? 4 : kind === "late" ? 3 : 2;
			c.setLineDash(kind === "drain" ? [7, 4] : kind === "down" ? [2, 4]
				: kind === "alternate" ? [6, 5] : []);
			c.beginPath();
			c.moveTo(2, 8);
			c.lineTo(32, 8);
			c.stroke();
		}, text)));
}

/** @param {string} key */
function remembered(key) {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

/** @param {App} app */
function themes(app) {
	const system = matchMedia("(prefers-color-scheme: dark)");
	let own = remembered("lsrd-theme");
	const show = () => {
		const dark = own === null ? system.matches : own === "dark";
		document.documentElement.dataset.theme = dark ? "dark" : "light";
		byId("theme").textContent = dark ? "Light" : "Dark";
		app.view.setDark(dark);
		drawLegend(dark);
		app.time.paint();
	};
	byId("theme").addEventListener("click", () => {
		own = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
		try {
			localStorage.setItem("lsrd-theme", own);
		} catch { /* a file may not remember */ }
		show();
	});
	system.addEventListener("change", show);
	show();
}

/**
 * @param {App} app
 * @param {boolean} list
 */
function showList(app, list) {
	byId("stage").hidden = list;
	byId("list").hidden = !list;
	byId("show-map").setAttribute("aria-pressed", String(!list));
	byId("show-list").setAttribute("aria-pressed", String(list));
	if (list && app.list.dirty)
		app.list.show();
	if (!list)
		app.view.resize();
}

/** @param {App} app */
function buttons(app) {
	/**
	 * @param {string} id
	 * @param {() => void} act
	 */
	const on = (id, act) => byId(id).addEventListener("click", act);
	/** @param {string} id */
	const toggle = (id) => {
		const is = byId(id).getAttribute("aria-pressed") !== "true";
		byId(id).setAttribute("aria-pressed", String(is));
		return is;
	};
	on("show-map", () => showList(app, false));
	on("show-list", () => showList(app, true));
	on("places", () => {
		toggle("places");
		app.replace();
	});
	on("pause", () => {
		const paused = toggle("pause");
		byId("pause").textContent = paused ? "Go on" : "Pause";
		app.pause(paused);
	});
	byId("pause").hidden = !app.source.live;
	on("nearer", () => app.view.zoomBy(1.4));
	on("farther", () => app.view.zoomBy(1 / 1.4));
	on("whole", () => app.view.fit());
	document.querySelector(".skip")?.addEventListener("click", (e) => {
		e.preventDefault();
		showList(app, true);
		byId("list").focus();
	});
	byId("search").addEventListener("submit", (e) => {
		e.preventDefault();
		void app.ask(/** @type {HTMLInputElement} */ (byId("address")).value.trim());
	});
}

async function begin() {
	const app = new App(await sourceOf());
	Object.assign(globalThis, { lsrdMap: app });
	themes(app);
	buttons(app);
	fill(app.tabs.panel("route"), routeHint());
	showList(app, matchMedia("(max-width: 760px)").matches);
	if (matchMedia("(max-width: 1100px)").matches)
		byId("legend").removeAttribute("open");
	await Promise.all([startUntilThere(app), drawWorld(app)]);
}

/**
 * A page that is opened while lsrd is away waits for it.
 *
 * @param {App} app
 */
async function startUntilThere(app) {
	for (;;) {
		try {
			await app.start();
			return;
		} catch (error) {
			if (!(error instanceof SourceError) || !app.source.live)
				throw error;
			app.notice(`${error.message}. It is tried again by itself.`);
			await new Promise((resolve) => setTimeout(resolve, 2000));
		}
	}
}

begin().catch((error) => {
	byId("notice").hidden = false;
	byId("notice").textContent = `This page cannot be shown: ${error.message}`;
	throw error;
});

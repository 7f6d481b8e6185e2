/*
 * mapview.js - the map as the page has it: a canvas that is dragged, zoomed and
 * walked by keys. It owns the canvas and draws at most once a frame; what is
 * shown of the organization is said to it by set().
 */

import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";

import { coloursOf } from "./colours.js";
import { detailOf, folded, keyOf, spacings } from "./detail.js";
import { curveOf, draw, markRadius } from "./draw.js";
import { h } from "./dom.js";
import { hullsOf } from "./hulls.js";
import { HEIGHT, WIDTH, extent } from "./layout.js";
import { brief, count } from "./words.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Edge} Edge */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./detail.js").Detail} Detail */
/** @typedef {import("./draw.js").Frame} Frame */
/** @typedef {import("./draw.js").Ways} Ways */

/**
 * @typedef {object} Events
 * @property {(server: number) => void} server was chosen
 * @property {(connector: string) => void} connector
 * @property {() => void} nothing
 */

/** How long a change is marked, in milliseconds. */
const MARKED = 6000;

/** @typedef {import("d3-zoom").ZoomBehavior<HTMLCanvasElement, unknown>} Zoom */

export class MapView {
	/**
	 * @param {HTMLCanvasElement} canvas
	 * @param {HTMLElement} tip what the pointer is on, in words
	 * @param {Events} events
	 */
	constructor(canvas, tip, events) {
		this.canvas = canvas;
		this.tip = tip;
		this.events = events;
		const context = canvas.getContext("2d", { alpha: false });
		if (context === null)
			throw new Error("this browser draws no canvas");
		this.context = context;
		/** @type {Model | null} */
		this.model = null;
		/** @type {Layout} */
		this.layout = { onMap: false, x: new Float64Array(0), y: new Float64Array(0) };
		/** @type {number[]} */
		this.space = [];
		/** @type {Detail} */
		this.detail = { key: "-", marks: [], lines: [], markOf: new Int32Array(0) };
		/** @type {[number, number][][]} */
		this.hulls = [];
		this.at = { x: 0, y: 0, k: 1 };
		this.chosen = -1;
		this.chosenGroup = -1;
		/** @type {string | null} */
		this.chosenConnector = null;
		this.hover = -1;
		/** @type {Ways} */
		this.ways = { route: [], alternates: [] };
		/** @type {Map<number, "moved" | "lost">} */
		this.touched = new Map();
		/** @type {Set<string>} */
		this.cut = new Set();
		/** @type {Map<string, number>} */
		this.recent = new Map();
		/** @type {{land: Path2D | null, borders: Path2D | null}} */
		this.world = { land: null, borders: null };
		this.colours = coloursOf(false);
		this.suffix = "";
		this.width = 1;
		this.height = 1;
		this.ratio = 1;
		this.asked = false;
		this.fitted = false;
		/* Pictures so far, and when the first was there, of which tests and benches ask. */
		this.painted = 0;
		this.firstPainted = 0;
		this.zoom = this.makeZoom();
		this.listen();
	}

	/** @returns {Zoom} */
	makeZoom() {
		/** @type {Zoom} */
		const z = zoom();
		z.scaleExtent([0.2, 400]).on("zoom", (event) => {
			this.at = event.transform;
			this.refold();
			this.ask();
		});
		select(this.canvas).call(z).on("dblclick.zoom", null);
		return z;
	}

	listen() {
		const { canvas } = this;
		new ResizeObserver(() => this.resize()).observe(canvas);
		canvas.addEventListener("pointermove", (e) => {
			if (e.buttons === 0)
				this.point(e.offsetX, e.offsetY);
		});
		canvas.addEventListener("pointerleave", () => this.point(-1, -1));
		canvas.addEventListener("click", (e) => this.click(e.offsetX, e.offsetY));
		canvas.addEventListener("keydown", (e) => this.key(e));
	}

	/**
	 * Another state of the organization.
	 *
	 * @param {Model} model
	 * @param {Layout} layout
	 * @param {string} suffix
	 */
	set(model, layout, suffix) {
		this.model = model;
		this.layout = layout;
		this.suffix = suffix;
		this.space = spacings(model, layout);
		this.hover = -1;
		this.refold(true);
		if (!this.fitted && this.width > 1)
			this.fit();
		this.canvas.setAttribute("aria-label",
			`Map of ${count(model.servers.length, "server")} and ` +
			`${count(model.connectors.length, "connector")}. Arrows move it, plus and minus zoom, ` +
			"0 shows all, n and p go from server to server, Enter tells of it. " +
			"The list has the same as tables.");
		this.ask();
	}

	/** @param {boolean} [always] */
	refold(always = false) {
		if (this.model === null)
			return;
		const fold = folded(this.model, this.space, this.at.k);
		if (!always && keyOf(fold, this.at.k) === this.detail.key)
			return;
		this.detail = detailOf(this.model, this.layout, fold, this.at.k);
		this.hulls = hullsOf(this.model, this.layout, fold);
		this.hover = -1;
	}

	resize() {
		const { canvas } = this;
		const box = canvas.getBoundingClientRect();
		if (box.width < 2 || box.height < 2)
			return;
		this.width = box.width;
		this.height = box.height;
		this.ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
		canvas.width = Math.round(box.width * this.ratio);
		canvas.height = Math.round(box.height * this.ratio);
		if (!this.fitted && this.model !== null)
			this.fit();
		this.paint();
	}

	/**
	 * Shows these servers, all where none are named.
	 *
	 * @param {number[]} [of]
	 */
	fit(of) {
		const box = extent(this.layout, of);
		const margin = this.width < 600 ? 50 : 110;
		const whole = of === undefined && this.layout.onMap;
		const w = Math.max(box.width, whole ? WIDTH / 12 : WIDTH / 60);
		const hgt = Math.max(box.height, whole ? HEIGHT / 12 : HEIGHT / 60);
		const k = Math.min((this.width - 2 * margin) / w, (this.height - 2 * margin) / hgt, 60);
		const x = this.width / 2 - k * (box.left + box.width / 2);
		const y = this.height / 2 - k * (box.top + box.height / 2);
		this.fitted = true;
		select(this.canvas).call(this.zoom.transform, zoomIdentity.translate(x, y).scale(Math.max(k, 0.2)));
	}

	/** @param {number} factor around the middle */
	zoomBy(factor) {
		select(this.canvas).call(this.zoom.scaleBy, factor);
	}

	/** @param {boolean} dark */
	setDark(dark) {
		this.colours = coloursOf(dark);
		this.ask();
	}

	/**
	 * Marks what has just changed, by names.
	 *
	 * @param {string[]} names
	 */
	mark(names) {
		const now = performance.now();
		for (const name of names)
			this.recent.set(name, now);
		setTimeout(() => {
			for (const [name, since] of this.recent)
				if (performance.now() - since >= MARKED - 50)
					this.recent.delete(name);
			this.ask();
		}, MARKED);
		this.ask();
	}

	/** Draws with the next frame. */
	ask() {
		if (this.asked)
			return;
		this.asked = true;
		requestAnimationFrame(() => {
			this.asked = false;
			this.paint();
		});
	}

	/** @returns {Frame | null} */
	frame() {
		if (this.model === null)
			return null;
		return {
			context: this.context, width: this.width, height: this.height, ratio: this.ratio,
			at: this.at, model: this.model, detail: this.detail,
			land: this.layout.onMap ? this.world.land : null,
			borders: this.layout.onMap ? this.world.borders : null,
			colours: this.colours, chosen: this.chosen, chosenGroup: this.chosenGroup,
			chosenConnector: this.chosenConnector, hover: this.hover, ways: this.ways,
			touched: this.touched, cut: this.cut, recent: this.recent, now: performance.now(),
			suffix: this.suffix, hulls: this.hulls, brief: (name) => brief(name, this.suffix),
		};
	}

	paint() {
		const frame = this.frame();
		if (frame === null)
			return;
		draw(frame);
		if (this.painted === 0)
			this.firstPainted = performance.now();
		this.painted++;
	}

	/**
	 * The mark under a point of the canvas, or -1.
	 *
	 * @param {number} x
	 * @param {number} y
	 */
	markAt(x, y) {
		let found = -1;
		let least = Infinity;
		this.detail.marks.forEach((mark, i) => {
			const d = Math.hypot(mark.x * this.at.k + this.at.x - x, mark.y * this.at.k + this.at.y - y);
			if (d < markRadius(mark) + 5 && d < least) {
				least = d;
				found = i;
			}
		});
		return found;
	}

	/**
	 * The edges under a point.
	 *
	 * @param {number} x
	 * @param {number} y
	 * @returns {Edge[]}
	 */
	edgesAt(x, y) {
		const frame = this.frame();
		if (frame === null || this.detail.lines.length > 6000)
			return [];
		/** @type {Edge[]} */
		let found = [];
		let least = 7;
		for (const line of this.detail.lines) {
			const c = curveOf(frame, this.detail.marks[line.from], this.detail.marks[line.to]);
			if (c === null)
				continue;
			for (let t = 0.05; t < 1; t += 0.05) {
				const a = (1 - t) * (1 - t);
				const b = 2 * t * (1 - t);
				const d = Math.hypot(a * c.x1 + b * c.cx + t * t * c.x2 - x,
					a * c.y1 + b * c.cy + t * t * c.y2 - y);
				if (d < least) {
					least = d;
					found = line.edges;
				}
			}
		}
		return found;
	}

	/**
	 * @param {number} x
	 * @param {number} y
	 */
	point(x, y) {
		const hover = x < 0 ? -1 : this.markAt(x, y);
		const edges = x < 0 || hover >= 0 ? [] : this.edgesAt(x, y);
		this.canvas.classList.toggle("over", hover >= 0 || edges.length > 0);
		if (hover !== this.hover) {
			this.hover = hover;
			this.ask();
		}
		this.showTip(x, y, hover >= 0 ? this.markText(hover) : this.edgesText(edges));
	}

	/** @param {number} i */
	markText(i) {
		const mark = this.detail.marks[i];
		const model = this.model;
		if (model === null)
			return [];
		if (mark.server < 0)
			return [mark.groups.length === 1 ? `group ${model.groups[mark.group].name}`
				: `${mark.groups.length} groups`, count(mark.n, "server"),
				mark.other.map(([state, n]) => `${n} ${state}`).join(", "), "click: come nearer"];
		const s = model.servers[mark.server];
		return [s.name, `group ${model.groups[s.group].name}`, s.state,
			s.drain?.reason ? `because ${s.drain.reason}` : ""];
	}

	/** @param {Edge[]} edges */
	edgesText(edges) {
		const model = this.model;
		if (edges.length === 0 || model === null)
			return [];
		const lines = edges.slice(0, 6).map((e) => {
			const late = e.connector.congestion > 0 ? `, congestion ${e.connector.congestion}` : "";
			const limits = e.connector.limits.length > 0 ? `, ${e.connector.limits.join(", ")}` : "";
			return `${e.connector.name} to ${brief(model.servers[e.to].name, this.suffix)}: ` +
				`cost ${e.connector.cost}, ${e.state}${late}${limits}`;
		});
		return edges.length > 6 ? [...lines, `and ${edges.length - 6} more`] : lines;
	}

	/**
	 * @param {number} x
	 * @param {number} y
	 * @param {string[]} lines
	 */
	showTip(x, y, lines) {
		const { tip } = this;
		tip.hidden = lines.length === 0;
		if (tip.hidden)
			return;
		tip.replaceChildren(...lines.filter((l) => l !== "").map((l) => h("div", null, l)));
		const left = Math.min(x + 14, this.width - tip.offsetWidth - 8);
		const top = Math.min(y + 14, this.height - tip.offsetHeight - 8);
		tip.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
	}

	/**
	 * @param {number} x
	 * @param {number} y
	 */
	click(x, y) {
		const i = this.markAt(x, y);
		if (i >= 0) {
			const mark = this.detail.marks[i];
			if (mark.server >= 0)
				this.events.server(mark.server);
			else
				this.enter(mark.groups);
			return;
		}
		const edges = this.edgesAt(x, y);
		if (edges.length > 0)
			this.events.connector(edges[0].connector.name);
		else
			this.events.nothing();
	}

	/**
	 * Comes as near to groups as their members need to be seen.
	 *
	 * @param {number[]} groups
	 */
	enter(groups) {
		const { model } = this;
		if (model !== null)
			this.fit(groups.flatMap((g) => model.groups[g].members));
	}

	/**
	 * Brings a server into the picture, if it is not.
	 *
	 * @param {number} server
	 */
	reveal(server) {
		const x = this.layout.x[server] * this.at.k + this.at.x;
		const y = this.layout.y[server] * this.at.k + this.at.y;
		if (x < 30 || y < 30 || x > this.width - 30 || y > this.height - 30)
			select(this.canvas).call(this.zoom.translateTo, this.layout.x[server], this.layout.y[server]);
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const me = select(this.canvas);
		const step = 60 / this.at.k;
		/** @type {Record<string, () => void>} */
		const keys = {
			ArrowLeft: () => me.call(this.zoom.translateBy, step, 0),
			ArrowRight: () => me.call(this.zoom.translateBy, -step, 0),
			ArrowUp: () => me.call(this.zoom.translateBy, 0, step),
			ArrowDown: () => me.call(this.zoom.translateBy, 0, -step),
			"+": () => me.call(this.zoom.scaleBy, 1.4),
			"=": () => me.call(this.zoom.scaleBy, 1.4),
			"-": () => me.call(this.zoom.scaleBy, 1 / 1.4),
			"0": () => this.fit(),
			n: () => this.walk(1),
			p: () => this.walk(-1),
			Enter: () => this.chosen >= 0 && this.events.server(this.chosen),
			Escape: () => this.events.nothing(),
		};
		const act = e.ctrlKey || e.altKey || e.metaKey ? undefined : keys[e.key];
		if (act === undefined)
			return;
		e.preventDefault();
		act();
	}

	/** @param {number} by */
	walk(by) {
		const n = this.model?.servers.length ?? 0;
		if (n === 0)
			return;
		const next = this.chosen < 0 ? (by > 0 ? 0 : n - 1) : (this.chosen + by + n) % n;
		this.events.server(next);
		this.reveal(next);
	}
}

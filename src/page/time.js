/*
 * time.js - the strip below the map: what has happened, and a slider to look at
 * any moment of it, to play it, or to compare it with another.
 */

import { fill, h } from "./dom.js";
import { weightOf } from "./happened.js";
import { moment } from "./words.js";

/**
 * @typedef {object} TimeEvents
 * @property {(time: number | null) => void} go to a moment; null: to now
 * @property {(a: number, b: number | null) => void} compare
 */

const SPEEDS = [1, 60, 600, 3600];

export class TimeStrip {
	/**
	 * @param {HTMLElement} root
	 * @param {TimeEvents} events
	 */
	constructor(root, events) {
		this.root = root;
		this.events = events;
		this.from = 0;
		this.until = 0;
		/** @type {any[]} */
		this.records = [];
		/** @type {number | null} null: now */
		this.at = null;
		/** @type {number | null} */
		this.mark = null;
		this.speed = 60;
		/** @type {ReturnType<typeof setInterval> | null} */
		this.player = null;
		this.strip = h("canvas", { class: "strip", "aria-hidden": "true" });
		this.slider = h("input", {
			type: "range", min: 0, max: 1000, step: 1, value: 1000, "aria-label": "Moment",
			oninput: () => this.slid(),
			onchange: () => this.tellGo(),
		});
		this.label = h("output", { class: "moment" }, "now");
		this.input = h("input", {
			type: "datetime-local", step: 1, "aria-label": "Go to a moment",
			onchange: () => this.typed(),
		});
		this.playButton = h("button", { type: "button", onclick: () => this.play() }, "Play");
		this.nowButton = h("button", { type: "button", onclick: () => this.go(null) }, "Now");
		this.markButton = h("button", { type: "button", onclick: () => this.compare() }, "Mark to compare");
		this.speedChoice = h("select", {
			"aria-label": "Speed", onchange: () => {
				this.speed = Number(this.speedChoice.value);
			},
		}, SPEEDS.map((s) => h("option", s === 60 ? { value: s, selected: true } : { value: s }, `${s}×`)));
		fill(root,
			h("div", { class: "track" }, this.strip, this.slider),
			h("div", { class: "controls" }, this.playButton, this.speedChoice, this.nowButton, this.input,
				this.markButton, this.label));
		new ResizeObserver(() => this.paint()).observe(this.strip);
	}

	/**
	 * @param {number} from
	 * @param {number} until
	 * @param {any[]} records
	 */
	set(from, until, records) {
		this.from = from;
		this.until = Math.max(until, from + 1);
		this.records = records;
		this.root.hidden = false;
		this.place();
		this.paint();
	}

	/** @param {any} record */
	add(record) {
		this.records.push(record);
		this.until = Math.max(this.until, record.at ?? 0);
		this.place();
		this.paint();
	}

	/** The slider's place of the moment that is shown. */
	place() {
		this.slider.value = this.at === null ? "1000"
			: String(Math.round((this.at - this.from) / (this.until - this.from) * 1000));
		this.say();
	}

	say() {
		const mark = this.mark === null ? "" : `, compared with ${moment(this.mark)}`;
		this.label.value = (this.at === null ? "now" : moment(this.at)) + mark;
		this.slider.setAttribute("aria-valuetext", this.label.value);
		this.nowButton.disabled = this.at === null;
		this.root.classList.toggle("past", this.at !== null);
	}

	slid() {
		const part = Number(this.slider.value) / 1000;
		this.at = part >= 1 ? null : this.from + part * (this.until - this.from);
		this.say();
	}

	tellGo() {
		if (this.mark !== null && this.at !== this.mark)
			this.events.compare(this.mark, this.at);
		else
			this.events.go(this.at);
	}

	typed() {
		const time = Date.parse(this.input.value) / 1000;
		if (Number.isFinite(time))
			this.go(time);
	}

	/** @param {number | null} time */
	go(time) {
		this.at = time === null || time >= this.until ? null : Math.max(time, this.from);
		this.place();
		this.tellGo();
		if (time === null)
			this.stop();
	}

	compare() {
		this.mark = this.mark === null ? this.at ?? Date.now() / 1000 : null;
		this.markButton.textContent = this.mark === null ? "Mark to compare" : "End comparison";
		this.say();
		if (this.mark === null)
			this.events.go(this.at);
	}

	stop() {
		if (this.player !== null)
			clearInterval(this.player);
		this.player = null;
		this.playButton.textContent = "Play";
	}

	/** From the moment shown, or the beginning, as fast as is chosen. */
	play() {
		if (this.player !== null) {
			this.stop();
			return;
		}
		if (this.at === null)
			this.at = this.from;
		this.playButton.textContent = "Stop";
		let last = performance.now();
		this.player = setInterval(() => {
			const now = performance.now();
			this.at = (this.at ?? this.from) + (now - last) / 1000 * this.speed;
			last = now;
			if (this.at >= this.until)
				this.go(null);
			else {
				this.place();
				this.events.go(this.at);
			}
		}, 500);
	}

	paint() {
		const c = this.strip.getContext("2d");
		const box = this.strip.getBoundingClientRect();
		if (c === null || box.width < 2)
			return;
		const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
		this.strip.width = Math.round(box.width * ratio);
		this.strip.height = Math.round(box.height * ratio);
		c.scale(ratio, ratio);
		const style = getComputedStyle(this.root);
		const bins = Math.max(10, Math.floor(box.width / 4));
		/** @type {Record<"bad" | "moved" | "other", Float64Array>} */
		const heights = {
			other: new Float64Array(bins), moved: new Float64Array(bins), bad: new Float64Array(bins),
		};
		for (const r of this.records) {
			const i = Math.floor((r.at - this.from) / (this.until - this.from) * bins);
			if (i >= 0)
				heights[weightOf(r)][Math.min(i, bins - 1)]++;
		}
		const w = box.width / bins;
		for (let i = 0; i < bins; i++) {
			let y = box.height;
			for (const kind of /** @type {const} */ (["other", "moved", "bad"])) {
				const n = heights[kind][i];
				if (n === 0)
					continue;
				const height = Math.min(box.height * 0.45, 3 + 4 * Math.log2(1 + n));
				c.fillStyle = style.getPropertyValue(`--strip-${kind}`).trim() || "#888";
				c.fillRect(i * w, y - height, Math.max(w - 1, 1.5), height);
				y -= height;
			}
		}
	}
}

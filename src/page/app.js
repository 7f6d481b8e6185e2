/*
 * app.js - the page as a whole: it holds what is shown, and says to map, list
 * and details what follows from what was chosen, asked or has happened.
 */

import { byId, fill, h } from "./dom.js";
import { namesOf, recordText } from "./happened.js";
import { layoutOf } from "./layout.js";
import { List } from "./list.js";
import { MapView } from "./mapview.js";
import { differences, modelOf } from "./model.js";
import { Plan, outcomeOf } from "./plan.js";
import { addressOf, tellRoute, tellRoutes, waysOf } from "./route.js";
import { SourceError } from "./source.js";
import { Tabs } from "./tabs.js";
import { link, tellAll, tellConnector, tellServer } from "./tell.js";
import { TimeStrip } from "./time.js";
import { commonSuffix, count, moment } from "./words.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Change} Change */

/* So many servers are named in the box that completes them. */
const NAMED = 2000;
const KEPT = 300;
const AGAIN = 100;

export class App {
	/** @param {Source} source */
	constructor(source) {
		this.source = source;
		/** @type {Model | null} */
		this.model = null;
		/** @type {any} */
		this.status = null;
		/** @type {any[]} */
		this.routes = [];
		/** @type {any[]} */
		this.links = [];
		/** @type {any[]} */
		this.records = [];
		/** @type {Map<string, number>} */
		this.awaySince = new Map();
		this.paused = false;
		this.missed = false;
		this.map = true;
		/** @type {number | null} */
		this.past = null;
		/** @type {any} of that moment, once it has come */
		this.pastDocument = null;
		this.asked = 0;
		this.suffix = "";
		/** @type {{address: string, from: string} | null} */
		this.question = null;
		/** @type {{kind: "server" | "connector", name: string} | null} */
		this.selected = null;
		this.tabs = new Tabs(byId("tabs"), byId("panels"), [
			{ id: "all", label: "Overview" }, { id: "one", label: "Selected" },
			{ id: "route", label: "Route" }, { id: "plan", label: "What if" },
			{ id: "happened", label: "Changes" },
		]);
		this.view = new MapView(/** @type {HTMLCanvasElement} */ (byId("map")), byId("tip"), {
			server: (at) => this.chooseServer(at),
			connector: (name) => this.chooseConnector(name),
			nothing: () => this.chooseNothing(),
		});
		this.list = new List(byId("list"), {
			server: (at) => this.chooseServer(at),
			connector: (name) => this.chooseConnector(name),
			pattern: (pattern) => this.ask(addressOf(pattern)),
		});
		this.plan = new Plan(this.tabs.panel("plan"), {
			changed: (changes) => this.simulate(changes),
			server: (name) => this.chooseName(name),
			pattern: (pattern) => this.ask(addressOf(pattern)),
		});
		this.time = new TimeStrip(byId("time"), {
			go: (time) => this.go(time),
			compare: (a, b) => this.compare(a, b),
		});
		this.acts = {
			server: (/** @type {number} */ at) => this.chooseServer(at),
			connector: (/** @type {string} */ name) => this.chooseConnector(name),
			pattern: (/** @type {string} */ pattern) => this.ask(addressOf(pattern)),
			from: (/** @type {number} */ at) => this.showRoutes(at),
			plan: (/** @type {"cut" | "drain" | "cost"} */ what, /** @type {string} */ name,
				/** @type {number | undefined} */ cost) => {
				this.plan.add(what === "cost" ? { what, name, cost } : { what, name });
				this.tabs.show("plan");
			},
			past: () => {},
		};
	}

	/** Everything for the first time. */
	async start() {
		await this.refresh();
		this.tellHappened();
		this.tellSelected();
		if (!this.source.live)
			return;
		this.source.listen({
			topology: () => this.later(),
			change: (record) => this.happened(record),
			there: (there, text) => this.there(there, text),
		});
		await this.loadHistory();
	}

	/**
	 * Says it in place of leaving it to the console.
	 *
	 * @template T
	 * @param {Promise<T>} promise
	 * @returns {Promise<T | null>}
	 */
	async say(promise) {
		try {
			return await promise;
		} catch (error) {
			if (!(error instanceof SourceError))
				throw error;
			this.notice(error.message);
			return null;
		}
	}

	/** @param {string} text */
	notice(text) {
		const box = byId("notice");
		box.hidden = text === "";
		box.textContent = text;
	}

	/** What has changed is asked for at once, and then no more than a few times a
	 * second. */
	later() {
		if (this.paused || this.past !== null) {
			this.missed = true;
			return;
		}
		if (this.asked !== 0)
			return;
		this.asked = window.setTimeout(() => {
			this.asked = 0;
			void this.say(this.refresh());
		}, 30);
	}

	async refresh() {
		const document = await this.source.topology();
		const begin = performance.now();
		this.show(document);
		performance.measure("lsrd-shown", { start: begin });
		try {
			await this.refreshRest();
		} catch (error) {
			/* It is asked for again with the next change. */
			if (!(error instanceof SourceError))
				throw error;
		}
	}

	/** What is not drawn, and may come later. */
	async refreshRest() {
		const [status, links] = await Promise.all([this.source.status(), this.source.links()]);
		this.status = status;
		this.links = links;
		this.routes = await this.source.routes(this.source.live ? "" : this.fromName());
		this.tellAll();
		this.tellState();
		if (this.selected !== null)
			this.tellSelected();
	}

	/** Who answers of the moment that is shown. */
	async answers() {
		return this.pastDocument === null ? this.source : await this.source.of(this.pastDocument);
	}

	/**
	 * A state of the organization.
	 *
	 * @param {any} document
	 * @param {boolean} [elsewhen] it is of another moment
	 */
	show(document, elsewhen = false) {
		const model = modelOf(document);
		const before = this.model;
		const changed = before === null ? [] : differences(before, model);
		this.model = model;
		const names = model.servers.map((s) => s.name);
		if (before === null || changed.some((d) => d.kind === "server" && d.what !== "state")) {
			this.suffix = commonSuffix(names);
			fill(byId("servers"), names.slice(0, NAMED).map((name) => h("option", { value: name })));
		}
		this.view.set(model, this.placed(model, before, changed), this.suffix);
		this.view.mark(changed.map((d) => d.name));
		this.list.set(model);
		byId("title").textContent = model.organization === "" ? "Mail routes" : model.organization;
		this.reselect();
		this.touch();
		this.tellAll();
		const other = elsewhen || changed.length > 0;
		if (other && this.question !== null)
			void this.ask(this.question.address, this.question.from, true);
		this.plan.when = this.when();
		if (this.plan.changes.length > 0 && other)
			this.plan.again();
		this.plan.show(model);
	}

	/**
	 * Servers stay where they are while what they stand by does.
	 *
	 * @param {Model} model
	 * @param {Model | null} before
	 * @param {import("./model.js").Difference[]} changed
	 */
	placed(model, before, changed) {
		const moves = changed.some((d) => d.kind === "server" && d.what !== "state" && d.what !== "drain");
		if (before !== null && !moves && this.view.layout.x.length === model.servers.length)
			return this.view.layout;
		return layoutOf(model, this.map);
	}

	/** Another way to place servers. */
	replace() {
		if (this.model === null)
			return;
		this.map = !this.map;
		this.view.fitted = false;
		this.view.set(this.model, layoutOf(this.model, this.map), this.suffix);
	}

	/** Who answers where nobody is named: the daemon's own server, or the first. */
	fromName() {
		const typed = /** @type {HTMLInputElement} */ (byId("from")).value.trim();
		if (typed !== "")
			return typed;
		return this.status?.server ??
			this.model?.servers.find((s) => s.state === "up")?.name ?? "";
	}

	/** @param {number} at */
	chooseServer(at) {
		const name = this.model?.servers[at]?.name;
		if (name === undefined)
			return;
		this.selected = { kind: "server", name };
		this.reselect();
		this.tellSelected();
		this.tabs.show("one");
		byId("said").textContent = `${name}, ${this.model?.servers[at].state}`;
	}

	/** @param {string} name */
	chooseName(name) {
		const server = this.model?.byName.get(name);
		if (server === undefined)
			return;
		this.chooseServer(server.at);
		this.view.reveal(server.at);
	}

	/** @param {string} name */
	chooseConnector(name) {
		this.selected = { kind: "connector", name };
		this.reselect();
		this.tellSelected();
		this.tabs.show("one");
		byId("said").textContent = `connector ${name}`;
	}

	chooseNothing() {
		this.selected = null;
		this.question = null;
		this.view.ways = { route: [], alternates: [] };
		this.reselect();
		this.tellSelected();
		fill(this.tabs.panel("route"), routeHint());
		this.tabs.show("all");
	}

	/** Numbers of what is chosen, in the model at hand. */
	reselect() {
		const { view, model, selected } = this;
		view.chosen = selected?.kind === "server" ? model?.byName.get(selected.name)?.at ?? -1 : -1;
		view.chosenConnector = selected?.kind === "connector" ? selected.name : null;
		view.ask();
	}

	tellSelected() {
		const panel = this.tabs.panel("one");
		const { model, selected } = this;
		const server = selected?.kind === "server" ? model?.byName.get(selected.name) : undefined;
		const connector = selected?.kind === "connector"
			? model?.byConnector.get(selected.name) : undefined;
		if (model !== null && server !== undefined)
			fill(panel, tellServer(model, server, this.acts, this.sinceAway(server)));
		else if (model !== null && connector !== undefined)
			fill(panel, tellConnector(model, connector, this.acts, this.links));
		else
			fill(panel, h("p", null, selected === null
				? "Choose a server or a connector, on the map or in the list."
				: `${selected.name} is not there.`));
	}

	/** @param {import("./model.js").Server} server */
	sinceAway(server) {
		return server.state === "away" || server.state === "down"
			? this.awaySince.get(server.name) ?? null : null;
	}

	tellAll() {
		if (this.model !== null)
			fill(this.tabs.panel("all"),
				tellAll(this.model, this.past === null ? this.status : null,
					this.past === null ? this.routes : [], this.past === null ? this.links : [], this.acts));
	}

	when() {
		return this.past === null ? "" : `as it was ${moment(this.past)}`;
	}

	whenNote() {
		return this.past === null ? [] : [h("p", { class: "quiet" }, this.when())];
	}

	tellState() {
		const { status, model } = this;
		const seen = status?.server !== undefined ? `seen by ${status.server}` : "";
		const when = this.past !== null ? this.when()
			: this.paused ? "paused" : this.source.live ? "live" : "as exported";
		byId("state").textContent = [model === null ? "" : count(model.servers.length, "server"), seen, when]
			.filter((x) => x !== "").join(" · ");
		document.body.classList.toggle("past", this.past !== null);
	}

	/**
	 * Where mail for an address goes.
	 *
	 * @param {string} address
	 * @param {string} [from]
	 * @param {boolean} [quiet] the tab stays what it is
	 */
	async ask(address, from, quiet = false) {
		const asked = from ?? this.fromName();
		this.question = { address, from: asked };
		const of = this.pastDocument;
		const answers = await this.say(this.answers().then((a) => Promise.all([
			a.explain(address, asked), a.trace(address, asked)])));
		if (answers === null || this.model === null || this.pastDocument !== of)
			return;
		this.notice("");
		const [explain, trace] = answers;
		this.view.ways = waysOf(this.model, explain, trace);
		this.view.ask();
		fill(this.tabs.panel("route"), this.whenNote(),
			tellRoute(explain, trace, (name) => this.chooseName(name)));
		if (!quiet) {
			/** @type {HTMLInputElement} */ (byId("address")).value = address;
			/** @type {HTMLInputElement} */ (byId("from")).value = asked;
			this.tabs.show("route");
			byId("said").textContent = this.tabs.panel("route").querySelector("p")?.textContent ?? "";
		}
	}

	/** @param {number} at */
	async showRoutes(at) {
		const name = this.model?.servers[at]?.name ?? "";
		/** @type {HTMLInputElement} */ (byId("from")).value = name;
		const of = this.pastDocument;
		const routes = await this.say(this.answers().then((a) => a.routes(name)));
		if (routes === null || this.model === null || this.pastDocument !== of)
			return;
		const { byName } = this.model;
		/** @type {Map<string, [number, number]>} */
		const steps = new Map();
		for (const r of routes)
			for (const path of r.path !== undefined ? [r.path] : (r.next_hops ?? []).map(
				(/** @type {string} */ hop) => [name, hop]))
				for (let i = 0; i + 1 < path.length; i++) {
					const a = byName.get(path[i])?.at;
					const b = byName.get(path[i + 1])?.at;
					if (a !== undefined && b !== undefined)
						steps.set(`${a} ${b}`, [a, b]);
				}
		this.question = null;
		this.view.ways = { route: [...steps.values()], alternates: [] };
		this.view.ask();
		fill(this.tabs.panel("route"), this.whenNote(), tellRoutes(name, routes, {
			server: (s) => this.chooseName(s),
			pattern: (pattern) => void this.ask(addressOf(pattern), name),
		}));
		this.tabs.show("route");
	}

	/** @param {Change[]} changes */
	async simulate(changes) {
		const { plan } = this;
		if (this.model !== null)
			plan.show(this.model);
		this.touch();
		if (changes.length === 0)
			return;
		const of = this.pastDocument;
		try {
			const rows = await this.answers().then((a) => a.simulate(changes));
			if (plan.changes !== changes || this.pastDocument !== of)
				return;
			plan.outcome = outcomeOf(rows);
		} catch (error) {
			if (this.pastDocument !== of)
				return;
			plan.wrong = error instanceof Error ? error.message : String(error);
		}
		if (this.model !== null)
			plan.show(this.model);
		this.touch();
	}

	/** What a plan would do, on the map. */
	touch() {
		const { view, plan, model } = this;
		view.touched = new Map();
		view.cut = new Set(plan.changes.filter((c) => c.what === "cut").map((c) => c.name));
		for (const [name, n] of plan.outcome?.servers ?? []) {
			const at = model?.byName.get(name)?.at;
			if (at !== undefined)
				view.touched.set(at, n.lost > 0 ? "lost" : "moved");
		}
		view.ask();
	}

	/** @param {any} record */
	happened(record) {
		/* A stream that was broken may say again what it has said. */
		const text = JSON.stringify(record);
		if (this.records.slice(-AGAIN).some((r) => r.at === record.at && JSON.stringify(r) === text))
			return;
		this.records.push(record);
		if (this.records.length > 20 * KEPT)
			this.records.splice(0, KEPT);
		this.noteAway(record);
		if (this.paused)
			return;
		this.time.add(record);
		if (this.past !== null)
			return;
		this.view.mark(namesOf(record));
		this.tellHappened();
		if (record.kind === "routes")
			byId("said").textContent = recordText(record).text;
		this.later();
	}

	/** @param {any} r */
	noteAway(r) {
		if (r.kind === "nbr-state" && r.peer !== undefined && r.to !== undefined)
			this.noteState(r.peer, r.to === "down" || r.to === "away", r.at);
		else if (/^(server|origin)-(away|absent|gone)$/.test(r.kind))
			this.noteState(r.server ?? r.origin, true, r.at);
		else if (/^(server|origin)-(back|present)$/.test(r.kind))
			this.noteState(r.server ?? r.origin, false, r.at);
	}

	/**
	 * @param {string} name
	 * @param {boolean} away
	 * @param {number} at
	 */
	noteState(name, away, at) {
		if (!away)
			this.awaySince.delete(name);
		else if (!this.awaySince.has(name))
			this.awaySince.set(name, at);
	}

	tellHappened() {
		const shown = this.records.slice(-KEPT).reverse();
		fill(this.tabs.panel("happened"), h("h2", null, "Changes"),
			shown.length === 0
				? h("p", null, this.source.live ? "Nothing has changed yet."
					: "A page in a file has no history.")
				: h("ol", { class: "plain records" }, shown.map((r) => this.record(r))));
	}

	/** @param {any} r */
	record(r) {
		const { text, more } = recordText(r);
		return h("li", null,
			h("button", { type: "button", class: "link when", onclick: () => this.time.go(r.at - 0.001) },
				moment(r.at)),
			h("div", null, text, more.map((m) => h("div", { class: "quiet" }, m)),
				namesOf(r).filter((n) => this.model?.byName.has(n)).map((n) =>
					h("span", { class: "name" }, link(n, () => this.chooseName(n))))));
	}

	/**
	 * @param {boolean} there
	 * @param {string} text
	 */
	there(there, text) {
		document.body.classList.toggle("gone", !there);
		this.notice(there ? "" : `${text} since ${moment(Date.now() / 1000)}; ` +
			"what is shown is what was known then. It is tried again by itself.");
	}

	/** @param {boolean} paused */
	pause(paused) {
		this.paused = paused;
		this.tellState();
		if (!paused) {
			this.time.set(this.time.from, Date.now() / 1000, this.records);
			this.tellHappened();
			if (this.missed && this.past === null)
				void this.say(this.refresh());
			this.missed = false;
		}
	}

	async loadHistory() {
		const extent = await this.source.extent().catch(() => /** @type {{from?: number}} */ ({}));
		if (extent.from === undefined)
			return;
		const until = Date.now() / 1000;
		const records = await this.source.events(extent.from, until).catch(() => []);
		this.records = [...records, ...this.records.filter((r) => !records.some((o) =>
			o.at === r.at && o.kind === r.kind))];
		records.forEach((r) => this.noteAway(r));
		this.time.set(extent.from, until, this.records);
		this.tellHappened();
		this.tellSelected();
	}

	/** @param {number | null} time */
	async go(time) {
		const was = this.past;
		this.past = time;
		const doc = await this.say(time === null ? this.source.topology() : this.source.at(time));
		if (doc === null || this.past !== time)
			return;
		this.notice("");
		this.pastDocument = time === null ? null : doc;
		this.show(doc, true);
		this.tellState();
		if (time === null && was !== null)
			void this.say(this.refreshRest());
	}

	/**
	 * @param {number} a
	 * @param {number | null} b
	 */
	async compare(a, b) {
		this.past = b;
		const docs = await this.say(Promise.all([
			this.source.at(a), b === null ? this.source.topology() : this.source.at(b)]));
		if (docs === null)
			return;
		const [from, to] = docs;
		this.pastDocument = b === null ? null : to;
		this.show(to, true);
		const list = differences(modelOf(from), modelOf(to));
		this.view.mark(list.map((d) => d.name));
		fill(this.tabs.panel("happened"),
			h("h2", null, `From ${moment(a)} to ${b === null ? "now" : moment(b)}`),
			list.length === 0 ? h("p", null, "Nothing differs.")
				: h("ul", { class: "plain records" }, list.slice(0, 500).map((d) =>
					h("li", null, h("strong", null, `${d.kind} ${d.name}`),
						h("div", null, d.what === "came" || d.what === "went" ? d.what
							: `${d.what}: ${d.was || "none"} → ${d.is || "none"}`)))));
		this.tabs.show("happened");
		this.tellState();
	}
}

export function routeHint() {
	return [h("h2", null, "Route"),
		h("p", null, "Type an address above, or choose a server and ask for its routes.")];
}

/*
 * tabs.js - the details beside the map, one at a time, as a tab list that arrow
 * keys walk.
 */

import { h } from "./dom.js";

/** @typedef {{id: string, label: string}} Tab */

export class Tabs {
	/**
	 * @param {HTMLElement} list
	 * @param {HTMLElement} panels
	 * @param {Tab[]} tabs
	 */
	constructor(list, panels, tabs) {
		/** @type {Map<string, {button: HTMLButtonElement, panel: HTMLElement}>} */
		this.all = new Map();
		for (const { id, label } of tabs) {
			const button = h("button", {
				type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`,
				onclick: () => this.show(id),
				onkeydown: (/** @type {KeyboardEvent} */ e) => this.key(e, id),
			}, label);
			const panel = h("div", {
				role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, tabindex: 0,
			});
			list.append(button);
			panels.append(panel);
			this.all.set(id, { button, panel });
		}
		this.show(tabs[0].id);
	}

	/** @param {string} id */
	show(id) {
		for (const [name, { button, panel }] of this.all) {
			const is = name === id;
			button.setAttribute("aria-selected", String(is));
			button.tabIndex = is ? 0 : -1;
			panel.hidden = !is;
		}
		this.shown = id;
	}

	/** @param {string} id */
	panel(id) {
		const of = this.all.get(id);
		if (of === undefined)
			throw new Error(`no panel ${id}`);
		return of.panel;
	}

	/**
	 * @param {KeyboardEvent} e
	 * @param {string} id
	 */
	key(e, id) {
		const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
		if (by === 0)
			return;
		const names = [...this.all.keys()];
		const next = names[(names.indexOf(id) + by + names.length) % names.length];
		this.show(next);
		this.all.get(next)?.button.focus();
		e.preventDefault();
	}
}

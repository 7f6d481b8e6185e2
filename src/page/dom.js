/*
 * dom.js - elements of the page. Whatever a server says of itself gets here as
 * a string and becomes a text node: no markup is ever made of it.
 */

/** @typedef {string | number | Node | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Props */

/**
 * An element. A property that begins with "on" is a listener, true an empty
 * attribute, false or undefined none.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
	const element = document.createElement(tag);
	for (const [key, value] of Object.entries(props ?? {})) {
		if (typeof value === "function")
			element.addEventListener(key.slice(2), value);
		else if (value === true)
			element.setAttribute(key, "");
		else if (value !== undefined && value !== false)
			element.setAttribute(key, String(value));
	}
	for (const child of children.flat())
		if (child !== null && child !== undefined && child !== false)
			element.append(child instanceof Node ? child : String(child));
	return element;
}

/**
 * The element of index.html with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
	const element = document.getElementById(id);
	if (element === null)
		throw new Error(`the page has no ${id}`);
	return element;
}

/**
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
	const list = [];
	for (const child of children.flat())
		if (child !== null && child !== undefined && child !== false)
			list.push(child instanceof Node ? child : String(child));
	element.replaceChildren(...list);
}

/**
 * A table that a screen reader can walk: a caption, column heads, and the first
 * cell of each row as its head.
 *
 * @param {string} caption
 * @param {string[]} heads
 * @param {Child[][]} rows
 */
export function table(caption, heads, rows) {
	return h("table", null,
		h("caption", null, caption),
		h("thead", null, h("tr", null,
			heads.map((head) => h("th", { scope: "col" }, head)))),
		h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, i) =>
			i === 0 ? h("th", { scope: "row" }, cell) : h("td", null, cell))))));
}

/**
 * Facts with their names.
 *
 * @param {[string, Child][]} pairs
 */
export function facts(pairs) {
	return h("dl", null, pairs
		.filter(([, value]) => value !== null && value !== undefined &&
			value !== false && value !== "")
		.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

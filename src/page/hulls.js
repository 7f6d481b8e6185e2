/*
 * hulls.js - what surrounds the members of each group that is seen one by one.
 * Pure. A group that is spread over the picture gets none: its hull would have
 * everything in it.
 */

import { polygonHull } from "d3-polygon";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./layout.js").Layout} Layout */

/**
 * @param {Model} m
 * @param {Layout} layout
 * @param {boolean[]} fold by group
 * @returns {[number, number][][]} by group; empty for none
 */
export function hullsOf(m, layout, fold) {
	return m.groups.map((g) => {
		if (fold[g.at] || g.members.length < 2)
			return [];
		const points = g.members.map((i) =>
			/** @type {[number, number]} */ ([layout.x[i], layout.y[i]]));
		const hull = polygonHull(points) ?? points.slice(0, 2);
		return isSpread(hull, layout) ? [] : hull;
	});
}

/**
 * @param {[number, number][]} hull
 * @param {Layout} layout
 */
function isSpread(hull, layout) {
	if (!layout.onMap)
		return false;
	const xs = hull.map((p) => p[0]);
	const ys = hull.map((p) => p[1]);
	return Math.max(...xs) - Math.min(...xs) > 300 || Math.max(...ys) - Math.min(...ys) > 220;
}

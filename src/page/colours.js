/*
 * colours.js - the colours of the picture, for light and dark. They are those of
 * Okabe and Ito, which the colour-blind tell apart; and no state is said by
 * its colour alone: marks have shapes, lines are dashed.
 */

/**
 * @typedef {object} Colours
 * @property {string} sea
 * @property {string} land
 * @property {string} border
 * @property {string} text
 * @property {string} halo behind letters
 * @property {string} hull
 * @property {string} hullEdge
 * @property {string} edge
 * @property {Record<string, string>} state
 * @property {string[]} congestion by level
 * @property {string} route
 * @property {string} alternate
 * @property {string} moved
 * @property {string} lost
 * @property {string} chosen
 */

/** @type {Colours} */
const light = {
	sea: "#f3f6f9", land: "#dde4ea", border: "#f3f6f9",
	text: "#17212b", halo: "rgba(250, 252, 253, 0.88)",
	hull: "#e8eef5", hullEdge: "#bccad8",
	edge: "rgba(52, 84, 118, 0.55)",
	state: { up: "#0072b2", starting: "#56b4e9", drain: "#d98200", down: "#c0392b", away: "#6b7783" },
	congestion: ["", "#c9a400", "#d98200", "#b04a00"],
	route: "#00805b", alternate: "#00805b", moved: "#a6488a", lost: "#c0392b",
	chosen: "#17212b",
};

/** @type {Colours} */
const dark = {
	sea: "#10161d", land: "#212c37", border: "#10161d",
	text: "#e6ebf0", halo: "rgba(16, 22, 29, 0.85)",
	hull: "#1b2632", hullEdge: "#3b4c5e",
	edge: "rgba(140, 172, 206, 0.50)",
	state: { up: "#56a8e0", starting: "#9bd6fb", drain: "#f0a830", down: "#f0705c", away: "#8e9aa6" },
	congestion: ["", "#f0e442", "#f0a830", "#f0803c"],
	route: "#2ecf9d", alternate: "#2ecf9d", moved: "#e08cc4", lost: "#f0705c",
	chosen: "#ffffff",
};

/** @param {boolean} isDark */
export function coloursOf(isDark) {
	return isDark ? dark : light;
}

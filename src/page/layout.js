/*
 * layout.js - where servers stand, in units of the world's picture: 960 wide.
 * Pure; the same model gives the same places.
 *
 * With positions: at their place on the world, those at one place beside each
 * other. Without: by force, so that what is joined is near. Of many servers
 * only the groups are moved by forces, and their members stand around the
 * middle: a thousand servers are placed in a fraction of a second.
 */

import {
	forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY,
} from "d3-force";
import { geoNaturalEarth1 } from "d3-geo";

/** @typedef {import("./model.js").Model} Model */

/**
 * @typedef {object} Layout
 * @property {boolean} onMap whether places are those of the world
 * @property {Float64Array} x by server
 * @property {Float64Array} y
 */

/** @typedef {{x: number, y: number, vx?: number, vy?: number, index?: number}} Point */

export const WIDTH = 960;
export const HEIGHT = 500;

/* More servers than this are placed by their groups. */
const MANY = 300;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

export const projection = geoNaturalEarth1()
	.scale(WIDTH / 2 / Math.PI * 1.12)
	.translate([WIDTH / 2, HEIGHT / 2 + 12]);

/**
 * The i-th place of a sunflower around the middle.
 *
 * @param {number} i
 * @param {number} apart
 */
function sunflower(i, apart) {
	const r = apart * Math.sqrt(i + 0.5) * 0.62;
	return [r * Math.cos(i * GOLDEN), r * Math.sin(i * GOLDEN)];
}

/**
 * @param {Model} m
 * @param {boolean} [map] false: by force, also where there are positions
 * @returns {Layout}
 */
export function layoutOf(m, map = true) {
	const onMap = map && m.servers.some((s) => s.position !== null);
	const n = m.servers.length;
	const points = onMap ? byPosition(m) : n > MANY ? byGroup(m) : byForce(m);
	const x = new Float64Array(n);
	const y = new Float64Array(n);
	for (let i = 0; i < n; i++) {
		x[i] = points[i].x;
		y[i] = points[i].y;
	}
	return { onMap, x, y };
}

/**
 * Places of the world; null where a server says none, and nobody near it.
 *
 * @param {Model} m
 * @returns {(Point | null)[]}
 */
function ownPlaces(m) {
	return m.servers.map((s) => {
		const p = s.position === null ? null : projection(s.position);
		return p === null ? null : { x: p[0], y: p[1] };
	});
}

/**
 * The middle of those that have a place.
 *
 * @param {(Point | null)[]} places
 * @param {number[]} of
 * @returns {Point | null}
 */
function middle(places, of) {
	let x = 0;
	let y = 0;
	let n = 0;
	for (const at of of) {
		const p = places[at];
		if (p === null || p === undefined)
			continue;
		x += p.x;
		y += p.y;
		n++;
	}
	return n === 0 ? null : { x: x / n, y: y / n };
}

/**
 * Who says no place stands by its group, else between those it is joined to,
 * else below the map.
 *
 * @param {Model} m
 * @returns {Point[]}
 */
function allPlaces(m) {
	const places = ownPlaces(m);
	for (let round = 0; round < 4; round++)
		for (const s of m.servers) {
			if (places[s.at] !== null)
				continue;
			const joined = s.out.flatMap((c) => c.to).concat(s.into.map((c) => c.server));
			const p = middle(places, m.groups[s.group].members) ??
				(round === 0 ? null : middle(places, joined));
			if (p !== null)
				places[s.at] = round === 0 ? p : { x: p.x, y: p.y + 6 };
		}
	let lost = 0;
	return places.map((p) => {
		if (p !== null)
			return p;
		lost++;
		const row = Math.floor(lost * 14 / (WIDTH - 40));
		return { x: 20 + (lost * 14) % (WIDTH - 40), y: HEIGHT + 10 + 14 * row };
	});
}

/**
 * How far servers stand from each other so that all of them are seen when the
 * whole is: some points of a screen.
 *
 * @param {Point[]} points
 */
function spacing(points) {
	const box = boxOf(points);
	const area = Math.max(box.width, 30) * Math.max(box.height, 15);
	const whole = Math.max(box.width / 1000, box.height / 560, 0.03);
	return Math.min(19 * whole, 0.75 * Math.sqrt(area / Math.max(points.length, 1)));
}

/**
 * @param {Point[]} points
 */
function boxOf(points) {
	let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
	for (const p of points) {
		left = Math.min(left, p.x);
		right = Math.max(right, p.x);
		top = Math.min(top, p.y);
		bottom = Math.max(bottom, p.y);
	}
	return { left, top, width: right - left, height: bottom - top };
}

/**
 * @param {Model} m
 * @returns {Point[]}
 */
function byPosition(m) {
	const places = allPlaces(m);
	const apart = spacing(places);
	/** @type {Map<string, number>} */
	const here = new Map();
	const points = places.map((p) => {
		const key = `${Math.round(p.x / apart * 2)} ${Math.round(p.y / apart * 2)}`;
		const i = here.get(key) ?? 0;
		here.set(key, i + 1);
		const [dx, dy] = i === 0 ? [0, 0] : sunflower(i, apart);
		return { x: p.x + dx, y: p.y + dy };
	});
	if (points.length > 4 * MANY)
		return points;
	forceSimulation(points)
		.force("x", forceX((_, i) => places[i].x).strength(0.25))
		.force("y", forceY((_, i) => places[i].y).strength(0.25))
		.force("apart", forceCollide(apart / 2).strength(0.9).iterations(2))
		.stop()
		.tick(points.length > MANY ? 20 : 60);
	return points;
}

/**
 * Brings the picture to the size of the world's.
 *
 * @param {Point[]} points
 */
function scaled(points) {
	const box = boxOf(points);
	const k = Math.min(WIDTH / Math.max(box.width, 1), HEIGHT / Math.max(box.height, 1), 8) * 0.9;
	return points.map((p) => ({
		x: WIDTH / 2 + (p.x - box.left - box.width / 2) * k,
		y: HEIGHT / 2 + (p.y - box.top - box.height / 2) * k,
	}));
}

/**
 * A ring to begin with: forces from a heap would fold the picture.
 *
 * @param {number} n
 * @returns {Point[]}
 */
function ring(n) {
	return Array.from({ length: n }, (_, i) => {
		const [x, y] = sunflower(i, 60);
		return { x, y };
	});
}

/**
 * @param {Model} m
 * @returns {Point[]}
 */
function byForce(m) {
	const points = ring(m.servers.length);
	/** @type {{source: number, target: number, near: number}[]} */
	const links = m.edges.map((e) => ({ source: e.from, target: e.to, near: 90 }));
	for (const g of m.groups)
		for (let i = 0; i < g.members.length; i++)
			for (let k = i + 1; k < Math.min(g.members.length, i + 4); k++)
				links.push({ source: g.members[i], target: g.members[k], near: 34 });
	forceSimulation(points)
		.force("links", forceLink(links).distance((l) => l.near)
			.strength((l) => (l.near < 50 ? 0.9 : 0.15)))
		.force("push", forceManyBody().strength(-260))
		.force("x", forceX(0).strength(0.03))
		.force("y", forceY(0).strength(0.06))
		.force("apart", forceCollide(20))
		.stop()
		.tick(m.servers.length > 100 ? 150 : 300);
	return scaled(points);
}

/**
 * Which groups are joined.
 *
 * @param {Model} m
 * @returns {[number, number][]}
 */
function groupLinks(m) {
	const n = m.groups.length;
	const pairs = new Set(m.edges.map((e) => {
		const a = m.servers[e.from].group;
		const b = m.servers[e.to].group;
		return Math.min(a, b) * n + Math.max(a, b);
	}));
	return [...pairs].map((key) => /** @type {[number, number]} */ ([Math.floor(key / n), key % n]))
		.filter(([a, b]) => a !== b);
}

/**
 * @param {Model} m
 * @returns {Point[]}
 */
function byGroup(m) {
	const centres = ring(m.groups.length);
	/** @param {number} g */
	const radius = (g) => 10 * Math.sqrt(m.groups[g].members.length) + 8;
	const g = m.groups.length;
	const links = groupLinks(m).map(([a, b]) =>
		({ source: a, target: b, apart: radius(a) + radius(b) + 30 }));
	forceSimulation(centres)
		.force("links", forceLink(links).strength(0.08)
			.distance((l) => l.apart))
		.force("push", forceManyBody().strength(-220))
		.force("x", forceX(0).strength(0.03))
		.force("y", forceY(0).strength(0.06))
		.force("apart", forceCollide((_, i) => radius(i)))
		.stop()
		.tick(g > 1000 ? 30 : g > 200 ? 80 : 200);
	/** @type {Point[]} */
	const points = new Array(m.servers.length);
	for (const group of m.groups)
		group.members.forEach((at, i) => {
			const [dx, dy] = sunflower(i, 16);
			points[at] = { x: centres[group.at].x + dx, y: centres[group.at].y + dy };
		});
	return scaled(points);
}

/**
 * The box that holds these servers, all where none are named.
 *
 * @param {Layout} layout
 * @param {number[]} [of]
 */
export function extent(layout, of) {
	const points = (of ?? [...layout.x.keys()]).map((i) => ({ x: layout.x[i], y: layout.y[i] }));
	return points.length === 0 ? { left: 0, top: 0, width: WIDTH, height: HEIGHT } : boxOf(points);
}

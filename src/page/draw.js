/*
 * draw.js - one picture of the map onto a canvas. It keeps nothing: what is to
 * be seen is in the frame. Lines of one kind are one path, so some thousands
 * of them cost a few milliseconds.
 */

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./detail.js").Detail} Detail */
/** @typedef {import("./detail.js").Mark} Mark */
/** @typedef {import("./detail.js").Line} Line */
/** @typedef {import("./colours.js").Colours} Colours */

/**
 * @typedef {object} Ways what is drawn upon the lines: steps from server to
 *     server, by numbers
 * @property {[number, number][]} route
 * @property {[number, number][]} alternates
 */

/**
 * @typedef {object} Frame
 * @property {CanvasRenderingContext2D} context
 * @property {number} width
 * @property {number} height
 * @property {number} ratio points of the screen for one of CSS
 * @property {{x: number, y: number, k: number}} at
 * @property {Model} model
 * @property {Detail} detail
 * @property {Path2D | null} land
 * @property {Path2D | null} borders
 * @property {Colours} colours
 * @property {number} chosen a server, or -1
 * @property {number} chosenGroup
 * @property {string | null} chosenConnector
 * @property {number} hover a mark, or -1
 * @property {Ways} ways
 * @property {Map<number, "moved" | "lost">} touched servers
 * @property {Set<string>} cut connectors that a plan takes out
 * @property {Map<string, number>} recent connectors and servers that have just changed, since when
 * @property {number} now
 * @property {string} suffix that all names have
 * @property {[number, number][][]} hulls by group, in units
 * @property {(name: string) => string} brief
 */

/**
 * Where a mark is on the screen.
 *
 * @param {Frame} f
 * @param {Mark} mark
 */
function place(f, mark) {
	return [mark.x * f.at.k + f.at.x, mark.y * f.at.k + f.at.y];
}

/** @param {Mark} mark */
export function markRadius(mark) {
	return mark.server >= 0 ? 6 : 7 + Math.min(15, 1.3 * Math.sqrt(mark.n));
}

/**
 * A line bends to its left, so that the way back is another line.
 *
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
export function bend(x1, y1, x2, y2) {
	const dx = x2 - x1;
	const dy = y2 - y1;
	const length = Math.hypot(dx, dy) || 1;
	const by = Math.min(0.14 * length, 46);
	return [(x1 + x2) / 2 + dy / length * by, (y1 + y2) / 2 - dx / length * by];
}

/**
 * @typedef {object} Curve from, over, to, on the screen; between the rims of
 *     the marks
 * @property {number} x1
 * @property {number} y1
 * @property {number} cx
 * @property {number} cy
 * @property {number} x2
 * @property {number} y2
 */

/**
 * @param {Frame} f
 * @param {Mark} from
 * @param {Mark} to
 * @returns {Curve | null} null where nothing of it is seen
 */
export function curveOf(f, from, to) {
	const [ax, ay] = place(f, from);
	const [bx, by] = place(f, to);
	if (Math.max(ax, bx) < -50 || Math.min(ax, bx) > f.width + 50 ||
	    Math.max(ay, by) < -50 || Math.min(ay, by) > f.height + 50)
		return null;
	const [cx, cy] = bend(ax, ay, bx, by);
	const ra = markRadius(from) + 1;
	const rb = markRadius(to) + 2;
	const la = Math.hypot(cx - ax, cy - ay) || 1;
	const lb = Math.hypot(cx - bx, cy - by) || 1;
	if (Math.hypot(bx - ax, by - ay) < ra + rb)
		return null;
	return {
		x1: ax + (cx - ax) / la * ra, y1: ay + (cy - ay) / la * ra, cx, cy,
		x2: bx + (cx - bx) / lb * rb, y2: by + (cy - by) / lb * rb,
	};
}

/**
 * The head of an arrow, into the path.
 *
 * @param {Path2D} path
 * @param {Curve} c
 * @param {number} size
 */
function arrow(path, c, size) {
	const angle = Math.atan2(c.y2 - c.cy, c.x2 - c.cx);
	path.moveTo(c.x2, c.y2);
	path.lineTo(c.x2 - size * Math.cos(angle - 0.4), c.y2 - size * Math.sin(angle - 0.4));
	path.lineTo(c.x2 - size * Math.cos(angle + 0.4), c.y2 - size * Math.sin(angle + 0.4));
	path.closePath();
}

/**
 * @param {Path2D} path
 * @param {Curve} c
 */
function stroke(path, c) {
	path.moveTo(c.x1, c.y1);
	path.quadraticCurveTo(c.cx, c.cy, c.x2, c.y2);
}

/** @param {Frame} f */
function drawWorld(f) {
	const { context: c, at, ratio, colours } = f;
	if (f.land === null)
		return;
	c.save();
	c.setTransform(ratio * at.k, 0, 0, ratio * at.k, ratio * at.x, ratio * at.y);
	c.fillStyle = colours.land;
	c.fill(f.land);
	if (f.borders !== null) {
		c.strokeStyle = colours.border;
		c.lineWidth = 0.8 / at.k;
		c.stroke(f.borders);
	}
	c.restore();
}

/** @param {Frame} f */
function drawHulls(f) {
	const { context: c, at, colours } = f;
	c.lineJoin = "round";
	for (let g = 0; g < f.hulls.length; g++) {
		const hull = f.hulls[g];
		if (hull.length < 2)
			continue;
		const path = new Path2D();
		hull.forEach(([x, y], i) => {
			if (i === 0)
				path.moveTo(x * at.k + at.x, y * at.k + at.y);
			else
				path.lineTo(x * at.k + at.x, y * at.k + at.y);
		});
		path.closePath();
		/* The rim first, as a broad line; the inside covers the half of it. */
		c.strokeStyle = f.chosenGroup === g ? colours.route : colours.hullEdge;
		c.lineWidth = 31;
		c.stroke(path);
		c.strokeStyle = colours.hull;
		c.lineWidth = 28.5;
		c.stroke(path);
		c.fillStyle = colours.hull;
		c.fill(path);
	}
}

/**
 * What kind of line: those of one kind are drawn at once.
 *
 * @param {Frame} f
 * @param {Line} line
 */
function kindOf(f, line) {
	if (line.edges.some((e) => f.cut.has(e.connector.name)))
		return "cut";
	if (line.state !== "up")
		return line.state;
	return line.congestion > 0 ? `late${line.congestion}` : "up";
}

/**
 * @param {Frame} f
 * @param {string} kind
 * @returns {{colour: string, width: number, dash: number[]}}
 */
function styleOf(f, kind) {
	const { colours } = f;
	switch (kind) {
	case "cut":
		return { colour: colours.moved, width: 2.2, dash: [2, 5] };
	case "down":
		return { colour: colours.state.down, width: 1.7, dash: [2, 4] };
	case "drain":
		return { colour: colours.state.drain, width: 1.7, dash: [7, 4] };
	case "late1":
	case "late2":
	case "late3": {
		const level = Number(kind.slice(4));
		return { colour: colours.congestion[level], width: 1.2 + level * 0.8, dash: [] };
	}
	default:
		return { colour: colours.edge, width: 1.1, dash: [] };
	}
}

/** @param {Frame} f */
function drawLines(f) {
	const { context: c, detail } = f;
	/** @type {Map<string, {lines: Path2D, heads: Path2D}>} */
	const kinds = new Map();
	const many = detail.lines.length > 1500;
	for (const line of detail.lines) {
		const curve = curveOf(f, detail.marks[line.from], detail.marks[line.to]);
		if (curve === null)
			continue;
		const kind = kindOf(f, line);
		let paths = kinds.get(kind);
		if (paths === undefined) {
			paths = { lines: new Path2D(), heads: new Path2D() };
			kinds.set(kind, paths);
		}
		stroke(paths.lines, curve);
		if (!many || kind !== "up")
			arrow(paths.heads, curve, 7);
	}
	for (const kind of ["up", "late1", "late2", "late3", "drain", "down", "cut"]) {
		const paths = kinds.get(kind);
		if (paths === undefined)
			continue;
		const style = styleOf(f, kind);
		c.globalAlpha = kind === "up" && many ? 0.4 : 1;
		c.strokeStyle = style.colour;
		c.fillStyle = style.colour;
		c.lineWidth = many && kind === "up" ? 0.8 : style.width;
		c.setLineDash(style.dash);
		c.stroke(paths.lines);
		c.setLineDash([]);
		c.fill(paths.heads);
	}
	c.globalAlpha = 1;
}

/**
 * The steps of a way, upon the lines: from mark to mark.
 *
 * @param {Frame} f
 * @param {[number, number][]} steps
 * @param {string} colour
 * @param {number[]} dash
 * @param {number} width
 */
function drawSteps(f, steps, colour, dash, width) {
	const { context: c, detail } = f;
	const path = new Path2D();
	const heads = new Path2D();
	for (const [from, to] of steps) {
		const a = detail.markOf[from];
		const b = detail.markOf[to];
		const curve = a === b ? null : curveOf(f, detail.marks[a], detail.marks[b]);
		if (curve === null)
			continue;
		stroke(path, curve);
		arrow(heads, curve, 12);
	}
	c.strokeStyle = colour;
	c.fillStyle = colour;
	c.lineWidth = width;
	c.setLineDash(dash);
	c.stroke(path);
	c.setLineDash([]);
	c.fill(heads);
}

/**
 * The shape says the state: a disk is up, a ring starts, half a disk drains, a
 * cross is down, a broken ring is away.
 *
 * @param {CanvasRenderingContext2D} c
 * @param {string} state
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {Colours} colours
 */
export function drawShape(c, state, x, y, r, colours) {
	const colour = colours.state[state] ?? colours.state.up;
	c.lineWidth = 2;
	c.strokeStyle = colour;
	c.fillStyle = state === "up" ? colour : colours.sea;
	c.beginPath();
	c.arc(x, y, r, 0, 2 * Math.PI);
	c.fill();
	if (state === "away")
		c.setLineDash([3, 2.6]);
	c.stroke();
	c.setLineDash([]);
	c.fillStyle = colour;
	if (state === "drain") {
		c.beginPath();
		c.arc(x, y, r, 0.5 * Math.PI, 1.5 * Math.PI);
		c.fill();
	} else if (state === "down") {
		const d = r * 0.5;
		c.beginPath();
		c.moveTo(x - d, y - d);
		c.lineTo(x + d, y + d);
		c.moveTo(x + d, y - d);
		c.lineTo(x - d, y + d);
		c.stroke();
	}
}

/**
 * Around a folded group how many of it are in another state.
 *
 * @param {Frame} f
 * @param {Mark} mark
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
function drawShare(f, mark, x, y, r) {
	const { context: c, colours } = f;
	if (mark.state !== "up")
		return;
	let from = -Math.PI / 2;
	for (const [state, n] of mark.other) {
		const to = from + 2 * Math.PI * Math.max(n / mark.n, 0.13);
		c.beginPath();
		c.arc(x, y, r + 2.5, from, to);
		c.lineWidth = 5;
		c.strokeStyle = colours.sea;
		c.stroke();
		c.lineWidth = 3.5;
		c.strokeStyle = colours.state[state] ?? colours.text;
		if (state === "away" || state === "starting")
			c.setLineDash([3, 2]);
		c.stroke();
		c.setLineDash([]);
		from = to + 0.08;
	}
}

/**
 * A ring around a mark.
 *
 * @param {Frame} f
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} colour
 * @param {number} [width]
 */
function halo(f, x, y, r, colour, width = 2.5) {
	const { context: c } = f;
	c.beginPath();
	c.arc(x, y, r, 0, 2 * Math.PI);
	c.strokeStyle = colour;
	c.lineWidth = width;
	c.stroke();
}

/**
 * @param {Frame} f
 * @param {Mark} mark
 * @param {number} i
 */
function drawMark(f, mark, i) {
	const { context: c, colours } = f;
	const [x, y] = place(f, mark);
	const r = markRadius(mark);
	if (x < -40 || y < -40 || x > f.width + 40 || y > f.height + 40)
		return;
	drawShape(c, mark.state, x, y, r, colours);
	if (mark.server < 0) {
		c.fillStyle = mark.state === "up" ? colours.sea : colours.text;
		c.font = "600 11px system-ui, sans-serif";
		c.textAlign = "center";
		c.textBaseline = "middle";
		c.fillText(String(mark.n), x, y + 0.5);
	}
	drawShare(f, mark, x, y, r);
	const servers = mark.server >= 0 ? [mark.server]
		: mark.groups.flatMap((g) => f.model.groups[g].members);
	const touched = servers.map((s) => f.touched.get(s));
	if (touched.includes("lost"))
		halo(f, x, y, r + 4, colours.lost, 3);
	else if (touched.includes("moved"))
		halo(f, x, y, r + 4, colours.moved, 3);
	if (f.recent.size > 0 && servers.some((s) => f.recent.has(f.model.servers[s].name)))
		halo(f, x, y, r + 7, colours.moved, 2);
	if (servers.includes(f.chosen))
		halo(f, x, y, r + 4, colours.chosen);
	else if (f.hover === i)
		halo(f, x, y, r + 3, colours.chosen, 1.2);
}

/**
 * Letters with a halo, where nothing else has been written.
 *
 * @param {Frame} f
 * @param {[number, number, number, number][]} taken
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {"left" | "center"} align
 * @param {boolean} [must]
 */
function write(f, taken, text, x, y, align, must = false) {
	const { context: c, colours } = f;
	const width = c.measureText(text).width;
	const left = align === "left" ? x : x - width / 2;
	const box = /** @type {[number, number, number, number]} */ ([left - 2, y - 8, left + width + 2, y + 8]);
	if (left > f.width || left + width < 0 || y < 0 || y > f.height)
		return;
	if (!must && taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]))
		return;
	taken.push(box);
	c.textAlign = "left";
	c.strokeStyle = colours.halo;
	c.lineWidth = 3.5;
	c.strokeText(text, left, y);
	c.fillStyle = colours.text;
	c.fillText(text, left, y);
}

/**
 * Names of servers, of folded groups, and costs, as many as there is room for:
 * what is chosen first. Marks keep letters off.
 *
 * @param {Frame} f
 */
function drawNames(f) {
	const { context: c, detail, model } = f;
	const seen = detail.marks.map((mark, i) => ({ mark, i, p: place(f, mark) }))
		.filter(({ p }) => p[0] > -20 && p[1] > -20 && p[0] < f.width + 20 && p[1] < f.height + 20);
	const first = new Set(f.ways.route.flat());
	/** @param {{mark: Mark, i: number}} m */
	const weight = ({ mark, i }) =>
		(mark.server >= 0 && mark.server === f.chosen ? 8 : 0) + (i === f.hover ? 4 : 0) +
		(mark.server >= 0 && first.has(mark.server) ? 2 : 0) + (mark.state !== "up" ? 1 : 0);
	c.textBaseline = "middle";
	c.lineJoin = "round";
	c.font = "12px system-ui, sans-serif";
	/** @type {[number, number, number, number][]} */
	const taken = seen.length > 400 ? [] : seen.map(({ mark, p }) => {
		const r = markRadius(mark);
		return [p[0] - r, p[1] - r, p[0] + r, p[1] + r];
	});
	const asked = seen.length > 400
		? seen.filter((m) => weight(m) > 0).slice(0, 60)
		: seen;
	for (const m of asked.sort((a, b) => weight(b) - weight(a))) {
		const name = m.mark.server >= 0
			? f.brief(model.servers[m.mark.server].name)
			: model.groups[m.mark.group].name +
				(m.mark.groups.length > 1 ? ` and ${m.mark.groups.length - 1} more` : "");
		write(f, taken, name, m.p[0] + markRadius(m.mark) + 5, m.p[1], "left", weight(m) >= 2);
	}
	drawGroups(f, taken);
	drawCosts(f, taken);
}

/**
 * The group's name below its hull, where there is room.
 *
 * @param {Frame} f
 * @param {[number, number, number, number][]} taken
 */
function drawGroups(f, taken) {
	const { context: c, at, model } = f;
	if (f.hulls.length > 300)
		return;
	c.font = "600 11px system-ui, sans-serif";
	f.hulls.forEach((hull, g) => {
		if (hull.length < 2)
			return;
		const x = hull.reduce((sum, p) => sum + p[0], 0) / hull.length * at.k + at.x;
		const y = Math.max(...hull.map((p) => p[1])) * at.k + at.y + 24;
		write(f, taken, model.groups[g].name, x, y, "center");
	});
}

/**
 * @param {Frame} f
 * @param {[number, number, number, number][]} taken
 */
function drawCosts(f, taken) {
	const { context: c, detail } = f;
	if (detail.lines.length > 600)
		return;
	c.font = "11px system-ui, sans-serif";
	for (const line of detail.lines) {
		const curve = curveOf(f, detail.marks[line.from], detail.marks[line.to]);
		if (curve === null || Math.hypot(curve.x2 - curve.x1, curve.y2 - curve.y1) < 70)
			continue;
		const x = (curve.x1 + 2 * curve.cx + curve.x2) / 4;
		const y = (curve.y1 + 2 * curve.cy + curve.y2) / 4;
		const more = line.edges.length > 1 ? ` ×${line.edges.length}` : "";
		write(f, taken, `${line.cost}${more}`, x, y, "center");
	}
}

/**
 * What is chosen, or has just changed, upon the other lines.
 *
 * @param {Frame} f
 */
function drawChosenLines(f) {
	const { model, colours } = f;
	const chosen = f.chosenConnector === null ? undefined : model.byConnector.get(f.chosenConnector);
	if (chosen !== undefined)
		drawSteps(f, chosen.to.map((to) => [chosen.server, to]), colours.chosen, [], 3);
	/** @type {[number, number][]} */
	const recent = [];
	for (const name of f.recent.keys()) {
		const c = model.byConnector.get(name);
		if (c !== undefined)
			recent.push(...c.to.map((to) => /** @type {[number, number]} */ ([c.server, to])));
	}
	if (recent.length > 0)
		drawSteps(f, recent, colours.moved, [], 2.5);
}

/** @param {Frame} f */
export function draw(f) {
	const { context: c, ratio, colours } = f;
	c.setTransform(ratio, 0, 0, ratio, 0, 0);
	c.fillStyle = colours.sea;
	c.fillRect(0, 0, f.width, f.height);
	drawWorld(f);
	drawHulls(f);
	drawLines(f);
	drawChosenLines(f);
	drawSteps(f, f.ways.alternates, colours.alternate, [6, 5], 2.2);
	drawSteps(f, f.ways.route, colours.route, [], 4);
	f.detail.marks.forEach((mark, i) => drawMark(f, mark, i));
	drawNames(f);
}

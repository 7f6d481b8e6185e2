/*
 * words.js - what the page says in words: times, sizes, verdicts. Pure.
 */

/** @type {Record<string, string>} */
const verdicts = {
	"chosen": "this one is used",
	"cost": "lost: it costs more",
	"hops": "lost: it has more hops",
	"name": "equal, but has the greater name",
	"less-specific": "a more specific pattern decides",
	"unreachable": "no way leads there",
	"down": "its way out does not answer",
	"scope": "exists for its own routing group only",
	"size": "no way takes a message of that size",
	"sender": "no way takes that sender",
	"priority": "no way takes that priority",
	"schedule": "no way is open at that time",
	"next-hop": "next hop",
	"alternate": "alternate: takes over when the next hops are gone",
	"not-loop-free": "not used: it might send the mail back",
	"cut": "its connector is cut",
	"drained": "its connector is drained",
	"server-down": "that server is down",
	"no-transit": "that server drains or starts, and gives no transit",
	"no-way": "no way leads on from there",
	"limit": "its connector does not take this message",
};

/** @param {string} word */
export function verdictText(word) {
	return verdicts[word] ?? word;
}

/** @type {Record<string, string>} */
const results = {
	"remote": "goes on",
	"here": "is delivered here",
	"hold": "waits",
	"not-ours": "is none of the organization's",
};

/** @param {string} word */
export function resultText(word) {
	return results[word] ?? word;
}

/** @param {number} n */
function two(n) {
	return String(n).padStart(2, "0");
}

/**
 * A moment in the reader's own time, or in UTC: 2026-11-21 14:30:00.
 *
 * @param {number} seconds since 1970
 * @param {boolean} [utc]
 */
export function moment(seconds, utc = false) {
	const d = new Date(seconds * 1000);
	if (Number.isNaN(d.getTime()))
		return "-";
	return utc
		? d.toISOString().slice(0, 19).replace("T", " ") + "Z"
		: `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ` +
			`${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/**
 * How long: 45 s, 12 min, 3 h 10 min, 2 d 4 h.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
	const s = Math.max(0, Math.round(seconds));
	if (s < 120)
		return `${s} s`;
	const m = Math.floor(s / 60);
	if (m < 120)
		return `${m} min`;
	const hours = Math.floor(m / 60);
	if (hours < 48)
		return m % 60 ? `${hours} h ${m % 60} min` : `${hours} h`;
	const days = Math.floor(hours / 24);
	return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** @param {number} octets */
export function size(octets) {
	const units = ["octets", "KiB", "MiB", "GiB"];
	let n = octets;
	let i = 0;
	while (n >= 1024 && i < units.length - 1) {
		n /= 1024;
		i++;
	}
	return `${Number.isInteger(n) ? n : n.toFixed(1)} ${units[i]}`;
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export function count(n, one, many) {
	return `${n.toLocaleString("en")} ${n === 1 ? one : many ?? one + "s"}`;
}

/**
 * A word as a shell reads it again.
 *
 * @param {string} word
 */
export function shell(word) {
	return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word)
		? word
		: `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A name without the end that all have in common: mx1.paris of
 * mx1.paris.example.org.
 *
 * @param {string} name
 * @param {string} suffix
 */
export function brief(name, suffix) {
	const text = suffix !== "" && name.endsWith(suffix) && name.length > suffix.length
		? name.slice(0, -suffix.length)
		: name;
	return text.length > 40 ? text.slice(0, 39) + "…" : text;
}

/**
 * The end, from a dot on, that all names have in common.
 *
 * @param {string[]} names
 */
export function commonSuffix(names) {
	if (names.length < 2)
		return "";
	const labels = names[0].split(".");
	for (let i = 1; i < labels.length; i++) {
		const suffix = "." + labels.slice(i).join(".");
		if (names.every((name) => name.endsWith(suffix) && name.length > suffix.length))
			return suffix;
	}
	return "";
}

/**
 * What a way costs, as lsrctl says it.
 *
 * @param {{cost?: number, hops?: number}} of
 */
export function metric(of) {
	return of.cost === undefined
		? "no way"
		: `cost ${of.cost}, ${count(of.hops ?? 0, "hop")}`;
}

// Bytes as a grid, each coloured by its meaning. A span is one stop for the keyboard.
import { h, bytesOf, hex, plural } from "explore/dom.js";
import { meaningOf } from "explore/store.js";
import { attachCard } from "explore/card.js";

const binary = ["fastcgi", "uwsgi"];

// textOf is what a cell shows: a character where the byte is one, else two hexadecimal digits.
export function textOf(byte, wire, meaning, form) {
	const isNumber = binary.includes(wire) && ["kind", "id", "length", "filler"].includes(meaning.class);
	const isText = byte > 0x20 && byte < 0x7f && (!isNumber || meaning.section.startsWith("RFC"));
	if (form === "hex" || !isText) return byte === 0x20 && form !== "hex" ? "\u2423" : hex(byte);
	return String.fromCharCode(byte);
}

// showText is bytes as a text in quotation marks.
export function showText(bytes) {
	const text = Array.from(bytes, (b) => (b === 13 ? "\\r" : b === 10 ? "\\n" : b > 31 && b < 127 ? String.fromCharCode(b) : `\\x${hex(b)}`)).join("");
	return `"${text}"`;
}

// grid draws a side: a block a message. mark(offset) may name more classes for a byte; pick is called with the offset of a
// byte that was chosen.
export function grid(wire, sideName, side, { form = "text", perRow = 8, mark, pick } = {}) {
	const bytes = bytesOf(side.bytes);
	const context = { wire, sideName, bytes, form, perRow, mark, pick };
	const box = h("div", { class: "messages", dataset: { form } }, (side.messages ?? []).map((m) => block(m, context)));
	moveByArrows(box);
	return box;
}

function block(message, context) {
	const first = message.spans[0]?.offset ?? 0;
	const length = message.spans.reduce((n, s) => n + s.length, 0);
	const title = message.title || "unreadable";
	return h("div", { class: "message", role: "group", "aria-label": `${title}, ${plural(length, "byte")}` },
		h("p", { class: "message-title" }, h("span", {}, title), h("span", { class: "count" }, plural(length, "byte"))),
		context.form === "fields" ? list(message, context) : cells(message, first, context));
}

function cells(message, first, context) {
	const out = [];
	for (const span of message.spans) {
		const meaning = meaningOf(context.wire, context.sideName, span.field);
		for (let i = 0; i < span.length; i++) {
			const offset = span.offset + i;
			if ((offset - first) % context.perRow === 0) out.push(h("span", { class: "offset", "aria-hidden": "true" }, String(offset)));
			out.push(cell(span, offset, meaning, i === 0, context));
		}
	}
	return h("div", { class: "grid", style: `--per-row: ${context.perRow}` }, out);
}

function cell(span, offset, meaning, isFirst, context) {
	const byte = context.bytes[offset];
	const text = textOf(byte, context.wire, meaning, context.form);
	const last = offset === span.offset + span.length - 1;
	const more = context.mark?.(offset) ?? "";
	const e = h("span", {
		class: `byte c-${span.error ? "error" : meaning.class}${text.length > 1 ? " digits" : ""}${isFirst ? " first" : ""}${last ? " last" : ""} ${more}`,
		dataset: { variable: span.variable ?? "", offset: String(offset) },
		tabIndex: isFirst || context.pick ? -1 : undefined,
		role: isFirst || context.pick ? "button" : undefined,
		"aria-hidden": isFirst || context.pick ? undefined : "true",
		"aria-label": isFirst || context.pick ? label(span, meaning, context, context.pick ? offset : undefined) : undefined,
		onclick: context.pick ? () => context.pick(offset) : undefined,
	}, text);
	attachCard(e, span, meaning, context.bytes);
	return e;
}

// label is what a screen reader says of a span, or of one byte.
function label(span, meaning, context, offset) {
	const says = span.error ?? span.value ?? showText(context.bytes.slice(span.offset, span.offset + span.length));
	const where = offset === undefined ? `${plural(span.length, "byte")} at ${span.offset}` : `byte ${offset}, ${hex(context.bytes[offset])}`;
	return `${span.field}: ${says}, ${where}. ${meaning.says}`;
}

// list is a message as a table of its fields.
function list(message, context) {
	const rows = message.spans.filter((s) => s.length > 0 || s.error).map((span) => {
		const meaning = meaningOf(context.wire, context.sideName, span.field);
		const bytes = context.bytes.slice(span.offset, span.offset + span.length);
		const isText = ["name", "value", "data"].includes(meaning.class) || meaning.section.startsWith("RFC");
		const e = h("tr", { tabIndex: -1, dataset: { variable: span.variable ?? "" }, class: "byte field first" },
			h("td", { class: "number" }, String(span.offset)),
			h("td", {}, h("span", { class: `swatch c-${meaning.class}` }), span.field),
			h("td", { class: "says" }, span.error ?? (isText ? showText(bytes) : `${Array.from(bytes.slice(0, 8), hex).join(" ")}${span.value ? ` = ${span.value}` : ""}`)));
		attachCard(e, span, meaning, context.bytes);
		return e;
	});
	return h("table", { class: "fields" },
		h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "at"), h("th", { scope: "col" }, "field"), h("th", { scope: "col" }, "says"))),
		h("tbody", {}, rows));
}

// moveByArrows makes box one stop of the Tab key, in which the arrow keys go from span to span.
function moveByArrows(box) {
	const stops = () => Array.from(box.querySelectorAll("[tabindex]"));
	const begin = stops()[0];
	if (begin) begin.tabIndex = 0;
	box.addEventListener("focusin", (event) => {
		for (const e of box.querySelectorAll("[tabindex='0']")) e.tabIndex = -1;
		event.target.tabIndex = 0;
	});
	box.addEventListener("keydown", (event) => {
		const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
		const all = stops();
		const at = all.indexOf(document.activeElement);
		if (at < 0 || (!step && event.key !== "Home" && event.key !== "End")) return;
		const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : at + step;
		all[to]?.focus();
		event.preventDefault();
	});
}

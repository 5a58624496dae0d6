// Change a byte, and see what the parser says.
import { h, byId, bytesOf, base64Of, hex, choice, isNarrow, onNarrow } from "explore/dom.js";
import { onDrawing, state } from "explore/store.js";
import { call, canCall } from "explore/engine.js";
import { grid } from "explore/bytes.js";

let wireName = "fastcgi", sideName = "request";
let original, bytes; // of the side that is shown
let chosen = 0, verdict;

const wire = () => state.drawing.wires.find((w) => w.name === wireName);

export function start() {
	const protocols = choice("Protocol", state.drawing.wires.map((w) => ({ value: w.name, text: w.title })), (v) => { wireName = v; reset(); });
	const sides = choice("Side", [{ value: "request", text: "Request" }, { value: "response", text: "Answer" }], (v) => { sideName = v; reset(); });
	byId("breaker").append(
		h("div", { class: "toolbar" }, protocols.group, sides.group),
		h("div", { class: "presets", id: "presets", role: "group", "aria-label": "Damage to try" }),
		h("div", { class: "bench" },
			h("div", { id: "broken", class: "flow", tabIndex: 0, role: "region", "aria-label": "Bytes that can be changed" }),
			h("div", { class: "panel" }, byteEditor(), h("div", { id: "verdict", role: "status" }))));
	protocols.press(wireName);
	sides.press(sideName);
	onDrawing(reset);
	onNarrow(draw);
}

function byteEditor() {
	const set = (value) => { bytes[chosen] = value & 0xff; judge(); };
	return h("form", { id: "byte-editor", class: "byte-editor", onsubmit: (event) => event.preventDefault() },
		h("label", { for: "byte-value" }, "Byte ", h("b", { id: "byte-offset" }, "0")),
		h("input", {
			id: "byte-value", maxLength: 2, size: 2, spellcheck: false, "aria-describedby": "byte-help",
			oninput: (event) => { if (/^[0-9a-f]{2}$/i.test(event.target.value)) set(parseInt(event.target.value, 16)); },
		}),
		h("button", { type: "button", onclick: () => set(bytes[chosen] - 1), "aria-label": "one less" }, "\u2212 1"),
		h("button", { type: "button", onclick: () => set(bytes[chosen] + 1), "aria-label": "one more" }, "+ 1"),
		h("button", { type: "button", onclick: () => { bytes = bytes.slice(0, chosen); judge(); } }, "cut from here"),
		h("button", { type: "button", id: "mend", onclick: reset }, "mend all"),
		h("p", { id: "byte-help", class: "note" }, "Two hexadecimal digits. Click a byte in the grid to choose it."));
}

function reset() {
	if (!byId("broken")) return;
	original = bytesOf(wire()[sideName].bytes);
	bytes = original.slice();
	chosen = 0;
	verdict = undefined;
	byId("presets").replaceChildren(...presets().map(([text, damage]) =>
		h("button", { type: "button", disabled: !canCall(), onclick: () => { bytes = original.slice(); damage(); judge(); } }, text)));
	for (const e of byId("byte-editor").elements) e.disabled = !canCall();
	draw();
}

export const enable = reset;

// presets are damages that teach something.
function presets() {
	const find = (field) => wire()[sideName].messages.flatMap((m) => m.spans).find((s) => s.field === field)?.offset ?? 0;
	const put = (offset, value) => { chosen = offset; bytes[offset] = value; };
	const cut = ["end the connection early", () => { chosen = Math.max(0, original.length - 4); bytes = original.slice(0, chosen); }];
	const all = {
		"fastcgi request": [["a version 9", () => put(wire().request.messages[1].spans[0].offset, 9)], ["a wrong content length", () => put(find("contentLength") + 1, 9)],
			["a name too long", () => put(find("nameLength"), 0x7f)], ["another letter in a value", () => put(find("valueData"), 0x47)], cut],
		"scgi request": [["a length too short", () => put(0, bytes[0] - 1)], ["no comma", () => put(find("comma"), 0x3b)],
			["a letter among the digits", () => put(1, 0x78)], ["a name that is not CONTENT_LENGTH", () => put(find("name"), 0x58)], cut],
		"uwsgi request": [["a size too large", () => put(find("key_size"), 0xff)], ["another kind of packet", () => put(0, 0xad)],
			["a block too short", () => put(find("datasize"), bytes[1] - 1)], cut],
		"cgi request": [["a name without an equals sign", () => put(find("equals sign"), 0x5f)], ["CONTENT_LENGTH that is no number", () => {
			const span = wire().request.messages[0].spans.find((s) => s.variable === "CONTENT_LENGTH" && s.field === "value");
			put(span?.offset ?? 0, 0x78);
		}], cut],
		"http request": [["a space less", () => put(find("space"), 0x5f)], ["another version", () => put(find("HTTP-version") + 5, 0x39)],
			["a space before the colon", () => put(find("colon") - 1, 0x20)], cut],
		"fastcgi response": [["another request's id", () => put(3, 9)], ["a status that is none", () => put(find("field value"), 0x78)], cut],
	};
	return all[`${wireName} ${sideName}`] ?? [["a colon less", () => put(find("colon"), 0x20)], ["a status that is none", () => put(find(wireName === "cgi" || wireName === "scgi" ? "field value" : "status line") + 9 * Number(wireName === "uwsgi" || wireName === "http"), 0x78)], cut];
}

let asked = 0;

async function judge() {
	const number = ++asked;
	const change = { input: state.input, wire: wireName, response: sideName === "response", bytes: base64Of(bytes) };
	try {
		const answer = await call("break", change);
		if (number === asked) verdict = answer;
	} catch (error) {
		verdict = { at: -1, outcome: error.message, side: wire()[sideName] };
	}
	draw();
}

function draw() {
	const side = verdict?.side ?? wire()[sideName];
	const mark = (offset) => [
		bytes[offset] !== original[offset] ? "changed" : "", offset === chosen ? "chosen" : "", verdict?.error && offset === verdict.at ? "culprit" : "",
	].join(" ");
	byId("broken").replaceChildren(grid(wireName, sideName, side, { form: "hex", perRow: isNarrow() ? 8 : 16, mark, pick: choose }));
	byId("byte-offset").textContent = String(chosen);
	if (document.activeElement !== byId("byte-value")) byId("byte-value").value = chosen < bytes.length ? hex(bytes[chosen]) : "";
	byId("verdict").replaceChildren(...tell());
}

function choose(offset) {
	chosen = offset;
	for (const e of byId("broken").querySelectorAll(".chosen")) e.classList.remove("chosen");
	byId("broken").querySelector(`[data-offset="${offset}"]`)?.classList.add("chosen");
	byId("byte-offset").textContent = String(offset);
	byId("byte-value").value = hex(bytes[offset]);
}

function tell() {
	if (!verdict) return [h("p", { class: "calm" }, canCall() ? "All is well so far. Choose a byte and change it, or try one of the damages above." : "Without the codecs nothing can be changed here.")];
	return [
		verdict.error ? h("p", { class: "error" }, h("b", {}, "Error: "), h("code", {}, verdict.error)) : "",
		verdict.error && verdict.at >= 0 ? h("p", {}, "The parser is sure at byte ", h("b", {}, String(verdict.at)), ", which is framed in the grid.") : "",
		h("p", { class: verdict.error ? "" : "calm" }, verdict.outcome),
		verdict.changes ? h("ul", {}, verdict.changes.map((c) => h("li", {}, h("code", {}, c)))) : "",
	].filter(Boolean);
}

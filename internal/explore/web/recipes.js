// Lines to reproduce the conversation elsewhere.
import { h, byId, bytesOf, hex, choice } from "explore/dom.js";
import { onDrawing, state } from "explore/store.js";

let wire = "fastcgi";

export function start() {
	const box = h("div", { class: "recipes" });
	const draw = () => {
		const r = state.drawing.recipes.find((r) => r.wire === wire);
		const bytes = bytesOf(state.drawing.wires.find((w) => w.name === wire).request.bytes);
		box.replaceChildren(
			code("Serve it", r.serve), code(wire === "cgi" ? "Ask what arrives, without a server" : "Ask it what arrives", r.ask),
			r.watch ? code("Watch any front and backend: point the front at the tap", r.watch) : "", code(wire === "cgi" ? "Or behind Apache httpd" : "Or behind nginx", r.front),
			code("The request's bytes, as hexdump -C shows them", dump(bytes)), code("A Go program that sends it", r.go));
	};
	const tabs = choice("Protocol", state.drawing.wires.map((w) => ({ value: w.name, text: w.title })), (v) => { wire = v; draw(); });
	byId("recipes").append(h("div", { class: "toolbar" }, tabs.group), box);
	tabs.press(wire);
	onDrawing(draw);
}

// code is a text with a button that copies it.
function code(title, text) {
	const box = h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": title }, text);
	const button = h("button", { type: "button", "aria-label": `Copy: ${title}`, onclick: async () => {
		try {
			await navigator.clipboard.writeText(text);
			button.textContent = "Copied";
		} catch { // a page by HTTP from another machine has no clipboard, and a user may refuse it
			getSelection().selectAllChildren(box);
			button.textContent = "Selected: copy it by the keyboard";
		}
	} }, "Copy");
	return h("div", { class: "recipe" }, h("div", { class: "recipe-head" }, h("h3", {}, title), button), box);
}

function dump(bytes) {
	let out = "";
	for (let at = 0; at < bytes.length; at += 16) {
		const row = Array.from(bytes.slice(at, at + 16));
		const digits = row.map(hex);
		const columns = `${digits.slice(0, 8).join(" ")}  ${digits.slice(8).join(" ")}`.padEnd(48);
		const text = row.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : ".")).join("");
		out += `${at.toString(16).padStart(8, "0")}  ${columns}  |${text}|\n`;
	}
	return `${out}${bytes.length.toString(16).padStart(8, "0")}`;
}

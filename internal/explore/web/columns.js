// The five protocols side by side.
import { h, byId, plural } from "explore/dom.js";
import { onDrawing, state, classes } from "explore/store.js";
import { grid } from "explore/bytes.js";
import { pin, refresh, isFollowed } from "explore/follow.js";

let form = "text";

export function start() {
	byId("legend").append(...Object.entries(classes).map(([name, says]) => h("li", {}, h("span", { class: `swatch c-${name}` }), says)));
	byId("form-of-bytes").addEventListener("change", (event) => {
		form = event.target.value;
		draw(state.drawing);
	});
	onDrawing(draw);
}

function draw(drawing) {
	byId("columns").replaceChildren(...drawing.wires.map(column));
	drawVariables(drawing);
	refresh();
}

function column(wire) {
	const side = (name, title, note) => [
		h("h4", {}, title, h("span", { class: "count" }, note)),
		grid(wire.name, name, wire[name], { form }),
	];
	const flow = h("div", { class: "flow", tabIndex: 0, role: "region", "aria-label": `${wire.title}, its bytes` },
		wire.error ? h("p", { class: "notice" }, `${wire.title} cannot carry this: ${wire.error}`) : "",
		side("request", "Request", plural(wire.cost.request, "byte")),
		side("response", "Answer", plural(wire.cost.response, "byte")));
	return h("section", { class: "column", dataset: { wire: wire.name }, "aria-label": wire.title },
		h("h3", {}, wire.title, h("span", { class: "count" }, plural(wire.cost.request + wire.cost.response, "byte"))),
		h("p", { class: "tagline" }, taglines[wire.name]),
		flow);
}

const taglines = {
	cgi: "Strings in the environment, the body on standard input.",
	fastcgi: "Records with a header of eight bytes each.",
	scgi: "One netstring of texts that end in NUL.",
	uwsgi: "One packet, a size before each text.",
	http: "Lines of text. The reference for the other four.",
};

// drawVariables makes a button for each variable that is in some protocol.
function drawVariables(drawing) {
	const names = new Set();
	for (const wire of drawing.wires) {
		for (const side of [wire.request, wire.response]) {
			for (const m of side.messages ?? []) for (const s of m.spans) if (s.variable) names.add(s.variable);
		}
	}
	const order = (name) => Number(name.startsWith("answer "));
	const sorted = Array.from(names).sort((a, b) => order(a) - order(b));
	byId("variables").replaceChildren(h("span", { class: "label" }, "Follow"), ...sorted.map((name) =>
		h("button", { type: "button", dataset: { variable: name }, "aria-pressed": String(isFollowed(name)), onclick: () => pin(isFollowed(name) ? "" : name) }, name)));
}

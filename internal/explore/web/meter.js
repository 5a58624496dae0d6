// What each protocol costs.
import { h, byId } from "explore/dom.js";
import { onDrawing } from "explore/store.js";

export function start() { onDrawing(draw); }

function draw(drawing) {
	const most = Math.max(...drawing.wires.map((w) => w.cost.content + w.cost.framing));
	byId("meter").replaceChildren(
		h("p", { class: "key" }, h("span", { class: "swatch bar-content" }), "names, values and bodies ", h("span", { class: "swatch bar-framing" }), "framing"),
		h("ul", { class: "meter" }, drawing.wires.map((w) => row(w, most))));
}

function row(wire, most) {
	const { request, response, content, framing, own, kept, note } = wire.cost;
	const share = Math.round((100 * framing) / Math.max(1, content + framing));
	const width = (n) => `width: ${(100 * n) / most}%`;
	return h("li", {},
		h("h3", {}, wire.title),
		h("div", { class: "bar", role: "img", "aria-label": `${content} bytes of content, ${framing} bytes of framing` },
			h("span", { class: "bar-content", style: width(content) }), h("span", { class: "bar-framing", style: width(framing) })),
		h("dl", {},
			fact("request", `${request} B`), fact("answer", `${response} B`), fact("framing", `${framing} B, ${share} %`),
			fact("system calls", calls(own, kept)), fact("connection", connections[wire.name])),
		h("p", { class: "note" }, note));
}

const connections = {
	cgi: "none; a process each", fastcgi: "kept, shared or one each", scgi: "one each", uwsgi: "one each", http: "kept",
};

function calls(own, kept) {
	const one = (c, how) => c.number && h("span", { title: c.names }, `${c.number} ${how}`);
	const both = [one(own, "with a connection of its own"), one(kept, "on a kept one")].filter(Boolean);
	return both.length ? both.flatMap((e, i) => (i ? [", ", e] : [e])) : "those of starting a program";
}

function fact(name, value) { return h("div", {}, h("dt", {}, name), h("dd", {}, value)); }

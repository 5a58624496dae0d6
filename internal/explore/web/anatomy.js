// A few records, large, with a label under each field.
import { h, byId, bytesOf, hex } from "explore/dom.js";
import { dossier, meaningOf } from "explore/store.js";
import { textOf, showText } from "explore/bytes.js";
import { attachCard } from "explore/card.js";

export function start() {
	const wire = dossier.drawing.wires.find((w) => w.name === "fastcgi");
	const [begin, params, end] = wire.request.messages;
	const last = wire.response.messages.at(-1);
	byId("anatomy").append(
		step("1", "The front opens a connection and says: here begins request 1.",
			"The first eight bytes are the header, as of every record. Type 1 is BEGIN_REQUEST, whose content is another eight bytes: please answer (be a responder), and close the connection afterwards.",
			strip(wire, "request", begin.spans)),
		step("2", "Then come the variables, each as two lengths and two texts.",
			"The header is the same eight bytes again, with another type and length. In the content nothing ends a text: its length was told before it. These are the first two variables.",
			strip(wire, "request", params.spans.slice(0, 14), true)),
		step("3", "An empty record ends the variables.",
			"Variables and bodies are streams: as many records as it takes, and then one without content. The body follows in the same way, as STDIN.",
			strip(wire, "request", end.spans)),
		step("4", "The application answers in STDOUT records, and says that it is done.",
			"STDOUT carries what a CGI program would print. Type 3, END_REQUEST, frees the number 1 for another request.",
			strip(wire, "response", last.spans)));
}

function step(number, title, says, bytes) {
	return h("div", { class: "step" }, h("span", { class: "number", "aria-hidden": "true" }, number), h("div", {}, h("h3", {}, title), h("p", {}, says), bytes));
}

// strip draws spans in a row, each above its label.
function strip(wire, sideName, spans, more = false) {
	const bytes = bytesOf(wire[sideName].bytes);
	return h("div", { class: "strip" }, spans.filter((s) => s.length > 0).map((span) => part(wire, sideName, span, bytes)), more ? h("span", { class: "more" }, "\u2026") : "");
}

function part(wire, sideName, span, bytes) {
	const meaning = meaningOf(wire.name, sideName, span.field);
	const own = bytes.slice(span.offset, span.offset + span.length);
	const isText = ["name", "value", "data"].includes(meaning.class);
	const says = span.value || (meaning.class === "filler" ? "unused" : "");
	const e = h("div", {
		class: `part byte c-${meaning.class}`, tabIndex: 0, role: "button", dataset: { variable: span.variable ?? "" },
		"aria-label": `${span.field}: ${says || showText(own)}. ${meaning.says}`,
	},
		h("span", { class: "part-bytes" }, isText ? Array.from(own, (b) => textOf(b, wire.name, meaning, "text")).join("") : Array.from(own, hex).join(" ")),
		h("span", { class: "part-field" }, span.field), h("span", { class: "part-says" }, says));
	attachCard(e, span, meaning, bytes);
	return e;
}

// What the page shows at the moment.
import { byId } from "explore/dom.js";

// dossier is what came with the page: an example in all protocols, and what fields mean.
export const dossier = JSON.parse(byId("dossier").textContent);

export const state = { input: dossier.input, drawing: dossier.drawing };

const listeners = [];

// onDrawing calls f now and whenever there is another drawing.
export function onDrawing(f) {
	listeners.push(f);
	f(state.drawing);
}

// show makes a drawing the one that is shown.
export function show(input, drawing) {
	state.input = input;
	state.drawing = drawing;
	for (const f of listeners) f(drawing);
	const root = document.documentElement.dataset;
	root.drawn = String(Number(root.drawn ?? 0) + 1);
}

// meaningOf says what a field of a side is: side is "request" or "response".
export function meaningOf(wire, side, field) {
	return dossier.meanings[`${wire} ${side}`]?.[field] ?? { class: "mark", says: "", section: "", url: "" };
}

// classes are the kinds of meaning in the order of the legend.
export const classes = {
	kind: "what it is", id: "whose it is", length: "how long", name: "a name", value: "its value",
	data: "a body", mark: "a separator", filler: "means nothing", error: "unreadable",
};

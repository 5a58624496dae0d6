// The form in which the request and the answer are changed.
import { byId } from "explore/dom.js";
import { dossier, show } from "explore/store.js";
import { call } from "explore/engine.js";

const form = byId("editor");
const linesOf = (fields) => fields.map((f) => `${f.name}: ${f.value}`).join("\n");

// fill puts an input into the form.
function fill(input) {
	const to = form.elements;
	to.method.value = input.method;
	to.path.value = input.path;
	to.query.value = input.query;
	to.headers.value = linesOf(input.headers);
	to.body.value = input.body;
	to.status.value = input.answer.status;
	to.answerHeaders.value = linesOf(input.answer.headers);
	to.answerBody.value = input.answer.body;
}

// read makes an input of what is in the form. A line without a colon is an error.
function read() {
	const from = form.elements;
	const fields = (text) => text.split("\n").filter((line) => line.trim() !== "").map((line) => {
		const colon = line.indexOf(":");
		if (colon < 1) throw new Error(`header field ${JSON.stringify(line)}: write Name: value`);
		return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
	});
	return {
		method: from.method.value, path: from.path.value, query: from.query.value, headers: fields(from.headers.value), body: from.body.value,
		answer: { status: Number(from.status.value), headers: fields(from.answerHeaders.value), body: from.answerBody.value },
	};
}

let busy = false, again = false;

// update has the codecs draw what is in the form: one drawing at a time, and the last one always.
async function update() {
	if (busy) { again = true; return; }
	busy = true;
	do {
		again = false;
		try {
			const input = read();
			show(input, await call("draw", input));
			complain("");
		} catch (error) {
			complain(error.message);
		}
	} while (again);
	busy = false;
}

function complain(text) {
	byId("complaint").textContent = text;
	form.classList.toggle("wrong", text !== "");
}

export function start() {
	fill(dossier.input);
	for (const e of form.elements) e.disabled = true;
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("reset", (event) => { event.preventDefault(); fill(dossier.input); update(); });
}

// enable lets the form be used: there is an engine.
export function enable() {
	for (const e of form.elements) e.disabled = false;
	form.addEventListener("input", update);
}

// One variable, lit up wherever it is.
import { byId } from "explore/dom.js";

let followed = ""; // by a click, until another

const columns = () => byId("columns");

// light lights up what belongs to a variable; "" the one that is followed, if any. own is a byte that is lit up by itself.
export function light(variable, own) {
	const lit = variable || followed;
	for (const e of document.querySelectorAll(".lit")) e.classList.remove("lit");
	if (own) own.classList.add("lit");
	if (lit === "") return;
	for (const e of document.querySelectorAll(`:is(#columns, #variables) [data-variable="${CSS.escape(lit)}"]`)) e.classList.add("lit");
}

// pin follows a variable, and brings it into view in every column; "" follows none.
export function pin(variable) {
	followed = variable;
	for (const b of byId("variables").querySelectorAll("button")) b.setAttribute("aria-pressed", String(b.dataset.variable === variable && variable !== ""));
	light("");
	if (variable === "") return;
	for (const box of columns().querySelectorAll(".flow")) {
		const first = box.querySelector(`[data-variable="${CSS.escape(variable)}"]`);
		if (!first) continue;
		const at = first.getBoundingClientRect(), own = box.getBoundingClientRect();
		if (at.top < own.top + 40 || at.bottom > own.bottom - 8) box.scrollTop += at.top - own.top - own.height / 3;
	}
}

// refresh lights up what is followed in columns that were drawn anew.
export function refresh() { if (followed) pin(followed); }

export const isFollowed = (variable) => followed === variable;

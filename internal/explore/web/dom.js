// Small helpers for the document.

// h makes an element. Properties that begin with "on" are listeners, those with a hyphen and role are
// attributes; children are elements and texts, which are never read as HTML.
export function h(tag, properties = {}, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (value === undefined || value === null || value === false) continue;
		if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
		else if (name === "class") e.className = value;
		else if (name === "dataset") Object.assign(e.dataset, value);
		else if (name.includes("-") || name === "role" || name === "for" || name === "list") e.setAttribute(name, value);
		else e[name] = value;
	}
	e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== false));
	return e;
}

export const byId = (id) => document.getElementById(id);

// bytesOf decodes base64.
export const bytesOf = (text) => Uint8Array.from(atob(text ?? ""), (c) => c.charCodeAt(0));

// base64Of encodes bytes.
export const base64Of = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));

export const hex = (byte) => byte.toString(16).padStart(2, "0");

// plural is a number of things: "1 byte", "2 bytes".
export const plural = (n, thing) => `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;

// choice makes a row of buttons of which one is pressed. choose is called with the chosen value.
export function choice(label, options, choose) {
	const buttons = options.map(({ value, text }) =>
		h("button", { type: "button", dataset: { value }, "aria-pressed": "false", onclick: () => press(value) }, text));
	function press(value) {
		for (const b of buttons) b.setAttribute("aria-pressed", String(b.dataset.value === value));
		choose(value);
	}
	const group = h("div", { class: "tabs", role: "group", "aria-label": label }, buttons);
	return { group, press };
}

// isNarrow reports whether the window is a phone's. onNarrow calls f when that changes.
const narrow = matchMedia("(max-width: 600px)");
export const isNarrow = () => narrow.matches;
export const onNarrow = (f) => narrow.addEventListener("change", f);

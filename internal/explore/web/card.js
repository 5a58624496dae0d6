// The card that explains the bytes under the pointer or the keyboard's focus.
import { h, byId, hex, plural } from "explore/dom.js";
import { showText } from "explore/bytes.js";
import { light, pin } from "explore/follow.js";

const card = byId("card");
let pinned = false;
let anchor; // what the card is about

// attachCard has e show the card of a span.
export function attachCard(e, span, meaning, bytes) {
	e.addEventListener("pointerenter", () => !pinned && open(e, span, meaning, bytes));
	e.addEventListener("pointerleave", () => !pinned && close());
	e.addEventListener("focus", () => { pinned = false; open(e, span, meaning, bytes); });
	e.addEventListener("blur", () => !pinned && close());
	e.addEventListener("click", () => { open(e, span, meaning, bytes); keep(span); });
	e.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" && event.key !== " ") return;
		event.preventDefault();
		e.click();
	});
}

function keep(span) {
	pinned = true;
	card.classList.add("pinned");
	if (span.variable) pin(span.variable);
}

function open(e, span, meaning, bytes) {
	const own = bytes.slice(span.offset, span.offset + span.length);
	const digits = `${Array.from(own.slice(0, 12), hex).join(" ")}${own.length > 12 ? " \u2026" : ""}`;
	const says = span.value || (["name", "value", "data"].includes(meaning.class) ? showText(own.slice(0, 120)) : "");
	card.replaceChildren(
		h("p", { class: "card-head" }, h("span", { class: `swatch c-${span.error ? "error" : meaning.class}` }), h("b", {}, span.field),
			h("span", { class: "count" }, span.length ? `${plural(span.length, "byte")} at ${span.offset}` : "")),
		h("p", { class: "card-bytes" }, digits, says ? h("span", { class: "equals" }, " = ") : "", h("span", { class: "card-says" }, says)),
		span.error ? h("p", { class: "card-error" }, span.error) : "",
		h("p", {}, meaning.says),
		h("p", { class: "card-foot" },
			span.variable ? h("span", {}, "of ", h("code", {}, span.variable)) : "",
			meaning.url ? h("a", { href: meaning.url, target: "_blank", rel: "noopener", tabIndex: -1 }, meaning.section) : meaning.section));
	card.classList.remove("pinned");
	card.hidden = false;
	anchor = e;
	place(e.getBoundingClientRect());
	light(span.variable ?? "", e);
}

// place puts the card below the byte, or above it, and within the window.
function place(at) {
	const own = card.getBoundingClientRect();
	const left = Math.min(Math.max(8, at.left + at.width / 2 - own.width / 2), document.documentElement.clientWidth - own.width - 8);
	const below = at.bottom + 10 + own.height < innerHeight;
	card.style.left = `${left}px`;
	card.style.top = `${below ? at.bottom + 10 : Math.max(8, at.top - own.height - 10)}px`;
}

export function close() {
	pinned = false;
	card.hidden = true;
	light("");
}

document.addEventListener("keydown", (event) => {
	if (event.key !== "Escape") return;
	pin("");
	close();
});
document.addEventListener("pointerdown", (event) => {
	if (pinned && !event.target.closest(".byte, #card, #variables")) {
		pin("");
		close();
	}
});
document.addEventListener("scroll", () => { if (!card.hidden && anchor?.isConnected) place(anchor.getBoundingClientRect()); }, { capture: true, passive: true });

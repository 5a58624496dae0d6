// The card that explains the bytes under the pointer or the keyboard's focus.
import { h, byId, hex, plural } from "explore/dom.js";
import { showText } from "explore/bytes.js";
import { light, pin } from "explore/follow.js";

const card = byId("card");
let pinned = false;
let anchor; // what the card is about

const about = new WeakMap(); // what each element shows the card of

// attachCard has e show the card of a span.
export function attachCard(e, span, meaning, bytes) { about.set(e, { span, meaning, bytes }); }

// subject is the element with a card in which an event happened.
function subject(event) {
	for (let e = event.target; e instanceof Element; e = e.parentElement) if (about.has(e)) return e;
}

let pointer = ""; // where it was last

// moves reports whether the pointer has moved. A byte that comes to lie under a still one, as the
// page is scrolled or drawn anew, opens no card: nor does the one whose card Escape has closed.
function moves(event) {
	const before = pointer;
	pointer = `${event.clientX} ${event.clientY}`;
	return pointer !== before;
}

// left closes the card of what the pointer or the focus has left. The other of them may have opened
// another one since.
function left(event) { const e = subject(event); if (e && e === anchor && !pinned) close(); }

// The listeners are those of the document: there are thousands of bytes.
document.addEventListener("pointermove", moves, { passive: true });
document.addEventListener("pointerover", (event) => { const e = subject(event); if (moves(event) && e && !pinned) open(e); });
document.addEventListener("pointerout", left);
document.addEventListener("focusin", (event) => { const e = subject(event); if (e) open(e); });
document.addEventListener("focusout", left);
document.addEventListener("click", (event) => { const e = subject(event); if (e && !e.closest("#broken")) { open(e); keep(e); } });
document.addEventListener("keydown", (event) => {
	const e = subject(event);
	if (!e || (event.key !== "Enter" && event.key !== " ")) return;
	event.preventDefault();
	e.click();
});

function keep(e) {
	const { span } = about.get(e);
	pinned = true;
	card.classList.add("pinned");
	if (span.variable) pin(span.variable);
}

function open(e) {
	const { span, meaning, bytes } = about.get(e);
	pinned = false;
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
	anchor = undefined;
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
document.addEventListener("scroll", () => { if (anchor?.isConnected) place(anchor.getBoundingClientRect()); }, { capture: true, passive: true });

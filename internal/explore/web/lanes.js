// Two requests that share a FastCGI connection.
import { h, byId, bytesOf, plural } from "explore/dom.js";
import { dossier } from "explore/store.js";
import { grid, showText } from "explore/bytes.js";

let shown;

export function start() {
	shown = dossier.records.length;
	const list = h("ol", { class: "lanes" }, dossier.records.map(row));
	const say = h("p", { id: "lane-status", role: "status", class: "note" }, plural(shown, "record"));
	const reveal = (n) => {
		shown = Math.min(Math.max(n, 0), list.children.length);
		for (const [i, e] of Array.from(list.children).entries()) e.classList.toggle("later", i >= shown);
		const r = dossier.records[shown - 1];
		say.textContent = r ? `${shown} of ${plural(list.children.length, "record")}: ${r.front ? "the front sends" : "the application sends"} ${r.message.title}` : "The connection is open.";
	};
	let timer;
	const stop = () => { clearInterval(timer); timer = undefined; play.textContent = "Play"; };
	const play = h("button", {
		type: "button", dataset: { do: "play" }, onclick: () => {
			if (timer) { stop(); return; }
			if (shown === list.children.length) reveal(0);
			play.textContent = "Pause";
			timer = setInterval(() => { reveal(shown + 1); if (shown === list.children.length) stop(); }, 700);
		},
	}, "Play");
	byId("lanes").append(
		h("div", { class: "toolbar" }, play,
			h("button", { type: "button", dataset: { do: "back" }, onclick: () => { stop(); reveal(shown - 1); } }, "Back"),
			h("button", { type: "button", dataset: { do: "step" }, onclick: () => { stop(); reveal(shown === list.children.length ? 1 : shown + 1); } }, "Step"),
			h("button", { type: "button", dataset: { do: "all" }, onclick: () => { stop(); reveal(list.children.length); } }, "All"), say),
		h("div", { class: "lane-heads", "aria-hidden": "true" }, h("span", {}, "front"), h("span", {}, "application")),
		list);
}

function row(record) {
	const who = record.request === 1 ? "slow" : "quick";
	const side = { bytes: record.bytes, messages: [record.message] };
	return h("li", { class: `${record.front ? "from-front" : "from-application"} ${who}` },
		h("details", {},
			h("summary", {}, h("span", { class: "arrow", "aria-hidden": "true" }, record.front ? "\u2192" : "\u2190"),
				h("b", {}, record.message.title), content(record), h("span", { class: "who" }, who)),
			grid("fastcgi", record.front ? "request" : "response", side)));
}

// content is what a record of the answer carries.
function content(record) {
	const span = record.message.spans.find((s) => s.field === "body" || s.field === "contentData");
	if (!span) return "";
	return h("code", {}, showText(bytesOf(record.bytes).slice(span.offset, span.offset + span.length)));
}

// What a real front sent, beside what our client sends.
import { h, byId, plural, choice, isNarrow, onNarrow } from "explore/dom.js";
import { dossier } from "explore/store.js";
import { grid } from "explore/bytes.js";

export function start() {
	const panes = h("div", { class: "pair" });
	const differences = h("div", { class: "differences" });
	const titles = Object.fromEntries(dossier.drawing.wires.map((w) => [w.name, w.title]));
	let chosen = dossier.recordings[0]?.wire;
	const tabs = choice("Protocol", dossier.recordings.map((r) => ({ value: r.wire, text: titles[r.wire] })), (name) => {
		chosen = name;
		const recording = dossier.recordings.find((r) => r.wire === name);
		const ours = dossier.drawing.wires.find((w) => w.name === name).request;
		panes.replaceChildren(pane(name, recording.front, recording.side), pane(name, "Postern", ours));
		differences.replaceChildren(
			h("h3", {}, "What differs from ours"),
			recording.differences?.length ? h("ul", {}, recording.differences.map((d) => h("li", {}, h("code", {}, d)))) : h("p", {}, "Nothing."));
	});
	byId("fronts").append(h("div", { class: "toolbar" }, tabs.group), panes, differences);
	tabs.press(chosen);
	onNarrow(() => tabs.press(chosen));
}

function pane(wire, who, side) {
	const length = side.messages.flatMap((m) => m.spans).reduce((n, s) => n + s.length, 0);
	return h("section", { class: "column", "aria-label": who },
		h("h3", {}, who, h("span", { class: "count" }, plural(length, "byte"))),
		h("div", { class: "flow", tabIndex: 0, role: "region", "aria-label": `${who}, the bytes` }, grid(wire, "request", side, { perRow: isNarrow() ? 8 : 16 })));
}

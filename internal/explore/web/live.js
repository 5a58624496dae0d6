// What goes over real connections, where the server taps them.
import { h, byId, plural } from "explore/dom.js";
import { dossier } from "explore/store.js";
import { grid } from "explore/bytes.js";

const most = 200; // messages that are kept

export function start() {
	if (!dossier.live) return;
	const section = byId("live");
	section.hidden = false;
	const list = h("ol", { class: "lanes" });
	section.append(h("div", { class: "lane-heads", "aria-hidden": "true" }, h("span", {}, "front"), h("span", {}, "backend")), list);
	const events = new EventSource("events");
	events.onopen = () => { section.dataset.open = "yes"; };
	events.onmessage = (event) => {
		list.append(row(JSON.parse(event.data)));
		if (list.children.length > most) list.firstChild.remove();
	};
}

// row is a message; its bytes are drawn when it is opened.
function row(traffic) {
	const details = h("details", {},
		h("summary", {}, h("span", { class: "arrow", "aria-hidden": "true" }, traffic.front ? "\u2192" : "\u2190"),
			h("b", {}, traffic.message.title || "unreadable"), h("span", { class: "who" }, `connection ${traffic.conn}, ${traffic.wire}`)));
	details.addEventListener("toggle", () => {
		if (details.children.length > 1) return;
		const side = { bytes: traffic.bytes, messages: [traffic.message] };
		details.append(grid(traffic.wire, traffic.front ? "request" : "response", side),
			traffic.more ? h("p", { class: "note" }, `and ${plural(traffic.more, "byte")} more`) : "");
	});
	return h("li", { class: traffic.front ? "from-front quick" : "from-application slow" }, details);
}

// The switch between the system's colours, light and dark.
import { byId } from "explore/dom.js";

const names = { "": "Auto", light: "Light", dark: "Dark" };
const next = { "": "dark", dark: "light", light: "" };

export function start() {
	const button = byId("theme"), root = document.documentElement;
	const label = () => {
		const theme = root.dataset.theme ?? "";
		button.textContent = names[theme];
		button.setAttribute("aria-label", `Colours: ${theme || "as the system has them"}`);
	};
	button.addEventListener("click", () => {
		const theme = next[root.dataset.theme ?? ""];
		if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
		try { localStorage.setItem("theme", theme); } catch { /* a page that is a file may have no storage */ }
		label();
	});
	label();
}

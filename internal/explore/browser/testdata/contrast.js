// What has a contrast below 4.5 to 1 (WCAG 2.2, 1.4.3), each text once.
(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const colours = new Map();
	const rgba = (colour) => {
		if (!colours.has(colour)) {
			canvas.clearRect(0, 0, 1, 1);
			canvas.fillStyle = colour;
			canvas.fillRect(0, 0, 1, 1);
			const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
			colours.set(colour, [r, g, b, a / 255]);
		}
		return colours.get(colour);
	};
	const luminance = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const colour = rgba(getComputedStyle(e).backgroundColor);
			if (colour[3] > 0.9) return colour;
		}
		return [255, 255, 255, 1];
	};
	const wrong = new Set(), seen = new Set();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const text = texts.currentNode.textContent.trim(), e = texts.currentNode.parentElement;
		if (!text || !e.checkVisibility() || e.closest("script, style, noscript, datalist, :disabled")) continue;
		const kind = `${e.localName} ${e.className} in ${e.parentElement.className} in ${e.closest("section, header, footer")?.id}`;
		if (seen.has(kind)) continue;
		seen.add(kind);
		const a = luminance(rgba(getComputedStyle(e).color)), b = luminance(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) wrong.add(`${ratio.toFixed(2)}: <${e.localName} class="${e.className}"> ${getComputedStyle(e).color} on ${behind(e)}`);
	}
	return Array.from(wrong).slice(0, 20);
})()

// What a screen reader or a keyboard would miss.
(() => {
	const wrong = [];
	const all = (selector) => Array.from(document.querySelectorAll(selector));
	for (const landmark of ["header", "nav", "main", "footer"]) {
		const n = all(landmark).length;
		if (n !== 1) wrong.push(`${n} <${landmark}>`);
	}
	if (all("h1").length !== 1) wrong.push("not one h1");
	if (!document.documentElement.lang) wrong.push("no language");
	let level = 1;
	for (const h of all("h1, h2, h3, h4")) {
		const own = Number(h.localName[1]);
		if (own > level + 1) wrong.push(`<${h.localName}> ${h.textContent} after level ${level}`);
		level = own;
	}
	const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.labels?.length || e.textContent.trim() || e.title;
	for (const e of all("main section, nav, [role=region], [role=group]")) {
		const by = e.getAttribute("aria-labelledby");
		if (by ? !document.getElementById(by) : !e.getAttribute("aria-label")) wrong.push(`a <${e.localName} class="${e.className}"> without a name`);
	}
	for (const e of all("button, input, textarea, a[href], [role=button]")) if (!named(e)) wrong.push(`a <${e.localName}> without a name`);
	for (const e of all("[id]")) if (all(`#${CSS.escape(e.id)}`).length > 1) wrong.push(`the id ${e.id} twice`);
	for (const a of all("a[href^='#']")) if (!document.querySelector(a.hash)) wrong.push(`${a.hash} leads nowhere`);
	for (const e of all(".messages")) {
		const stops = e.querySelectorAll("[tabindex='0']").length;
		if (stops > 1) wrong.push(`${stops} stops of the Tab key in the bytes`);
	}
	return Array.from(new Set(wrong)).slice(0, 20);
})()

// The illustrated page: it begins with the conversation that it came with, then looks for the codecs.
import { byId } from "explore/dom.js";
import * as theme from "explore/theme.js";
import * as anatomy from "explore/anatomy.js";
import * as editor from "explore/editor.js";
import * as columns from "explore/columns.js";
import * as meter from "explore/meter.js";
import * as breaker from "explore/breaker.js";
import * as lanes from "explore/lanes.js";
import * as fronts from "explore/fronts.js";
import * as recipes from "explore/recipes.js";
import * as live from "explore/live.js";
import * as engine from "explore/engine.js";

for (const part of [theme, anatomy, editor, columns, meter, breaker, lanes, fronts, recipes, live]) part.start();

const root = document.documentElement.dataset;
try {
	root.engine = await engine.start();
	editor.enable();
	breaker.enable();
} catch (error) {
	byId("engine").textContent = `${error.message} What you see is a conversation that was recorded when the page was made; it cannot be changed.`;
	byId("engine").classList.add("notice");
	root.engine = "recorded";
}

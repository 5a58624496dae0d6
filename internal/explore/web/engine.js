// What answers the page's calls: the codecs as WebAssembly in this very page, or the server that it came from.
import { byId, bytesOf } from "explore/dom.js";

let answer; // a function of a name and a text of JSON; undefined: there is no engine

// call asks the codecs. The error of what cannot be done is for the page's user.
export async function call(name, argument) {
	return JSON.parse(await answer(name, JSON.stringify(argument)));
}

export const canCall = () => answer !== undefined;

// start finds an engine, and returns how it is called; or throws why there is none.
export async function start() {
	const program = byId("program");
	if (program) {
		answer = await compile(program.textContent);
		return "wasm";
	}
	if (!location.protocol.startsWith("http")) throw new Error("This file was made without the codecs: make explore makes one that has them.");
	answer = ask;
	return "server";
}

async function compile(text) {
	if (typeof WebAssembly === "undefined") throw new Error("This browser has no WebAssembly, which the codecs need.");
	if (typeof DecompressionStream === "undefined") throw new Error("This browser has no DecompressionStream, which unpacks the codecs.");
	const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
	const go = new Go();
	const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer(), go.importObject);
	go.run(instance); // goes on for as long as the page is there
	return globalThis.postern;
}

async function ask(name, text) {
	const response = await fetch(`call/${name}`, { method: "POST", body: text }).catch(() => {
		throw new Error("The server of this page does not answer: start postern explore again.");
	});
	const answer = await response.text();
	if (!response.ok) throw new Error(answer.trim());
	return answer;
}

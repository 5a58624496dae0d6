package browser

import (
	_ "embed"
	"encoding/json"
	"io"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postern-gateway/postern/internal/explore"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// contrast and landmarks are scripts that return what is wrong with the page, a text each.
var (
	//go:embed testdata/contrast.js
	contrast string
	//go:embed testdata/landmarks.js
	landmarks string
)

// TestPage uses the page as people do: the offline file, and the one that is served.
func TestPage(t *testing.T) {
	browser := newBrowser(t)
	file := offline(t)
	p := open(t, browser, file, "wasm")
	t.Run("the file says what the codecs say", func(t *testing.T) { sameAsNative(p.with(t)) })
	t.Run("load", func(t *testing.T) { load(p.with(t)) })
	t.Run("hover and focus", func(t *testing.T) { follow(p.with(t)) })
	t.Run("edit", func(t *testing.T) { edit(p.with(t)) })
	t.Run("break", func(t *testing.T) { damage(p.with(t)) })
	t.Run("multiplexing", func(t *testing.T) { lanes(p.with(t)) })
	t.Run("dark", func(t *testing.T) { inTheDark(p.with(t)) })
	t.Run("phone", func(t *testing.T) { onAPhone(p.with(t)) })
	p.with(t).done()

	t.Run("without WebAssembly", func(t *testing.T) {
		p := open(t, browser, file, "recorded", withoutWebAssembly())
		want(p, `document.querySelectorAll("#columns .column").length`, 5)
		want(p, `document.querySelector("#editor [name=path]").disabled`, true)
		want(p, `document.querySelector("#engine").textContent.includes("no WebAssembly")`, true)
		p.shoot("no-webassembly", "")
		p.done()
	})
	t.Run("served", func(t *testing.T) {
		live := new(explore.Live)
		url, stop := online(t, live)
		p := open(t, browser, url, "server")
		edit(p)
		damage(p)
		traffic(p, live)
		copying(p)
		stop()
		p.enter("path", "/wines")
		p.waitFor(`document.querySelector("#complaint").textContent.includes("start postern explore again")`)
		p.done()
	})
}

// with is p in a subtest.
func (p *tab) with(t *testing.T) *tab { p.t = t; return p }

// sameAsNative holds what the WebAssembly program draws to what the codecs draw here.
func sameAsNative(p *tab) {
	argument, _ := json.Marshal(explore.Example())
	want, err := explore.Call(p.t.Context(), "draw", argument)
	if err != nil {
		p.t.Fatal(err)
	}
	got := ask[string](p, `postern("draw", `+quoted(string(argument))+`)`)
	if got != string(want) {
		p.t.Errorf("the WebAssembly program draws\n%s\nwant\n%s", got, want)
	}
}

func load(p *tab) {
	want(p, `document.querySelectorAll("#columns .column").length`, 5)
	want(p, `document.querySelectorAll("#anatomy .step").length`, 4)
	p.shoot("record", "#record")
	p.shoot("bytes", "#bytes")
	p.shoot("front", "#front")
	p.check()
}

// check runs what looks for faults of the whole page.
func (p *tab) check() {
	p.t.Helper()
	for name, script := range map[string]string{"contrast": contrast, "landmarks": landmarks} {
		for _, fault := range ask[[]string](p, script) {
			p.t.Errorf("%s: %s", name, fault)
		}
	}
}

// lit is the number of columns in which something of a variable is lit up.
const lit = `Array.from(document.querySelectorAll("#columns .column")).filter((c) => c.querySelector(".byte.lit")).length`

func follow(p *tab) {
	const value = `#columns [data-wire=fastcgi] .c-name[data-variable=REQUEST_URI].first`
	p.do(chromedp.ScrollIntoView(chromedp.CSS(value)))
	p.hover(value)
	p.waitFor(`!document.querySelector("#card").hidden`)
	want(p, `document.querySelector("#card b").textContent`, "nameData")
	want(p, lit, 5)
	p.shoot("hover", "")

	// by the keyboard: a column's bytes are one stop, and the arrow keys go on
	p.do(chromedp.Focus(chromedp.CSS(`#columns [data-wire=scgi] .messages [tabindex="0"]`)))
	p.waitFor(`document.querySelector("#card b").textContent === "length"`)
	p.do(keys(kb.ArrowRight), keys(kb.ArrowRight))
	p.waitFor(`document.querySelector("#card b").textContent === "name"`)
	want(p, `document.activeElement.dataset.variable`, "CONTENT_LENGTH")
	want(p, lit, 5)
	want(p, `document.activeElement.getAttribute("aria-label").startsWith("name: \"CONTENT_LENGTH\"")`, true)
	p.do(keys(kb.Enter))
	p.waitFor(`document.querySelector("#variables [aria-pressed=true]")?.textContent === "CONTENT_LENGTH"`)
	p.do(keys(kb.Escape))
	p.waitFor(`document.querySelector("#card").hidden && !document.querySelector("#columns .lit")`)
	// a byte that scrolls under the pointer, which is where it was, says so when the browser comes to it
	want(p, `(() => {
		const at = { bubbles: true, clientX: 5, clientY: 5 }, over = document.querySelector("`+value+`");
		over.dispatchEvent(new PointerEvent("pointermove", at));
		over.dispatchEvent(new PointerEvent("pointerover", at));
		return document.querySelector("#card").hidden;
	})()`, true)

	p.do(click(`#variables [data-variable=HTTP_HOST]`))
	p.waitFor(lit + " === 5")
	p.shoot("follow", "#bytes")
	p.do(click(`#form-of-bytes [value=fields]`))
	p.waitFor(`document.querySelector("#columns table.fields")`)
	p.shoot("fields", "#bytes")
	p.do(click(`#form-of-bytes [value=text]`), keys(kb.Escape))
}

// hover moves the pointer to an element.
func (p *tab) hover(selector string) {
	p.t.Helper()
	at := ask[[2]float64](p, `(() => { const r = document.querySelector(`+quoted(selector)+`).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, at[0], at[1]))
}

func edit(p *tab) {
	drawn := `Number(document.documentElement.dataset.drawn ?? 0)`
	before := ask[int](p, drawn)
	p.enter("path", "/wines/rioja")
	p.enter("body", "two bottles")
	p.waitFor(drawn + ` > ` + quoted(before))
	p.waitFor(`document.querySelector("#columns [data-wire=uwsgi]").textContent.replaceAll(/[0-9]+/g, "").includes("/wines/")`)
	want(p, `document.querySelector("#complaint").textContent`, "")
	p.shoot("edit", "#request")
	p.enter("path", "no slash")
	p.waitFor(`document.querySelector("#complaint").textContent.includes("slash")`)
	p.do(click(`#editor [type=reset]`))
	p.waitFor(`document.querySelector("#complaint").textContent === "" && document.querySelector("#editor [name=path]").value === "/guests"`)
}

// enter puts text into a field of the form, as somebody who types.
func (p *tab) enter(field, text string) {
	p.t.Helper()
	selector := `#editor [name=` + field + `]`
	p.do(chromedp.Focus(chromedp.CSS(selector)))
	ask[chromedp.Void](p, `document.activeElement.select()`)
	p.do(insert(text))
}

func damage(p *tab) {
	p.do(click(`#breaker [data-value=fastcgi]`), click(`#presets button:nth-child(1)`))
	p.waitFor(`document.querySelector("#verdict .error")?.textContent.includes("version 9, want 1")`)
	want(p, `document.querySelector("#broken .culprit").dataset.offset`, "16")
	p.shoot("break", "#break")
	p.do(click(`#mend`), click(`#breaker [data-value=scgi]`), click(`#broken [data-offset="1"]`), click(`#byte-value`))
	ask[chromedp.Void](p, `document.activeElement.select()`)
	p.do(keys("78"))
	p.waitFor(`document.querySelector("#verdict .error")?.textContent.includes("netstring length")`)
	want(p, `document.querySelector("#broken .culprit").dataset.offset`, "1")
	p.do(click(`#mend`))
}

func lanes(p *tab) {
	const seen = `Array.from(document.querySelectorAll(".lanes li")).filter((e) => !e.classList.contains("later")).length`
	p.shoot("multiplex", "#multiplex")
	all := ask[int](p, seen)
	p.do(click(`#multiplex [data-do=step]`))
	p.waitFor(seen + ` === 1`)
	p.do(click(`#multiplex [data-do=all]`))
	p.waitFor(seen + ` === ` + quoted(all))
}

func inTheDark(p *tab) {
	p.do(prefers("dark"))
	p.waitFor(`matchMedia("(prefers-color-scheme: dark)").matches`)
	ask[chromedp.Void](p, `scrollTo({ top: 0, behavior: "instant" })`)
	p.shoot("dark", "")
	p.shoot("dark-bytes", "#bytes")
	p.check()
	// the switch: dark, light, as the system has it
	p.do(click("#theme"), click("#theme"))
	p.waitFor(`document.documentElement.dataset.theme === "light" && getComputedStyle(document.body).backgroundColor === "rgb(251, 250, 246)"`)
	p.do(click("#theme"))
	p.waitFor(`document.documentElement.dataset.theme === undefined`)
}

func onAPhone(p *tab) {
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), prefers("light"))
	p.waitFor(`screen.width === 390`)
	want(p, `Array.from(document.querySelectorAll("main *")).filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".columns, .variables, .code, .scroll")).map((e) => e.className).slice(0, 9).join()`, "")
	want(p, `document.documentElement.scrollWidth <= 390`, true)
	ask[chromedp.Void](p, `scrollTo({ top: 0, behavior: "instant" })`)
	p.shoot("phone", "")
	p.shoot("phone-record", "#record")
	p.shoot("phone-bytes", "#bytes")
	p.check()
}

// traffic has the page show a message of a tapped connection as it comes.
func traffic(p *tab, live *explore.Live) {
	p.waitFor(`document.querySelector("#live").dataset.open`)
	tracer := scgi.Protocol{}
	w := &protocol.MessageWriter{Decode: tracer.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		live.Tell(7, tracer.Name(), protocol.RequestSide, m)
		return nil
	}}
	io.WriteString(w, scgiRequest)
	p.waitFor(`document.querySelectorAll("#live li").length === 1`)
	p.do(click(`#live summary`))
	p.waitFor(`document.querySelector("#live .grid [data-variable=PATH_INFO]")`)
	p.shoot("live", "#live")
}

// copying copies a text where there is no clipboard, as by HTTP from another machine.
func copying(p *tab) {
	ask[chromedp.Void](p, `Object.defineProperty(navigator, "clipboard", { value: undefined })`)
	p.do(click(`#recipes .recipe:first-child button`))
	p.waitFor(`getSelection().toString() === document.querySelector("#recipes .recipe:first-child pre").textContent`)
}

const scgiRequest = "37:CONTENT_LENGTH\x000\x00SCGI\x001\x00PATH_INFO\x00/x\x00,"

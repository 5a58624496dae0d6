package browser

import (
	"context"
	"encoding/json"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// quoted is a value as JavaScript.
func quoted(value any) string {
	b, _ := json.Marshal(value)
	return string(b)
}

// awaited has an expression's promise awaited.
func awaited(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

// withoutWebAssembly makes the browser one that has none.
func withoutWebAssembly() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: "delete globalThis.WebAssembly"})
		return err
	})
}

// prefers makes the system's colours "dark" or "light". Nothing moves by itself, so that what is
// clicked stays where it is.
func prefers(scheme string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
}

// inFront brings the tab before the others: a browser draws seldom what nobody sees.
func inFront() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{})
		return err
	})
}

// click presses the left button of the mouse on an element.
func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

// keys types text, or presses keys of package kb.
func keys(text string) step { return chromedp.KeyEvent(text) }

// insert puts text where the focus is, all of it at once, as somebody who pastes.
func insert(text string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// Command wasm is the codecs for the illustrated page: it gives a browser the function postern,
// which takes what explore.Call takes and returns a promise of what that returns.
package main

import (
	"context"
	"syscall/js"

	"github.com/postern-gateway/postern/internal/explore"
)

func main() {
	js.Global().Set("postern", js.FuncOf(func(_ js.Value, args []js.Value) any {
		name, argument := args[0].String(), args[1].String()
		var executor js.Func
		executor = js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				defer executor.Release()
				out, err := explore.Call(context.Background(), name, []byte(argument))
				if err != nil {
					settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
					return
				}
				settle[0].Invoke(string(out))
			}()
			return nil
		})
		return js.Global().Get("Promise").New(executor)
	}))
	select {}
}

package gateway_test

import "net/http"

// hijacker returns a handler that takes its connection over and reads from it until it ends.
func hijacker(entered chan<- struct{}, ended chan<- error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			ended <- err
			return
		}
		defer c.Close()
		close(entered)
		_, err = c.Read(make([]byte, 1))
		ended <- err
	})
}

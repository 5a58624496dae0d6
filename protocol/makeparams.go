package protocol

import "unsafe"

// MakeParams returns n variables, all empty, and text as a string, from which the caller cuts their
// names and values. It is for protocols: where both are small, as they are for most requests, they
// are one allocation. Whoever keeps one of the strings keeps all of that, up to 3 KiB.
func MakeParams(n int, text []byte) (Params, string) {
	switch {
	case n <= len(smallParams{}.params) && len(text) <= len(smallParams{}.text):
		b := new(smallParams)
		return b.params[:n:n], copied(b.text[:], text)
	case n <= len(mediumParams{}.params) && len(text) <= len(mediumParams{}.text):
		b := new(mediumParams)
		return b.params[:n:n], copied(b.text[:], text)
	}
	return make(Params, n), string(text)
}

// smallParams and mediumParams are variables and the bytes that they consist of. With the 8 bytes
// that Go's allocator puts before them they take 2 KiB and 3 KiB.
type (
	smallParams struct {
		params [32]Param
		text   [1016]byte
	}
	mediumParams struct {
		params [48]Param
		text   [1528]byte
	}
)

// copied copies text to the beginning of room and returns that as a string, as strings.Builder
// does: nobody changes room from then on.
func copied(room, text []byte) string {
	return unsafe.String(unsafe.SliceData(room), copy(room, text))
}

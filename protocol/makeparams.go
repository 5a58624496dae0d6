package protocol

import "unsafe"

// MakeParams returns n variables, all empty, and text as a string, from which the caller cuts their
// names and values. It is for protocols: where both are small, as they are for most requests, they
// are one allocation. Whoever keeps one of the strings keeps all of that, up to 3 KiB.
func MakeParams(n int, text []byte) (Params, string) {
	switch {
	case n <= 5 && len(text) <= 88:
		b := new(params256)
		return b.params[:n:n], copied(b.text[:], text)
	case n <= 10 && len(text) <= 184:
		b := new(params512)
		return b.params[:n:n], copied(b.text[:], text)
	case n <= 18 && len(text) <= 440:
		b := new(params1024)
		return b.params[:n:n], copied(b.text[:], text)
	case n <= 32 && len(text) <= 1016:
		b := new(params2048)
		return b.params[:n:n], copied(b.text[:], text)
	case n <= 48 && len(text) <= 1528:
		b := new(params3072)
		return b.params[:n:n], copied(b.text[:], text)
	}
	return make(Params, n), string(text)
}

// Variables and the bytes that they consist of, of that size with the 8 bytes that Go's allocator
// puts before them.
type (
	params256 struct {
		params [5]Param
		text   [88]byte
	}
	params512 struct {
		params [10]Param
		text   [184]byte
	}
	params1024 struct {
		params [18]Param
		text   [440]byte
	}
	params2048 struct {
		params [32]Param
		text   [1016]byte
	}
	params3072 struct {
		params [48]Param
		text   [1528]byte
	}
)

// copied copies text to the beginning of room and returns that as a string, as strings.Builder
// does: nobody changes room from then on.
func copied(room, text []byte) string {
	return unsafe.String(unsafe.SliceData(room), copy(room, text))
}

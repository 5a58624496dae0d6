package imageserver

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"mime"
	"net/http"
	"strconv"
)

// What is accepted: a small file can say that it is a huge picture.
const (
	maxBytes = 16 << 20
	maxSide  = 8192
)

// resize answers a PNG with a larger one, on which the request is written. The PNG is the body of
// the request, as image/png, or the file image_data of an upload form.
func resize(w http.ResponseWriter, r *http.Request) {
	in, err := receive(w, r)
	if err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, err.Error(), status)
		return
	}
	out := Enlarge(in)
	Write(out, lines(requestOf(r)))
	w.Header().Set("Content-Type", "image/png")
	if err := png.Encode(w, out); err != nil {
		log.Print("send image: ", err)
	}
}

// receive reads the picture that came with r.
func receive(w http.ResponseWriter, r *http.Request) (image.Image, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBytes)
	body, err := upload(r)
	if err != nil {
		return nil, err
	}
	size, err := png.DecodeConfig(body)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("send a PNG, as image/png or as the file image_data of a form")
	case err != nil:
		return nil, err
	case size.Width > maxSide || size.Height > maxSide:
		return nil, fmt.Errorf("%d x %d pixels: at most %d x %d", size.Width, size.Height, maxSide, maxSide)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return png.Decode(body)
}

// upload returns the file in r: its body, or the part image_data of it.
func upload(r *http.Request) (io.ReadSeeker, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		f, _, err := r.FormFile("image_data")
		return f, err
	case "image/png", "application/octet-stream", "":
		b, err := io.ReadAll(r.Body)
		return bytes.NewReader(b), err
	}
	return nil, errors.New("Content-Type " + strconv.Quote(kind) + " is neither image/png nor multipart/form-data")
}

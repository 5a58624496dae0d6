// Command upload sends a blank picture to image servers, and compares what they answer.
//
//	go run ./examples/upload http://127.0.0.1:8888/resize scgi://127.0.0.1:4000
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"github.com/postern-gateway/postern/examples/internal/imageserver"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	blank := image.NewPaletted(image.Rect(0, 0, 400, 400), color.Palette{color.White})
	for _, url := range os.Args[1:] {
		variables, err := upload(url, blank)
		if err != nil {
			log.Fatalf("%s: %v", url, err)
		}
		fmt.Printf("%s: the same picture, with %d variables on it\n", url, len(variables))
	}
}

// upload sends a picture as a form does, by HTTP or straight to a backend by its protocol.
func upload(url string, picture image.Image) (variables map[string]string, err error) {
	client := http.DefaultClient
	if !strings.HasPrefix(url, "http") {
		backend, err := endpoint.NewClient(url, nil)
		if err != nil {
			return nil, err
		}
		defer backend.Close()
		client, url = &http.Client{Transport: &protocol.Transport{Backend: backend}}, "http://localhost/resize"
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	w, _ := m.CreateFormFile("image_data", "blank-image.png") // a Buffer takes all
	png.Encode(w, picture)
	m.Close()
	res, err := client.Post(url, m.FormDataContentType(), &form)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := png.Decode(res.Body)
	if err != nil {
		return nil, err
	}
	return imageserver.Compare(answer, imageserver.Enlarge(picture))
}

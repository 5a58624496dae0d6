package imageserver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/protocol"
)

// blank is a white PNG.
func blank(t *testing.T, side int) []byte {
	t.Helper()
	in := image.NewGray(image.Rect(0, 0, side, side))
	for i := range in.Pix {
		in.Pix[i] = 0xff
	}
	var b bytes.Buffer
	if err := png.Encode(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is a small PNG that says it is that wide and that high.
func claiming(t *testing.T, side uint32) []byte {
	t.Helper()
	b := blank(t, 1)
	header := b[12:29] // IHDR, whose first fields are the width and the height
	binary.BigEndian.PutUint32(header[4:], side)
	binary.BigEndian.PutUint32(header[8:], side)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(header))
	return b
}

// form is an upload of file in the field name.
func form(t *testing.T, name string, file []byte) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile(name, "blank-image.png")
	if err == nil {
		_, err = w.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), b.Bytes()
}

// run is one run of the program.
func run(t *testing.T, contentType string, body []byte, more ...string) (status int, h http.Header, out []byte) {
	t.Helper()
	var stdout bytes.Buffer
	p := &cgi.Program{
		Environ: append([]string{"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=POST", "SERVER_PROTOCOL=HTTP/1.1", "SCRIPT_NAME=/image", "PATH_INFO=/resize",
			"CONTENT_TYPE=" + contentType, "CONTENT_LENGTH=" + strconv.Itoa(len(body)), "PATH=/bin"}, more...),
		Stdin: bytes.NewReader(body), Stdout: &stdout, Stderr: io.Discard, Log: slog.New(slog.DiscardHandler),
	}
	if err := p.Serve(protocol.FromHTTP(Handler())); err != nil {
		t.Fatal(err)
	}
	status, h, n, err := protocol.ParseHead(stdout.Bytes())
	if err != nil || n == 0 {
		t.Fatalf("head of %d bytes: %v in %.200q", n, err, stdout.Bytes())
	}
	return status, h, stdout.Bytes()[n:]
}

func TestDrawsTheVariables(t *testing.T) {
	in := blank(t, 400)
	contentType, body := form(t, "image_data", in)
	for _, tt := range []struct {
		name, contentType string
		body              []byte
	}{
		{"the body is the picture", "image/png", in},
		{"the picture is a form's file", contentType, body},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, h, out := run(t, tt.contentType, tt.body)
			if status != 200 || h.Get("Content-Type") != "image/png" {
				t.Fatalf("%d %v %.200q", status, h, out)
			}
			pic, err := png.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if want, got := image.Rect(0, 0, 800, 800), pic.Bounds(); want != got {
				t.Fatalf("want %v, got %v", want, got)
			}
			want := image.NewRGBA(image.Rect(0, 0, 800, 800))
			for i := range want.Pix {
				want.Pix[i] = 0xff
			}
			Write(want, []string{
				"CONTENT_LENGTH: " + strconv.Itoa(len(tt.body)), "CONTENT_TYPE: " + tt.contentType, "GATEWAY_INTERFACE: CGI/1.1",
				"PATH_INFO: /resize", "REQUEST_METHOD: POST", "SCRIPT_NAME: /image", "SERVER_PROTOCOL: HTTP/1.1",
			})
			if at, differ := firstDifference(want, pic); differ {
				t.Errorf("the picture is not what it should be at %v", at)
			}
		})
	}
}

func firstDifference(a, b image.Image) (at image.Point, differ bool) {
	for y := range side {
		for x := range side {
			if color.GrayModel.Convert(a.At(x, y)) != color.GrayModel.Convert(b.At(x, y)) {
				return image.Pt(x, y), true
			}
		}
	}
	return image.Point{}, false
}

func TestRefuses(t *testing.T) {
	in := blank(t, 400)
	contentType, body := form(t, "other", in)
	for _, tt := range []struct {
		name, contentType string
		body              []byte
		status            int
		text              string
	}{
		{"no body", "image/png", nil, 400, "send a PNG, as image/png or as the file image_data of a form\n"},
		{"no PNG", "image/png", []byte("GIF89a..................."), 400, "png: invalid format: not a PNG file\n"},
		{"half a PNG", "image/png", in[:len(in)/2], 400, "png: invalid format: not enough pixel data\n"},
		{"a picture too large", "image/png", claiming(t, maxSide+1), 400, "8193 x 8193 pixels: at most 8192 x 8192\n"},
		{"a file too large", "image/png", make([]byte, maxBytes+1), 413, "http: request body too large\n"},
		{"another type", "text/plain", in, 400, "Content-Type \"text/plain\" is neither image/png nor multipart/form-data\n"},
		{"another field", contentType, body, 400, "http: no such file\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, _, out := run(t, tt.contentType, tt.body)
			if diff := cmp.Diff(fmt.Sprint(tt.status, " ", tt.text), fmt.Sprint(status, " ", string(out))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("a", 2*columns)
	p := protocol.Pairs("HTTP_B", "é\x1b\"", "PATH", "/bin", "HTTP_A", long)
	want := []string{("HTTP_A: " + long)[:columns], "    " + long[:columns-4], "    " + long[:12], `HTTP_B: \u00e9\x1b"`}
	if diff := cmp.Diff(want, lines(&protocol.Request{Params: p, Protocol: "cgi"})); diff != "" {
		t.Error(diff)
	}
	p = nil
	for i := range 60 {
		p.Add(fmt.Sprintf("HTTP_%02d", i), "")
	}
	got := lines(&protocol.Request{Params: p, Protocol: "cgi"})
	if want := "and 9 lines more"; len(got) != rows || got[rows-1] != want {
		t.Errorf("want %d lines and %q, got %d and %q", rows, want, len(got), got[rows-1])
	}
}

package explore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// A Drawing is what the page shows of an Input.
type Drawing struct {
	View
	Recipes []Recipe `json:"recipes"`
}

// draw returns the Drawing of in.
func draw(ctx context.Context, in Input) (d Drawing, err error) {
	if d.View, err = Draw(ctx, in); err != nil {
		return d, err
	}
	d.Recipes, err = Recipes(in)
	return d, err
}

// Call is what the page calls, by name, with JSON both ways: "draw" takes an [Input] and returns a
// [Drawing], "break" takes a [Change] and returns a [Verdict]. The error is for the page's user.
func Call(ctx context.Context, name string, argument []byte) ([]byte, error) {
	switch name {
	case "draw":
		return callWith(ctx, argument, draw)
	case "break":
		return callWith(ctx, argument, Break)
	}
	return nil, fmt.Errorf("there is no %q to call", name)
}

func callWith[In, Out any](ctx context.Context, argument []byte, f func(context.Context, In) (Out, error)) ([]byte, error) {
	var in In
	if err := json.Unmarshal(argument, &in); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("%s: %s is not possible here", wrong.Field, wrong.Value)
		}
		return nil, err
	}
	out, err := f(ctx, in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// A Dossier is what the page has before anything is called.
type Dossier struct {
	Input      Input                         `json:"input"`
	Drawing    Drawing                       `json:"drawing"`
	Records    []Record                      `json:"records"`
	Recordings []Recording                   `json:"recordings"`
	Meanings   map[string]map[string]Meaning `json:"meanings"`
	Live       bool                          `json:"live"` // there are events to listen to
}

// NewDossier returns the Dossier of [Example].
func NewDossier(ctx context.Context) (d Dossier, err error) {
	d.Input, d.Meanings = Example(), Meanings()
	if d.Drawing, err = draw(ctx, d.Input); err != nil {
		return d, err
	}
	if d.Records, err = Interleave(ctx); err != nil {
		return d, err
	}
	d.Recordings, err = Recordings()
	return d, err
}

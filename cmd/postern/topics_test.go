package main

import (
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// What postern help protocols lists is explained there.
func TestTopicExplainsAll(t *testing.T) {
	for _, s := range endpoint.Schemes() {
		if s.Over == "" && schemeTexts[s.Name][1] == "" {
			t.Errorf("no text for the scheme %s", s.Name)
		}
		for _, o := range s.Options {
			if s.Name != "cgi" && optionTexts[o] == "" {
				t.Errorf("no text for the option %s of %s", o, s.Name)
			}
		}
	}
}

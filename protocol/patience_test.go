package protocol

import (
	"context"
	"testing"
)

// The last word counts, and there is patience without one.
func TestPatience(t *testing.T) {
	ctx := context.Background()
	if !IsPatient(ctx) {
		t.Error("without a word")
	}
	for _, patient := range []bool{false, true, false} {
		if ctx = WithPatience(ctx, patient); IsPatient(ctx) != patient {
			t.Errorf("after %v", patient)
		}
	}
}

package protocol

import (
	"context"

	"github.com/postern-gateway/postern/internal/lazycontext"
)

// WithPatience returns ctx for an exchange, with the word whether it is to wait for room at its
// backend, as it does without one. One that is not to fails at once where the backend's backlog is
// full, or its client has all connections in use that it may have: by an error with NotSent and
// status 503. It is for those who can send the request to another backend.
func WithPatience(ctx context.Context, patient bool) context.Context {
	return lazycontext.WithValue(ctx, patienceKey{}, patient)
}

// IsPatient reports what WithPatience has said last; true where it was not called.
func IsPatient(ctx context.Context) bool {
	patient, ok := ctx.Value(patienceKey{}).(bool)
	return patient || !ok
}

type patienceKey struct{}

package route

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// BasicAuth is the action that lets a request pass whose client has said, by HTTP's Basic scheme
// (RFC 7617), a user and a password that admits takes: REMOTE_USER is then the user, and the result
// Next. Any other is answered 401, which asks for them in the name of realm. A request that has a
// REMOTE_USER passes. admits is called by several goroutines at once, and its error is the
// request's.
func BasicAuth(realm string, admits func(user, password string) (bool, error)) Action {
	return &basicAuth{realm: realm, admits: admits}
}

// A basicAuth is basicauth or basicauth-next.
type basicAuth struct {
	realm  string
	admits func(user, password string) (bool, error)
	next   bool // another rule may know the user
}

// Do implements [Action].
func (b *basicAuth) Do(x *Exchange) (Result, error) {
	if user := x.Get("REMOTE_USER"); user != "" {
		x.Note("the user is %q already", user)
		return Next, nil
	}
	user, password, ok := credentials(x.Get("HTTP_AUTHORIZATION"))
	if !ok {
		return b.refuse(x)
	}
	known, err := b.admits(user, password)
	switch {
	case err != nil:
		return Break, err
	case known:
		x.Note("the user is %q", user)
		x.Set("REMOTE_USER", user)
		return Next, nil
	case b.next:
		x.Note("not a user of this rule")
		return Next, nil
	}
	return b.refuse(x)
}

// refuse asks for a user and a password.
func (b *basicAuth) refuse(x *Exchange) (Result, error) {
	if x.late() {
		return Break, nil
	}
	x.Note("answers 401, realm %q", b.realm)
	x.w.Header().Set("WWW-Authenticate", `Basic realm="`+b.realm+`"`)
	x.SetStatus(http.StatusUnauthorized)
	return x.answer([]byte("Unauthorized"))
}

// credentials reads an Authorization field.
func credentials(field string) (user, password string, ok bool) {
	scheme, text, ok := strings.Cut(field, " ")
	if !ok || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	b, err := base64.StdEncoding.DecodeString(strings.Trim(text, " "))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(b), ":")
}

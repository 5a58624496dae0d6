package route

import (
	"os"
	"strings"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// basicAuthAction reads REALM,USER:PASSWORD or REALM,FILE, which no variable is put into.
func basicAuthAction(next bool) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		realm, users, ok := args.cut(",")
		switch {
		case !ok, users.text == "":
			return nil, args.errorf("basicauth has no users: write REALM,USER:PASSWORD or REALM,FILE")
		case strings.ContainsAny(realm.text, "\"\\\x7f") || strings.ContainsFunc(realm.text, func(r rune) bool { return r < ' ' }):
			named, _, _ := realm.cut(":") // what follows may be a password in the wrong place
			return nil, realm.errorf("%q cannot be a realm", protocol.Clip(named.text))
		}
		b := &basicAuth{realm: realm.text, next: next}
		if user, password, ok := users.cut(":"); ok {
			p.secret = password
			b.admits = func(u, pw string) (bool, error) {
				return equalSecrets(u+":"+pw, user.text+":"+password.text), nil
			}
			return b, nil
		}
		f := &htpasswdFile{name: users.text}
		if err := f.load(); err != nil {
			return nil, users.within(err)
		}
		b.admits = f.admit
		return b, nil
	}
}

// A htpasswdFile is a file of users, which is read again once it has changed.
type htpasswdFile struct {
	name string

	mu      sync.Mutex
	size    int64
	changed time.Time
	admits  func(user, password string) (bool, error)
}

// admit reports whether the file has a user with that password.
func (f *htpasswdFile) admit(user, password string) (bool, error) {
	f.mu.Lock()
	err := f.load()
	admits := f.admits
	f.mu.Unlock()
	if err != nil {
		return false, &protocol.Error{Op: "route: basicauth", Kind: errRule, Err: err}
	}
	return admits(user, password)
}

// load reads the file, unless it is the one that was read last.
func (f *htpasswdFile) load() error {
	info, err := os.Stat(f.name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &os.PathError{Op: "read", Path: f.name, Err: os.ErrInvalid}
	case f.admits != nil && info.Size() == f.size && info.ModTime().Equal(f.changed):
		return nil
	}
	text, err := os.ReadFile(f.name)
	if err != nil {
		return err
	}
	admits, err := Htpasswd(string(text))
	if err != nil {
		return &os.PathError{Op: "read", Path: f.name, Err: err}
	}
	f.admits, f.size, f.changed = admits, info.Size(), info.ModTime()
	return nil
}

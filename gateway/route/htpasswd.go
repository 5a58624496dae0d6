package route

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// Htpasswd reads the text of a file of Apache's htpasswd, a line USER:HASH each, and returns what
// takes its users' passwords, for [BasicAuth]. It knows the forms {SHA} (htpasswd -s) and $apr1$
// (htpasswd -m), and crypt's $1$. A hash of another form is an error, which does not quote it.
// Passwords are compared in a time that does not depend on them.
func Htpasswd(text string) (admits func(user, password string) (bool, error), err error) {
	users := make(map[string]string)
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimRight(line, "\r\n"); line == "" || line[0] == '#' {
			continue
		}
		user, hash, ok := strings.Cut(line, ":")
		if !ok || user == "" {
			return nil, fmt.Errorf("line %d is not USER:HASH", n)
		}
		if _, _, err := hashForm(hash); err != nil {
			return nil, fmt.Errorf("line %d: the password of %q %v", n, protocol.Clip(user), err)
		}
		if _, ok := users[user]; !ok { // the first counts
			users[user] = hash
		}
	}
	return func(user, password string) (bool, error) {
		hash, known := users[user]
		if !known { // takes as long as another
			hash = "$apr1$unknown$"
			for _, hash = range users {
				break
			}
		}
		return equalSecrets(hashLike(hash, password), hash) && known, nil
	}, nil
}

// equalSecrets compares texts in a time that does not depend on what they are.
func equalSecrets(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// otherForms are hashes that htpasswd and crypt(3) make, and that are not known here.
var otherForms = []struct{ prefix, name string }{
	{"$2", "bcrypt"}, {"$5$", "crypt's SHA-256"}, {"$6$", "crypt's SHA-512"}, {"$y$", "yescrypt"}, {"$7$", "scrypt"}, {"{SSHA}", "a salted SHA"},
}

// hashForm finds the form of a hash, and its salt.
func hashForm(hash string) (magic, salt string, err error) {
	if sum, ok := strings.CutPrefix(hash, "{SHA}"); ok {
		if b, err := base64.StdEncoding.DecodeString(sum); err != nil || len(b) != sha1.Size {
			return "", "", fmt.Errorf("is no {SHA} hash of %d bytes", sha1.Size)
		}
		return "{SHA}", "", nil
	}
	for _, magic := range []string{"$apr1$", "$1$"} {
		if rest, ok := strings.CutPrefix(hash, magic); ok {
			salt, sum, ok := strings.Cut(rest, "$")
			if !ok || len(sum) != md5CryptSize {
				return "", "", fmt.Errorf("is no whole %s hash", magic)
			}
			return magic, salt[:min(len(salt), 8)], nil
		}
	}
	form := "of a form that is not known here, or crypt's DES"
	for _, f := range otherForms {
		if strings.HasPrefix(hash, f.prefix) {
			form = f.name
			break
		}
	}
	return "", "", fmt.Errorf("is %s, which cannot be checked: write it again by htpasswd -m, or -s as uWSGI has it", form)
}

// hashLike is the hash of a password in the form of another hash.
func hashLike(hash, password string) string {
	magic, salt, _ := hashForm(hash)
	if magic == "{SHA}" {
		sum := sha1.Sum([]byte(password))
		return magic + base64.StdEncoding.EncodeToString(sum[:])
	}
	return magic + salt + "$" + md5Crypt(password, salt, magic)
}

const md5CryptSize = 22 // bytes of text of an MD5 hash

// md5Crypt is the hash of crypt(3)'s form $1$, and of Apache's $apr1$.
func md5Crypt(password, salt, magic string) string {
	sum := md5.Sum([]byte(password + salt + password))
	b := []byte(password + magic + salt)
	for n := len(password); n > 0; n -= len(sum) {
		b = append(b, sum[:min(n, len(sum))]...)
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			b = append(b, 0)
		} else {
			b = append(b, password[0])
		}
	}
	sum = md5.Sum(b)
	for i := range 1000 {
		sum = md5.Sum(md5Round(b[:0], i, password, salt, sum[:]))
	}
	return md5Text(&sum)
}

// md5Round appends what a round hashes.
func md5Round(b []byte, i int, password, salt string, sum []byte) []byte {
	first, last := sum, []byte(password)
	if i%2 == 1 {
		first, last = last, first
	}
	b = append(b, first...)
	if i%3 != 0 {
		b = append(b, salt...)
	}
	if i%7 != 0 {
		b = append(b, password...)
	}
	return append(b, last...)
}

// md5Text writes a sum as crypt(3) does: six bits a character, three bytes at a time.
func md5Text(sum *[md5.Size]byte) string {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var out []byte
	put := func(v uint, n int) {
		for range n {
			out = append(out, digits[v&63])
			v >>= 6
		}
	}
	for _, t := range [...][3]int{{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}} {
		put(uint(sum[t[0]])<<16|uint(sum[t[1]])<<8|uint(sum[t[2]]), 4)
	}
	put(uint(sum[11]), 2)
	return string(out)
}

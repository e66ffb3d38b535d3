// Package secret makes and checks what must not be guessed, passwords and
// tokens, and seals what must be read again, such as the password of a mailbox.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Work of a password hash, after the second choice of RFC 9106.
const (
	passes  = 3
	lanes   = 2
	keySize = 32
)

// A Hasher hashes passwords, few at a time, since each takes much memory.
type Hasher struct {
	memory uint32 // KiB
	slots  chan struct{}
}

// NewHasher spends so many MiB on each hash and lets at most n run at once.
func NewHasher(mib uint32, n int) *Hasher {
	return &Hasher{memory: mib << 10, slots: make(chan struct{}, n)}
}

// Hash returns the argon2id hash of a password, with its salt and parameters.
func (h *Hasher) Hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	key := h.key(password, salt, passes, h.memory, lanes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// Matches reports whether password has this hash.
func (h *Hasher) Matches(password, hash string) bool {
	var version, m, t, p int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false
	}
	_, errV := fmt.Sscanf(parts[2], "v=%d", &version)
	_, errP := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p)
	salt, errS := base64.RawStdEncoding.DecodeString(parts[4])
	want, errK := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(errV, errP, errS, errK) != nil || parts[1] != "argon2id" || version != argon2.Version {
		return false
	}
	return subtle.ConstantTimeCompare(h.key(password, salt, uint32(t), uint32(m), uint8(p)), want) == 1
}

func (h *Hasher) key(password string, salt []byte, t, m uint32, p uint8) []byte {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, t, m, p, keySize)
}

// Token returns 256 random bits as text, behind a prefix that says what it is.
func Token(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// Digest is what is stored of a token. A token has the entropy that a plain
// hash needs.
func Digest(token string) []byte {
	sum := Sum(token)
	return sum[:]
}

// Sum is Digest as a key for maps.
func Sum(token string) [sha256.Size]byte {
	var b [128]byte // of tokens of the usual length no copy is left behind
	return sha256.Sum256(append(b[:0], token...))
}

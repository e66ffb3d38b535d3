package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

// Keyring seals values for the database. Each value has a data key of its own,
// which the first master key wraps; every master key opens. It is safe for
// concurrent use.
type Keyring struct {
	file string // where generated keys are kept; "" when they may not be

	mu     sync.RWMutex
	keys   []masterKey
	stored fs.FileInfo // of the file as it was read
}

// masterKey is one of the installation's keys. Its id, a hash, stands in the
// values that it sealed.
type masterKey struct {
	id       string
	raw      []byte
	external bool // from the environment, not from the file
}

// The layout of a sealed value: version, key id, the wrapped data key, then
// the value itself; both are nonce, ciphertext and tag of AES-256-GCM.
const (
	sealVersion = 1
	idSize      = 8
	nonceSize   = 12
	tagSize     = 16
	headSize    = 1 + idSize
	wrapSize    = nonceSize + keySize + tagSize
	leastSize   = headSize + wrapSize + nonceSize + tagSize
)

// What Open answers when it cannot. Both may be tested with errors.Is.
var (
	// ErrNoKey says that the value was sealed with a key that is not at hand.
	ErrNoKey = errors.New("secret: the value was sealed with a key that this installation does not have")
	// ErrDamaged says that the value was altered, cut, or belongs elsewhere.
	ErrDamaged = errors.New("secret: the sealed value is damaged or belongs to another place")
)

// Seal encrypts plain for one place, which context names (use Column.Context).
func (k *Keyring) Seal(plain []byte, context string) ([]byte, error) {
	if err := k.refresh(); err != nil {
		return nil, err
	}
	master := k.first()
	head := append([]byte{sealVersion}, master.head()...)
	data := make([]byte, keySize)
	rand.Read(data)
	out, err := appendGCM(slices.Clone(head), master.raw, data, extra("key", head, context))
	if err != nil {
		return nil, err
	}
	return appendGCM(out, data, plain, extra("value", head, context))
}

// Open decrypts what Seal made for the same context.
func (k *Keyring) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < leastSize || sealed[0] != sealVersion {
		return nil, ErrDamaged
	}
	head, wrapped, value := sealed[:headSize], sealed[headSize:headSize+wrapSize], sealed[headSize+wrapSize:]
	master, err := k.find(hex.EncodeToString(head[1:]))
	if err != nil {
		return nil, err
	}
	data, err := openGCM(master.raw, wrapped, extra("key", head, context))
	if err != nil {
		return nil, err
	}
	return openGCM(data, value, extra("value", head, context))
}

// Stale reports whether sealed awaits rotation: it was not sealed with the
// first key.
func (k *Keyring) Stale(sealed []byte) bool {
	return len(sealed) < leastSize || sealed[0] != sealVersion || hex.EncodeToString(sealed[1:headSize]) != k.first().id
}

func (k *Keyring) first() masterKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[0]
}

// find looks for a key, in the file too: another process may have rotated.
func (k *Keyring) find(id string) (masterKey, error) {
	if m, ok := k.known(id); ok {
		return m, nil
	}
	if err := k.reload(); err != nil {
		return masterKey{}, errors.Join(ErrNoKey, err)
	}
	if m, ok := k.known(id); ok {
		return m, nil
	}
	return masterKey{}, fmt.Errorf("%w: %s", ErrNoKey, id)
}

func (k *Keyring) known(id string) (masterKey, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	i := slices.IndexFunc(k.keys, func(m masterKey) bool { return m.id == id })
	if i < 0 {
		return masterKey{}, false
	}
	return k.keys[i], true
}

func newKey(raw []byte, external bool) masterKey {
	sum := sha256.Sum256(append([]byte("rapport master key id\x00"), raw...))
	return masterKey{id: hex.EncodeToString(sum[:idSize]), raw: raw, external: external}
}

func (m masterKey) head() []byte {
	b, _ := hex.DecodeString(m.id) // newKey wrote it
	return b
}

// extra is what a part of a sealed value is bound to: which part it is, the
// head, and the place.
func extra(part string, head []byte, context string) []byte {
	return []byte(part + "\x00" + string(head) + context)
}

// appendGCM appends nonce, ciphertext and tag of plain to dst.
func appendGCM(dst, key, plain, extra []byte) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	return aead.Seal(append(dst, nonce...), nonce, plain, extra), nil
}

func openGCM(key, sealed, extra []byte) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], extra)
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Column is a column of a tenant's table that holds sealed values, bytea beside
// a key (workspace_id, id). Rotation re-seals every column that app registers.
type Column struct{ Table, Name string }

// Context names one value of the column, so that a sealed value moved to
// another row, column or workspace does not open.
func (c Column) Context(workspace, row string) string {
	return c.Table + "\x00" + workspace + "\x00" + row + "\x00" + c.Name
}

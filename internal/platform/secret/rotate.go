package secret

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Key describes a master key without showing it.
type Key struct {
	ID          string `json:"id" doc:"Short hash of the key; stands in the values that it sealed."`
	Environment bool   `json:"environment" doc:"Given by RAPPORT_SECRET_KEY; otherwise kept in the data directory."`
	Seals       bool   `json:"seals" doc:"New values are sealed with it; the others only open."`
}

// Keys lists the keys, the sealing one first.
func (k *Keyring) Keys() []Key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	out := make([]Key, len(k.keys))
	for i, m := range k.keys {
		out[i] = Key{ID: m.id, Environment: m.external, Seals: i == 0}
	}
	return out
}

// ErrExternal says that the sealing key comes from the environment, where only
// a person can change it.
var ErrExternal = errors.New("secret: the sealing key is given by RAPPORT_SECRET_KEY")

// Renew makes a new key, or takes the given one, and seals with it from now
// on; the older keys still open. It is on the disk before it seals anything.
func (k *Keyring) Renew(given string) error {
	raw := freshKey()
	if given != "" {
		var err error
		if raw, err = parseKey(given); err != nil {
			return err
		}
	}
	return k.change(func(keys [][]byte) [][]byte {
		keys = slices.DeleteFunc(keys, func(old []byte) bool { return bytes.Equal(old, raw) })
		return slices.Insert(keys, 0, raw)
	})
}

// Forget removes from the file every key but the sealing one. What they sealed
// is lost: re-seal before.
func (k *Keyring) Forget() error {
	return k.change(func(keys [][]byte) [][]byte { return keys[:1] })
}

// change rewrites the file and takes its keys over. The lock is on the
// directory, for there may be other processes.
func (k *Keyring) change(f func([][]byte) [][]byte) error {
	if k.first().external {
		return ErrExternal
	}
	dir, err := os.Open(filepath.Dir(k.file))
	if err != nil {
		return fmt.Errorf("change the secret key: %w", err)
	}
	defer dir.Close()
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("change the secret key: %w", err)
	}
	stored, _, err := readKeys(k.file)
	if err != nil {
		return err
	}
	if len(stored) == 0 { // the file has gone, its keys are still with us
		stored = k.raw()
	}
	if err := k.store(f(stored)); err != nil {
		return err
	}
	return k.reload()
}

func (k *Keyring) raw() [][]byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out [][]byte
	for _, m := range k.keys {
		out = append(out, m.raw)
	}
	return out
}

package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// KeyFile, in the data directory, keeps the keys that Rapport made for itself,
// one a line, the sealing one first.
const KeyFile = "secret.key"

// OpenKeyring returns the keys of the installation: those of fromEnv, the
// value of RAPPORT_SECRET_KEY, then those of the file in dataDir. Where there
// are none, one is made and stored in the file, for its owner's eyes only.
func OpenKeyring(dataDir, fromEnv string) (*Keyring, error) {
	given, err := ParseKeys(fromEnv)
	if err != nil {
		return nil, err
	}
	k := &Keyring{file: filepath.Join(dataDir, KeyFile)}
	for _, raw := range given {
		k.keys = append(k.keys, newKey(raw, true))
	}
	if err := k.reload(); err != nil {
		return nil, err
	}
	if len(k.keys) > 0 {
		return k, nil
	}
	return k, k.begin()
}

// ParseKeys reads RAPPORT_SECRET_KEY: keys of 32 bytes, as base64 or hex,
// separated by commas. Its errors never show a key.
func ParseKeys(text string) ([][]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var keys [][]byte
	for i, part := range strings.Split(text, ",") {
		raw, err := parseKey(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("RAPPORT_SECRET_KEY: key %d %w", i+1, err)
		}
		keys = append(keys, raw)
	}
	return keys, nil
}

func parseKey(s string) ([]byte, error) {
	raw, err := decodeKey(s)
	switch {
	case err != nil:
		return nil, errors.New("is neither base64 nor hex: make one with openssl rand -base64 32")
	case len(raw) != keySize:
		return nil, fmt.Errorf("has %d bytes instead of 32: make one with openssl rand -base64 32", len(raw))
	case variety(raw) < 12:
		return nil, errors.New("is not random: make one with openssl rand -base64 32")
	}
	return raw, nil
}

func decodeKey(s string) ([]byte, error) {
	if b, err := hex.DecodeString(s); err == nil && len(s) > 0 {
		return b, nil
	}
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	return base64.RawStdEncoding.DecodeString(s)
}

// variety counts the different bytes; of 32 random ones about 30 differ.
func variety(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}

// refresh reloads a file that another process has replaced.
func (k *Keyring) refresh() error {
	k.mu.RLock()
	before := k.stored
	k.mu.RUnlock()
	if now, err := os.Stat(k.file); before == nil || err != nil || os.SameFile(before, now) {
		return nil // a file that has gone does not take its keys from us
	}
	return k.reload()
}

// reload takes over the keys of the file, behind those of the environment. A
// file that has gone leaves the keys that were read from it.
func (k *Keyring) reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	stored, info, err := readKeys(k.file)
	if err != nil || len(stored) == 0 {
		return err
	}
	k.stored = info
	k.keys = slices.DeleteFunc(slices.Clone(k.keys), func(m masterKey) bool { return !m.external })
	for _, raw := range stored {
		k.keys = append(k.keys, newKey(raw, false))
	}
	return nil
}

// begin makes the first key. Of two processes that start at once, the second
// takes the first one's.
func (k *Keyring) begin() error {
	draft, err := writeDraft(k.file, [][]byte{freshKey()})
	if err != nil {
		return err
	}
	defer os.Remove(draft)
	if err := os.Link(draft, k.file); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the secret key: %w", err)
	}
	if err := syncDir(filepath.Dir(k.file)); err != nil {
		return err
	}
	return k.reload()
}

func freshKey() []byte {
	raw := make([]byte, keySize)
	rand.Read(raw)
	return raw
}

// readKeys reads the file; one that is not there holds none.
func readKeys(path string) ([][]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the secret key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, nil, fmt.Errorf("others may read %s, which opens every stored password: chmod 600 it, then run rapport secret rotate", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the secret key: %w", err)
	}
	keys, err := keysOf(string(b))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w", path, err)
	}
	return keys, info, nil
}

func keysOf(text string) ([][]byte, error) {
	var keys [][]byte
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		raw, err := parseKey(line)
		if err != nil {
			return nil, errDamagedFile
		}
		keys = append(keys, raw)
	}
	if len(keys) == 0 {
		return nil, errDamagedFile
	}
	return keys, nil
}

var errDamagedFile = errors.New("holds something that is not a key: restore it from a backup; only if nothing was sealed yet, delete it")

// store replaces the file in one step: a crash leaves the old one or the new.
func (k *Keyring) store(keys [][]byte) error {
	draft, err := writeDraft(k.file, keys)
	if err != nil {
		return err
	}
	if err := os.Rename(draft, k.file); err != nil {
		return errors.Join(fmt.Errorf("keep the secret key: %w", err), os.Remove(draft))
	}
	return syncDir(filepath.Dir(k.file))
}

// writeDraft writes keys beside path, safely on the disk, of mode 0600.
func writeDraft(path string, keys [][]byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), KeyFile+".*")
	if err != nil {
		return "", fmt.Errorf("keep the secret key: %w (set RAPPORT_DATA to use another directory)", err)
	}
	var b bytes.Buffer
	for _, raw := range keys {
		b.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	}
	_, err = f.Write(b.Bytes())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("keep the secret key: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keep the secret key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

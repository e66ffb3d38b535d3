package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rapport/internal/platform/secret"
)

func ring(t *testing.T, dir, env string) *secret.Keyring {
	t.Helper()
	k, err := secret.OpenKeyring(dir, env)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, k *secret.Keyring, plain, context string) []byte {
	t.Helper()
	sealed, err := k.Seal([]byte(plain), context)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// key is a key for tests, another for each n.
func key(n byte) []byte {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(i)*7 + n
	}
	return raw
}

func base(n byte) string { return base64.StdEncoding.EncodeToString(key(n)) }

func TestWhatIsSealedOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	k := ring(t, t.TempDir(), "")
	c := secret.Column{Table: "mailboxes", Name: "password"}
	for _, plain := range []string{"", "x", "correct horse battery", strings.Repeat("long ", 10_000)} {
		sealed := seal(t, k, plain, c.Context("w1", "r1"))
		if got, err := k.Open(sealed, c.Context("w1", "r1")); err != nil || string(got) != plain {
			t.Errorf("opened %.20q, %v; want %.20q", got, err, plain)
		}
		if len(plain) > 3 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%.20q can be read in what was sealed", plain)
		}
		for _, elsewhere := range []string{c.Context("w2", "r1"), c.Context("w1", "r2"), secret.Column{Table: "senders", Name: "password"}.Context("w1", "r1"), secret.Column{Table: "mailboxes", Name: "token"}.Context("w1", "r1"), ""} {
			if got, err := k.Open(sealed, elsewhere); !errors.Is(err, secret.ErrDamaged) {
				t.Errorf("in another place it opens as %.20q, %v; want ErrDamaged", got, err)
			}
		}
	}
	if a, b := seal(t, k, "same", "c"), seal(t, k, "same", "c"); bytes.Equal(a, b) {
		t.Error("sealing the same twice gives the same bytes")
	}
}

func TestAnAlteredByteIsNoticed(t *testing.T) {
	t.Parallel()
	k := ring(t, t.TempDir(), "")
	sealed := seal(t, k, "correct horse battery", "c")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := k.Open(bad, "c"); !errors.Is(err, secret.ErrDamaged) && !errors.Is(err, secret.ErrNoKey) {
			t.Fatalf("with byte %d altered it opens as %q, %v", i, got, err)
		}
	}
	for n := range len(sealed) {
		if got, err := k.Open(sealed[:n], "c"); !errors.Is(err, secret.ErrDamaged) {
			t.Fatalf("cut to %d bytes it opens as %q, %v; want ErrDamaged", n, got, err)
		}
	}
	other := seal(t, k, "another secret of it", "c")
	const wrapped = 1 + 8 + 12 + 32 + 16
	mixed := append(bytes.Clone(sealed[:wrapped]), other[wrapped:]...)
	if got, err := k.Open(mixed, "c"); !errors.Is(err, secret.ErrDamaged) {
		t.Errorf("the key of one with the text of another opens as %q, %v", got, err)
	}
}

func TestAnotherKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	sealed := seal(t, ring(t, t.TempDir(), base(1)), "correct horse battery", "c")
	if got, err := ring(t, t.TempDir(), base(2)).Open(sealed, "c"); !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("another installation opens it as %q, %v; want ErrNoKey", got, err)
	}
}

func TestTheFirstKeySealsAndAllOpen(t *testing.T) {
	t.Parallel()
	old := ring(t, t.TempDir(), base(1))
	sealed := seal(t, old, "correct horse battery", "c")
	both := ring(t, t.TempDir(), base(2)+", "+base(1)+"\n")
	if got, err := both.Open(sealed, "c"); err != nil || string(got) != "correct horse battery" {
		t.Errorf("the second key opens %q, %v", got, err)
	}
	if !both.Stale(sealed) || both.Stale(seal(t, both, "x", "c")) || old.Stale(sealed) {
		t.Error("stale is what another key than the first has sealed, and nothing else")
	}
	if _, err := old.Open(seal(t, both, "x", "c"), "c"); !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("what the first key seals opens with the second: %v", err)
	}
}

func TestAKeyIsReadInEachOfItsForms(t *testing.T) {
	t.Parallel()
	for _, form := range []string{base(1), strings.TrimRight(base(1), "="), hex.EncodeToString(key(1)), strings.ToUpper(hex.EncodeToString(key(1))),
		base64.RawURLEncoding.EncodeToString(key(1)), base(1) + "\n", " " + base(1) + "\r\n"} {
		if keys, err := secret.ParseKeys(form); err != nil || len(keys) != 1 || !bytes.Equal(keys[0], key(1)) {
			t.Errorf("%q is read as %x, %v", form, keys, err)
		}
	}
	for name, bad := range map[string]string{
		"short": base64.StdEncoding.EncodeToString(key(1)[:16]), "long": hex.EncodeToString(append(key(1), 1)), "text": "correct horse battery staple!!!!",
		"a second that is empty": base(1) + ",", "zeros": strings.Repeat("0", 64), "a second that is short": base(1) + "," + "abcd",
	} {
		_, err := secret.ParseKeys(bad)
		if err == nil || !strings.Contains(err.Error(), "RAPPORT_SECRET_KEY") || strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v; want an error that names the variable and shows no key", name, err)
		}
		if _, err := secret.OpenKeyring(t.TempDir(), bad); err == nil {
			t.Errorf("%s: the keyring opens", name)
		}
	}
}

func TestTheFirstStartMakesAKeyAndKeepsIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sealed := seal(t, ring(t, dir, ""), "x", "c")
	info, err := os.Stat(filepath.Join(dir, secret.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is %v, %v; want mode 0600", info, err)
	}
	if got, err := ring(t, dir, "").Open(sealed, "c"); err != nil || string(got) != "x" {
		t.Errorf("after a restart it opens as %q, %v", got, err)
	}
	if got, err := ring(t, dir, base(1)).Open(sealed, "c"); err != nil || string(got) != "x" {
		t.Errorf("once the environment names a key, the old one opens %q, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("the directory holds %v, %v; want the key alone", left, err)
	}
}

func TestManyStartsAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			if k, err := secret.OpenKeyring(dir, ""); err == nil {
				ids[i] = k.Keys()[0].ID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("the starts have the keys %v, want one", ids)
		}
	}
}

func TestAFileThatOthersReadIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ring(t, dir, "")
	path := filepath.Join(dir, secret.KeyFile)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.OpenKeyring(dir, ""); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v; want it refused with what to do", mode, err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "\n", "garbage", base(1) + "\nhalf"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.OpenKeyring(dir, ""); err == nil || !strings.Contains(err.Error(), "backup") {
			t.Errorf("a file with %q: %v; want it refused, not replaced", text, err)
		}
	}
}

func TestARenewedKeySealsAndTheOldOneOpens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, other := ring(t, dir, ""), ring(t, dir, "")
	before := seal(t, k, "x", "c")
	if err := k.Renew(""); err != nil {
		t.Fatal(err)
	}
	after := seal(t, k, "x", "c")
	if !k.Stale(before) || k.Stale(after) {
		t.Error("after a renewal the old value is stale and the new one is not")
	}
	if got, err := other.Open(after, "c"); err != nil || string(got) != "x" {
		t.Errorf("another process opens %q, %v", got, err)
	}
	if k.Stale(seal(t, other, "x", "c")) {
		t.Error("another process goes on sealing with the old key")
	}
	if err := k.Forget(); err != nil {
		t.Fatal(err)
	}
	if k.Stale(seal(t, other, "x", "c")) {
		t.Error("another process seals with a key that was forgotten")
	}
	if _, err := k.Open(before, "c"); !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("what a forgotten key sealed: %v, want ErrNoKey", err)
	}
}

func TestAGivenKeyTakesOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := ring(t, dir, "")
	if err := k.Renew("short"); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a bad key: %v; want it refused and not shown", err)
	}
	for range 2 { // giving it again changes nothing
		if err := k.Renew(base(3)); err != nil {
			t.Fatal(err)
		}
	}
	if keys := k.Keys(); len(keys) != 2 || !keys[0].Seals || keys[1].Seals {
		t.Errorf("the keys are %+v, want the given one and the one before", keys)
	}
	if k.Stale(seal(t, ring(t, t.TempDir(), base(3)), "x", "c")) {
		t.Error("the given key does not seal")
	}
	if err := ring(t, dir, base(1)).Renew(""); !errors.Is(err, secret.ErrExternal) {
		t.Errorf("renewing a key of the environment: %v, want ErrExternal", err)
	}
}

func TestKeysRenewedAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	first := ring(t, dir, "")
	sealed := make([][]byte, 8)
	for i := range sealed {
		wg.Go(func() {
			if k, err := secret.OpenKeyring(dir, ""); err == nil && k.Renew("") == nil {
				sealed[i], _ = k.Seal([]byte("x"), "c") // checked below
			}
		})
	}
	wg.Wait()
	for i, s := range sealed {
		if got, err := first.Open(s, "c"); err != nil || string(got) != "x" {
			t.Errorf("value %d opens as %q, %v", i, got, err)
		}
	}
}

func TestAFileThatGoesAwayTakesNothingWithIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := ring(t, dir, "")
	sealed := seal(t, k, "x", "c")
	if err := os.Remove(filepath.Join(dir, secret.KeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(sealed, "c"); err != nil {
		t.Errorf("opening: %v", err)
	}
	if err := k.Renew(""); err != nil {
		t.Fatal(err)
	}
	if got, err := ring(t, dir, "").Open(sealed, "c"); err != nil || string(got) != "x" {
		t.Errorf("after a renewal and a restart it opens as %q, %v", got, err)
	}
}

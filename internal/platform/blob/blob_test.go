package blob

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"rapport/internal/platform/id"
)

func TestPutReturnsTheSameReferenceForTheSameBytes(t *testing.T) {
	t.Parallel()
	s, ws := New(t.TempDir()), id.New()
	a, size, err := s.Put(t.Context(), ws, strings.NewReader("hello"))
	if err != nil || size != 5 {
		t.Fatalf("Put = %d bytes, %v; want 5", size, err)
	}
	b, _, err := s.Put(t.Context(), ws, strings.NewReader("hello"))
	if err != nil || a != b {
		t.Errorf("second Put = %q, %v; want %q", b, err, a)
	}
	if got := read(t, s, ws, a); got != "hello" {
		t.Errorf("read %q, want hello", got)
	}
}

func TestBatchKeepsSmallBlobsInOneFileAndLargeOnesApart(t *testing.T) {
	t.Parallel()
	s, ws := New(t.TempDir()), id.New()
	b := s.Batch(ws)
	big := make([]byte, 3*small)
	rand.Read(big)
	want := map[string]string{}
	for _, text := range []string{"", "one", "two", "one", string(big)} {
		sum, size, err := b.Put(strings.NewReader(text))
		if err != nil || size != int64(len(text)) {
			t.Fatalf("Put = %d bytes, %v; want %d", size, err, len(text))
		}
		want[sum] = text
	}
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	for sum, text := range want {
		if got := read(t, s, ws, b.Ref(sum)); got != text {
			t.Errorf("%q holds %d bytes, want %d", b.Ref(sum), len(got), len(text))
		}
	}
	if got := len(b.Files()); got != 2 {
		t.Errorf("%d files, want a pack and the large blob", got)
	}
}

func TestBatchTakesConcurrentPuts(t *testing.T) {
	t.Parallel()
	s, ws := New(t.TempDir()), id.New()
	b := s.Batch(ws)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				text := strings.Repeat(string(rune('a'+i)), j+1)
				if sum, _, err := b.Put(strings.NewReader(text)); err != nil {
					t.Errorf("Put(%q) = %q, %v", text, sum, err)
				}
			}
		})
	}
	wg.Wait()
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	for sum, ref := range b.refs {
		text := read(t, s, ws, ref)
		again, _, err := s.Batch(ws).Put(strings.NewReader(text))
		if err != nil || again != sum {
			t.Errorf("%s holds the bytes of %s (%v)", ref, again, err)
		}
	}
}

func TestBrokenSourceStoresNothing(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 3 * small} {
		s, ws := New(t.TempDir()), id.New()
		b := s.Batch(ws)
		broken := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(errors.New("torn")))
		if _, _, err := b.Put(broken); err == nil || !strings.Contains(err.Error(), "torn") {
			t.Errorf("Put of %d bytes and an error = %v, want that error", size, err)
		}
		if err := b.Sync(); err != nil || len(b.Files()) != 0 {
			t.Errorf("Sync = %v with %d files, want none", err, len(b.Files()))
		}
		if n := files(t, s); n != 0 {
			t.Errorf("%d files are left, want none", n)
		}
	}
}

func TestReferencesCannotLeaveTheWorkspace(t *testing.T) {
	t.Parallel()
	s, ws, other := New(t.TempDir()), id.New(), id.New()
	ref, _, err := s.Put(t.Context(), ws, strings.NewReader("mine"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{other, ref}, {ws, "../" + ref}, {ws, ""}, {ws, ref + "/1"}, {ws, ref + "/-1-5"}, {"..", ref}, {ws, strings.ToUpper(ref)}} {
		if _, err := s.Open(c[0], c[1]); !errors.Is(err, ErrNone) {
			t.Errorf("Open(%q, %q) = %v, want ErrNone", c[0], c[1], err)
		}
	}
	if _, _, err := s.Put(t.Context(), "../x", strings.NewReader("")); err == nil {
		t.Error("Put outside a workspace succeeded")
	}
}

func TestSweepRemovesOldFilesThatNobodyUses(t *testing.T) {
	t.Parallel()
	s, ws := New(t.TempDir()), id.New()
	kept, _, _ := s.Put(t.Context(), ws, strings.NewReader("kept"))
	lost, _, _ := s.Put(t.Context(), ws, strings.NewReader("lost"))
	young, _, _ := s.Put(t.Context(), ws, strings.NewReader("young"))
	age(t, s.path(ws, kept), s.path(ws, lost))
	used := func([]string) ([]string, error) { return []string{kept}, nil }
	n, err := s.Sweep(ws, time.Now().Add(-time.Hour), used)
	if n != 1 || err != nil {
		t.Errorf("Sweep = %d, %v; want 1 removed", n, err)
	}
	if _, err := s.Open(ws, lost); !errors.Is(err, ErrNone) {
		t.Errorf("the lost blob is still there: %v", err)
	}
	read(t, s, ws, kept)
	read(t, s, ws, young)
}

func TestFoundAgainIsYoungAgain(t *testing.T) {
	t.Parallel()
	s, ws := New(t.TempDir()), id.New()
	ref, _, _ := s.Put(t.Context(), ws, strings.NewReader("old"))
	age(t, s.path(ws, ref))
	if _, _, err := s.Put(t.Context(), ws, strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	n, err := s.Sweep(ws, time.Now().Add(-time.Hour), func([]string) ([]string, error) { return nil, nil })
	if n != 0 || err != nil {
		t.Errorf("Sweep = %d, %v; want nothing removed", n, err)
	}
}

func read(t *testing.T, s *Store, ws, ref string) string {
	t.Helper()
	r, err := s.Open(ws, ref)
	if err != nil {
		t.Fatalf("Open(%q): %v", ref, err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %q: %v", ref, err)
	}
	return string(b)
}

func files(t *testing.T, s *Store) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.root, "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func age(t *testing.T, paths ...string) {
	t.Helper()
	old := time.Now().Add(-48 * time.Hour)
	for _, p := range paths {
		if err := os.Chtimes(p, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

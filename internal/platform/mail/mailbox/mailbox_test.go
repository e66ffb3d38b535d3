package mailbox

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const three = "From ann@example.com Mon May  5 10:30:00 2025\nSubject: one\n\nbody\n>From the start\n>>From deeper\n\n" +
	"From bo@example.org Mon May  5 10:31:00 2025\nSubject: two\n\nFrom here on\n\nFrom there at 10:30 in 2025\nno field follows\n\n" +
	"From MAILER-DAEMON Mon May  5 10:32:00 2025\r\nSubject: three\r\n\r\nlast\r\n"

var threeWant = []string{
	"Subject: one\n\nbody\nFrom the start\n>From deeper\n",
	"Subject: two\n\nFrom here on\n\nFrom there at 10:30 in 2025\nno field follows\n",
	"Subject: three\r\n\r\nlast\r\n",
}

func TestMessagesAreDividedAtSeparatorsAlone(t *testing.T) {
	t.Parallel()
	items, err := readAll(t, three, "x.mbox")
	if err != io.EOF {
		t.Fatalf("got %v, want the end", err)
	}
	checkRaw(t, items, threeWant)
	for i, item := range items {
		if item.Ordinal != i+1 || !strings.HasPrefix(three[item.Offset:], "From ") || item.Ref != fmt.Sprintf("message %d", i+1) {
			t.Errorf("item %d: ordinal %d, offset %d, ref %q", i, item.Ordinal, item.Offset, item.Ref)
		}
	}
}

func TestFormatIsToldByContent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		content, name string
		want          Format
		zipped        bool
		err           error
	}{
		{three, "", MBox, false, nil},
		{"\n\n" + three, "x", MBox, false, nil},
		{gz(three), "anything.bin", MBox, true, nil},
		{"Subject: x\n\ny", "", EML, false, nil},
		{gz("Subject: x\n\ny"), "x.eml.gz", EML, true, nil},
		{"no header at all", "x.eml", EML, false, nil},
		{"no header at all", "x.txt", "", false, ErrNoMail},
		{"%PDF-1.4\n\x00\x01", "x.pdf", "", false, ErrNoMail},
		{"PK\x03\x04\x00", "x.eml", "", false, ErrNoMail},
		{"", "x.mbox", "", false, ErrEmpty},
		{"\n \n", "x.mbox", "", false, ErrEmpty},
		{gz(""), "x.mbox.gz", "", false, ErrEmpty},
		{"\x1f\x8b", "x.gz", "", false, ErrTruncated},
	} {
		r, err := New(strings.NewReader(tc.content), tc.name, int64(len(tc.content)))
		if !errors.Is(err, tc.err) {
			t.Errorf("%.20q %s: got error %v, want %v", tc.content, tc.name, err, tc.err)
			continue
		}
		if err == nil && (r.Format != tc.want || r.Gzipped != tc.zipped) {
			t.Errorf("%.20q %s: got %s %v, want %s %v", tc.content, tc.name, r.Format, r.Gzipped, tc.want, tc.zipped)
		}
	}
}

func TestTruncatedArchiveDeliversItsCompleteMessages(t *testing.T) {
	t.Parallel()
	var box strings.Builder
	for i := range 500 {
		fmt.Fprintf(&box, "From a@example.com Mon May  5 10:30:00 2025\nSubject: %d\n\n%x\n\n", i, i*i*7919)
	}
	whole := gz(box.String())
	items, err := readAll(t, whole[:len(whole)/2], "x.mbox.gz")
	var cut *Truncated
	if !errors.As(err, &cut) || !errors.Is(err, ErrTruncated) {
		t.Fatalf("got %v, want *Truncated", err)
	}
	if cut.Messages != len(items) || len(items) == 0 || !strings.Contains(err.Error(), fmt.Sprintf("%d complete messages", len(items))) {
		t.Errorf("got %d messages, error %q", len(items), err)
	}
	for i, item := range items {
		want := fmt.Sprintf("Subject: %d\n\n%x\n", i, i*i*7919)
		if got := raw(t, item); got != want {
			t.Fatalf("message %d: got %q, want %q", i, got, want)
		}
	}
}

func TestSkippedMessagesCount(t *testing.T) {
	t.Parallel()
	r, err := New(strings.NewReader(three), "", -1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Skip(2); err != nil {
		t.Fatal(err)
	}
	item, err := r.Next()
	if err != nil || item.Ordinal != 3 || raw(t, item) != threeWant[2] {
		t.Errorf("got %+v, %v, want the third message", item, err)
	}
	if err := r.Skip(1); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
}

func TestMessageAboveTheLimitIsRefusedAndTheNextOneRead(t *testing.T) {
	const line = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz\n"
	source := io.MultiReader(
		strings.NewReader("From a@example.com Mon May  5 10:30:00 2025\nSubject: huge\n\n"),
		io.LimitReader(&repeat{line: line}, MaxMessage+10),
		strings.NewReader("\n\n"+three))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := New(source, "", -1)
	if err != nil {
		t.Fatal(err)
	}
	huge, err := r.Next()
	if err != nil || huge.Refused == "" || huge.Size <= MaxMessage {
		t.Fatalf("got %+v, %v, want it refused", huge, err)
	}
	if n, _ := io.Copy(io.Discard, huge.Reader()); n != 0 {
		t.Errorf("a refused item gives %d bytes, want none", n)
	}
	next, err := r.Next()
	if err != nil || raw(t, next) != threeWant[0] {
		t.Errorf("got %+v, %v, want the next message", next, err)
	}
	runtime.ReadMemStats(&after)
	if growth := int64(after.HeapSys) - int64(before.HeapSys); growth > 60<<20 {
		t.Errorf("heap grew by %d MB, want less than 60", growth>>20)
	}
}

func TestLargeMessageCanBeReadTwiceAfterTheNext(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x\n", maxInMemory)
	items, err := readAll(t, "From a@example.com Mon May  5 10:30:00 2025\nSubject: big\n\n"+body+"\n"+three, "")
	if err != io.EOF || len(items) != 4 {
		t.Fatalf("got %d items, %v", len(items), err)
	}
	for range 2 {
		if got := raw(t, items[0]); got != "Subject: big\n\n"+body {
			t.Errorf("got %d bytes, want %d", len(got), len(body)+14)
		}
	}
	if err := items[0].Close(); err != nil {
		t.Error(err)
	}
}

func TestDirectoriesAreReadInOrder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range map[string]string{
		"b.eml": "Subject: b\n\n", "a/z.EML": "Subject: z\n\n", "a/y.eml.gz": gz("Subject: y\n\n"), "notes.txt": "no", ".hidden.eml": "no",
		"empty.eml": "", "cut.eml.gz": gz(strings.Repeat("Subject: cut\n", 100))[:20],
	} {
		write(t, root, name, content)
	}
	r, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		item, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item.Ref+"="+raw(t, item)+item.Refused)
	}
	want := "[a/y.eml.gz=Subject: y\n\n a/z.EML=Subject: z\n\n b.eml=Subject: b\n\n cut.eml.gz=The compressed file is cut off or damaged. empty.eml=The file is empty.]"
	if s := fmt.Sprint(got); s != want || r.Format != Directory {
		t.Errorf("got %s %q, want %q", r.Format, s, want)
	}
	if done, total := r.Progress(); done != total || total == 0 {
		t.Errorf("got %d of %d, want all", done, total)
	}
}

func TestMaildirHasItsMessagesInCurAndNew(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range map[string]string{"cur/1:2,S": "Subject: 1\n\n", "new/2": "Subject: 2\n\n", "tmp/3": "no", "index": "no", ".Sent/cur/4:2,S": "Subject: 4\n\n"} {
		write(t, root, name, content)
	}
	r, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = r.Next(); err == nil; _, err = r.Next() {
		n++
	}
	if n != 3 || err != io.EOF || r.Format != Maildir {
		t.Errorf("got %d messages of %s, %v; want 3", n, r.Format, err)
	}
}

func TestOpenReportsProgressInBytesOfTheFile(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	packed := gz(three)
	write(t, root, "x.mbox.gz", packed)
	r, err := Open(filepath.Join(root, "x.mbox.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Skip(3); err != nil {
		t.Fatal(err)
	}
	if done, total := r.Progress(); done != int64(len(packed)) || total != done {
		t.Errorf("got %d of %d, want %d", done, total, len(packed))
	}
	if _, err := Open(filepath.Join(root, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want not exist", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v, want ErrEmpty", err)
	}
}

// FuzzMbox holds that every byte is in a message, in a separator or removed by
// a rule, and that skipping counts as reading does.
func FuzzMbox(f *testing.F) {
	f.Add([]byte(three))
	f.Add([]byte("From a Mon May  5 10:30:00 2025\n\nFrom b 1:00 1999\n\n"))
	f.Add([]byte("\nFrom x\n\n\n\n>From y"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := New(bytes.NewReader(data), "x.mbox", int64(len(data)))
		if err != nil || r.Gzipped {
			return
		}
		n, at := 0, int64(-1)
		var last *Item
		for {
			item, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if last != nil {
				checkSource(t, data[at:item.Offset], raw(t, last))
			}
			n, at, last = n+1, item.Offset, item
		}
		if n == 0 {
			t.Fatalf("%q gives no message", data)
		}
		if r.Format == MBox {
			checkSource(t, data[at:], raw(t, last))
		} else if raw(t, last) != string(data) {
			t.Fatalf("got %q, want the whole file", raw(t, last))
		}
		again, _ := New(bytes.NewReader(data), "x.mbox", -1)
		if err := again.Skip(n); err != nil {
			t.Fatalf("skipping %d: %v", n, err)
		}
		if err := again.Skip(1); err != io.EOF {
			t.Fatalf("after %d: %v", n, err)
		}
	})
}

// checkSource holds that got is what source says after its separator.
func checkSource(t *testing.T, source []byte, got string) {
	t.Helper()
	_, rest, _ := bytes.Cut(source, []byte("\n"))
	var want strings.Builder
	for line := range bytes.Lines(rest) {
		want.Write(unquote(line))
	}
	s := want.String()
	if got != s && got+"\n" != s && got+"\r\n" != s {
		t.Fatalf("got %q, want %q, with an empty line at the end or without", got, s)
	}
}

// repeat is an endless file of one line.
type repeat struct {
	line string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	return n, nil
}

func readAll(t *testing.T, content, name string) ([]*Item, error) {
	t.Helper()
	r, err := New(strings.NewReader(content), name, int64(len(content)))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	var items []*Item
	for {
		item, err := r.Next()
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
}

func checkRaw(t *testing.T, items []*Item, want []string) {
	t.Helper()
	if len(items) != len(want) {
		t.Fatalf("got %d messages, want %d", len(items), len(want))
	}
	for i, item := range items {
		if got := raw(t, item); got != want[i] {
			t.Errorf("message %d: got %q, want %q", i+1, got, want[i])
		}
	}
}

func raw(t *testing.T, item *Item) string {
	t.Helper()
	b, err := io.ReadAll(item.Reader())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func gz(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

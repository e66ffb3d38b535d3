package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// now is after every honest date in the fixtures.
var now = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

// drop is a sink that keeps nothing and names each body by its hash.
func drop(r io.Reader) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return "ref-" + hex.EncodeToString(h.Sum(nil)[:4]), n, err
}

func parse(t *testing.T, raw string) *Message {
	t.Helper()
	m, err := Parser{Sink: drop, Now: now}.Parse(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return m
}

func TestEachFixtureIsShownAsExpected(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(parse(t, string(raw)))
			golden := strings.TrimSuffix(file, ".eml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// dump writes what a fixture is judged by.
func dump(m *Message) string {
	var b strings.Builder
	line := func(name string, v any) {
		if s := fmt.Sprintf("%q", v); s != `""` && s != "[]" {
			fmt.Fprintf(&b, "%s: %s\n", name, s)
		}
	}
	line("id", m.MessageID)
	line("in-reply-to", m.InReplyTo)
	line("references", m.References)
	line("from", m.From)
	line("reply-to", m.ReplyTo)
	line("to", m.To)
	line("cc", m.Cc)
	line("subject", m.Subject)
	line("sent", m.SentAt.Format(time.RFC3339))
	line("date note", m.DateNote)
	line("text", m.Text)
	line("html", m.HTML)
	for _, a := range m.Attachments {
		fmt.Fprintf(&b, "attachment: %q %s %d inline=%v cid=%q ref=%s %s note=%q\n", a.Filename, a.ContentType, a.Size, a.Inline, a.ContentID, a.Ref, a.Digest[:8], a.Note)
	}
	line("problems", m.Problems)
	return b.String()
}

func TestParseRefusesOnlyNothing(t *testing.T) {
	t.Parallel()
	if _, err := Parse(strings.NewReader(""), nil); !errors.Is(err, ErrNothing) {
		t.Errorf("empty: got %v, want ErrNothing", err)
	}
	for _, raw := range []string{"\n", "x", ":", "Subject:", "\x00", "\xff", "From ", "--\n", " ", "A: b\r\n\r\n"} {
		if _, err := Parse(strings.NewReader(raw), nil); err != nil {
			t.Errorf("%q: got %v, want a message", raw, err)
		}
	}
}

func TestThousandNestedMultipartsEndAsAnAttachment(t *testing.T) {
	t.Parallel()
	var raw strings.Builder
	raw.WriteString("Subject: deep\n")
	for i := range 1000 {
		fmt.Fprintf(&raw, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	raw.WriteString("\nbottom\n")
	m := parse(t, raw.String())
	if len(m.Attachments) != 1 || !strings.Contains(m.Attachments[0].Note, "Nested too deeply") {
		t.Errorf("got %+v, want one attachment that says it is nested too deeply", m.Attachments)
	}
	if len(m.Problems) == 0 {
		t.Error("got no problem, want the depth to be said")
	}
}

func TestPartsBeyondTheLimitAreLeftOut(t *testing.T) {
	t.Parallel()
	raw := "From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: image/gif\n\nx\n", MaxParts+500) + "--b--\n"
	m := parse(t, raw)
	if len(m.Attachments) != MaxParts {
		t.Errorf("got %d attachments, want %d", len(m.Attachments), MaxParts)
	}
	if len(m.Problems) != 1 {
		t.Errorf("got problems %q, want one", m.Problems)
	}
}

func TestTenThousandRecipientsAreKeptAndTheRestCounted(t *testing.T) {
	t.Parallel()
	var to strings.Builder
	for i := range MaxAddresses + 7 {
		fmt.Fprintf(&to, "Person %d <p%d@example.com>,\n ", i, i)
	}
	m := parse(t, "From: a@example.com\nTo: "+to.String()+"last@example.com\nSubject: many\n\nx")
	if len(m.To) != MaxAddresses {
		t.Errorf("got %d recipients, want %d", len(m.To), MaxAddresses)
	}
	if len(m.Problems) != 1 || !strings.Contains(m.Problems[0], "another 8 were") {
		t.Errorf("got %q, want the 8 others counted", m.Problems)
	}
}

func TestHeaderLargerThanTheLimitIsCut(t *testing.T) {
	t.Parallel()
	m := parse(t, "From: a@example.com\nSubject: first\nX-Junk: "+strings.Repeat("y", 2<<20)+"\nFrom: late@example.com\n\nbody")
	if m.Subject != "first" || m.From.Address != "a@example.com" || m.Text != "body" || len(m.Problems) != 1 {
		t.Errorf("got %q %q %q, want the first field, the body and a problem", m.Subject, m.Text, m.Problems)
	}
}

func TestVeryLongHeaderLineStaysWhole(t *testing.T) {
	t.Parallel()
	m := parse(t, "From: a@example.com\nTo: "+strings.Repeat("person@example.com,", 5000)+"last@example.com\n\nx")
	for _, a := range m.To {
		if a.Address != "person@example.com" && a.Address != "last@example.com" {
			t.Fatalf("got %q, want addresses whole", a.Address)
		}
	}
	if len(m.To) != 5001 {
		t.Errorf("got %d recipients, want 5001", len(m.To))
	}
}

func TestHostileHeadersTakeLinearTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"(", `"\"`, "=?a?q?", "<", ":", "@,", "a;b=\"", "=?", `\`, "( ", "[", "re:"} {
		value := strings.Repeat(unit, (300<<10)/len(unit))
		for _, name := range []string{"Sender", "To", "Content-Type", "Subject", "Date", "References"} {
			parse(t, name+": "+value+"\n\nx")
		}
	}
}

func TestTextLongerThanTheLimitIsCutAtACharacter(t *testing.T) {
	t.Parallel()
	m := parse(t, "Content-Type: text/plain; charset=utf-8\n\n"+strings.Repeat("é", MaxText))
	if len(m.Text) > MaxText || !utf8.ValidString(m.Text) || len(m.Problems) == 0 {
		t.Errorf("got %d bytes, valid %v, problems %q", len(m.Text), utf8.ValidString(m.Text), m.Problems)
	}
}

func TestAttachmentAboveTheLimitIsRefusedInFlatMemory(t *testing.T) {
	raw := io.MultiReader(
		strings.NewReader("From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nbefore\n--b\nContent-Type: video/mp4; name=v.mp4\nContent-Transfer-Encoding: base64\n\n"),
		io.LimitReader(&repeat{line: strings.Repeat("QUJD", 19) + "\n"}, 137<<20),
		strings.NewReader("\n--b\n\nafter\n--b--\n"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, err := Parse(raw, drop)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if growth := int64(after.HeapSys) - int64(before.HeapSys); growth > 60<<20 {
		t.Errorf("heap grew by %d MB, want less than 60", growth>>20)
	}
	a := m.Attachments[0]
	if a.Ref != "" || a.Size < 100<<20 || !strings.Contains(a.Note, "Larger than 50 MB") {
		t.Errorf("got ref %q, size %d, note %q; want it refused with a reason", a.Ref, a.Size, a.Note)
	}
	if m.Text != "before\n\nafter" {
		t.Errorf("got text %q, want what stands around the attachment", m.Text)
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

func TestFailureOfTheSinkEndsParse(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	raw := "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/gif\n\nx\n--b--\n"
	_, err := Parse(strings.NewReader(raw), func(io.Reader) (string, int64, error) { return "", 0, full })
	if !errors.Is(err, full) {
		t.Errorf("got %v, want the sink's error", err)
	}
}

func TestFailureOfTheSourceEndsParse(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection gone")
	for _, raw := range []string{"Subject: x\n", "Subject: x\n\nbody", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/gif\n\nx"} {
		_, err := Parse(io.MultiReader(strings.NewReader(raw), failing{gone}), drop)
		if !errors.Is(err, gone) {
			t.Errorf("%q: got %v, want the source's error", raw, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestContentHashIgnoresTheRouteButNotTheContent(t *testing.T) {
	t.Parallel()
	const body = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nh\xc3\xa9llo  there\n--b\nContent-Type: text/csv; name=a.csv\n\na,b\nc,d\n--b--\n"
	const head = "From: Ann <ann@example.com>\nDate: Mon, 5 May 2025 10:30:00 +0200\nMessage-ID: <1@example.com>\nSubject: Plan\n"
	base := ContentHash(parse(t, head+body))
	for name, raw := range map[string]string{
		"CRLF":                strings.ReplaceAll(head+body, "\n", "\r\n"),
		"trace fields":        "Received: by x; now\nDelivered-To: bo@example.org\n" + head + body,
		"zone of the date":    strings.Replace(head+body, "10:30:00 +0200", "08:30:00 +0000", 1),
		"encoding of subject": strings.Replace(head+body, "Subject: Plan", "Subject: =?utf-8?B?UGxhbg==?=", 1),
		"case of the address": strings.Replace(head+body, "ann@example.com>", "ANN@Example.COM>", 1),
		"trailing space":      strings.Replace(head+body, "there\n", "there  \n", 1),
	} {
		if got := ContentHash(parse(t, raw)); got != base {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, raw := range map[string]string{
		"text":       strings.Replace(head+body, "there", "where", 1),
		"subject":    strings.Replace(head+body, "Plan", "Plans", 1),
		"date":       strings.Replace(head+body, "10:30:00", "10:30:01", 1),
		"attachment": strings.Replace(head+body, "c,d", "c,e", 1),
		"sender":     strings.Replace(head+body, "ann@", "bob@", 1),
	} {
		if got := ContentHash(parse(t, raw)); got == base {
			t.Errorf("another %s does not change the hash", name)
		}
	}
}

// FuzzParse holds that no bytes break a promise of Message.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parser{Sink: drop, Now: now}.Parse(bytes.NewReader(raw))
		if err != nil {
			if !errors.Is(err, ErrNothing) || len(raw) > 0 {
				t.Fatalf("Parse: %v", err)
			}
			return
		}
		if m.Size != int64(len(raw)) {
			t.Errorf("read %d bytes of %d", m.Size, len(raw))
		}
		checkMessage(t, m)
		Origin(m, []string{"bo@example.org"})
		checkBlocks(t, m.Text, Segment(m.Text))
	})
}

func checkMessage(t *testing.T, m *Message) {
	t.Helper()
	one := append([]string{m.Subject, m.MessageID, m.Type, m.DateNote}, m.InReplyTo...)
	one = append(append(one, m.References...), m.Problems...)
	for _, a := range m.Attachments {
		one = append(one, a.Filename, a.ContentType, a.ContentID, a.Note)
		if a.Filename == "" || strings.ContainsAny(a.Filename, `/\`) {
			t.Errorf("file name %q", a.Filename)
		}
	}
	for _, list := range [][]Address{{m.From, m.Sender}, m.ReplyTo, m.To, m.Cc, m.Bcc} {
		for _, a := range list {
			one = append(one, a.Name, a.Address)
		}
	}
	for name, v := range m.Header {
		one = append(one, name, v)
	}
	for _, s := range one {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.Errorf("%q is not one clean line", s)
		}
	}
	for _, s := range []string{m.Text, m.HTML} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\x1b") {
			t.Errorf("%q is not clean text", s)
		}
	}
	if len(m.Text) > MaxText || utf8.RuneCountInString(m.Subject) > MaxSubject {
		t.Errorf("text has %d bytes, subject %d", len(m.Text), len(m.Subject))
	}
}

func checkBlocks(t *testing.T, text string, blocks []Block) {
	t.Helper()
	at, points := 0, 0
	for _, b := range blocks {
		if b.ByteStart != at || b.Start != points || b.ByteEnd <= at || b.ByteEnd > len(text) {
			t.Fatalf("block %+v does not follow byte %d, point %d", b, at, points)
		}
		if n := utf8.RuneCountInString(text[b.ByteStart:b.ByteEnd]); b.End-b.Start != n {
			t.Fatalf("block %+v has %d points", b, n)
		}
		at, points = b.ByteEnd, b.End
	}
	if at != len(text) {
		t.Fatalf("blocks end at %d of %d", at, len(text))
	}
}

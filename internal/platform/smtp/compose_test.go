package smtp_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/mail"
	"rapport/internal/platform/smtp"
)

func opened(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

func letter() smtp.Message {
	return smtp.Message{From: mail.Address{Name: "Ana Duarte", Address: "ana@lumen.example"}, To: []mail.Address{{Name: `Ode, Ben "the Bear" jr`, Address: "ben@fjord.example"}},
		Subject: "Prices", Date: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), MessageID: "m1@lumen.example", Text: "Hello\n"}
}

func written(t testing.TB, m smtp.Message) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parsed(t testing.TB, raw string) (*mail.Message, map[string]string) {
	t.Helper()
	files := map[string]string{}
	m, err := mail.Parse(strings.NewReader(raw), func(r io.Reader) (string, int64, error) {
		b, err := io.ReadAll(r)
		ref := fmt.Sprint(len(files))
		files[ref] = string(b)
		return ref, int64(len(b)), err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range m.Attachments {
		files[a.Filename] = files[a.Ref]
	}
	return m, files
}

// wellFormed checks what every server and every program relies on.
func wellFormed(t testing.TB, raw string) {
	t.Helper()
	for n, line := range strings.SplitAfter(raw, "\n") {
		if line != "" && !strings.HasSuffix(line, "\r\n") {
			t.Fatalf("line %d does not end in CRLF: %q", n, line)
		}
		if len(line) > 1000 {
			t.Fatalf("line %d has %d bytes", n, len(line))
		}
		if strings.Contains(strings.TrimSuffix(line, "\r\n"), "\r") || strings.ContainsFunc(line, func(c rune) bool { return c >= 0x80 || c == 0 }) {
			t.Fatalf("line %d holds what not every server takes: %q", n, line)
		}
	}
}

func TestAMailReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	m := letter()
	m.Subject = "Angebot für Zoë: 40 Plätze — “jetzt” 日本語の件名が長くて折り返される場合でも読める"
	m.Cc = []mail.Address{{Name: "Žofie Nováková", Address: "zofie@fjord.example"}, {Address: "plain@fjord.example"}, {Name: "Dr. Who", Address: "who@fjord.example"}}
	m.Text, m.HTML = "Grüße\n\n.\n..dots\nFrom here\n"+strings.Repeat("long ", 500)+"\n-- \nAna\n", "<p>Grüße</p>"
	m.References, m.InReplyTo = []string{"a@x.example", "evil\r\nBcc: x@y", "b@x.example"}, "b@x.example"
	long := strings.Repeat("lange-Dateinamen-mit-Umlauten-äöü-", 5) + ".csv"
	m.Files = []smtp.File{{Name: "offer.pdf", Type: "application/pdf", Open: opened("%PDF\x00\xff")}, {Name: long, Type: "text/csv; charset=utf-8", Open: opened("a,b\r\n")},
		{Name: `we"ird;\name.eml`, Type: "message/rfc822", Open: opened("Subject: x\r\n\r\nx")}}
	raw := written(t, m)
	wellFormed(t, raw)
	got, files := parsed(t, raw)
	if got.Subject != m.Subject || got.From != m.From || got.To[0] != m.To[0] || len(got.Cc) != 3 || got.Cc[0] != m.Cc[0] || got.Cc[2] != m.Cc[2] || got.MessageID != m.MessageID || !got.SentAt.Equal(m.Date) {
		t.Errorf("the header reads %+v, want %+v", got, m)
	}
	if strings.Join(got.References, " ") != "a@x.example b@x.example" || strings.Join(got.InReplyTo, " ") != "b@x.example" || strings.Contains(raw, "Bcc:") {
		t.Errorf("it refers to %v and answers %v", got.References, got.InReplyTo)
	}
	if strings.TrimRight(got.Text, "\n ") != strings.TrimRight(m.Text, "\n ") || len(got.Problems) > 0 {
		t.Errorf("the text reads %q, with %v", got.Text, got.Problems)
	}
	if len(got.Attachments) != 3 || files["offer.pdf"] != "%PDF\x00\xff" || files[long] != "a,b\r\n" {
		t.Errorf("the files are %+v", got.Attachments)
	}
	if again := written(t, m); again != raw {
		t.Error("written twice it is not the same")
	}
}

func TestWhatCannotStandInAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "x", "a@b@c", "a b@c.example", "a@b.example>\r\nBcc: x@y.example", "ä@b.example", ".a@b.example", "a..b@c.example", "a@b.example\x00", strings.Repeat("a", 65) + "@b.example"} {
		m := letter()
		m.To[0].Address = bad
		if err := m.Write(io.Discard); err == nil {
			t.Errorf("a mail to %q is written", bad)
		}
	}
	m := letter()
	m.MessageID = "a\r\nX: y"
	if err := m.Write(io.Discard); err == nil {
		t.Error("a Message-ID of two lines is written")
	}
	lost := errors.New("disk on fire")
	m = letter()
	m.Files = []smtp.File{{Name: "x", Open: func() (io.ReadCloser, error) { return nil, lost }}}
	if err := m.Write(io.Discard); !errors.Is(err, lost) || !errors.Is(err, smtp.ErrSource) {
		t.Errorf("a file that is gone: %v, want %v", err, lost)
	}
}

// zeros is a file of so many bytes.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	z.left -= n
	return n, nil
}

func (z *zeros) Close() error { return nil }

func TestLargeFilesPassThrough(t *testing.T) {
	m := letter()
	m.Files = []smtp.File{{Name: "big.bin", Open: func() (io.ReadCloser, error) { return &zeros{100 << 20}, nil }}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum := sha256.New()
	if err := m.Write(sum); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("writing 100 MB took %d bytes of memory, want a buffer's worth", got)
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("Prices", "Ode, Ben", "Hello\n", "offer.pdf", "<a@b>")
	f.Add("a\r\nBcc: x@y.example", "=?utf-8?q?x?=", ".\r\n.\r\n", "a\r\nb\"\\;.txt", "a b")
	f.Add(strings.Repeat("x", 2000), "\x00\xff", "\r\r\n", "日本語"+strings.Repeat("ü", 90), "=?")
	f.Fuzz(func(t *testing.T, subject, name, text, file, ref string) {
		m := letter()
		m.Subject, m.To[0].Name, m.Text, m.InReplyTo, m.References = subject, name, text, ref, []string{ref}
		m.Files = []smtp.File{{Name: file, Type: ref, Open: opened(text)}}
		raw := written(t, m)
		wellFormed(t, raw)
		got, files := parsed(t, raw)
		if len(got.To) != 1 || got.To[0].Address != "ben@fjord.example" || len(got.Bcc)+len(got.Cc) != 0 || got.MessageID != m.MessageID {
			t.Errorf("the header reads %+v from\n%s", got, raw)
		}
		if len(got.Attachments) != 1 || files[got.Attachments[0].Filename] != text {
			t.Errorf("the file reads %q, want %q", files, text)
		}
	})
}

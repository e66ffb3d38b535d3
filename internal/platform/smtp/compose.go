package smtp

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"rapport/internal/platform/mail"
)

// Message is a mail to be written. MessageID, InReplyTo and References are
// without <>. There is no Bcc: who gets a copy unseen is the envelope's affair.
type Message struct {
	From                 mail.Address
	To, Cc               []mail.Address
	Subject              string
	Date                 time.Time
	MessageID, InReplyTo string
	References           []string
	Text, HTML           string // Text is always there
	Files                []File
	Automatic            bool // written by a program: asks vacation programs for silence
}

// File is something attached. Open is called once.
type File struct {
	Name, Type string
	Open       func() (io.ReadCloser, error)
}

// Write writes the mail; files pass through as streams. The same Message is
// always the same bytes. It fails when w or a file does, or when an address or
// a Message-ID could not stand in a header.
func (m *Message) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 32<<10)
	head, err := m.header()
	if err != nil {
		return err
	}
	if _, err := out.WriteString(head); err != nil {
		return err
	}
	if err := m.body(out); err != nil {
		return err
	}
	return out.Flush()
}

// body writes the parts, with the header fields of the outermost one before.
func (m *Message) body(w io.Writer) error {
	if len(m.Files) == 0 {
		return m.words(top{w})
	}
	mixed, err := m.open(w, "mixed")
	if err != nil {
		return err
	}
	if err := m.words(mixed); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := f.write(mixed); err != nil {
			return err
		}
	}
	return mixed.Close()
}

// words writes the text, in both forms if there are two.
func (m *Message) words(to parent) error {
	if m.HTML == "" {
		return text(to, "text/plain", m.Text)
	}
	part, err := to.CreatePart(textproto.MIMEHeader{"Content-Type": {m.kind("alternative")}})
	if err != nil {
		return err
	}
	both, err := m.multipart(part, "alternative")
	if err != nil {
		return err
	}
	if err := text(both, "text/plain", m.Text); err != nil {
		return err
	}
	if err := text(both, "text/html", m.HTML); err != nil {
		return err
	}
	return both.Close()
}

// parent is what parts are written into: a multipart, or the mail itself.
type parent interface {
	CreatePart(textproto.MIMEHeader) (io.Writer, error)
}

// top is the mail itself: the header of its only part goes on with its own.
type top struct{ io.Writer }

// CreatePart ends the header of the mail with that of the part.
func (t top) CreatePart(h textproto.MIMEHeader) (io.Writer, error) {
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		if v := h.Get(name); v != "" {
			if _, err := fmt.Fprintf(t, "%s: %s\r\n", name, v); err != nil {
				return nil, err
			}
		}
	}
	_, err := io.WriteString(t, "\r\n")
	return t, err
}

func (m *Message) open(w io.Writer, kind string) (*multipart.Writer, error) {
	part, err := top{w}.CreatePart(textproto.MIMEHeader{"Content-Type": {m.kind(kind)}})
	if err != nil {
		return nil, err
	}
	return m.multipart(part, kind)
}

func (m *Message) multipart(w io.Writer, kind string) (*multipart.Writer, error) {
	out := multipart.NewWriter(w)
	return out, out.SetBoundary(m.boundary(kind))
}

func (m *Message) kind(of string) string {
	return "multipart/" + of + `; boundary="` + m.boundary(of) + `"`
}

// boundary cannot occur in a part: neither quoted-printable nor base64 ever
// writes an equals sign before an underscore.
func (m *Message) boundary(kind string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + m.MessageID))
	return "=_" + hex.EncodeToString(sum[:16])
}

func text(to parent, kind, s string) error {
	w, err := to.CreatePart(textproto.MIMEHeader{"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return err
	}
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	q := quotedprintable.NewWriter(w)
	if _, err := io.WriteString(q, s); err != nil {
		return err
	}
	return q.Close()
}

func (f File) write(to *multipart.Writer) error {
	part, err := to.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {mediaType(f.Type) + parameter("name", f.Name)},
		"Content-Disposition":       {"attachment" + parameter("filename", f.Name)},
		"Content-Transfer-Encoding": {"base64"},
	})
	if err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	defer r.Close()
	lines := &lines{w: part, ends: [2]byte{'\r', '\n'}}
	b := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := io.Copy(b, r); err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	return b.Close()
}

// mediaType is a type that base64 may carry; messages and multiparts go as
// plain files.
func mediaType(given string) string {
	t, _, err := mime.ParseMediaType(given)
	if err != nil || strings.Count(t, "/") != 1 || strings.HasPrefix(t, "message/") || strings.HasPrefix(t, "multipart/") || len(t) > 100 {
		return "application/octet-stream"
	}
	return t
}

// lines breaks base64 after 76 characters.
type lines struct {
	w    io.Writer
	at   int
	ends [2]byte // CRLF, here so that it is not allocated for each line
}

const lineLength = 76

// Write writes p with a break after each full line.
func (l *lines) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if l.at == lineLength {
			if _, err := l.w.Write(l.ends[:]); err != nil {
				return n, err
			}
			l.at = 0
		}
		k := min(len(p), lineLength-l.at)
		if _, err := l.w.Write(p[:k]); err != nil {
			return n, err
		}
		n, l.at, p = n+k, l.at+k, p[k:]
	}
	return n, nil
}

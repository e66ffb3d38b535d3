package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"

	"rapport/internal/platform/mail/charset"
	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/mail/transfer"
)

// leaf reads a part that is not divided further.
func (w *walk) leaf(p part) {
	b := w.in.Body()
	dec, known := transfer.New(p.header.Get("Content-Transfer-Encoding"), b)
	if !known {
		w.problem("The transfer encoding %q is not known; its source is shown.", clip(p.header.Text("Content-Transfer-Encoding"), 40))
	}
	disposition := header.ParseMedia(p.header.Get("Content-Disposition"))
	name := fileName(disposition, p.media)
	if w.shown(p, disposition.Type, name) {
		w.text(p, dec)
	} else {
		w.attach(p, dec, Attachment{Filename: name, Inline: disposition.Type == "inline"})
	}
	b.Drain()
	if dec.Damage() > 0 {
		w.problem("The %s encoding of a part is damaged; what could be decoded was kept.", strings.ToLower(p.header.Text("Content-Transfer-Encoding")))
	}
}

// shown decides whether a part is text of the message or an attachment.
func (w *walk) shown(p part, disposition, name string) bool {
	switch p.media.Type {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/x-html":
		return p.root && disposition != "attachment" || disposition != "attachment" && name == ""
	}
	return false
}

// text reads a part that is shown.
func (w *walk) text(p part, dec io.Reader) {
	html := strings.HasSuffix(p.media.Type, "html")
	left := &w.textLeft
	if html {
		left = &w.htmlLeft
	}
	raw, _ := io.ReadAll(io.LimitReader(dec, int64(*left))) // a failing source is reported by Parse
	*left -= len(raw)
	if rest, _ := io.Copy(io.Discard, dec); rest > 0 {
		w.problem("The text is too long to show in full; another %d bytes are only in the original.", rest)
	}
	set := p.media.Params["charset"]
	if set == "" && html {
		set = metaCharset(raw)
	}
	s, ok := charset.Decode(set, raw)
	if !ok {
		w.problem("The text is not in its stated character set %q; some characters may be wrong.", clip(set, 40))
	}
	if html {
		g := w.current()
		g.html = append(g.html, s)
		return
	}
	w.addText(s, p.media)
}

// addText adds plain text to the message.
func (w *walk) addText(s string, media header.Media) {
	if strings.EqualFold(media.Params["format"], "flowed") {
		s = transfer.Unflow(strings.ReplaceAll(s, "\r\n", "\n"), strings.EqualFold(media.Params["delsp"], "yes"))
	}
	if media.Type == "text/enriched" || media.Type == "text/richtext" {
		s = stripEnriched(s)
	}
	g := w.current()
	g.plain = append(g.plain, s)
}

// current returns the group that text belongs to: that of the alternative, or
// a new one.
func (w *walk) current() *group {
	if w.alternative != nil {
		return w.alternative
	}
	return w.newGroup()
}

// stripEnriched removes the marks of text/enriched.
func stripEnriched(s string) string {
	var out strings.Builder
	for {
		text, rest, found := strings.Cut(s, "<")
		out.WriteString(text)
		if !found {
			return out.String()
		}
		_, after, closed := strings.Cut(rest, ">")
		if !closed {
			return out.String()
		}
		s = after
	}
}

// metaCharset finds the character set that an HTML document states itself.
func metaCharset(raw []byte) string {
	head := strings.ToLower(string(raw[:min(len(raw), 2048)]))
	_, after, found := strings.Cut(head, "charset=")
	if !found {
		return ""
	}
	after = strings.TrimLeft(after, `"' `)
	if end := strings.IndexAny(after, `"'/>; `); end >= 0 {
		return after[:end]
	}
	return ""
}

// attach gives a body to the sink.
func (w *walk) attach(p part, dec io.Reader, a Attachment) {
	a.ContentType = p.media.Type
	if ids := header.IDs(p.header.Get("Content-Id")); len(ids) > 0 {
		a.ContentID = ids[0]
	}
	if a.Filename == "" {
		a.Filename = fmt.Sprintf("part-%d%s", len(w.m.Attachments)+1, extension(a.ContentType))
	}
	a.Note = noteOn(p.media, a.Filename)
	base64 := strings.EqualFold(strings.TrimSpace(p.header.Get("Content-Transfer-Encoding")), "base64")
	in := &intake{r: dec, sum: sha256.New(), dropCR: !base64}
	a.Ref = w.store(in)
	in.over = false
	in.limit = -1
	if rest, _ := io.Copy(io.Discard, in); rest > 0 && a.Ref != "" {
		a.Note = join(a.Note, "Only a part of it was stored.")
	}
	if a.Size = in.n; in.n > MaxPart {
		a.Ref = ""
		a.Note = join(a.Note, fmt.Sprintf("Larger than %d MB: not stored apart, it is only in the original.", MaxPart>>20))
	}
	a.Digest = hex.EncodeToString(in.sum.Sum(nil))
	w.m.Attachments = append(w.m.Attachments, a)
}

// store returns the sink's reference, "" for what it could not take.
func (w *walk) store(in *intake) string {
	in.limit = MaxPart
	if w.Sink == nil {
		return ""
	}
	ref, _, err := w.Sink(in)
	switch {
	case in.over, w.in.Err() != nil:
		return ""
	case err != nil:
		w.err = err
		w.in.Stop()
		return ""
	}
	return ref
}

var errTooLarge = errors.New("attachment is too large")

// intake measures and hashes a body on its way to the sink, and breaks off
// when it is too large.
type intake struct {
	r      io.Reader
	n      int64
	limit  int64 // -1 for none
	over   bool
	sum    hash.Hash
	dropCR bool // line ends differ by transport in everything but base64
}

func (in *intake) Read(p []byte) (int, error) {
	if in.over {
		return 0, errTooLarge
	}
	n, err := in.r.Read(p)
	in.n += int64(n)
	in.hash(p[:n])
	if in.limit >= 0 && in.n > in.limit {
		in.over = true
		return 0, errTooLarge
	}
	return n, err
}

func (in *intake) hash(b []byte) {
	if !in.dropCR {
		in.sum.Write(b)
		return
	}
	for len(b) > 0 {
		i := 0
		for i < len(b) && b[i] != '\r' {
			i++
		}
		in.sum.Write(b[:i])
		for i < len(b) && b[i] == '\r' {
			i++
		}
		b = b[i:]
	}
}

// fileName returns a name without directories, "" when there is none.
func fileName(disposition, media header.Media) string {
	for _, name := range []string{disposition.Params["filename"], media.Params["name"]} {
		name = path.Base(strings.ReplaceAll(strings.Map(visible, name), `\`, "/"))
		name = clip(header.Plain(name), maxFilename)
		if name != "" && strings.Trim(name, "./ ") != "" {
			return name
		}
	}
	return ""
}

// visible drops the characters that turn the direction of writing, with which
// "exe.pdf" can be shown for "fdp.exe".
func visible(c rune) rune {
	if c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f || c == 0x200b {
		return -1
	}
	return c
}

func extension(contentType string) string {
	switch contentType {
	case "message/rfc822":
		return ".eml"
	case "text/plain", "message/delivery-status", "text/rfc822-headers", "message/disposition-notification", "message/rfc822-headers":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/calendar":
		return ".ics"
	case "text/csv":
		return ".csv"
	case "text/vcard", "text/x-vcard", "text/directory":
		return ".vcf"
	case "image/jpeg", "image/jpg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/gif":
		return ".gif"
	case "application/pdf":
		return ".pdf"
	case "application/zip":
		return ".zip"
	case "application/pgp-signature":
		return ".asc"
	case "application/ms-tnef":
		return ".dat"
	}
	return ".bin"
}

// noteOn says what the reader of certain attachments should know.
func noteOn(media header.Media, name string) string {
	switch media.Type {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return tnefNote
	case "text/calendar":
		if method := strings.ToUpper(media.Params["method"]); method != "" {
			return "Calendar: " + clip(method, 20) + "."
		}
		return "Calendar entry."
	case "message/rfc822":
		return "A whole message, attached."
	case "text/x-amp-html":
		return "Another version of the text, for certain mail programs."
	case "message/external-body":
		return "Only a pointer to a file elsewhere; it was not fetched."
	case "message/partial":
		return "A piece of a message that was sent in several pieces."
	case "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
		return "Encrypted or signed; it was not opened."
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "A signature; it was not verified."
	}
	if strings.HasPrefix(media.Type, "multipart/") {
		return "Nested too deeply; its source was kept."
	}
	if strings.EqualFold(name, "winmail.dat") {
		return tnefNote
	}
	return ""
}

const tnefNote = "Outlook's own format (winmail.dat), which is not supported: its contents are not shown."

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// clip cuts s to n code points.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

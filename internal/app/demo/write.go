package demo

import (
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"path"
	"slices"
	"strings"
)

const latin1 = "iso-8859-1"

// entity is a piece of MIME: its header fields and its encoded body.
type entity struct{ header, body string }

func (e entity) String() string { return e.header + "\n" + e.body }

// raw writes the letter as it would have arrived, with LF line ends.
func (l *letter) raw() (string, error) {
	body, err := l.body()
	if err != nil {
		return "", err
	}
	var h strings.Builder
	for _, f := range l.header {
		switch f.name {
		case "Ago", "Answers", "Expect", "Charset", "Attach", "Inline", "Type":
		case "From", "To", "Cc":
			var all []string
			for one := range strings.SplitSeq(f.value, ", ") {
				all = append(all, l.mailbox(one))
			}
			fmt.Fprintf(&h, "%s: %s\n", f.name, strings.Join(all, ",\n "))
		default:
			fmt.Fprintf(&h, "%s: %s\n", f.name, l.words(f.value))
		}
	}
	fmt.Fprintf(&h, "Date: %s\nMessage-ID: <%s>\n", l.at.Format("Mon, 2 Jan 2006 15:04:05 -0700"), l.id)
	if l.parent != nil {
		fmt.Fprintf(&h, "In-Reply-To: <%s>\nReferences: %s\n", l.parent.id, l.references())
	}
	return h.String() + "MIME-Version: 1.0\n" + body.String(), nil
}

// references lists the letters before, oldest first.
func (l *letter) references() string {
	var ids []string
	for p := l.parent; p != nil; p = p.parent {
		ids = append(ids, "<"+p.id+">")
	}
	slices.Reverse(ids)
	return strings.Join(ids, "\n ")
}

func (l *letter) mailbox(s string) string {
	name, rest, ok := strings.Cut(s, " <")
	if !ok {
		return s
	}
	return l.words(name) + " <" + rest
}

// words encodes what is not ASCII, in the character set of the letter.
func (l *letter) words(s string) string {
	if ascii(s) {
		return s
	}
	set := "utf-8"
	if v := l.value("Charset"); v != "" {
		set = v
	}
	return strings.ReplaceAll(mime.QEncoding.Encode(set, inCharset(set, s)), "?= =?", "?=\n =?")
}

// body nests the parts: alternatives in one multipart, inline images beside the
// HTML, files around everything.
func (l *letter) body() (entity, error) {
	var all []entity
	for _, p := range l.parts {
		if p.text != "" {
			all = append(all, l.text(p))
		}
	}
	if t := l.value("Type"); t != "" {
		return l.multipart(t, all), nil
	}
	body := all[0]
	if len(all) > 1 {
		body = l.multipart("multipart/alternative", all)
	}
	if name := l.value("Inline"); name != "" {
		image, err := file(name, fmt.Sprintf("inline; filename=%q\nContent-ID: <%s>", name, name))
		if err != nil {
			return entity{}, err
		}
		body = l.multipart("multipart/related", []entity{body, image})
	}
	if name := l.value("Attach"); name != "" {
		attached, err := file(name, fmt.Sprintf("attachment; filename=%q", name))
		if err != nil {
			return entity{}, err
		}
		body = l.multipart("multipart/mixed", []entity{body, attached})
	}
	return body, nil
}

// text encodes a part as a mail program would: as it is when it can be, else
// quoted-printable.
func (l *letter) text(p part) entity {
	media, encoding, text := p.media, "7bit", p.text
	if strings.HasPrefix(media, "text/") {
		set := "utf-8"
		if v := l.value("Charset"); v != "" {
			set = v
		}
		media += "; charset=" + set
		text = inCharset(set, text)
	}
	if !ascii(text) || longest(text) > 76 {
		encoding = "quoted-printable"
		var out strings.Builder
		w := quotedprintable.NewWriter(&out)
		w.Write([]byte(text)) // a strings.Builder takes everything
		w.Close()
		text = strings.ReplaceAll(out.String(), "\r\n", "\n")
	}
	return entity{fmt.Sprintf("Content-Type: %s\nContent-Transfer-Encoding: %s\n", media, encoding), text}
}

func (l *letter) multipart(media string, parts []entity) entity {
	boundary := strings.NewReplacer("/", "-", ";", "-", "=", "-", " ", "").Replace("=_" + media + "_" + l.id)
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\n%s\n", boundary, p)
	}
	fmt.Fprintf(&b, "--%s--\n", boundary)
	return entity{fmt.Sprintf("Content-Type: %s;\n boundary=%q\n", media, boundary), b.String()}
}

// file reads an attachment.
func file(name, disposition string) (entity, error) {
	content, err := files.ReadFile("mail/files/" + name)
	if err != nil {
		return entity{}, err
	}
	var b strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(content)), 76) {
		b.Write(line)
		b.WriteByte('\n')
	}
	return entity{fmt.Sprintf("Content-Type: %s\nContent-Transfer-Encoding: base64\nContent-Disposition: %s\n", mediaOf(name), disposition), b.String()}, nil
}

// mediaOf does not ask the system, whose tables differ.
func mediaOf(name string) string {
	switch path.Ext(name) {
	case ".pdf":
		return "application/pdf"
	case ".png":
		return "image/png"
	}
	return "text/plain; charset=utf-8"
}

// inCharset returns the bytes of s in a character set. A letter in Latin-1 has
// been found to contain nothing else.
func inCharset(set, s string) string {
	if set != latin1 {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func ascii(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e }) }

func longest(text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n = max(n, len(line))
	}
	return n
}

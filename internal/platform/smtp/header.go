package smtp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rapport/internal/platform/mail"
)

var (
	errAddress = errors.New("smtp: an address that cannot stand in a header")
	errID      = errors.New("smtp: a Message-ID that cannot stand in a header")
)

// header is all fields but those of the outermost part.
func (m *Message) header() (string, error) {
	if !Identifier(m.MessageID) {
		return "", errID
	}
	var h header
	h.field("Date", m.Date.Format(time.RFC1123Z))
	h.addresses("From", m.From)
	h.addresses("To", m.To...)
	h.addresses("Cc", m.Cc...)
	h.field("Subject", phrase(m.Subject)...)
	h.field("Message-ID", "<"+m.MessageID+">")
	if Identifier(m.InReplyTo) {
		h.field("In-Reply-To", "<"+m.InReplyTo+">")
	}
	h.field("References", references(m.References)...)
	if m.Automatic {
		h.field("Auto-Submitted", "auto-generated")
	}
	h.field("MIME-Version", "1.0")
	return h.String(), h.err
}

const maxReferences = 40

// references are the first and the latest ones, which is what threads need.
func references(all []string) []string {
	var out []string
	for _, id := range all {
		if Identifier(id) {
			out = append(out, "<"+id+">")
		}
	}
	if n := len(out); n > maxReferences {
		out = append(out[:1:1], out[n-maxReferences+1:]...)
	}
	return out
}

// Identifier reports whether a Message-ID, without <>, can stand in a header.
func Identifier(id string) bool {
	return id != "" && len(id) <= 900 && !strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '<' || c == '>' })
}

// Deliverable reports whether an address can stand in a header and an
// envelope: ASCII, one @, nothing that would need quotes.
func Deliverable(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	plain := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`<>()[],;:\"@`, c) })
	}
	literal := strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]")
	return ok && len(address) <= 254 && len(local) <= 64 && plain(local) && (plain(domain) || literal && plain(strings.NewReplacer("[", "", "]", "", ":", "").Replace(domain))) &&
		!strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..")
}

// header is fields being written, folded at 76 characters.
type header struct {
	strings.Builder
	err error
}

// field writes a field of words; without any there is none.
func (h *header) field(name string, words ...string) {
	if len(words) == 0 || len(words) == 1 && words[0] == "" && name != "Subject" {
		return
	}
	h.WriteString(name + ":")
	at := len(name) + 1
	for i, w := range words {
		if i > 0 && at+1+len(w) > lineLength {
			h.WriteString("\r\n")
			at = 0
		}
		h.WriteString(" " + w)
		at += 1 + len(w)
	}
	h.WriteString("\r\n")
}

func (h *header) addresses(name string, list ...mail.Address) {
	var words []string
	for i, a := range list {
		if !Deliverable(a.Address) {
			h.err = errAddress
			return
		}
		w := append(displayName(a.Name), "<"+a.Address+">")
		if a.Name == "" {
			w = []string{a.Address}
		}
		if i < len(list)-1 {
			w[len(w)-1] += ","
		}
		words = append(words, w...)
	}
	h.field(name, words...)
}

// displayName is a name as words of an address.
func displayName(name string) []string {
	name = strings.Join(strings.Fields(printable(name)), " ")
	switch {
	case name == "":
		return nil
	case !simple(name), strings.ContainsAny(name, `"\\`): // quotes within quotes are read in many ways
		return encoded(name)
	case strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789 -'") == "":
		return strings.Fields(name)
	}
	return strings.Split(`"`+name+`"`, " ")
}

// phrase is free text as words of a field.
func phrase(s string) []string {
	s = printable(s)
	if !simple(s) {
		return encoded(strings.TrimSpace(s))
	}
	if words := strings.Fields(s); len(words) > 0 {
		return words
	}
	return []string{""}
}

// printable turns what would break a header, or hide in it, into spaces.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// simple reports whether s may stand as it is: ASCII, nothing that reads as an
// encoded word, no word that could not be folded.
func simple(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if len(w) > 500 {
			return false
		}
	}
	return !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x7f })
}

// encoded is s as encoded words (RFC 2047), none of which cuts a character.
func encoded(s string) []string {
	const most = 42 // bytes, so that a word has at most 75
	var words []string
	for len(s) > 0 {
		n := min(most, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return words
}

// parameter is a parameter of a field, on lines of its own (RFC 2231).
func parameter(name, value string) string {
	value = strings.TrimSpace(printable(value))
	if simple(value) && len(value) <= 60 && !strings.ContainsAny(value, `"\`) {
		return ";\r\n " + name + `="` + value + `"`
	}
	const most = 50
	var b strings.Builder
	line, n := "utf-8''", 0
	flush := func() {
		fmt.Fprintf(&b, ";\r\n %s*%d*=%s", name, n, line)
		line, n = "", n+1
	}
	for i := range len(value) {
		c := value[i]
		piece := string(rune(c))
		if c >= 0x80 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", rune(c)) {
			piece = fmt.Sprintf("%%%02X", c)
		}
		if len(line)+len(piece) > most {
			flush()
		}
		line += piece
	}
	flush()
	return b.String()
}

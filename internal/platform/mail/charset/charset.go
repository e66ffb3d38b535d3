// Package charset turns the bytes of any character set into valid UTF-8,
// whatever the label says.
package charset

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Decode returns b as valid UTF-8. ok is false when name is not a character
// set we know, or b does not fit it; b was then read as UTF-8 where it is
// UTF-8 and as windows-1252 where it is not.
func Decode(name string, b []byte) (s string, ok bool) {
	name = strings.ToLower(strings.Trim(name, " \t\r\n\"';"))
	switch name {
	case "", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "8bit", "7bit", "utf-8", "utf8", "unicode-1-1-utf-8", "ansi_x3.4-1968":
		if utf8.Valid(b) {
			return escaped(b), true
		}
		return Repair(b), name != "utf-8" && name != "utf8"
	}
	e := lookup(name)
	if e == nil {
		return Repair(b), false
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return Repair(b), false
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), true
}

// Repair keeps what is UTF-8 in b and reads every other byte as windows-1252.
func Repair(b []byte) string {
	var s strings.Builder
	s.Grow(len(b) + len(b)/8)
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c == utf8.RuneError && n == 1 {
			c = charmap.Windows1252.DecodeByte(b[0])
		}
		s.WriteRune(c)
		b = b[n:]
	}
	return s.String()
}

// escaped decodes ISO-2022-JP that was sent without a label: it is all ASCII,
// with unmistakable escapes.
func escaped(b []byte) string {
	s := string(b)
	if !strings.Contains(s, "\x1b$B") && !strings.Contains(s, "\x1b$@") {
		return s
	}
	if out, err := lookup("iso-2022-jp").NewDecoder().String(s); err == nil {
		return out
	}
	return s
}

// lookup returns nil for a name that nobody knows.
func lookup(name string) encoding.Encoding {
	if name == "hz-gb-2312" {
		return simplifiedchinese.HZGB2312
	}
	if e, err := htmlindex.Get(name); err == nil {
		if e == encoding.Replacement {
			return nil
		}
		return e
	}
	for _, form := range []string{name, strings.ReplaceAll(name, "cp-", "ibm"), strings.ReplaceAll(name, "cp", "windows-")} {
		if e, err := ianaindex.MIME.Encoding(form); err == nil && e != nil {
			return e
		}
	}
	return nil
}

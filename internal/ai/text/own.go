package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Own returns what the author wrote: text without quoted lines, forwarded
// mail, signature and disclaimer.
func Own(text string) []Span {
	own, _ := segment(text)
	x := NewIndex(text)
	spans := make([]Span, len(own))
	for i, s := range own {
		spans[i] = Span{x.Rune(s[0]), x.Rune(s[1])}
	}
	return spans
}

type line struct {
	start, end int
	s          string // trimmed
}

// segment returns the own parts of text and its signature, in bytes.
func segment(text string) (own [][2]int, sig [2]int) {
	lines, cut := ownLines(text)
	body := signatureAt(lines)
	if body < len(lines) {
		sig = [2]int{lines[body].start, lines[len(lines)-1].end}
	} else if len(cut) > 0 {
		sig = [2]int{cut[0].start, cut[len(cut)-1].end}
	}
	for _, l := range lines[:body] {
		if n := len(own); n > 0 && own[n-1][1] == l.start {
			own[n-1][1] = l.end
			continue
		}
		own = append(own, [2]int{l.start, l.end})
	}
	return own, sig
}

// ownLines returns the lines that are neither quoted nor foreign, and the few
// lines that follow a signature mark.
func ownLines(text string) (lines, cut []line) {
	signed := false
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		l := line{at, end, strings.TrimSpace(text[at:end])}
		at = end
		switch {
		case quoted(l.s):
			signed = false
			continue
		case tabular(l.s):
			continue
		case foreign(l.s) || outlookHeader(l.s, text[end:]) || len(l.s) >= 20 && strings.HasPrefix(l.s, "----------") && (listFooter(l.s) || listFooter(text[end:])):
			return lines, cut
		case attributes(l.s) || says(l.s) && quoteFollows(text[end:]):
			if quoteFollows(text[end:]) {
				continue
			}
			return lines, cut
		case strings.HasPrefix(l.s, "On ") && attributes(l.s+" "+firstLine(text[end:])):
			at += len(firstLine(text[end:]))
			if quoteFollows(text[at:]) {
				continue
			}
			return lines, cut
		case text[l.start:end] == "-- \n" || l.s == "--" || l.s == "__":
			signed = true
			continue
		case strings.HasPrefix(l.s, "Sent from my ") || strings.HasPrefix(l.s, "Get Outlook for ") || strings.HasPrefix(l.s, "Von meinem "):
			continue
		}
		if signed {
			if len(cut) < 8 {
				cut = append(cut, l)
			}
			continue
		}
		lines = append(lines, l)
	}
	return lines, cut
}

// quoted reports whether a line is marked as somebody else's: "> text",
// "Ann> text".
func quoted(s string) bool {
	if strings.HasPrefix(s, ">") || strings.HasPrefix(s, "|") && !strings.HasSuffix(s, "|") {
		return true
	}
	i := strings.IndexByte(s[:min(len(s), 12)], '>')
	if i < 1 {
		return false
	}
	for _, r := range s[:i] {
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// tabular reports whether a line is a row of figures or a listing.
func tabular(s string) bool {
	if len(s) < 8 || !strings.Contains(s, "  ") && !strings.Contains(s, "\t") || strings.ContainsAny(s, "$€£") {
		return false
	}
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits >= letters
}

// says reports whether a short line introduces a quote: "Ann Lee wrote:".
func says(s string) bool {
	if len(s) > 80 || strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return len(s) <= 80
	}
	for _, w := range []string{"wrote:", "writes:", "said:", "says:", "wrote", "schrieb:", "writes"} {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// foreign reports whether everything from this line on is somebody else's.
func foreign(s string) bool {
	if len(s) < 10 {
		return false
	}
	if strings.Trim(s, "_") == "" || strings.Trim(s, "=") == "" {
		return len(s) >= 20
	}
	l := strings.ToLower(s[:min(len(s), 80)])
	if strings.HasPrefix(l, "--") {
		l = strings.Trim(l, "- ")
		return strings.HasPrefix(l, "original") || strings.HasPrefix(l, "begin forwarded") || strings.HasPrefix(l, "forwarded") || strings.HasPrefix(l, "ursprüngliche") || strings.HasPrefix(l, "weitergeleitete") || strings.HasPrefix(l, "mensaje") || strings.HasPrefix(l, "message")
	}
	return strings.HasPrefix(l, "begin forwarded message") || strings.HasPrefix(l, "to unsubscribe") || strings.HasPrefix(l, "this e-mail and any") || strings.HasPrefix(l, "this email and any") || strings.HasPrefix(l, "this message is confidential") || strings.HasPrefix(l, "the information contained in this") || strings.HasPrefix(l, "confidentiality notice") || strings.HasPrefix(l, "diese e-mail enthält")
}

func outlookHeader(s, rest string) bool {
	if !strings.HasPrefix(s, "From: ") && !strings.HasPrefix(s, "Von: ") {
		return false
	}
	for range 4 {
		l := firstLine(rest)
		rest = rest[len(l):]
		if strings.HasPrefix(l, "Subject:") || strings.HasPrefix(l, "Sent:") || strings.HasPrefix(l, "Betreff:") || strings.HasPrefix(l, "To:") || strings.HasPrefix(l, "Date:") {
			return true
		}
	}
	return false
}

func attributes(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) > 300 || !strings.HasSuffix(s, ":") || !strings.ContainsAny(s, "0123456789@<") {
		return false
	}
	s = strings.TrimRight(s, ": ")
	for _, w := range []string{"wrote", "writes", "said", "schrieb", "escribió", "a écrit"} {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return strings.HasPrefix(s, "Am ") && strings.Contains(s, "schrieb ")
}

// quoteFollows reports whether one of the next few lines is quoted.
func quoteFollows(rest string) bool {
	for range 8 {
		l := firstLine(rest)
		rest = rest[len(l):]
		if quoted(strings.TrimSpace(l)) {
			return true
		}
	}
	return false
}

// listFooter reports whether the lines that follow were added by a mailing
// list.
func listFooter(rest string) bool {
	for range 4 {
		l := firstLine(rest)
		rest = rest[len(l):]
		l = strings.ToLower(l[:min(len(l), 200)])
		if strings.Contains(l, "mailing list") || strings.Contains(l, "unsubscribe") || strings.Contains(l, "sponsor") {
			return true
		}
	}
	return false
}

func firstLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1]
	}
	return s
}

// signatureAt returns the index of the first line of the signature, or the
// number of lines. A message cannot be a signature only.
func signatureAt(lines []line) int {
	var tail []int // indexes of the last filled lines, last first
	for i := len(lines) - 1; i >= 0 && len(tail) < 9; i-- {
		if lines[i].s != "" {
			tail = append(tail, i)
		}
	}
	for n := len(tail) - 1; n >= 0; n-- {
		i := tail[n]
		if Closes(lines[i].s) && hasText(lines[:i]) && (n > 0 || len(strings.Fields(lines[i].s)) <= 5) {
			return i
		}
	}
	for _, i := range tail {
		if i == 0 || lines[i-1].s != "" {
			continue
		}
		if hasText(lines[:i]) && namesSender(lines[i:]) {
			return i
		}
		break
	}
	return len(lines)
}

func hasText(lines []line) bool {
	for _, l := range lines {
		if len(l.s) > 0 {
			return true
		}
	}
	return false
}

// Closes reports whether a line is a farewell: "Best regards,".
func Closes(s string) bool {
	f := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(f) == 0 || len(f) > 6 || strings.ContainsAny(s, "?:;") {
		return false
	}
	comma := strings.IndexByte(s, ',')
	switch f[0] {
	case "regards", "cheers", "sincerely", "br", "lg", "vg", "mfg", "gruß", "grüße", "saludos", "atentamente", "cordialement", "thx", "greetings", "yours", "respectfully":
		return true
	case "thanks", "merci", "gracias", "danke", "love":
		return len(f) <= 2 || comma > 0 && comma < 12 && allTitle(s[comma+1:]) || len(f) == 3 && f[1] == "and"
	}
	two := f[0]
	if len(f) > 1 {
		two += " " + f[1]
	}
	switch two {
	case "best", "best regards", "kind regards", "warm regards", "many thanks", "thank you", "best wishes", "warm wishes", "with love", "talk soon", "all the", "mit freundlichen", "viele grüße", "freundliche grüße", "liebe grüße", "beste grüße", "schöne grüße", "un saludo", "bien cordialement", "with best", "with kind", "many regards", "take care", "see you", "merci d":
		return len(f) <= 4 && !strings.HasSuffix(s, ".")
	}
	return f[0] == "best" && comma == 4 && allTitle(s[5:])
}

func allTitle(s string) bool {
	f := strings.Fields(s)
	for _, w := range f {
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(r) {
			return false
		}
	}
	return len(f) > 0
}

// namesSender reports whether the last paragraph reads like a bare name.
func namesSender(lines []line) bool {
	first := strings.TrimLeft(lines[0].s, "/-–— ")
	if i := strings.IndexAny(first, "(|,"); i > 0 && first != lines[0].s {
		first = first[:i]
	}
	f := strings.Fields(first)
	if len(lines) > 7 || len(f) == 0 || len(f) > 4 || strings.ContainsAny(first, "?!:") || strings.HasSuffix(first, ".") && len(f) > 1 {
		return false
	}
	list := strings.HasPrefix(lines[0].s, "- ") && (len(f) > 1 || len(lines) > 1 && strings.HasPrefix(lines[1].s, "- "))
	if list || len(f) > 1 && !allTitle(strings.ReplaceAll(strings.ReplaceAll(first, " van ", " Van "), " and ", " And ")) {
		return false
	}
	for _, l := range lines {
		if len(l.s) > 60 || strings.HasSuffix(l.s, "?") {
			return false
		}
	}
	return true
}

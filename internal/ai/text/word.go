package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendWords splits the bytes from start to end into words.
func appendWords(words []Word, text string, start, end int) []Word {
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(text[i:end])
		switch {
		case unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u00ad':
			i += size
		case unicode.IsDigit(r):
			to := numberEnd(text, i, end)
			words = append(words, Word{Start: i, End: to, Lower: text[i:to], Kind: Number})
			i = to
		case unicode.IsLetter(r):
			to, kind := letterEnd(text, i, end)
			words = append(words, Word{Start: i, End: to, Lower: lower(text[i:to]), Kind: kind, Title: unicode.IsUpper(r)})
			i = to
		default:
			if r == '-' && i > start && joins(text, i, end) {
				i++
				continue
			}
			words = append(words, Word{Start: i, End: i + size, Lower: text[i : i+size], Kind: Mark})
			i += size
		}
	}
	return words
}

// numberEnd returns where a number ends: digits with single separators inside.
func numberEnd(text string, i, end int) int {
	for i < end {
		c := text[i]
		if c >= '0' && c <= '9' {
			i++
			continue
		}
		inside := strings.IndexByte(".,:/'-", c) >= 0
		if !inside || i+1 >= end || text[i+1] < '0' || text[i+1] > '9' {
			break
		}
		i++
	}
	if i < end && text[i] >= utf8.RuneSelf {
		return i + digits(text[i:end])
	}
	return i
}

// digits returns the length of the digits of other scripts at the start of s.
func digits(s string) int {
	n := 0
	for _, r := range s {
		if r < utf8.RuneSelf || !unicode.IsDigit(r) {
			break
		}
		n += utf8.RuneLen(r)
	}
	return n
}

// letterEnd returns where a word, an address or a URL ends.
func letterEnd(text string, i, end int) (int, Kind) {
	if isURL(text[i:end]) {
		return i + urlLen(text[i:end]), Address
	}
	at := i
	for at < end {
		r, size := utf8.DecodeRuneInString(text[at:end])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !(isApostrophe(r) && letterAt(text, at+size, end)) {
			break
		}
		at += size
	}
	if to := addressEnd(text, at, end); to > at {
		return to, Address
	}
	return at, Letters
}

// addressEnd extends a local part that ends at i to a whole address, or
// returns i. It looks at most 64 bytes ahead for the at sign.
func addressEnd(text string, i, end int) int {
	j := i
	for j < end && j-i < 64 && isAddressByte(text[j]) {
		j++
	}
	if j >= end || text[j] != '@' {
		return i
	}
	k, dot := j+1, false
	for k < end && k-j < 256 && (isAddressByte(text[k])) {
		dot = dot || text[k] == '.'
		k++
	}
	for k > j && (text[k-1] == '.' || text[k-1] == '-') {
		k--
	}
	if !dot || k <= j+2 {
		return i
	}
	return k
}

func isAddressByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-+%", c) >= 0
}

func isURL(s string) bool {
	if len(s) < 5 || s[0]|0x20 != 'h' && s[0]|0x20 != 'w' {
		return false
	}
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "www.")
}

func urlLen(s string) int {
	n := strings.IndexAny(s, " \t\r\n<>\"")
	if n < 0 {
		n = len(s)
	}
	for n > 1 && strings.IndexByte(".,;:!?)]'", s[n-1]) >= 0 {
		n--
	}
	return n
}

func joins(text string, i, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	return (unicode.IsLetter(before) || unicode.IsDigit(before)) && letterAt(text, i+1, end)
}

func letterAt(text string, i, end int) bool {
	if i >= end {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[i:end])
	return unicode.IsLetter(r)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

func lower(s string) string {
	s = strings.ToLower(s)
	if strings.Contains(s, "’") {
		s = strings.ReplaceAll(s, "’", "'")
	}
	return s
}

// language guesses the language from function words; English wins a tie.
func language(words []Word) string {
	var de, es, fr, en int
	for _, w := range words[:min(len(words), 400)] {
		switch w.Lower {
		case "the", "and", "you", "to", "of", "is", "we", "for", "i", "my", "your":
			en++
		case "der", "die", "das", "und", "wir", "ich", "nicht", "ist", "für", "mit", "bitte", "sie", "ein", "eine", "uns", "zu", "seit":
			de++
		case "el", "los", "las", "para", "por", "una", "que", "hola", "nosotros", "gracias", "del", "mi", "con", "no":
			es++
		case "le", "les", "des", "nous", "vous", "pour", "est", "et", "bonjour", "une", "merci", "avec", "pas", "je", "du":
			fr++
		}
	}
	best, lang := en, "en"
	for _, c := range []struct {
		n    int
		lang string
	}{{de, "de"}, {es, "es"}, {fr, "fr"}} {
		if c.n > best {
			best, lang = c.n, c.lang
		}
	}
	return lang
}

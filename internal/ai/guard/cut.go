package guard

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rapport/internal/platform/mail/segment"
)

// MaxQuote is how many tokens of one text are quoted at most.
const MaxQuote = 60_000

// Tokens is how many tokens a text has, about, and rather too many: a token for
// four ASCII characters or one of another script.
func Tokens(text string) int {
	ascii, other := 0, 0
	for _, r := range text {
		if r < utf8.RuneSelf {
			ascii++
		} else {
			other++
		}
	}
	return (ascii+3)/4 + other
}

// bounded keeps what is far longer than can be quoted from being looked at in
// detail.
func bounded(text string) string {
	if len(text) > 16*MaxQuote {
		return Cut(text, 4*MaxQuote)
	}
	return text
}

// Cut leaves at most so many tokens of a text: its beginning and the last part
// of its end, each cut between paragraphs, sentences or words, with a mark
// between them that says how much is missing.
func Cut(text string, tokens int) string {
	if len(text) <= tokens || Tokens(text) <= tokens {
		return text
	}
	tokens = max(tokens-markTokens, 0)
	head := text[:prefix(text, tokens-tokens/4)]
	tail := text[len(text)-suffix(text, tokens/4):]
	head, tail = head[:lastBreak(head)], tail[firstBreak(tail):]
	gone := len(strings.Fields(text[len(head) : len(text)-len(tail)]))
	return fmt.Sprintf("%s\n[… %d words left out …]\n%s", strings.TrimRight(head, " \t\n"), gone, strings.TrimLeft(tail, " \t\n"))
}

// markTokens is what the mark of a cut takes.
const markTokens = 12

// prefix is how many bytes of text are so many tokens, suffix the same from its
// end.
func prefix(text string, tokens int) int {
	for quarters, at := 4*tokens, 0; at < len(text); {
		_, size := utf8.DecodeRuneInString(text[at:])
		if quarters -= weight(size); quarters < 0 {
			return at
		}
		at += size
	}
	return len(text)
}

func suffix(text string, tokens int) int {
	for quarters, at := 4*tokens, len(text); at > 0; {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		if quarters -= weight(size); quarters < 0 {
			return len(text) - at
		}
		at -= size
	}
	return len(text)
}

// weight is what a character of so many bytes counts, in quarters of a token.
func weight(size int) int {
	if size == 1 {
		return 1
	}
	return 4
}

// breaks are where a text may be cut, best first.
var breaks = [...]string{"\n\n", ".\n", ". ", "! ", "? ", "\n", " "}

// lastBreak is the best place to end s, in its second half if there is one.
func lastBreak(s string) int {
	for _, sign := range breaks {
		if i := strings.LastIndex(s, sign); i > len(s)/2 {
			return i + len(sign)
		}
	}
	return len(s)
}

// firstBreak is the best place to begin s, in its first half if there is one.
func firstBreak(s string) int {
	for _, sign := range breaks {
		if i := strings.Index(s, sign); i >= 0 && i < len(s)/2 {
			return i + len(sign)
		}
	}
	return 0
}

// own is what the author of a message wrote or passed on. A message with
// nothing of the kind is kept as it is.
func own(text string) string {
	var b strings.Builder
	earlier := false
	for _, block := range segment.Split(text) {
		switch block.Kind {
		case segment.Own, segment.Forwarded:
			b.WriteString(text[block.ByteStart:block.ByteEnd])
		case segment.Quote:
			earlier = true
		}
	}
	words := strings.TrimRight(b.String(), " \t\n")
	if strings.TrimSpace(words) == "" {
		return text
	}
	if earlier {
		words += "\n[… earlier messages left out …]"
	}
	return words
}

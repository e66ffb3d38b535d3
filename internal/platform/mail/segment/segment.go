// Package segment tells a sender's own words from what their message repeats
// and from what programs append to it.
package segment

import (
	"strings"
	"unicode/utf8"
)

// Kind says whose words a block is.
type Kind string

// The kinds of block.
const (
	Own         Kind = "own"         // written by the sender for this message
	Quote       Kind = "quote"       // repeated from an earlier message
	Attribution Kind = "attribution" // "On Monday Ann wrote:", or a block of From/Sent/To
	Forwarded   Kind = "forwarded"   // a message passed on, its header included
	Signature   Kind = "signature"   // "-- ", "Sent from my phone"
	Disclaimer  Kind = "disclaimer"  // legal boilerplate, footers of lists
)

// Block is a run of whole lines of one kind. Start and End count code points,
// ByteStart and ByteEnd bytes; blocks follow each other without a gap from the
// first to the last character, and neighbours differ in kind.
type Block struct {
	Kind               Kind
	Start, End         int
	ByteStart, ByteEnd int
}

// Split divides the text of a message into blocks. Empty lines belong to the
// block before them.
func Split(text string) []Block {
	s := newSegmenter(text)
	for s.at < len(s.lines) {
		s.step()
	}
	return s.blocks(text)
}

// segmenter gives each line a kind.
type segmenter struct {
	lines []segLine
	at    int
	mode  Kind // of unmarked lines
	rest  bool // mode holds to the end, whatever comes
	wrote bool // there are own words before
}

type segLine struct {
	size  int    // bytes, with line end
	text  string // trimmed
	lower string
	raw   string // without line end
	kind  Kind
}

func newSegmenter(text string) *segmenter {
	s := &segmenter{mode: Own}
	for line := range strings.Lines(text) {
		raw := strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(raw)
		s.lines = append(s.lines, segLine{size: len(line), raw: raw, text: trimmed, lower: strings.ToLower(trimmed)})
	}
	return s
}

// step classifies the line at s.at, and the ones that belong to it.
func (s *segmenter) step() {
	l := &s.lines[s.at]
	switch {
	case l.text == "" || s.rest:
		s.mark(1, s.mode)
	case quoted(l.raw):
		s.mark(1, Quote)
		if s.mode == Signature || s.mode == Disclaimer {
			s.mode = Own
		}
	case s.attribution(), s.original(), s.forward(), s.signature(), s.boilerplate():
	default:
		s.wrote = s.wrote || s.mode == Own
		s.mark(1, s.mode)
	}
}

// mark gives the next n lines a kind.
func (s *segmenter) mark(n int, kind Kind) {
	for ; n > 0 && s.at < len(s.lines); n-- {
		s.lines[s.at].kind = kind
		s.at++
	}
}

// toEnd gives kind to everything that is left.
func (s *segmenter) toEnd(kind Kind) { s.mode, s.rest = kind, true }

// blocks joins lines of one kind.
func (s *segmenter) blocks(text string) []Block {
	var out []Block
	at, points := 0, 0
	for i, l := range s.lines {
		if l.text == "" { // of the block before, or of the first one
			if i > 0 {
				s.lines[i].kind = s.lines[i-1].kind
			} else {
				s.lines[i].kind = s.firstKind()
			}
		}
		n := utf8.RuneCountInString(text[at : at+l.size])
		if k := len(out) - 1; k >= 0 && out[k].Kind == s.lines[i].kind {
			out[k].ByteEnd += l.size
			out[k].End += n
		} else {
			out = append(out, Block{Kind: s.lines[i].kind, Start: points, End: points + n, ByteStart: at, ByteEnd: at + l.size})
		}
		at += l.size
		points += n
	}
	return out
}

func (s *segmenter) firstKind() Kind {
	for _, l := range s.lines {
		if l.text != "" {
			return l.kind
		}
	}
	return Own
}

// quoted recognises "> text", "| text" and "AD> text".
func quoted(raw string) bool {
	raw = strings.TrimLeft(raw, " ")
	if strings.HasPrefix(raw, ">") || strings.HasPrefix(raw, "| ") {
		return true
	}
	i := strings.IndexByte(raw, '>')
	if i < 1 || i > 4 {
		return false
	}
	return strings.Trim(raw[:i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// quoteFollows reports whether the next line with text from i on is quoted.
func (s *segmenter) quoteFollows(i int) bool {
	for n := 0; i < len(s.lines) && n < 3; i, n = i+1, n+1 {
		if s.lines[i].text != "" {
			return quoted(s.lines[i].raw)
		}
	}
	return false
}

// attribution recognises "On Monday, Ann wrote:", over up to three lines. When
// what follows bears no marks, it is a quote to the end.
func (s *segmenter) attribution() bool {
	joined := ""
	for n := 1; n <= 3 && s.at+n <= len(s.lines); n++ {
		l := s.lines[s.at+n-1]
		if l.text == "" || quoted(l.raw) {
			return false
		}
		joined = strings.TrimSpace(joined + " " + l.lower)
		if len(joined) > 400 || n > 1 && !dateLead(joined) {
			return false
		}
		if !saysWrote(joined) {
			continue
		}
		marked := s.quoteFollows(s.at + n)
		if !marked && !(dateLead(joined) && strings.ContainsAny(joined, "0123456789")) {
			return false
		}
		s.mark(n, Attribution)
		if s.mode = Own; !marked {
			s.toEnd(Quote)
		}
		return true
	}
	return false
}

// saysWrote recognises the end of an attribution in the languages of Europe
// and two of Asia.
func saysWrote(lower string) bool {
	if !strings.HasSuffix(lower, ":") && !strings.HasSuffix(lower, "：") && !strings.HasSuffix(lower, "...") {
		return false
	}
	for _, verb := range []string{"wrote", "writes", "said", "typed", "schrieb", "a écrit", "escribió", "escribio", "ha scritto", "scrive",
		"schreef", "skrev", "escreveu", "napisał", "pisze", "написал", "пишет", "kirjoitti", "napsal", "írta", "yazdı", "写道", "のメール"} {
		if strings.Contains(lower, verb) {
			return true
		}
	}
	return false
}

// dateLead recognises how attributions begin that name a date.
func dateLead(lower string) bool {
	for _, lead := range []string{"on ", "am ", "le ", "el ", "il ", "op ", "den ", "em ", "dnia ", "w dniu ", "in message", "at ", "dne ", "2", "1", "0", "3",
		"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		if strings.HasPrefix(lower, lead) {
			return true
		}
	}
	return false
}

// original recognises "-----Original Message-----" and the header block that
// Outlook puts above what it quotes. Without own words before, the message is
// passed on.
func (s *segmenter) original() bool {
	n := 0
	if ruled(s.lines[s.at].lower, "original message", "originalnachricht", "ursprüngliche nachricht", "message d'origine", "mensaje original",
		"messaggio originale", "oorspronkelijk bericht", "ursprungligt meddelande", "mensagem original", "original-nachricht", "reply message") {
		n = 1
	}
	head := s.headerBlock(s.at + n)
	if n == 0 && head < 3 {
		return false
	}
	if !s.wrote {
		s.toEnd(Forwarded)
		s.mark(n+head, Forwarded)
		return true
	}
	s.mark(n+head, Attribution)
	s.toEnd(Quote)
	return true
}

// ruled recognises one of the titles between dashes.
func ruled(lower string, titles ...string) bool {
	if !strings.HasPrefix(lower, "--") && !strings.HasPrefix(lower, "__") {
		return false
	}
	title := strings.Trim(lower, "-_ ")
	for _, t := range titles {
		if title == t || strings.HasPrefix(title, t+" ") {
			return true
		}
	}
	return false
}

// headerBlock counts the lines of a block that begins with From: and names a
// time and a recipient or subject.
func (s *segmenter) headerBlock(i int) int {
	n, fields := 0, 0
	for ; i+n < len(s.lines) && n < 12; n++ {
		l := s.lines[i+n]
		if l.text == "" && fields > 0 {
			break
		}
		if name, _, ok := strings.Cut(strings.Trim(l.lower, "* "), ":"); ok && headerName(strings.Trim(name, "* ")) {
			fields++
		} else if fields == 0 && l.text != "" {
			return 0
		}
	}
	if fields < 3 {
		return 0
	}
	return n
}

func headerName(name string) bool {
	switch name {
	case "from", "sent", "to", "cc", "subject", "date", "reply-to", "importance",
		"von", "gesendet", "an", "betreff", "datum", "de", "envoyé", "à", "objet", "enviado", "para", "asunto", "assunto", "data",
		"da", "inviato", "a", "oggetto", "van", "verzonden", "aan", "onderwerp", "från", "skickat", "till", "ämne", "fra", "sendt", "til", "emne":
		return true
	}
	return false
}

// forward recognises the titles above messages that are passed on.
func (s *segmenter) forward() bool {
	lower := s.lines[s.at].lower
	if ruled(lower, "forwarded message", "forwarded by", "weitergeleitete nachricht", "message transféré", "mensaje reenviado", "messaggio inoltrato",
		"doorgestuurd bericht", "vidarebefordrat meddelande", "mensagem encaminhada", "begin forwarded message", "forwarded text", "fwd") ||
		lower == "begin forwarded message:" || lower == "anfang der weitergeleiteten nachricht:" || lower == "début du message réexpédié :" {
		s.mark(1, Forwarded)
		s.toEnd(Forwarded)
		return true
	}
	return false
}

// signature recognises the separator of signatures and what telephones add.
func (s *segmenter) signature() bool {
	l := s.lines[s.at]
	if l.raw == "-- " || l.raw == "--" && s.left() <= 12 {
		s.mode = Signature
		s.mark(1, Signature)
		return true
	}
	if len(l.lower) > 80 {
		return false
	}
	for _, lead := range []string{"sent from my ", "sent from yahoo", "sent from outlook", "sent from mail for", "get outlook for", "sent via blackberry",
		"von meinem ", "gesendet von ", "diese nachricht wurde von mein", "envoyé de mon", "envoyé depuis", "enviado desde mi", "enviado do meu",
		"inviato da ", "verzonden vanaf", "verstuurd vanaf", "skickat från min", "sendt fra min", "lähetetty ", "wysłane z ", "отправлено с "} {
		if strings.HasPrefix(l.lower, lead) {
			s.mode = Signature
			s.mark(1, Signature)
			return true
		}
	}
	return false
}

// left counts the lines with text up to the next quote.
func (s *segmenter) left() int {
	n := 0
	for _, l := range s.lines[s.at+1:] {
		if quoted(l.raw) || n > 20 {
			break
		}
		if l.text != "" {
			n++
		}
	}
	return n
}

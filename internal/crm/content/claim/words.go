package claim

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	spaced   = regexp.MustCompile(`(?i)(?:\b\p{L}[ ._*-]){5,}\p{L}\b`)
	markup   = regexp.MustCompile("<\\s*[A-Za-z/!?]|!\\[|\\]\\(|```|&#?[A-Za-z0-9]+;|\\\\u[0-9a-fA-F]{4}|%[0-9A-Fa-f]{2}%")
	variable = regexp.MustCompile(`\{\{([^{}]{0,60})\}\}`)
	gap      = regexp.MustCompile(`[{}]|\[[^\]\n]{1,60}\]|<<|>>|\$\(|<%|__+|\b[A-Z]{2,}_[A-Z_]+\b`)
	void     = regexp.MustCompile(`\b(?:null|undefined|NaN|nil|None|N/A|lorem ipsum|TBD|TODO|FIXME|XXX)\b|\[object|%!|%[sdv]\b`)

	scheme = regexp.MustCompile(`[a-z][a-z0-9+.-]{1,20}:\s?//\s?[^\s<>"')\]]*|\b(?:hxxps?|https?|ftp|mailto|javascript|data|file|tel|sms|vbscript|callto|whatsapp|tg)\s?:\s?[^\s]+`)
	dots   = regexp.MustCompile(`\s?[\[({<]\s?(?:\.|dot|punkt)\s?[\])}>]\s?|\s(?:dot|punkt)\s|․|．|\s\.\s?|\\\.`)
	host   = regexp.MustCompile(`[\p{L}\p{N}][\p{L}\p{N}-]*(?:\.[\p{L}\p{N}-]+)*\.[\p{L}][\p{L}\p{N}-]{1,23}`)
	handle = regexp.MustCompile(`(?:^|[\s(,;:])@[\p{L}\p{N}_.]{2,}`)
	at     = regexp.MustCompile(`[^\s@]+(?:@|\s@\s|\s?[\[({]\s?at\s?[\])}]\s?)[^\s@]+`)
	number = regexp.MustCompile(`[\p{N}][\p{N}.,'’/:·-]*[\p{N}]|\p{N}`)
)

// knowledge is what a material says, ready to be compared with.
type knowledge struct {
	facts   string          // folded
	trusted string          // facts and brief
	numbers map[string]bool // of what is trusted, with their unit: "40%", "€300", "12"
	words   map[string]bool // of what is trusted, and of names
	firm    map[string]bool // words of facts and brief alone
}

func knowledgeOf(m Material) knowledge {
	var facts []string
	for _, f := range m.Facts {
		facts = append(facts, f.Text)
	}
	k := knowledge{facts: Fold(strings.Join(facts, " . ")), numbers: map[string]bool{}, words: map[string]bool{}, firm: map[string]bool{}}
	k.trusted = k.facts + " . " + Fold(m.Brief)
	for _, n := range numbersIn(k.trusted) {
		k.numbers[n.key()] = true
		k.numbers[n.digits] = k.numbers[n.digits] || n.unit == ""
	}
	for w := range wordsOf(k.trusted) {
		k.words[w], k.firm[w] = true, true
	}
	for _, n := range m.Names {
		for w := range wordsOf(Fold(n)) {
			k.words[w] = true
		}
	}
	return k
}

func wordsOf(folded string) func(func(string) bool) {
	return strings.FieldsFuncSeq(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// resembles reports whether most of what a text says stands in what is known,
// all its numbers and names among it.
func (k knowledge) resembles(s string) bool {
	for _, n := range numbersIn(Fold(s)) {
		if !k.numbers[n.key()] {
			return false
		}
	}
	for _, n := range properNames(s) {
		if !k.words[Fold(n.word)] {
			return false
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	if w := Fold(strings.Trim(first, `.,;:!?"'()`)); !k.words[w] && !slices.Contains(openings, w) {
		return false
	}
	known, all := 0, 0
	for w := range wordsOf(Fold(s)) {
		if len(w) < 4 {
			continue
		}
		all++
		if k.words[w] {
			known++
		}
	}
	return all > 0 && known*10 >= all*6
}

// openings are words with which a proof may begin whatever its fact says.
var openings = strings.Fields("a an the this that they it with by in at for after our my here how when one as")

// amount is a number with what makes it mean something else.
type amount struct {
	digits string // without signs between them, but for the decimal ones
	unit   string // %, a currency, or ""
	raw    string
	end    int
}

func (a amount) key() string { return a.digits + a.unit }

var (
	currencyBefore = regexp.MustCompile(`([€$£¥₹]|\b(?:eur|usd|gbp|chf|aud|cad|jpy)) ?$`)
	unitAfter      = regexp.MustCompile(`^ ?(%|(?:percent|per cent|percentage|prozent)\b|[€$£¥₹]|(?:eur|usd|gbp|chf|aud|cad|jpy|euros?|dollars?|pounds?)\b)`)
	scaleAfter     = regexp.MustCompile(`^ ?(k|m|mn|bn|million|billion|thousand|x|times|fold|\+)\b`)
)

// numbersIn finds the numbers of a folded text.
func numbersIn(folded string) []amount {
	var out []amount
	for _, p := range number.FindAllStringIndex(folded, -1) {
		a := amount{raw: folded[p[0]:p[1]], end: p[1]}
		a.digits = strings.NewReplacer(",", "", "'", "", "’", "").Replace(a.raw)
		if m := unitAfter.FindStringSubmatch(folded[p[1]:]); m != nil {
			a.unit = unit(m[1])
		} else if m := currencyBefore.FindStringSubmatch(folded[:p[0]]); m != nil {
			a.unit = unit(m[1])
		}
		if m := scaleAfter.FindStringSubmatch(folded[p[1]:]); m != nil {
			a.unit += m[1]
		}
		out = append(out, a)
	}
	return out
}

// unit is one word for each unit.
func unit(s string) string {
	switch s {
	case "€", "euro", "euros":
		return "eur"
	case "$", "dollar", "dollars":
		return "usd"
	case "£", "pound", "pounds":
		return "gbp"
	case "¥":
		return "jpy"
	case "percent", "per cent", "percentage", "prozent":
		return "%"
	}
	return s
}

// contains reports whether words stand in a text as whole words.
func contains(folded, words string) bool {
	for from := 0; ; {
		i := strings.Index(folded[from:], words)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(words)
		if !wordAt(folded, i-1) && !wordAt(folded, end) {
			return true
		}
		from = i + 1
	}
}

func wordAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i] >= 0x80 || s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9')
}

// name is a capitalised word and the sentence in which it stands.
type name struct{ word, sentence string }

// properNames are words with a capital that do not begin a sentence.
func properNames(s string) []name {
	var out []name
	for _, sentence := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".!?:\n;•", r) }) {
		words := strings.FieldsFunc(sentence, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' && !unicode.IsDigit(r) })
		if titled(words) {
			continue
		}
		for i, w := range words {
			w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
			if first := []rune(w); i > 0 && len(first) > 1 && unicode.IsUpper(first[0]) && !ordinary(w) {
				out = append(out, name{w, sentence})
			}
		}
	}
	return out
}

// titled reports whether a line is written like a title.
func titled(words []string) bool {
	upper := 0
	for _, w := range words {
		if unicode.IsUpper([]rune(w)[0]) {
			upper++
		}
	}
	return len(words) > 3 && upper*3 >= len(words)*2
}

var everyday = strings.Fields(`i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
	september october november december english german french spanish portuguese italian europe european america american
	crm seo roi kpi b2b b2c saas api ai it hr ceo cto cfo cmo faq pdf utc am pm ok hello hi dear hey thanks kind best regards
	linkedin facebook instagram twitter tiktok youtube google internet web instagram's easter christmas`)

func ordinary(w string) bool {
	w = strings.ToLower(w)
	return slices.Contains(everyday, w) || strings.HasPrefix(w, "i'") || strings.HasPrefix(w, "i’")
}

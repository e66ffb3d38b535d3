package reply

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/internal/agents"
	"rapport/internal/ai/cite"
	"rapport/internal/ai/guard"
)

// Bounds of the parts, in code points.
const (
	maxGreeting = 120
	maxAck      = 500
	maxBody     = 3000
	maxClosing  = 200
)

// Verify returns what may be drafted of an answer, or an error that says what
// is wrong with it. Evidence that does not stand in the message is dropped;
// anything wrong with the letter itself refuses all of it.
func Verify(w agents.Work, output json.RawMessage) (json.RawMessage, error) {
	var in Input
	var r Reply
	if err := errors.Join(json.Unmarshal(w.Input, &in), json.Unmarshal(output, &r)); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if faults := r.Check(in); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return json.Marshal(r)
}

// Check bounds what it can, and returns the faults of the letter.
func (r *Reply) Check(in Input) []string {
	var f faults
	f.check(r.Language == in.Language, "language: not that of the message")
	for name, p := range map[string]struct {
		s    *string
		most int
	}{"greeting": {&r.Greeting, maxGreeting}, "acknowledgment": {&r.Acknowledgment, maxAck}, "body": {&r.Body, maxBody}, "closing": {&r.Closing, maxClosing}} {
		*p.s = strings.TrimSpace(guard.Clean(*p.s))
		f.check(utf8.RuneCountInString(*p.s) <= p.most, fmt.Sprintf("%s: longer than %d characters", name, p.most))
	}
	f.check(r.Body != "" || r.Acknowledgment != "", "body: empty")
	f.check(!strings.ContainsAny(r.Greeting, "\n"), "greeting: not one line")
	text := r.Text()
	f.check(greets(r.Greeting, in), "greeting: names somebody else than the sender")
	f.links(text, in)
	f.numbers(text, in)
	f.promises(text, in)
	f.check(!leftover.MatchString(text), "body: has a place that is not filled in")
	r.evidence(in)
	return f
}

// evidence keeps what stands where it is said to stand.
func (r *Reply) evidence(in Input) {
	latest, ours := cite.Of(in.Latest), cite.Of(joined(in.Ours))
	kept := []Answer{}
	for _, a := range r.Answers {
		var start, end int
		if !slices.Contains(treatments, a.Treated) || !latest.Find(&a.Quote, &start, &end) || len(kept) == 20 {
			continue
		}
		if a.Source != "" && !ours.Find(&a.Source, &start, &end) {
			a.Source = ""
		}
		kept = append(kept, a)
	}
	asked := []Enquiry{}
	for _, q := range r.Questions[:min(len(r.Questions), 5)] {
		if slices.Contains(categories, q.Category) {
			asked = append(asked, Enquiry{bounded(q.Question, 300), q.Category})
		}
	}
	gaps := []string{}
	for _, g := range r.Gaps[:min(len(r.Gaps), 8)] {
		gaps = append(gaps, bounded(g, 300))
	}
	r.Answers, r.Questions, r.Gaps = kept, asked, gaps
	if !(r.Confidence >= 0 && r.Confidence <= 1) {
		r.Confidence = 0
	}
}

func bounded(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(guard.Plain(s)), " "))
	return string(r[:min(len(r), most)])
}

func joined(said []Said) string {
	var all []string
	for _, s := range said {
		all = append(all, s.Text)
	}
	return strings.Join(all, "\n\n")
}

type faults []string

func (f *faults) check(ok bool, fault string) {
	if !ok {
		*f = append(*f, fault)
	}
}

// leftover is a place that somebody forgot to fill in, or what stood for
// something that was taken out.
var leftover = regexp.MustCompile(`\{\{|\}\}|\[[^\]\n]{1,40}\]|<[A-Za-z][^>\n]{0,40}>`)

// salutations are all the words of a greeting that are no name.
var salutations = map[string]bool{"dear": true, "hi": true, "hello": true, "hey": true, "good": true, "morning": true, "afternoon": true, "evening": true, "day": true,
	"guten": true, "tag": true, "morgen": true, "abend": true, "hallo": true, "liebe": true, "lieber": true, "sehr": true, "geehrte": true, "geehrter": true,
	"geehrtes": true, "damen": true, "und": true, "herren": true, "team": true, "sir": true, "or": true, "madam": true, "moin": true, "there": true, "all": true,
	"mr": true, "ms": true, "mrs": true, "dr": true, "prof": true, "herr": true, "frau": true}

// greets reports whether a greeting names the sender or nobody.
func greets(greeting string, in Input) bool {
	names := map[string]bool{}
	for _, w := range words(in.Name) {
		names[w] = true
	}
	if name, _, ok := strings.Cut(in.From, "<"); ok {
		for _, w := range words(name) {
			names[w] = true
		}
	}
	for _, w := range words(greeting) {
		if !salutations[w] && !names[w] {
			return false
		}
	}
	return true
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && c != '-' && c != '\'' })
}

var link = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"')\]]+`)

// links refuses links that our side has not sent in the thread, and addresses
// other than the sender's and ours.
func (f *faults) links(text string, in Input) {
	ours := joined(in.Ours) + "\n" + in.Instructions
	rest := link.ReplaceAllStringFunc(text, func(l string) string {
		l = strings.TrimRight(l, ".,;:!?")
		for _, known := range link.FindAllString(ours, -1) {
			if strings.TrimRight(known, ".,;:!?") == l {
				return ""
			}
		}
		*f = append(*f, "body: has a link that we have not sent in this thread")
		return ""
	})
	for _, a := range []string{guard.Address(in.From), in.Own} {
		if a != "" {
			rest = replaceFold(rest, a)
		}
	}
	if plain := guard.Plain(rest); plain != guard.Clean(rest) {
		*f = append(*f, "body: has a link or an address of somebody else")
	}
}

func replaceFold(text, gone string) string {
	for {
		i := strings.Index(strings.ToLower(text), strings.ToLower(gone))
		if i < 0 || len(strings.ToLower(text)) != len(text) {
			return text
		}
		text = text[:i] + text[i+len(gone):]
	}
}

var number = regexp.MustCompile(`\d[\d.,:'’/\-]*\d|\d`)

// digits are what is compared of a number: 1,200.00 and 1.200 are the same.
func digits(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		if strings.ContainsRune(".,", c) {
			return '.'
		}
		return -1
	}, s)
	whole, cents, ok := cutLast(s, ".")
	if ok && len(cents) == 2 && cents == "00" {
		s = whole
	}
	return strings.TrimLeft(strings.ReplaceAll(s, ".", ""), "0")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// numbers refuses those that nobody has written. Times that a message proposes
// are written in our own way: they are known by their parts.
func (f *faults) numbers(text string, in Input) {
	known := map[string]bool{"": true}
	sources := []string{in.Subject, in.Latest, in.Instructions, in.Draft, in.Name, in.Author, joined(in.Ours), joined(in.Theirs)}
	for _, m := range append(slices.Concat(in.Ours, in.Theirs), Said{At: in.SentAt}) {
		sources = append(sources, m.At.Format("2006 01 2"))
	}
	for _, t := range proposals(in) {
		sources = append(sources, t.text(in.Language), t.Start.Format("2006 01 2 15 04 15:04"))
	}
	for _, s := range sources {
		for _, n := range number.FindAllString(s, -1) {
			known[digits(n)] = true
			for part := range strings.FieldsFuncSeq(n, func(c rune) bool { return !unicode.IsDigit(c) }) {
				known[digits(part)] = true
			}
		}
	}
	for _, n := range number.FindAllString(text, -1) {
		if !known[digits(n)] {
			*f = append(*f, "body: has a number that nobody wrote in this thread")
			return
		}
	}
}

// promise is what nobody may say for us without having been told to.
var promise = regexp.MustCompile(`(?i)\b(?:guarantee[sd]?|warrant(?:y|ies)|we promise|i promise|refund(?:s|ed)?|reimburse\w*|compensat\w+|money back|free of charge|for free|discount\w*|liab(?:le|ility)|legal\w*|lawsuit|lawyer|attorney|medical\w*|diagnos\w+|invest(?:ment)? advice|tax advice|financial advice|no risk|risk-free|100 ?%|` +
	`garantier\w*|garantie\w*|gewährleist\w*|versprech\w*|versprich\w*|erstatt\w*|rückerstatt\w*|entschädig\w*|schadens?ersatz|gutschrift\w*|kostenlos\w*|gratis|rabatt\w*|nachlass\w*|haft(?:en|ung)\w*|rechtlich\w*|anwalt\w*|anwält\w*|medizinisch\w*|steuerberat\w*|anlageberat\w*)`)

// promises refuses words that bind us. Those that the person wrote are theirs
// to say.
func (f *faults) promises(text string, in Input) {
	said := strings.ToLower(in.Instructions)
	for _, p := range promise.FindAllString(text, -1) {
		if !strings.Contains(said, strings.ToLower(p)) {
			*f = append(*f, "body: promises or advises what only a person may")
			return
		}
	}
}

package contact

import (
	"strings"
	"unicode/utf8"

	"rapport/internal/ai/text"
)

// introductions say what kind of finding a sentence of the brief quotes, the
// most telling kind first.
var introductions = []struct{ kind, words string }{
	{"decision", "On deciding: "}, {"pain_point", "What troubles them: "}, {"goal", "What they want to reach: "}, {"money", "Money they name: "},
	{"requirement", "What they require: "}, {"question", "They ask: "}, {"commitment", "They promised: "}, {"date", "A date they name: "},
}

// brief is extractive: every sentence is a quote with a few words before it. It
// begins with their latest mail, goes on with what was found, and is filled from
// earlier mails and what was noted down.
func (r *reading) brief() []Sentence {
	var out []Sentence
	for i, m := range r.mails {
		if i > 0 && len(out) >= least {
			break
		}
		if out = r.wrote(out, m); i == 0 {
			out = r.findings(out)
		}
	}
	return r.met(out)
}

// wrote adds the sentence that stands for a mail.
func (r *reading) wrote(out []Sentence, m mail) []Sentence {
	for _, i := range text.Summary(m.doc, nil, 1) {
		if c, ok := m.cite(m.doc.Sentences[i].Start, m.doc.Sentences[i].End); ok && !covered(out, c) {
			out = append(out, said("On "+date(m.SentAt)+" they wrote: ", c))
		}
	}
	return out
}

// findings adds what intelligence found, two of a kind at most.
func (r *reading) findings(out []Sentence) []Sentence {
	for _, of := range introductions {
		n := 0
		for _, f := range r.in.Findings {
			if f.Kind != of.kind || n == 2 || len(out) == maxBrief-1 {
				continue
			}
			for _, c := range r.cited(f) {
				if !covered(out, c) {
					out = append(out, said(of.words, c))
					n++
				}
			}
		}
	}
	return out
}

func said(words string, c Citation) Sentence {
	return Sentence{Text: words + "“" + text.OneLine(c.Quote, 300) + "”", Citations: []Citation{c}}
}

// least is how many sentences a brief has where there is enough to quote.
const least = 3

// covered reports whether a sentence quotes words of the same place already.
func covered(all []Sentence, c Citation) bool {
	for _, s := range all {
		for _, had := range s.Citations {
			if had.ID == c.ID && (had.Start < c.End && c.Start < had.End || had.Quote == c.Quote || strings.Contains(had.Quote, c.Quote)) {
				return true
			}
		}
	}
	return false
}

// met adds the latest call or meeting, as its author wrote it down.
func (r *reading) met(out []Sentence) []Sentence {
	for i, a := range r.in.Activities {
		doc := text.ParseAll(a.Text)
		if len(out) >= least || len(doc.Sentences) == 0 {
			break
		}
		start, end := doc.Trim(doc.Sentences[0].Start, doc.Sentences[0].End)
		span := doc.Span(start, end)
		c := Citation{Source: ActivityLabel(i), Quote: doc.Text[start:end], Entity: "activity", ID: a.ID, Start: span.Start, End: span.End}
		if utf8.RuneCountInString(c.Quote) <= longest {
			out = append(out, said("From the "+a.Kind+" of "+date(a.At)+": ", c))
		}
	}
	return out
}

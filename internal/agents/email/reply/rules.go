package reply

import (
	"context"
	"encoding/json"
	"strings"

	"rapport/internal/agents/email"
	"rapport/internal/agents/memory/note"
	"rapport/internal/ai/text"
)

// RulesTasks returns the task of this package that rules can answer.
func RulesTasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){
		Question: func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			var in Input
			if err := json.Unmarshal(input, &in); err != nil {
				return nil, err
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return json.Marshal(Rules(in))
		},
	}
}

// Rules drafts an answer without a model: it acknowledges what the message
// wants, repeats what our side has said about its questions, and for the rest
// asks back or says that somebody will see to it.
func Rules(in Input) Reply {
	w := wordsOf(in.Language)
	d := &drafting{in: in, words: w, triage: email.RulesTriage(in.mail()), r: Reply{Language: w.language, Answers: []Answer{}, Questions: []Enquiry{}, Gaps: []string{}}}
	d.greeting()
	d.acknowledge()
	d.meeting()
	d.questions()
	d.enquire()
	d.end()
	return d.r
}

// drafting is an answer on its way.
type drafting struct {
	in     Input
	words  phrases
	triage email.Triage
	body   []string
	r      Reply
}

// say adds a sentence to the body, once.
func (d *drafting) say(sentence string) {
	for _, had := range d.body {
		if had == sentence {
			return
		}
	}
	d.body = append(d.body, sentence)
}

func (d *drafting) brief() bool { return d.in.Tone == "brief" }

func (d *drafting) greeting() {
	name := strings.Join(strings.Fields(d.in.Name), " ")
	if d.in.Tone == "friendly" {
		name, _, _ = strings.Cut(name, " ")
	}
	if name == "" || strings.ContainsAny(name, "@:/<>[]{}0123456789") || len(name) > 80 {
		d.r.Greeting = d.words.hello[d.in.Tone] + ","
		return
	}
	d.r.Greeting = d.words.greet[d.in.Tone] + " " + name + ","
}

func (d *drafting) acknowledge() {
	said, ok := d.words.acknowledge[d.triage.Intent]
	if !ok {
		said = d.words.thanks
	}
	if d.brief() {
		said, _, _ = strings.Cut(said, ". ")
		said = strings.TrimSuffix(said, ".") + "."
	}
	d.r.Acknowledgment = said
}

// meeting repeats the times that are proposed, or asks for some. It confirms
// none: nobody has looked into a calendar.
func (d *drafting) meeting() {
	if !d.triage.IsMeetingRequest {
		return
	}
	var times []string
	for _, p := range proposals(d.in) {
		times = append(times, p.text(d.in.Language))
		d.r.Answers = append(d.r.Answers, Answer{Quote: p.Evidence.Quote, Treated: "deferred"})
	}
	if len(times) == 0 {
		d.say(d.words.whichTime)
		d.r.Questions = append(d.r.Questions, Enquiry{d.words.whichTime, "timeline"})
		return
	}
	d.say(d.words.times + " " + strings.Join(times, d.words.or) + ". " + d.words.checking)
	d.r.Gaps = append(d.r.Gaps, "Look into the calendar and say which time suits.")
}

// questions answers those that our side has answered before, in its own words,
// and leaves the others to the author.
func (d *drafting) questions() {
	known := sentences(joined(d.in.Ours))
	left := 0
	x := email.RulesIntelligence(d.in.mail())
	for _, it := range x.Items {
		if it.Kind != "question" && it.Kind != "action_item" || len(d.r.Answers) >= 8 || d.triage.IsMeetingRequest && d.aboutTime(it) {
			continue
		}
		a := Answer{Quote: it.Quote, Treated: "deferred"}
		if it.Kind == "question" {
			if a.Source = answering(it.Quote, known); a.Source != "" {
				a.Treated = "answered"
				d.say(d.words.asWeWrote + " “" + a.Source + "”")
			}
		}
		if a.Treated == "deferred" {
			left++
			d.r.Gaps = append(d.r.Gaps, "Not answered: "+text.OneLine(it.Quote, 200))
		}
		d.r.Answers = append(d.r.Answers, a)
	}
	switch {
	case left == 1:
		d.say(d.words.oneLeft)
	case left > 1:
		d.say(d.words.someLeft)
	case len(d.r.Answers) == 0 && d.triage.RequiresResponse:
		d.say(d.words.looking)
	}
}

// aboutTime reports whether an item only asks for the time of a meeting.
func (d *drafting) aboutTime(it email.Item) bool {
	for _, p := range proposals(d.in) {
		if p.Evidence.Start >= it.Start && p.Evidence.End <= it.End {
			return true
		}
	}
	return false
}

// enquire asks for what nearly always is missing.
func (d *drafting) enquire() {
	q, ok := d.words.enquire[d.triage.Intent]
	if !ok || d.triage.IsMeetingRequest || q.unless != nil && q.unless(d.in.Subject+"\n"+d.in.Latest) {
		return
	}
	d.say(q.question)
	d.r.Questions = append(d.r.Questions, Enquiry{q.question, q.category})
	if i := len(d.r.Answers) - 1; i >= 0 && d.r.Answers[i].Treated == "deferred" {
		d.r.Answers[i].Treated = "asked"
	}
}

func (d *drafting) end() {
	if len(d.body) == 0 {
		d.say(d.words.nothing)
	}
	between := " "
	if d.in.Tone != "brief" {
		between = "\n\n"
	}
	d.r.Body = strings.Join(d.body, between)
	d.r.Closing = d.words.close[d.in.Tone]
	if wish := note.WishesOf(d.in.Memories); wish.SignOff != "" {
		d.r.Closing = wish.SignOff
	}
	if author := strings.TrimSpace(d.in.Author); author != "" {
		d.r.Closing += "\n" + author
	}
	d.r.Confidence = 0.6
	if len(d.r.Gaps) > 0 {
		d.r.Confidence = 0.3
	}
	if d.in.Instructions != "" {
		d.r.Gaps = append(d.r.Gaps, "Rules drafted this: they cannot follow instructions.")
	}
}

// sentences are what our side has stated.
func sentences(ours string) []string {
	doc := text.Parse(ours)
	var out []string
	for _, s := range doc.Sentences {
		if said := text.OneLine(doc.Text[s.Start:s.End], 300); !s.Question && !s.Greeting && s.Last-s.First >= 4 && !strings.Contains(said, "…") {
			out = append(out, said)
		}
	}
	return out
}

// answering is the sentence that shares most words of weight with a question,
// three at least or all of two; "" if none does.
func answering(question string, known []string) string {
	asked := weighty(question)
	best, most := "", min(max(len(asked)-1, 1), 2)
	for _, k := range known {
		n := 0
		for w := range weighty(k) {
			if asked[w] {
				n++
			}
		}
		if n > most {
			best, most = k, n
		}
	}
	return best
}

func weighty(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words(s) {
		if len(w) > 3 && !text.Stop(w) {
			out[w[:min(len(w), 6)]] = true
		}
	}
	return out
}

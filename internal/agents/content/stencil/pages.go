package stencil

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rapport/internal/agents/content/brief"
	"rapport/internal/crm/content/kind"
)

type object = map[string]any

// subject is what a text is about, in the words of whoever asks.
func subject(b brief.Brief) string {
	for _, s := range []string{b.Topic, b.Instructions, b.Text} {
		first, _, _ := strings.Cut(s, "\n")
		if s = phrase(first); s != "" {
			return clip(s, 60)
		}
	}
	return "what we do"
}

// said are the facts as sentences, at most so many.
func said(b brief.Brief, most int) []string {
	out := []string{}
	for _, f := range b.Known() {
		out = append(out, sentence(f.Text))
	}
	return out[:min(len(out), most)]
}

// stage is one letter of a sequence.
type stage struct{ name, subject, body, cta string }

var stages = []stage{
	{"Introduction", "A short introduction, {{first_name}}", "Hello {{first_name}},\n\nI am writing because of %s. At {{company_name}} the question may come up sooner or later, and I would like to be somebody whom you can ask.\n\nIf it is not yours to decide, a hint whom to talk to would help me.", "Is this a topic for you at the moment?"},
	{"A question", "One question about {{company_name}}", "Hello {{first_name}},\n\nwhat takes the most time at {{company_name}} when it comes to %s? I ask because the answer decides whether we can be of any use.\n\nOne line is enough.", "What would you change first?"},
	{"The method", "How we would go about it", "Hello {{first_name}},\n\nwhen it comes to %s, we begin in one small area, listen to those concerned, put right what is missing, and only then go on.\n\nSo you can stop at any point and still have gained something.", "Shall I explain the first step?"},
	{"What is known", "What I can tell you for certain", "Hello {{first_name}},\n\nhere is what I can tell you about %s:", "Which point would you like to know more about?"},
	{"A pause", "Shall I leave it here, {{first_name}}?", "Hello {{first_name}},\n\nI do not want to fill your inbox. If %s is of no interest, I will leave it here and wish {{company_name}} all the best.\n\nIf it is, a short answer is enough, and I will come back to you.", "Shall we stay in touch?"},
}

// days are when letters of a sequence come, after its start.
var days = []int{0, 3, 7, 14, 21, 30, 45, 60, 75, 90}

func sequence(b brief.Brief) object {
	n := b.Steps
	if n == 0 {
		n = 5
	}
	n = min(n, len(days))
	steps := []object{}
	for i := range n {
		st := stages[i%len(stages)]
		if i == n-1 && n > 1 {
			st = stages[len(stages)-1]
		}
		body := fmt.Sprintf(st.body, subject(b))
		if facts := said(b, 3); st.name == "What is known" && len(facts) > 0 {
			body += "\n\n" + strings.Join(facts, "\n")
		}
		steps = append(steps, object{"step": i + 1, "name": st.name, "day_delay": days[i], "subject": st.subject, "body": body,
			"cta": object{"text": st.cta, "type": "reply"}, "reasoning": ""})
	}
	return object{"name": "Sequence: " + subject(b), "goal": "A conversation about " + subject(b), "steps": steps}
}

// pieces are words for each section of a page: headline, body, call to action.
var pieces = map[string][3]string{
	"hero": {"A clear way to %s", "See what it is about and what comes next.", "Talk to us"}, "value_proposition": {"What you have of it", "", ""}, "key_features": {"What it consists of", "", ""},
	"how_it_works": {"How it works", "We listen, begin in one small area, put right what is missing, and go on from there.", "See the steps"}, "final_cta": {"Ready for the next step?", "Ask your question, and we answer it.", "Ask a question"},
	"trust_indicators": {"What you can rely on", "", ""}, "key_benefits": {"What it changes for you", "", ""}, "features_overview": {"All parts at a glance", "", ""}, "specs": {"The details", "", ""},
	"pricing": {"What it costs", "Ask us for a price that fits what you need.", "Ask for prices"}, "faqs": {"Questions that people ask", "Yours is not among them? Write to us.", "Ask your question"}, "purchase_cta": {"Begin when you like", "", "Get in touch"},
	"overview": {"What we do for you", "Our service for %s, step by step.", "Talk to us"}, "problem": {"Where it hurts today", "Time is lost where nobody looks, and everybody has learned to live with it.", ""},
	"solution": {"How we go about it", "We look, try in one small area, and go on when it helps.", ""}, "benefits": {"What you have of it", "", ""}, "pricing_options": {"Ways to begin", "Tell us what you need, and we name a price.", "Ask for prices"},
	"team": {"Who works with you", "One person who knows you and answers.", "Meet the team"}, "contact_cta": {"Let us talk", "Ask your question, and we answer it.", "Write to us"},
	"headline": {"All about %s", "", "Yes, send it"}, "pain_point": {"Does this sound familiar?", "There is always something more pressing, and so it stays as it is.", ""}, "solution_preview": {"What is inside", "", ""},
	"lead_magnet": {"Get the overview", "The most important points on one page.", "Get the overview"}, "form": {"Where shall we send it?", "Your name and address are enough.", "Send it now"},
	"privacy": {"Your data stays yours", "We use it to send what you asked for.", ""}, "thank_you": {"Thank you", "It is on its way.", ""}, "urgency": {"Why look at it now", "The sooner you know, the sooner you can decide.", ""},
	"offer": {"What you get", "", "See the offer"}, "risk_reversal": {"You decide at every step", "After each step you say whether to go on.", ""}, "strong_cta": {"Take the first step", "", "Begin with us"},
	"details": {"What it is about", "An event about %s.", "Save a seat"}, "why_attend": {"Why it is worth coming", "You hear how others go about it, and can ask.", ""}, "agenda": {"What happens", "", ""},
	"registration": {"Save your seat", "Your name and address are enough.", "Save a seat"}, "location": {"How to find us", "", ""}, "final_reminder": {"See you there", "", "Save a seat"},
}

func landing(b brief.Brief) object {
	page := b.PageType
	if kind.Pages()[page] == nil {
		page = "homepage"
	}
	facts, at := said(b, 9), 0
	sections := []object{}
	for _, key := range kind.Pages()[page] {
		p, ok := pieces[key]
		if !ok {
			continue // what others say is not ours to make up
		}
		body := p[1]
		switch {
		case body == "" && at < len(facts):
			body = facts[at]
			at++
		case body == "" && p[2] == "":
			continue
		}
		headline := strings.ReplaceAll(p[0], "%s", subject(b))
		if len(strings.Fields(headline)) > 10 {
			headline = clip(strings.ReplaceAll(p[0], "%s", "this"), 100)
		}
		sections = append(sections, object{"key": key, "headline": headline, "subheadline": "", "body": strings.ReplaceAll(body, "%s", subject(b)), "cta": p[2], "image_prompt": "", "alternatives": []string{}})
	}
	return object{"page_type": page, "sections": sections}
}

// fit makes a text of at least least and at most most characters by adding
// phrases and cutting at words.
func fit(s string, least, most int, more ...string) string {
	for _, m := range more {
		if len([]rune(s)) >= least {
			break
		}
		if next := s + m; len([]rune(next)) <= most {
			s = next
		}
	}
	s = clip(s, most)
	for i := 0; len([]rune(s)) < least && i < len(padding); i++ {
		if next := s + padding[i]; len([]rune(next)) <= most {
			s = next
		}
	}
	return s
}

// padding is short words that a title or description may end with.
var padding = []string{" – explained in plain words", " – all at a glance", " in plain words", " at a glance", " for you", " – and more", " today", " now", " here", "."}

func seo(b brief.Brief) object {
	s := title(clip(subject(b), 40))
	keywords := []string{}
	for _, w := range append(strings.Fields(strings.ToLower(subject(b))), "overview", "guide", "questions", "answers", "contact") {
		if w = strings.Trim(w, ".,;:!?\"'()"); len(w) > 2 && !slices.Contains(keywords, w) && len(keywords) < 5 {
			keywords = append(keywords, w)
		}
	}
	return object{"meta_title": fit(s, 50, 60, ": what it is and how it works", ": what it is", ", explained"),
		"meta_description": fit(s+": what it is, how it works and what comes next.", 120, 160, " Read the most important points on one page", " and ask your own question", ", which we answer"),
		"keywords":         keywords, "og_title": s, "og_description": "What it is, how it works and what comes next."}
}

func title(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

var (
	filler   = regexp.MustCompile(`(?i)\b(?:very|really|just|actually|basically|literally|quite|simply|in order) (\p{L})`)
	repeated = regexp.MustCompile(`([!?.,])[!?.,]*[!?]+|!{2,}`)
	spaces   = regexp.MustCompile(`[ \t]+`)
)

func improve(b brief.Brief) object {
	text, notes := b.Text, []string{}
	for _, c := range []struct {
		note   string
		change func(string) string
	}{
		{"Took out surplus spaces.", func(s string) string { return spaces.ReplaceAllString(s, " ") }},
		{"Left out words that add nothing.", func(s string) string { return filler.ReplaceAllString(s, "$1") }},
		{"One sign at the end of a sentence.", func(s string) string { return repeated.ReplaceAllString(s, "$1") }},
		{"Split long sentences.", split},
		{"Sentences begin with a capital.", capitals},
	} {
		if next := c.change(text); next != text {
			text, notes = next, append(notes, c.note)
		}
	}
	if text = strings.TrimSpace(text); text == "" {
		text = subject(b)
	}
	if len(notes) == 0 {
		notes = []string{"Nothing that rules could word better."}
	}
	return object{"improved": text, "improvements": notes}
}

// split parts sentences of more than thirty words where a clause begins.
func split(s string) string {
	var out []string
	for sentence := range strings.SplitAfterSeq(s, ". ") {
		if len(strings.Fields(sentence)) > 30 {
			if i := strings.Index(sentence[len(sentence)/3:], ", and "); i >= 0 {
				i += len(sentence) / 3
				sentence = sentence[:i] + ". " + title(sentence[i+len(", and "):])
			}
		}
		out = append(out, sentence)
	}
	return strings.Join(out, "")
}

func capitals(s string) string {
	var out []string
	for sentence := range strings.SplitAfterSeq(s, ". ") {
		out = append(out, title(sentence))
	}
	return strings.Join(out, "")
}

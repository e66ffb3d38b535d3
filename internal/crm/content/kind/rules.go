package kind

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fault is something in a body that its kind does not allow.
type Fault struct {
	Path string
	Text string // for people
	// Weak faults are matters of taste: shown, never in the way.
	Weak bool
}

// Faults lists what is wrong with the form of a body: its schema, and what no
// schema can say.
func (k Kind) Faults(body json.RawMessage) []Fault {
	var out faults
	for _, v := range k.Schema().Check(body) {
		out.add(v.Pointer, "This is not what %s is made of: %s.", strings.ToLower(k.Title), v.Rule)
	}
	if len(out) > 0 {
		return out
	}
	switch k.Name {
	case "followup", "proposal", "case_study":
		out.letter(body)
	case "sequence":
		out.sequence(body)
	case "landing_copy":
		out.landing(body)
	case "social_post", "social_variations":
		out.social(body)
	case "strategy":
		out.strategy(body)
	case "hooks":
		out.hooks(body)
	case "campaign_plan":
		out.campaign(body)
	}
	return out
}

type faults []Fault

func (f *faults) add(path, text string, args ...any) {
	*f = append(*f, Fault{Path: path, Text: fmt.Sprintf(text, args...)})
}

func (f *faults) weak(path, text string, args ...any) {
	*f = append(*f, Fault{Path: path, Text: fmt.Sprintf(text, args...), Weak: true})
}

// Words of a letter: what is asked for, and what is still a letter.
const (
	fewWords, manyWords = 150, 200
	mostWords           = 260
)

func (f *faults) letter(body json.RawMessage) {
	l := decode[Letter](body)
	seen := map[string]bool{}
	for i, s := range l.SubjectLines {
		key := strings.ToLower(strings.TrimSpace(s))
		if seen[key] {
			f.add(fmt.Sprintf("/subject_lines/%d", i), "The subject lines are three different ones.")
		}
		seen[key] = true
		if strings.ContainsAny(s, "\r\n") {
			f.add(fmt.Sprintf("/subject_lines/%d", i), "A subject is one line.")
		}
	}
	switch n := len(strings.Fields(l.Body)); {
	case n > mostWords:
		f.add("/body", "The letter has %d words; %d are the most.", n, mostWords)
	case n < fewWords || n > manyWords:
		f.weak("/body", "The letter has %d words; %d to %d read best.", n, fewWords, manyWords)
	}
}

func (f *faults) sequence(body json.RawMessage) {
	s := decode[struct {
		Steps []struct {
			Step    int
			Delay   int `json:"day_delay"`
			Subject string
		}
	}](body)
	before := 0
	for i, x := range s.Steps {
		at := fmt.Sprintf("/steps/%d", i)
		if x.Step != i+1 {
			f.add(at+"/step", "The steps are numbered 1, 2, 3 and so on.")
		}
		if x.Delay < before {
			f.add(at+"/day_delay", "A step comes no earlier than the one before it: day %d after day %d.", x.Delay, before)
		}
		before = x.Delay
		if strings.ContainsAny(x.Subject, "\r\n") {
			f.add(at+"/subject", "A subject is one line.")
		}
	}
}

// Pages are the sections that each type of page may have, in their order.
func Pages() map[string][]string {
	return map[string][]string{
		"homepage":     {"hero", "value_proposition", "key_features", "how_it_works", "social_proof", "trust_indicators", "final_cta"},
		"product":      {"hero", "key_benefits", "features_overview", "specs", "pricing", "faqs", "testimonials", "purchase_cta"},
		"service":      {"overview", "problem", "solution", "benefits", "pricing_options", "case_studies", "team", "contact_cta"},
		"lead_capture": {"headline", "pain_point", "solution_preview", "lead_magnet", "form", "privacy", "thank_you"},
		"sales":        {"hero", "urgency", "benefits", "testimonials", "offer", "risk_reversal", "strong_cta"},
		"event":        {"hero", "details", "why_attend", "agenda", "past_success", "registration", "location", "final_reminder"},
	}
}

func (f *faults) landing(body json.RawMessage) {
	p := decode[struct {
		Page     string `json:"page_type"`
		Sections []struct{ Key, Headline, CTA string }
	}](body)
	allowed, seen := Pages()[p.Page], map[string]bool{}
	for i, s := range p.Sections {
		at := fmt.Sprintf("/sections/%d", i)
		if !slices.Contains(allowed, s.Key) {
			f.add(at+"/key", "A page of this type has no such section.")
		}
		if seen[s.Key] {
			f.add(at+"/key", "Each section comes once.")
		}
		seen[s.Key] = true
		if n := len(strings.Fields(s.Headline)); n > 10 {
			f.add(at+"/headline", "A headline has ten words at most; this one has %d.", n)
		}
		if n := len(strings.Fields(s.CTA)); n == 1 || n > 5 {
			f.add(at+"/cta", "A call to action has two to five words; this one has %d.", n)
		}
	}
}

// Limits are how long a post may be on each platform, in characters as the
// platform counts.
func Limits() map[string]int {
	return map[string]int{"facebook": 63206, "instagram": 2200, "tiktok": 2200, "linkedin": 3000, "twitter": 280}
}

// Length is how long a platform counts a post.
func Length(platform, post string) int {
	if platform == "twitter" {
		return Weighted(post)
	}
	return utf8.RuneCountInString(post)
}

func (f *faults) social(body json.RawMessage) {
	p := decode[struct {
		Platform, Text string
		Hashtags       []string
		CTA            string `json:"call_to_action"`
		Variations     []struct{ Text string }
	}](body)
	fits := func(at, post string) {
		if n, most := Length(p.Platform, post), Limits()[p.Platform]; n > most {
			f.add(at, "%s takes %d characters; this has %d.", Words(p.Platform), most, n)
		}
	}
	for i, v := range p.Variations {
		fits(fmt.Sprintf("/variations/%d/text", i), v.Text)
	}
	if p.Variations == nil {
		fits("/text", strings.Join(append([]string{p.Text, p.CTA}, p.Hashtags...), " "))
	}
	for i, h := range p.Hashtags {
		if !strings.HasPrefix(h, "#") || len(h) < 2 || strings.ContainsAny(h[1:], "# \t\n.,;:!?/@") {
			f.add(fmt.Sprintf("/hashtags/%d", i), "A hashtag is # and one word.")
		}
	}
}

func (f *faults) strategy(body json.RawMessage) {
	s := decode[struct {
		Content struct {
			Mix struct{ Educational, Promotional, Engagement, Entertainment int } `json:"content_mix"`
		} `json:"content_strategy"`
		Timeline []struct{ Phase int }
	}](body)
	if m := s.Content.Mix; m.Educational+m.Promotional+m.Engagement+m.Entertainment != 100 {
		f.add("/content_strategy/content_mix", "The parts of the mix make 100 together; these make %d.", m.Educational+m.Promotional+m.Engagement+m.Entertainment)
	}
	for i, p := range s.Timeline {
		if p.Phase != i+1 {
			f.add(fmt.Sprintf("/timeline/%d/phase", i), "The phases are 1, 2 and 3.")
		}
	}
}

func (f *faults) hooks(body json.RawMessage) {
	h := decode[struct {
		Hooks []struct{ Platform, Hook, Variant string }
		Rec   struct {
			Top []int `json:"top_performers"`
		} `json:"recommendations"`
	}](body)
	for i, x := range h.Hooks {
		for name, t := range map[string]string{"hook": x.Hook, "variant": x.Variant} {
			if Length(x.Platform, t) > Limits()[x.Platform] {
				f.add(fmt.Sprintf("/hooks/%d/%s", i, name), "This is longer than the platform takes.")
			}
		}
	}
	for i, n := range h.Rec.Top {
		if n > len(h.Hooks) {
			f.add(fmt.Sprintf("/recommendations/top_performers/%d", i), "There is no hook of this number.")
		}
	}
}

func (f *faults) campaign(body json.RawMessage) {
	c := decode[struct {
		Budget struct {
			Total      int
			Allocation []struct{ Percentage, Amount int }
		}
	}](body)
	percent, amount := 0, 0
	for _, a := range c.Budget.Allocation {
		percent, amount = percent+a.Percentage, amount+a.Amount
	}
	if len(c.Budget.Allocation) == 0 {
		return
	}
	if percent != 100 {
		f.add("/budget/allocation", "The parts of the budget make 100 per cent together; these make %d.", percent)
	}
	if amount != c.Budget.Total {
		f.add("/budget/allocation", "The amounts make the total together; these make %d of %d.", amount, c.Budget.Total)
	}
}

// decode reads a body that has satisfied its schema.
func decode[T any](body json.RawMessage) (v T) {
	_ = json.Unmarshal(body, &v) // as above
	return v
}

// A link counts as so many characters on Twitter, whatever its length.
const linkWeight = 23

// Weighted is the length of a post as Twitter counts: most letters of the West
// are one, others two, and links have a length of their own.
func Weighted(post string) int {
	n := 0
	for word := range strings.FieldsSeq(post) {
		if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
			n += linkWeight - weigh(word)
		}
	}
	return n + weigh(post)
}

func weigh(s string) int {
	n := 0
	for _, r := range s {
		n += 2
		if r <= 4351 || r >= 8192 && r <= 8205 || r >= 8208 && r <= 8223 || r >= 8242 && r <= 8247 {
			n--
		}
	}
	return n
}

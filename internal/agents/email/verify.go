package email

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"rapport/internal/ai/text"
)

// Bounds of free text, in code points.
const (
	maxSummary = 400
	maxTopic   = 60
	maxCite    = 600
)

// Verify makes an answer fit to store, whoever gave it: it drops evidence
// whose quote does not stand at its place in source, bounds what is too long,
// and returns the faults that it cannot mend, an unknown enum value above all.
func (t *Triage) Verify(source string) []string {
	var f faults
	f.enum("intent", t.Intent, intents)
	f.enum("sentiment", t.Sentiment, sentiments)
	f.enum("mood", t.Mood, moods)
	f.enum("urgency", t.Urgency, urgencies)
	f.enum("respond_within", t.RespondWithin, waits)
	for i, s := range t.Intents {
		f.enum(fmt.Sprintf("intents/%d", i), s, intents)
	}
	t.Intents = bounded(t.Intents, 3)
	t.Topics = bounded(t.Topics, 5)
	for i, s := range t.Topics {
		t.Topics[i] = text.OneLine(s, maxTopic)
	}
	t.Confidence = clamp(t.Confidence, 0, 1)
	t.Summary = text.OneLine(t.Summary, maxSummary)
	if !t.RequiresResponse {
		t.RespondWithin, t.DueAt = "none", nil
	}
	places := newPlaces(source)
	t.Evidence = slices.DeleteFunc(nonNil(t.Evidence), func(e Evidence) bool {
		return !slices.Contains(evidenced, e.Field) || !places.hold(e.Quote, e.Start, e.End)
	})
	return f
}

// Verify makes an answer fit to store: it drops items whose quote does not
// stand at its place in source, surplus and repeated ones, clamps numbers, and
// returns the faults that it cannot mend.
func (x *Intelligence) Verify(source string) []string {
	var f faults
	x.Summary = text.OneLine(x.Summary, maxSummary)
	x.Readiness = clamp(x.Readiness, 1, 10)
	x.Energy = clamp(x.Energy, 1, 10)
	x.Confidence = clamp(x.Confidence, 0, 1)
	x.Reasons = bounded(x.Reasons, 12)
	for i, s := range x.Reasons {
		x.Reasons[i] = text.OneLine(s, 120)
	}
	places, count, seen := newPlaces(source), map[string]int{}, map[string]bool{}
	x.Items = slices.DeleteFunc(nonNil(x.Items), func(it Item) bool {
		key := fmt.Sprint(it.Kind, it.Start, it.End)
		if !places.hold(it.Quote, it.Start, it.End) || seen[key] || count[it.Kind] == maxItems {
			return true
		}
		seen[key] = true
		count[it.Kind]++
		return false
	})
	for i := range x.Items {
		it := &x.Items[i]
		it.Text = text.OneLine(it.Text, maxCite)
		f.item(fmt.Sprintf("items/%d", i), it)
	}
	return f
}

type faults []string

func (f *faults) enum(field, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		*f = append(*f, fmt.Sprintf("%s: not one of %v", field, allowed))
	}
}

func (f *faults) optional(field, value string, allowed []string) {
	if value != "" {
		f.enum(field, value, allowed)
	}
}

func (f *faults) item(at string, it *Item) {
	a := &it.Attributes
	f.enum(at+"/kind", it.Kind, kinds)
	f.optional(at+"/attributes/category", a.Category, ideaCategories)
	f.optional(at+"/attributes/priority", a.Priority, levels)
	f.optional(at+"/attributes/impact", a.Impact, levels)
	f.optional(at+"/attributes/severity", a.Severity, levels)
	f.optional(at+"/attributes/urgency", a.Urgency, painUrgencies)
	f.optional(at+"/attributes/type", a.Type, requirementTypes)
	f.optional(at+"/attributes/owner", a.Owner, sides)
	f.optional(at+"/attributes/by", a.By, sides)
	f.optional(at+"/attributes/role", a.Role, moneyRoles)
	a.Timeframe = text.OneLine(a.Timeframe, 120)
	a.Email = text.OneLine(a.Email, 254)
	if a.Confidence != nil {
		c := clamp(*a.Confidence, 0, 1)
		a.Confidence = &c
	}
	if len(a.Currency) != 3 && a.Currency != "" {
		*f = append(*f, at+"/attributes/currency: not an ISO code")
	}
	if a.Start != nil && a.End != nil && a.End.Before(*a.Start) {
		*f = append(*f, at+"/attributes/end: before start")
	}
}

// places checks quotes against a text whose offsets count code points.
type places struct {
	source string
	index  *text.Index
}

func newPlaces(source string) places { return places{source, text.NewIndex(source)} }

func (p places) hold(quote string, start, end int) bool {
	if quote == "" || start < 0 || end <= start || utf8.RuneCountInString(quote) != end-start || end-start > maxCite {
		return false
	}
	from := p.index.Byte(start)
	return from >= 0 && from+len(quote) <= len(p.source) && p.source[from:from+len(quote)] == quote
}

func clamp[N int | float64](n, low, high N) N {
	if !(n >= low) { // also NaN
		return low
	}
	return min(n, high)
}

func bounded(s []string, n int) []string { return nonNil(s)[:min(len(s), n)] }

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

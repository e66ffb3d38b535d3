package email

import (
	"fmt"
	"slices"
	"strings"

	"rapport/internal/ai/cite"
	"rapport/internal/ai/text"
)

// Bounds of free text, in code points.
const (
	maxSummary = 400
	maxTopic   = 60
)

// Verify makes an answer fit to store, whoever gave it: it finds the places of
// quotes, drops evidence whose quote does not stand in source, takes links and
// addresses out of free text, bounds what is too long, and returns the faults
// that it cannot mend, an unknown enum value above all.
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
		t.Topics[i] = plain(s, maxTopic)
	}
	t.Confidence = clamp(t.Confidence, 0, 1)
	t.Summary = plain(t.Summary, maxSummary)
	if !t.RequiresResponse {
		t.RespondWithin, t.DueAt = "none", nil
	}
	places := cite.Of(source)
	kept := []Evidence{}
	for _, e := range t.Evidence {
		if slices.Contains(evidenced, e.Field) && places.Find(&e.Quote, &e.Start, &e.End) {
			kept = append(kept, e)
		}
	}
	t.Evidence = kept
	return f
}

// Verify makes an answer fit to store: it finds the places of quotes, drops
// items whose quote does not stand in source, surplus and repeated ones, clamps
// numbers, and returns the faults that it cannot mend. Addresses are taken over
// if they stand in source or are known besides, such as the sender's.
func (x *Intelligence) Verify(source string, known ...string) []string {
	var f faults
	x.Summary = plain(x.Summary, maxSummary)
	x.Readiness = clamp(x.Readiness, 1, 10)
	x.Energy = clamp(x.Energy, 1, 10)
	x.Confidence = clamp(x.Confidence, 0, 1)
	x.Reasons = bounded(x.Reasons, 12)
	for i, s := range x.Reasons {
		x.Reasons[i] = plain(s, 120)
	}
	places, count, seen := cite.Of(source), map[string]int{}, map[string]bool{}
	kept := []Item{}
	for _, it := range x.Items {
		held := places.Find(&it.Quote, &it.Start, &it.End)
		key := fmt.Sprint(it.Kind, it.Start, it.End)
		if !held || seen[key] || count[it.Kind] == maxItems {
			continue
		}
		seen[key] = true
		count[it.Kind]++
		kept = append(kept, it)
	}
	x.Items = kept
	for i := range x.Items {
		it := &x.Items[i]
		it.words()
		if a := &it.Attributes; !isAddress(a.Email) || !places.Mentions(a.Email) && !mentioned(known, a.Email) {
			a.Email = ""
		}
		f.item(fmt.Sprintf("items/%d", i), it)
	}
	return f
}

// words bounds the text of an item: the quote, or what says it in other words
// without adding a link or an address to it.
func (it *Item) words() {
	quote := text.OneLine(it.Quote, cite.Longest)
	if it.Text = text.OneLine(it.Text, cite.Longest); it.Text == "" || it.Text != quote && !isPlain(it.Text) {
		it.Text = quote
	}
}

func mentioned(known []string, address string) bool {
	return slices.ContainsFunc(known, func(k string) bool { return strings.Contains(strings.ToLower(k), strings.ToLower(address)) })
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
	a.Timeframe = plain(a.Timeframe, 120)
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

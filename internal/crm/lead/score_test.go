package lead_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rapport/internal/crm/lead"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) *time.Time { return new(now.Add(-d)) }

const day = 24 * time.Hour

// part scores facts and returns one part.
func part(t *testing.T, f lead.Facts, name string) lead.Part {
	t.Helper()
	for _, p := range lead.Score(f, now).Parts {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no part %s", name)
	return lead.Part{}
}

func show(n *int) any {
	if n == nil {
		return "nil"
	}
	return *n
}

func TestNothingKnownIsNoScore(t *testing.T) {
	t.Parallel()
	r := lead.Score(lead.Facts{}, now)
	if r.Score != nil || r.Coverage != 0 || r.Band != lead.None || len(r.Parts) != 5 || r.Version != "lead-1" {
		t.Errorf("Score(nothing) = %+v, want no score, band none, five parts", r)
	}
	for _, p := range r.Parts {
		if p.Points != nil || p.Reasons == nil {
			t.Errorf("part %+v has points or no list of reasons", p)
		}
	}
}

func TestWeightsSumToOne(t *testing.T) {
	t.Parallel()
	var sum float64
	for _, p := range lead.Score(lead.Facts{}, now).Parts {
		sum += p.Weight
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("weights sum to %v, want 1", sum)
	}
}

func TestUnknownPartsLeaveTheirWeightToTheOthers(t *testing.T) {
	t.Parallel()
	r := lead.Score(lead.Facts{LastSeen: ago(day), Title: "Manager"}, now)
	// recency 100 of .15, demographics 25/40 of .20: (15 + 12.6) / .35
	if r.Score == nil || *r.Score != 79 || r.Coverage != .35 || r.Band != lead.Hot {
		t.Errorf("Score() = %v at coverage %v, band %s; want 79, 0.35, hot", show(r.Score), r.Coverage, r.Band)
	}
}

func TestBandsBeginAt70And40(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		score int
		want  lead.Band
	}{{100, lead.Hot}, {70, lead.Hot}, {69, lead.Warm}, {40, lead.Warm}, {39, lead.Cold}, {0, lead.Cold}} {
		if got := lead.BandOf(&c.score); got != c.want {
			t.Errorf("BandOf(%d) = %s, want %s", c.score, got, c.want)
		}
	}
}

func TestRecency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		last *time.Time
		want any
	}{
		{nil, "nil"}, {ago(0), 100}, {ago(7 * day), 100}, {ago(7*day + 1), 80}, {ago(30 * day), 80}, {ago(30*day + 1), 50},
		{ago(90 * day), 50}, {ago(180 * day), 20}, {ago(180*day + 1), 0}, {ago(-12 * time.Hour), 100}, {ago(-73 * 365 * day), "nil"},
	} {
		if got := show(part(t, lead.Facts{LastSeen: c.last}, "recency").Points); got != c.want {
			t.Errorf("recency of %v = %v, want %v", c.last, got, c.want)
		}
	}
}

func TestTitlesCountByWholeWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title string
		want  any // of 40, in percent
	}{
		{"", "nil"}, {"CEO", 100}, {"Co-Founder & CTO", 100}, {"Owner", 100}, {"Product Owner", 38}, {"Headquarters clerk", 13},
		{"Head of Sales", 63}, {"Vice President, Marketing", 88}, {"President", 100}, {"Managing Director", 100}, {"Art Director", 88},
		{"Assistant to the CEO", 13}, {"Chief Financial Officer", 88}, {"Geschäftsführerin", 100}, {"Senior Engineer", 38},
		{"Leadership coach", 13}, {"Gardener", 13},
	} {
		if got := show(part(t, lead.Facts{Title: c.title}, "demographics").Points); got != c.want {
			t.Errorf("points of the title %q = %v, want %v", c.title, got, c.want)
		}
	}
}

func TestDemographicsCountOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts lead.Facts
		want  any
	}{
		{lead.Facts{CompanySize: "1000+"}, 100},
		{lead.Facts{CompanySize: "1-10"}, 17},
		{lead.Facts{CompanySize: "many"}, "nil"},
		{lead.Facts{Industry: "Computer Software"}, 100},
		{lead.Facts{Industry: "Softwareless farming"}, 33},
		{lead.Facts{Title: "CEO", CompanySize: "201-1000", Industry: "Farming"}, 75},
	} {
		if got := show(part(t, c.facts, "demographics").Points); got != c.want {
			t.Errorf("demographics of %+v = %v, want %v", c.facts, got, c.want)
		}
	}
}

// talk writes one conversation: a letter a mail, an hour apart; upper case is
// ours.
func talk(thread, letters string, step time.Duration) []lead.Mail {
	var out []lead.Mail
	for i, r := range letters {
		out = append(out, lead.Mail{ThreadID: thread, Ours: r == 'U', SentAt: now.Add(time.Duration(i) * step)})
	}
	return out
}

func TestEngagement(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		mails  []lead.Mail
		want   any
		reason string
	}{
		{"no mail", nil, "nil", ""},
		{"they wrote, ours are not known", talk("a", "tt", time.Hour), 20, "no mail of ours"},
		{"three conversations begun, ours not known", append(append(talk("a", "t", 0), talk("b", "t", 0)...), talk("c", "t", 0)...), 60, "began 3 conversations"},
		{"we wrote, no answer", talk("a", "UU", time.Hour), 0, "replied to 0 of 1 mail"},
		{"a prompt answer", talk("a", "Ut", time.Hour), 67, "replied to 1 of 1 mail, median 1 h"},
		{"the delay counts from the first unanswered", talk("a", "UUt", 100*time.Hour), 47, "median 8 days"},
		{"they began, we answered, they replied", talk("a", "tUt", 5*time.Hour), 68, "median 5 h"},
		{"a crowded inbox is capped", append(append(append(talk("a", "tUt", 1), talk("b", "tUt", 1)...), talk("c", "tUt", 1)...), talk("d", "tUt", 1)...), 100, "replied to 4 of 4 mails"},
	} {
		p := part(t, lead.Facts{Mails: c.mails}, "engagement")
		if got := show(p.Points); got != c.want || !strings.Contains(strings.Join(p.Reasons, "; "), c.reason) {
			t.Errorf("%s: %v because %q, want %v because %q", c.name, got, p.Reasons, c.want, c.reason)
		}
	}
}

func TestEngagementDoesNotDependOnTheOrderOfTheMails(t *testing.T) {
	t.Parallel()
	mails := talk("a", "UtUUt", time.Hour)
	first := show(part(t, lead.Facts{Mails: mails}, "engagement").Points)
	mails[0], mails[3] = mails[3], mails[0]
	if got := show(part(t, lead.Facts{Mails: mails}, "engagement").Points); got != first {
		t.Errorf("engagement = %v in another order, want %v", got, first)
	}
}

func TestBehaviour(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		requests lead.Requests
		want     any
	}{
		{lead.Requests{}, "nil"}, {lead.Requests{Mails: 4}, 0}, {lead.Requests{Mails: 4, Meetings: 3}, 50}, {lead.Requests{Mails: 4, Meetings: 1, Offers: 1}, 100},
	} {
		if got := show(part(t, lead.Facts{Requests: c.requests}, "behaviour").Points); got != c.want {
			t.Errorf("behaviour of %+v = %v, want %v", c.requests, got, c.want)
		}
	}
}

func TestIntelligenceIsTheMeanOfTheNewestFive(t *testing.T) {
	t.Parallel()
	all := lead.Findings{Goals: true, Pains: true, Requirements: true, Readiness: 8}
	for _, c := range []struct {
		name     string
		findings []lead.Findings
		want     any
	}{
		{"nothing read", nil, "nil"},
		{"nothing found", []lead.Findings{{}}, 0},
		{"everything", []lead.Findings{all}, 100},
		{"readiness 5", []lead.Findings{{Readiness: 5}}, 15},
		{"readiness 4", []lead.Findings{{Readiness: 4}}, 0},
		{"readiness 7", []lead.Findings{{Readiness: 7}}, 15},
		{"half of two", []lead.Findings{all, {}}, 50},
		{"the sixth does not count", []lead.Findings{all, all, all, all, all, {}}, 100},
	} {
		if got := show(part(t, lead.Facts{Findings: c.findings}, "intelligence").Points); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

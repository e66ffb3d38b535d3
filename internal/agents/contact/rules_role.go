package contact

import (
	"slices"
	"strings"
	"unicode"
)

// A roleRule says what whole words of a title mean.
type roleRule struct {
	phrase string
	role   string
}

// roleRules are tried in order; the first that fits decides. Exceptions stand
// before what they except.
var roleRules = []roleRule{
	{"assistant", "end_user"}, {"assistent", "end_user"}, {"assistentin", "end_user"}, {"intern", "end_user"}, {"trainee", "end_user"}, {"student", "end_user"},
	{"product owner", "influencer"}, {"process owner", "influencer"}, {"service owner", "influencer"}, {"art director", "influencer"},
	{"account manager", "influencer"}, {"office manager", "end_user"},
	{"managing director", "decision_maker"}, {"ceo", "decision_maker"}, {"chief", "decision_maker"}, {"founder", "decision_maker"}, {"cofounder", "decision_maker"},
	{"owner", "decision_maker"}, {"geschäftsführer", "decision_maker"}, {"geschäftsführerin", "decision_maker"}, {"inhaber", "decision_maker"}, {"inhaberin", "decision_maker"},
	{"president", "decision_maker"}, {"cto", "decision_maker"}, {"cmo", "decision_maker"}, {"cfo", "decision_maker"}, {"coo", "decision_maker"}, {"cio", "decision_maker"},
	{"director", "decision_maker"}, {"directrice", "decision_maker"}, {"directeur", "decision_maker"}, {"vp", "decision_maker"}, {"partner", "decision_maker"},
	{"head", "decision_maker"}, {"leiter", "decision_maker"}, {"leiterin", "decision_maker"}, {"gérant", "decision_maker"}, {"gerente", "decision_maker"},
	{"manager", "influencer"}, {"lead", "influencer"}, {"principal", "influencer"}, {"architect", "influencer"}, {"consultant", "influencer"}, {"buyer", "influencer"},
	{"purchasing", "influencer"}, {"procurement", "influencer"}, {"einkauf", "influencer"}, {"strategist", "influencer"}, {"senior", "influencer"}, {"supervisor", "influencer"},
	{"engineer", "end_user"}, {"developer", "end_user"}, {"designer", "end_user"}, {"specialist", "end_user"}, {"coordinator", "end_user"}, {"analyst", "end_user"},
	{"support", "end_user"}, {"accountant", "end_user"}, {"editor", "end_user"}, {"writer", "end_user"}, {"teacher", "end_user"}, {"technician", "end_user"}, {"clerk", "end_user"},
	{"sachbearbeiter", "end_user"}, {"sachbearbeiterin", "end_user"}, {"researcher", "end_user"}, {"nurse", "end_user"},
}

// role is what the title says; without one that counts, what they say of
// themselves.
func (r *reading) role() string {
	words := strings.FieldsFunc(strings.ToLower(r.in.Profile.Title), func(c rune) bool { return !unicode.IsLetter(c) })
	for _, rule := range roleRules {
		if hasPhrase(words, strings.Fields(rule.phrase)) {
			return rule.role
		}
	}
	for _, m := range r.mails {
		for _, by := range []roleRule{{"asks", "influencer"}, {"decides", "decision_maker"}, {"uses", "end_user"}} {
			if _, ok := m.hits[by.phrase]; ok {
				return by.role
			}
		}
	}
	return "unknown"
}

func hasPhrase(words, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(words); i++ {
		if slices.Equal(words[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}

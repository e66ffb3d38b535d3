package reply

import (
	"fmt"
	"time"

	"rapport/internal/agents/email"
)

// proposal is a time that a message proposes, in the reader's zone.
type proposal struct {
	email.Proposed
	zone *time.Location
}

// proposals are the times that the latest message proposes.
func proposals(in Input) []proposal {
	mail := in.mail()
	var out []proposal
	for _, p := range email.Proposals(mail) {
		out = append(out, proposal{p, mail.Location()})
	}
	return out
}

// mail is the latest message as triage sees it.
func (in Input) mail() email.TriageInput {
	return email.TriageInput{Subject: in.Subject, Text: in.Latest, From: in.From, SentAt: in.SentAt, Now: in.SentAt, TimeZone: in.TimeZone, Category: "personal"}
}

var (
	germanDays   = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	germanMonths = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// text names the time.
func (p proposal) text(language string) string {
	at := p.Start.In(p.zone)
	if language == "de" {
		s := fmt.Sprintf("%s, %d. %s", germanDays[at.Weekday()], at.Day(), germanMonths[at.Month()-1])
		if p.Whole {
			return s
		}
		return s + at.Format(", 15:04") + " Uhr"
	}
	if p.Whole {
		return at.Format("Monday, 2 January")
	}
	return at.Format("Monday, 2 January, 15:04")
}

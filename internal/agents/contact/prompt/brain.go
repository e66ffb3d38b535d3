package prompt

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/contact"
)

// Brain answers what a prompt asks as a good model would: by the rules, and
// without the places of quotes. It takes the title of the schema, in which a
// vendor may not allow dots, and the sections of the prompt, and reports false
// for what is not its business.
func Brain(title string, sections map[string]string) (json.RawMessage, bool) {
	task, _, _ := strings.Cut(title, "/")
	if strings.ReplaceAll(task, "_", ".") != Question {
		return nil, false
	}
	a := contact.Rules(inputOf(sections))
	b, err := json.Marshal(a)
	if err != nil {
		return nil, false
	}
	var fields any
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, false
	}
	b, err = json.Marshal(placeless(fields))
	return b, err == nil
}

// placeless takes out of an answer what models are not asked for.
func placeless(v any) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = placeless(x[i])
		}
	case map[string]any:
		if _, ok := x["quote"]; ok {
			return map[string]any{"source": x["source"], "quote": x["quote"]}
		}
		for k := range x {
			x[k] = placeless(x[k])
		}
	}
	return v
}

// inputOf reads what Of has written. Mails have their labels for ids.
func inputOf(sections map[string]string) contact.Input {
	in := contact.Input{Profile: profileOf(sections["profile"])}
	var day string
	var mails []head
	var visits []visit
	for label, into := range map[string]any{"today": &day, "time_zone": &in.TimeZone, "lead_score": &in.Lead, "received": &in.Received, "sent": &in.Sent,
		"velocity": &in.Velocity, "last_heard": &in.LastHeard, "last_sent": &in.LastSent, "mails": &mails, "activities": &visits} {
		_ = json.Unmarshal([]byte(sections[label]), into) // what is not there stays empty
	}
	in.Now, _ = time.ParseInLocation(time.DateOnly, day, location(in.TimeZone))
	in.Now = in.Now.Add(12 * time.Hour)
	for i, h := range mails {
		in.Mails = append(in.Mails, contact.Mail{ID: h.Source, SentAt: h.SentAt, Subject: sections["s"+strings.TrimPrefix(h.Source, "m")], Text: sections[contact.MailLabel(i)],
			Intents: h.Intents, Sentiment: h.Sentiment, Readiness: h.Readiness, Owed: h.Owed, DueAt: h.DueAt})
	}
	for i, v := range visits {
		in.Activities = append(in.Activities, contact.Activity{ID: v.Source, Kind: v.Kind, At: v.At, Text: sections[contact.ActivityLabel(i)]})
	}
	for line := range strings.Lines(sections["findings"]) {
		label, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		kind, quote, ok := strings.Cut(rest, ": ")
		kind, role, _ := strings.Cut(kind, "/")
		if ok && slices.ContainsFunc(mails, func(h head) bool { return h.Source == label }) {
			in.Findings = append(in.Findings, contact.Finding{MessageID: label, Kind: kind, Role: role, Quote: quote})
		}
	}
	return in
}

func profileOf(text string) contact.Profile {
	var p contact.Profile
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "name":
			p.Name = value
		case "email":
			p.Email = value
		case "title":
			p.Title = value
		case "company":
			p.Company = value
		case "company size":
			p.CompanySize = value
		case "industry":
			p.Industry = value
		case "status":
			p.Status = value
		}
	}
	return p
}

// Package duty reads from the configuration who is told of alerts and how, puts
// the watch together, and shows the pages of its rules.
package duty

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"rapport/internal/platform/alert/channel"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
	"rapport/internal/platform/trace"
)

// Settings is whom the operators have told of alerts, and how.
type Settings struct {
	AlertEmails []string `env:"RAPPORT_ALERT_EMAILS"`
	// AlertSMTPURL and AlertFrom are those of letters unless given. A server of
	// their own tells also when the other one does not work.
	AlertSMTPURL string        `env:"RAPPORT_ALERT_SMTP_URL"`
	AlertFrom    string        `env:"RAPPORT_ALERT_FROM"`
	AlertWebhook secret.Hidden `env:"RAPPORT_ALERT_WEBHOOK"`
	HeartbeatURL secret.Hidden `env:"RAPPORT_HEARTBEAT_URL"`
}

// Letters is how the installation sends its letters, and Base where people
// reach it.
type Letters struct{ SMTPURL, SMTPFrom, Base string }

// Check finds what is wrong with the settings. Secrets are not shown.
func (s Settings) Check(l Letters) []error {
	var faults []error
	if _, err := s.mail(l); err != nil {
		faults = append(faults, err)
	}
	for name, text := range map[string]secret.Hidden{"RAPPORT_ALERT_WEBHOOK": s.AlertWebhook, "RAPPORT_HEARTBEAT_URL": s.HeartbeatURL} {
		u, err := url.Parse(string(text))
		if text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			faults = append(faults, fmt.Errorf("%s is an address that begins with https:// (it is not shown: it holds a secret)", name))
		}
	}
	return faults
}

// mail is how alerts are mailed; nil if nobody is named.
func (s Settings) mail(l Letters) (incident.Channel, error) {
	if len(s.AlertEmails) == 0 {
		return nil, nil
	}
	server, sender := s.AlertSMTPURL, s.AlertFrom
	if server == "" {
		server = l.SMTPURL
	}
	if sender == "" {
		sender = l.SMTPFrom
	}
	if server == "" || sender == "" {
		return nil, errors.New("RAPPORT_ALERT_EMAILS needs a server: set RAPPORT_ALERT_SMTP_URL and RAPPORT_ALERT_FROM, or RAPPORT_SMTP_URL and RAPPORT_SMTP_FROM")
	}
	m := channel.Mail{From: header.First(sender), Base: l.Base}
	var err error
	if m.Server, err = smtp.ParseURL(server); err != nil {
		return nil, fmt.Errorf("RAPPORT_ALERT_SMTP_URL: %w", err)
	}
	if !smtp.Deliverable(m.From.Address) {
		return nil, errors.New("RAPPORT_ALERT_FROM is the sender of alerts, such as Rapport <crm@example.com>")
	}
	for _, to := range s.AlertEmails {
		address := header.First(to)
		if !smtp.Deliverable(address.Address) {
			return nil, errors.New("RAPPORT_ALERT_EMAILS lists addresses, separated by commas, such as ops@example.com,night@example.com")
		}
		m.To = append(m.To, address)
	}
	return m, nil
}

// Channels are the ways in which operators are told.
func (s Settings) Channels(l Letters) []incident.Channel {
	var out []incident.Channel
	if m, err := s.mail(l); err == nil && m != nil { // Check has seen it
		out = append(out, m)
	}
	if s.AlertWebhook != "" {
		out = append(out, channel.NewWebhook(string(s.AlertWebhook), l.Base))
	}
	return out
}

// Watch puts the watch over db together; o holds what it looks at, and for whom.
func (s Settings) Watch(db *pg.DB, l Letters, t *trace.Tracer, o incident.Options) *incident.Watch {
	o.Channels, o.Evidence, o.Now = s.Channels(l), evidence(t), time.Now
	if s.HeartbeatURL != "" {
		o.Beat = channel.Heartbeat(string(s.HeartbeatURL))
	}
	return incident.NewWatch(db, o)
}

// traced is how many traces an incident names.
const traced = 5

// evidence is the last traces of calls that failed or were slow, those that
// failed first.
func evidence(t *trace.Tracer) func() (ids []string, profile string) {
	if t == nil {
		return nil
	}
	return func() ([]string, string) {
		since, ids := time.Now().Add(-2*time.Minute), []string{}
		for _, why := range []string{trace.Failed, trace.Slow} {
			for _, k := range t.Look(traced-len(ids), func(k *trace.Kept) bool { return k.Why == why && k.Began.After(since) }) {
				ids = append(ids, k.Trace.String())
			}
		}
		return ids, ""
	}
}

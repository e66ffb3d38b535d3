package app

import (
	"errors"
	"fmt"
	"net/url"

	"rapport/internal/platform/alert/channel"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
)

// Alerting is whom the operators have told of alerts, and how.
type Alerting struct {
	AlertEmails []string `env:"RAPPORT_ALERT_EMAILS"`
	// AlertSMTPURL and AlertFrom are those of letters unless given. A server of
	// their own tells also when the other one does not work.
	AlertSMTPURL string        `env:"RAPPORT_ALERT_SMTP_URL"`
	AlertFrom    string        `env:"RAPPORT_ALERT_FROM"`
	AlertWebhook secret.Hidden `env:"RAPPORT_ALERT_WEBHOOK"`
	HeartbeatURL secret.Hidden `env:"RAPPORT_HEARTBEAT_URL"`
}

func (c Config) checkAlerting() []error {
	var faults []error
	if _, err := c.alertMail(); err != nil {
		faults = append(faults, err)
	}
	for name, text := range map[string]secret.Hidden{"RAPPORT_ALERT_WEBHOOK": c.AlertWebhook, "RAPPORT_HEARTBEAT_URL": c.HeartbeatURL} {
		u, err := url.Parse(string(text))
		if text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			faults = append(faults, fmt.Errorf("%s is an address that begins with https:// (it is not shown: it holds a secret)", name))
		}
	}
	return faults
}

// alertMail is how alerts are mailed; nil if nobody is named.
func (c Config) alertMail() (incident.Channel, error) {
	if len(c.AlertEmails) == 0 {
		return nil, nil
	}
	server, sender := c.AlertSMTPURL, c.AlertFrom
	if server == "" {
		server = c.SMTPURL
	}
	if sender == "" {
		sender = c.SMTPFrom
	}
	if server == "" || sender == "" {
		return nil, errors.New("RAPPORT_ALERT_EMAILS needs a server: set RAPPORT_ALERT_SMTP_URL and RAPPORT_ALERT_FROM, or RAPPORT_SMTP_URL and RAPPORT_SMTP_FROM")
	}
	m := channel.Mail{From: header.First(sender), Base: c.PublicURL()}
	var err error
	if m.Server, err = smtp.ParseURL(server); err != nil {
		return nil, fmt.Errorf("RAPPORT_ALERT_SMTP_URL: %w", err)
	}
	if !smtp.Deliverable(m.From.Address) {
		return nil, errors.New("RAPPORT_ALERT_FROM is the sender of alerts, such as Rapport <crm@example.com>")
	}
	for _, to := range c.AlertEmails {
		address := header.First(to)
		if !smtp.Deliverable(address.Address) {
			return nil, errors.New("RAPPORT_ALERT_EMAILS lists addresses, separated by commas, such as ops@example.com,night@example.com")
		}
		m.To = append(m.To, address)
	}
	return m, nil
}

// channels are the ways in which operators are told.
func (c Config) channels() []incident.Channel {
	var out []incident.Channel
	if m, err := c.alertMail(); err == nil && m != nil { // check has seen it
		out = append(out, m)
	}
	if c.AlertWebhook != "" {
		out = append(out, channel.NewWebhook(string(c.AlertWebhook), c.PublicURL()))
	}
	return out
}

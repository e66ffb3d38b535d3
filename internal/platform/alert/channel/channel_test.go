package channel_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/channel"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/smtp/smtptest"
)

const hostile = `<script>alert(1)</script> & <!channel> | <https://evil.example|here>`

func notice() incident.Notice {
	began := time.Date(2026, 1, 31, 3, 0, 0, 0, time.UTC)
	ended := began.Add(7 * time.Minute)
	return incident.Notice{ID: "0190f5d2-0000-7000-8000-000000000001", At: began, Items: []incident.Item{
		{Kind: incident.Opened, Incident: incident.Incident{ID: "0190f5d2-0000-7000-8000-000000000002", Title: "More than 1 % of requests fail", Severity: alert.P1, BeganAt: began, DetectedAt: began,
			Release: incident.Release{Version: hostile, Before: "1.0"}, Traces: []string{"4bf92f3577b34da6a3ce929d0e0e4736"},
			Rules: []incident.Fired{{Rule: "error_rate", Title: "More than 1 % of requests fail", Severity: alert.P1, Value: 2.345, Threshold: 1, Unit: "%", Runbook: "/runbooks/error_rate"}}}},
		{Kind: incident.Resolved, Incident: incident.Incident{ID: "0190f5d2-0000-7000-8000-000000000003", Title: hostile, Severity: alert.P2, BeganAt: began, DetectedAt: began, ResolvedAt: &ended}},
	}}
}

func TestAMailSaysWhatItIsAboutAndEscapesEverything(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{User: "ops", Password: "s3cret"})
	m := channel.Mail{Server: sink.Server, From: mail.Address{Name: "Rapport", Address: "crm@example.com"}, Base: "https://crm.example.com",
		To: []mail.Address{{Address: "day@example.com"}, {Address: "night@example.com"}}}
	for range 2 { // the same mail each time
		if err := m.Send(t.Context(), notice()); err != nil {
			t.Fatal(err)
		}
	}
	got := sink.Mails()
	if len(got) != 2 || len(got[0].To) != 2 || got[0].Data != got[1].Data {
		t.Fatalf("%d mails, to %v; want the same one twice, to both", len(got), got[0].To)
	}
	parsed, err := parse(got[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2.35 %", "threshold 1 %", "https://crm.example.com/runbooks/error_rate", "4bf92f3577b34da6a3ce929d0e0e4736", "after 7m0s"} {
		if !strings.Contains(parsed.Text, want) {
			t.Errorf("the text lacks %q: %s", want, parsed.Text)
		}
	}
	if parsed.Subject != "[Rapport] P1: More than 1 % of requests fail (and 1 more)" {
		t.Errorf("the subject is %q", parsed.Subject)
	}
	if strings.Contains(parsed.HTML, "<script") || !strings.Contains(parsed.HTML, "&lt;script&gt;") && !strings.Contains(parsed.HTML, "&lt;https://evil.example|here&gt;") {
		t.Errorf("the HTML is not escaped: %s", parsed.HTML)
	}
	if !strings.Contains(got[0].Data, "Auto-Submitted:") {
		t.Errorf("no vacation program is asked for silence: %s", got[0].Data)
	}
}

func TestARefusedMailIsAnError(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{})
	sink.Next(smtptest.Plan{Data: &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}})
	m := channel.Mail{Server: sink.Server, From: mail.Address{Address: "crm@example.com"}, To: []mail.Address{{Address: "day@example.com"}}}
	if err := m.Send(t.Context(), notice()); err == nil {
		t.Error("a mail that was refused is called sent")
	}
	if err := m.Send(t.Context(), notice()); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
}

func TestAWebhookSpeaksAsSlackDoes(t *testing.T) {
	t.Parallel()
	var body []byte
	status := 200
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
	}))
	defer server.Close()
	hook := channel.NewWebhook(server.URL+"/services/T0/SECRET", "https://crm.example.com")
	if err := hook.Send(t.Context(), notice()); err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text        string
		Attachments []struct {
			Color, Title string
			Fields       []struct{ Title, Value string }
		}
		Rapport incident.Notice
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if m.Text != "P1: More than 1 % of requests fail (and 1 more)" || len(m.Attachments) != 2 || m.Rapport.ID != notice().ID {
		t.Errorf("sent %s", body)
	}
	if f := m.Attachments[0].Fields[0]; f.Title != "error_rate" || !strings.HasPrefix(f.Value, "<https://crm.example.com/runbooks/error_rate|More than 1 %") {
		t.Errorf("the first field is %+v", f)
	}
	if title := m.Attachments[1].Title; strings.ContainsAny(title, "<>") {
		t.Errorf("a title that calls everybody: %s", title)
	}
	status = 500
	if err := hook.Send(t.Context(), notice()); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("Send() = %v, want an error without the address", err)
	}
	server.Close()
	if err := hook.Send(t.Context(), notice()); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("Send() = %v, want an error without the address", err)
	}
	if err := channel.Heartbeat(server.URL + "/SECRET")(context.Background()); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("Heartbeat() = %v, want an error without the address", err)
	}
}

func TestTheHeartbeatIsHeard(t *testing.T) {
	t.Parallel()
	heard := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard++ }))
	defer server.Close()
	if err := channel.Heartbeat(server.URL)(t.Context()); err != nil || heard != 1 {
		t.Errorf("Heartbeat() = %v, heard %d times; want once", err, heard)
	}
}

func parse(raw string) (*mail.Message, error) { return mail.Parse(strings.NewReader(raw), nil) }

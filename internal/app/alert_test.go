package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/smtp/smtptest"
)

// faster is how much faster than the world's the clock of this test goes.
const faster = 50

// answers counts what a server answers, over time that goes faster.
type answers struct {
	nothing // else
	mu      sync.Mutex
	all     []answer
}

type answer struct {
	at     time.Time
	failed bool
}

func (a *answers) note(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, answer{time.Now(), status >= 500})
}

func (a *answers) Increase(name string, match map[string]string, window time.Duration) (n float64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := time.Now().Add(-window / faster)
	for _, one := range a.all {
		if one.at.After(from) && (match["status"] == "" || one.failed) {
			n++
		}
	}
	return n, name == "http_requests_total"
}

// told keeps what arrives at a webhook.
type told struct {
	mu    sync.Mutex
	items []incident.Item
}

func (h *told) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	var m struct{ Rapport incident.Notice }
	_ = json.Unmarshal(b, &m) // then nothing was told
	h.mu.Lock()
	defer h.mu.Unlock()
	h.items = append(h.items, m.Rapport.Items...)
}

func (h *told) has(k incident.Kind, topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range h.items {
		if i.Kind == k && i.Incident.Topic == topic {
			return true
		}
	}
	return false
}

// The whole way: requests of a real server fail since its database is broken,
// people are told, it is repaired, and what is left is an incident with its
// times.
func TestErrorsBecomeAnIncidentThatEnds(t *testing.T) {
	t.Parallel()
	hook := &told{}
	chat := httptest.NewServer(hook)
	defer chat.Close()
	sink := smtptest.New(t, smtptest.Options{User: "ops", Password: "s3cret"})
	dsn := pgtest.URL(t)
	w := newWorldAt(t, dsn, false, "RAPPORT_ALERT_WEBHOOK", chat.URL, "RAPPORT_ALERT_EMAILS", "ops@example.com,night@example.com", "RAPPORT_ALERT_FROM", "Rapport <crm@example.com>",
		"RAPPORT_ALERT_SMTP_URL", "smtp://ops:s3cret@"+address(sink)+"?tls=none", "RAPPORT_URL", "https://crm.example.com")
	n := w.newTenant(t, "alerted")
	measured, began := &answers{}, time.Now()
	watch := incident.NewWatch(w.app.DB, incident.Options{Source: measured, Channels: w.app.Channels(), Version: "2.0", Every: 10 * time.Second / faster, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return began.Add(time.Since(began) * faster) }})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		if err := watch.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			res := n.call(t, "GET", "{w}/tasks", nil, "Cache-Control", "no-store")
			measured.note(res.status)
			<-time.After(2 * time.Millisecond)
		}
	})
	breaks := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	breaks(`ALTER TABLE tasks RENAME TO misplaced`)
	eventually(t, "the webhook is told", func() bool { return hook.has(incident.Opened, "availability") })
	eventually(t, "a mail is sent", func() bool { return len(sink.Mails()) > 0 })
	breaks(`ALTER TABLE misplaced RENAME TO tasks`)
	eventually(t, "the end is told", func() bool { return hook.has(incident.Resolved, "availability") })
	var list struct {
		Data []struct {
			ID, Severity, State string
			Mitigate            *float64 `json:"mitigate_s"`
			Resolve             *float64 `json:"resolve_s"`
			Notify              *float64 `json:"notify_s"`
			Timeline            []struct{ What string }
			Release             struct{ Version string }
		}
		Repair struct {
			Incidents int
			MTTR      float64 `json:"mttr_s"`
		}
	}
	eventually(t, "all of it is written down", func() bool {
		n.call(t, "GET", "/v1/ops/incidents", nil).want(t, 200).decode(t, &list)
		return len(list.Data) == 1 && list.Data[0].Notify != nil && list.Data[0].State == "resolved"
	})
	i := list.Data[0]
	if i.Severity != "P0" || i.Release.Version != "2.0" || i.Resolve == nil || *i.Resolve <= 0 || i.Mitigate == nil || *i.Mitigate > *i.Resolve || list.Repair.Incidents != 1 || list.Repair.MTTR <= 0 {
		t.Errorf("the incident is %+v, repair %+v", i, list.Repair)
	}
	var one struct {
		AcknowledgedBy string `json:"acknowledged_by"`
	}
	n.call(t, "POST", "/v1/ops/incidents/"+i.ID+"/acknowledge", nil).want(t, 200).decode(t, &one)
	if one.AcknowledgedBy != n.user {
		t.Errorf("acknowledged by %q, want %q", one.AcknowledgedBy, n.user)
	}
	n.call(t, "GET", "/v1/ops/incidents/01890a5d-ac96-774b-bcce-b302099a8057", nil).want(t, 404)
	var slo struct {
		Data   []struct{ SLO string }
		Uptime struct{ Watched, Down float64 }
	}
	n.call(t, "GET", "/v1/ops/slo", nil).want(t, 200).decode(t, &slo)
	if len(slo.Data) != 2 {
		t.Errorf("the objectives are %+v", slo)
	}
	if mail := sink.Mails()[0]; len(mail.To) != 2 || !strings.Contains(mail.Data, "requests fail") {
		t.Errorf("the mail went to %v: %s", mail.To, mail.Data)
	}
}

func address(s *smtptest.Sink) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// nothing is a source that has measured nothing.
type nothing struct{}

func (nothing) Increase(string, map[string]string, time.Duration) (float64, bool) { return 0, false }
func (nothing) Gauge(string, map[string]string, time.Duration) (float64, bool)    { return 0, false }
func (nothing) Quantile(string, map[string]string, float64, time.Duration) (float64, bool) {
	return 0, false
}
func (nothing) Share(string, map[string]string, float64, time.Duration) (share, count float64, ok bool) {
	return 0, 0, false
}

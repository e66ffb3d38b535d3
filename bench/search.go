package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/app"
	"rapport/internal/platform/embedded"
	"rapport/internal/platform/id"
)

// measureSearch asks what people ask, in a workspace of 100,000 contacts and
// 100,000 messages, one question after the other.
func measureSearch(ctx context.Context, b *bench) error {
	d, err := b.desk(ctx)
	if err != nil {
		return err
	}
	p, err := launch(ctx, filepath.Join(b.dir, "search-data"), []string{"DATABASE_URL=" + d.server.URL()}, b.binary, "serve")
	if err != nil {
		return err
	}
	defer p.stop()
	cookie, err := d.signIn(ctx, p.base)
	if err != nil {
		return err
	}
	s := searcher{base: p.base + "/v1/workspaces/" + d.workspaces[0], cookie: cookie}
	if err := s.rebuilt(ctx, &b.report); err != nil {
		return err
	}
	if err := d.do(ctx, `VACUUM ANALYZE`, `CHECKPOINT`); err != nil {
		return err
	}
	if err := s.measure(ctx, b, d); err != nil {
		return err
	}
	return b.screens(ctx, p.base, cookie, "desk")
}

type searcher struct{ base, cookie string }

// get reads a path and says how long it took.
func (s searcher) get(ctx context.Context, path string, out any) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", s.base+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Cookie", s.cookie)
	start := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	took := time.Since(start)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", path, res.Status, body)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(body, out)
	}
	return took, err
}

// rebuilt waits until the server has written the words of the workspace, which
// it does of its own accord.
func (s searcher) rebuilt(ctx context.Context, r *report) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		var at struct {
			State      string
			Done       float64
			StartedAt  time.Time `json:"started_at"`
			FinishedAt time.Time `json:"finished_at"`
		}
		if _, err := s.get(ctx, "/search/rebuild", &at); err != nil {
			return err
		}
		if at.State == "done" {
			r.add("search", "rebuild of all words", "records/s", at.Done/at.FinishedAt.Sub(at.StartedAt).Seconds())
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// questions by what they are like; each is asked as often as the others.
var questions = map[string][]string{
	"typing a name":           {"a", "an", "ana", "ana ", "ana d", "ana du", "pri", "li", "viktor we", "zoe"},
	"a full name":             {"ana dorn", "priya okoye", "zoe weiss", `"sven tamm"`, "åsa xu"},
	"a misspelt name":         {"prjya okoye", "vikotr weiss", "lindkvist", "jovanof", "ximnea", "bergmann"},
	"a rare word":             {"zephyr", "quartzite", "ombudsman", "palimpsest"},
	"a common word":           {"please", "meeting", "regards", "invoice"},
	"common words":            {"please meeting", "meeting invoice regards", "please invoice overdue"},
	"a phrase":                {`"invoice overdue"`, `"please meeting"`, `"warranty claim"`, `"overdue zephyr"`},
	"from and a word":         {"from:ana invoice", "from:priya please", `from:"viktor weiss" meeting`, "from:birch invoice"},
	"a state and a word":      {"is:unread invoice", "is:unread please", "is:open meeting", "is:waiting warranty", "is:unread zephyr"},
	"three operators":         {"from:ana is:unread invoice", "from:priya is:open has:attachment", "to:bench is:unread meeting after:2026-01-01"},
	"an operator alone":       {"is:unread", "has:attachment", "from:ana", "is:snoozed", "to:bench"},
	"a company":               {"company:lumen", "company:lumen invoice", "company:harbour is:unread please", "company:kestrel meeting"},
	"a time":                  {"invoice after:2026-03-01", "please before:2024-06-01", "meeting after:2025-01-01 before:2025-01-08", "overdue after:2026-06-01"},
	"a subject":               {"subject:invoice", "subject:warranty claim", "subject:meeting -please"},
	"without":                 {"invoice -please", "meeting -invoice -regards", `warranty -"warranty claim"`},
	"an address":              {"ana.dorn", "lumen", "birch-labs", "example", "ana@"},
	"nothing there":           {"xylophonist", "from:nobodyatall invoice", `"zephyr ombudsman"`, "company:nowhere please"},
	"in one place":            {"in:contacts ana", "in:companies lumen", "in:mail invoice"},
	"a number and half words": {"42", "inv", "pleas", "warr", "q3"},
}

func (s searcher) measure(ctx context.Context, b *bench, d *deskData) error {
	type question struct{ kind, q string }
	var all []question
	for kind, qs := range questions {
		for _, q := range qs {
			all = append(all, question{kind, q})
		}
	}
	slices.SortFunc(all, func(x, y question) int { return cmpText(x.kind+x.q, y.kind+y.q) })
	rnd := rand.New(rand.NewPCG(3, 4))
	took, each := map[string][]float64{}, map[string][]float64{}
	var lookups []float64
	for round := range 2 + b.rounds*3 {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, q := range all {
			t, err := s.get(ctx, "/search?limit=12&q="+url.QueryEscape(q.q), nil)
			if err != nil {
				return err
			}
			bare, err := s.get(ctx, "/contacts/"+d.contacts[rnd.IntN(len(d.contacts))], nil)
			if err != nil {
				return err
			}
			if round >= 2 {
				took[q.kind], each[q.q], lookups = append(took[q.kind], ms(t)), append(each[q.q], ms(t)), append(lookups, ms(bare))
			}
		}
	}
	if err := s.work(ctx, b, d); err != nil {
		return err
	}
	var every []float64
	for _, kind := range sorted(took) {
		every = append(every, took[kind]...)
		b.report.add("search", kind+", p50", "ms", at(took[kind], 0.5))
		b.report.add("search", kind+", p95", "ms", at(took[kind], 0.95))
	}
	worst := sorted(each)
	slices.SortFunc(worst, func(x, y string) int { return int(1000 * (at(each[y], 0.95) - at(each[x], 0.95))) })
	for _, q := range worst[:6] {
		b.report.add("search", "slowest: "+q+", p95", "ms", at(each[q], 0.95))
	}
	b.report.add("search", "all questions, p50", "ms", at(every, 0.5))
	b.report.add("search", "all questions, p95 (goal: under 100)", "ms", at(every, 0.95))
	b.report.add("search", "a bare lookup by id, p50", "ms", at(lookups, 0.5))
	b.report.add("search", "a bare lookup by id, p95", "ms", at(lookups, 0.95))
	b.report.add("search", "p95 of all / p95 of a lookup", "", at(every, 0.95)/at(lookups, 0.95))
	return nil
}

// work measures what searches cost the server's processors, which says more
// than time does on a machine that others use, too.
func (s searcher) work(ctx context.Context, b *bench, d *deskData) error {
	var asked int
	before := d.spent()
	for range b.rounds {
		for _, qs := range questions {
			for _, q := range qs {
				if _, err := s.get(ctx, "/search?limit=12&q="+url.QueryEscape(q), nil); err != nil {
					return err
				}
				asked++
			}
		}
	}
	b.report.add("search", "CPU of PostgreSQL", "ms/search", ms(d.spent()-before)/float64(asked))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sorted(m map[string][]float64) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// at is a quantile.
func at(v []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[int(float64(len(s)-1)*q)]
}

// deskData is a database with one large workspace.
type deskData struct {
	*database
	contacts []string
}

func (b *bench) desk(ctx context.Context) (*deskData, error) {
	s, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(b.dir, "desk"), Logger: b.log})
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			b.log.Error("stop the database", "error", err)
		}
	})
	if err := app.Migrate(ctx, s.URL(), slog.New(slog.DiscardHandler), false); err != nil {
		return nil, err
	}
	d := &deskData{database: &database{server: s}}
	return d, d.furnish(ctx)
}

// furnish fills a workspace with statements that each write one table.
func (d *deskData) furnish(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	org, ws := id.New(), id.New()
	d.workspaces = []string{ws}
	for _, sql := range furniture {
		args := []any{ws}
		switch sql {
		case organization:
			args = []any{org}
		case workspace:
			args = []any{ws, org}
		case vocabulary, textsSQL, analyzeSQL:
			args = nil
		case companiesSQL:
			args = []any{ws, companyWords, companyKinds}
		case contactsSQL:
			args = []any{ws, firstNames, lastNames, titles, statuses}
		}
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("furnish: %w in %s", err, sql)
		}
	}
	rows, _ := conn.Query(ctx, `SELECT id::text FROM contacts ORDER BY id LIMIT 1000`)
	d.contacts, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return err
}

var furniture = []string{organization, workspace, vocabulary, analyzeSQL, companiesSQL, contactsSQL, emailsSQL, analyzeSQL, threadsSQL, textsSQL, analyzeSQL, messagesSQL, analyzeSQL, summarySQL, addressesSQL, attachmentsSQL}

const (
	organization = `INSERT INTO identity.organizations (id, name) VALUES ($1, 'Desk')`
	workspace    = `INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone) VALUES ($1, $2, 'desk', 'Desk', 'Europe/Lisbon')`
	analyzeSQL   = `ANALYZE`
	// 20,000 words, of which the n-th is used 1/n times as often as the first.
	vocabulary = `
		CREATE TEMP TABLE vocabulary AS
		SELECT n, CASE n WHEN 2 THEN 'the' WHEN 3 THEN 'please' WHEN 8 THEN 'meeting' WHEN 12 THEN 'regards' WHEN 60 THEN 'invoice' WHEN 90 THEN 'overdue'
			WHEN 400 THEN 'warranty' WHEN 500 THEN 'claim' WHEN 9000 THEN 'zephyr' WHEN 12000 THEN 'quartzite' WHEN 15000 THEN 'ombudsman' WHEN 19000 THEN 'palimpsest'
			ELSE (SELECT string_agg(substr('bacadafagahalamanaparasatavawazabecedefegeheleme', 2 * ((n * 7919 + k * 104729 + n / (k + 1)) % 24)::int + 1, 2), '') || substr('nrstlmdk', n % 8 + 1, 1)
				FROM generate_series(1, 1 + n % 4) k) END AS word
		FROM generate_series(1, 20000) n`
	companiesSQL = `
		INSERT INTO companies (workspace_id, id, name, domain, last_interaction_at)
		SELECT $1, gen_random_uuid(), name, lower(replace(name, ' ', '-')) || '-' || n || '.example', timestamptz '2026-06-01' - random() * interval '3 years'
		FROM (SELECT n, ($2::text[])[1 + n % 20] || ' ' || ($3::text[])[1 + n / 20 % 8] || CASE WHEN n >= 160 THEN ' ' || n ELSE '' END AS name FROM generate_series(0, 9999) n) t`
	contactsSQL = `
		WITH c AS (SELECT id, domain, row_number() OVER (ORDER BY id) - 1 AS n FROM companies WHERE workspace_id = $1)
		INSERT INTO contacts (workspace_id, id, name, email, title, status, company_id, last_interaction_at)
		SELECT $1, gen_random_uuid(), f || ' ' || l, lower(f || '.' || l || '.' || i) || '@' || coalesce(c.domain, 'mail.example'), ($4::text[])[1 + i % 8], ($5::text[])[1 + i % 4],
			c.id, CASE WHEN i % 3 > 0 THEN timestamptz '2026-06-01' - random() * interval '3 years' END
		FROM (SELECT i, CASE WHEN i % 2 = 0 THEN i / 2 % 10000 WHEN i % 5 = 0 THEN i * 13 % 10000 END AS k, CASE WHEN i % 31 = 0 THEN 'Ana' ELSE ($2::text[])[1 + (i * 7) % 30] END AS f, ($3::text[])[1 + (i / 30) % 26] AS l FROM generate_series(0, 99999) i) p
		LEFT JOIN c ON c.n = p.k`
	emailsSQL = `
		INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key)
		SELECT workspace_id, gen_random_uuid(), id, email, email FROM contacts WHERE workspace_id = $1
		ON CONFLICT DO NOTHING`
	threadsSQL = `
		WITH c AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM contacts WHERE workspace_id = $1)
		INSERT INTO threads (workspace_id, id, subject, subject_key, last_direction, category, last_message_at, contact_id, status, unread)
		SELECT $1, gen_random_uuid(), '', n::text, 'inbound', CASE WHEN n % 3 = 0 THEN 'bulk' ELSE 'personal' END, timestamptz '2026-06-01' - (n * interval '40 minutes'), c.id,
			CASE WHEN n % 3 = 0 THEN 'done' WHEN n % 20 = 1 THEN 'open' WHEN n % 50 = 2 THEN 'waiting' WHEN n % 400 = 4 THEN 'snoozed' ELSE 'done' END, n % 40 = 1
		FROM generate_series(0, 39999) n JOIN c ON c.k = (n * 17) % 20000`
	textsSQL = `
		CREATE TEMP TABLE texts AS
		SELECT p.n, string_agg(v.word, ' ' ORDER BY k) AS body
		FROM (SELECT n, k, greatest(1, floor(power(20000.0, random())))::int AS r FROM generate_series(0, 24999) n, generate_series(1, 20 + n % 40) k) p
		JOIN vocabulary v ON v.n = p.r
		GROUP BY p.n`
	messagesSQL = `
		WITH t AS (SELECT id, contact_id, last_message_at, row_number() OVER (ORDER BY last_message_at DESC) - 1 AS n FROM threads WHERE workspace_id = $1)
		INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_name, from_address, from_key, contact_id, body, raw, size, created_at)
		SELECT $1, gen_random_uuid(), t.id, 'inbound', 'personal', x.n::text, initcap(substr(x.body, 1, position(' ' in substr(x.body, 20)) + 19)), t.last_message_at - (x.n / 40000) * interval '3 hours',
			c.name, c.email, c.email, c.id, x.body, repeat('0', 64), 2000, t.last_message_at
		FROM (SELECT g.n, a.body || ' ' || b.body AS body FROM generate_series(0, 99999) AS g(n)
			JOIN texts a ON a.n = g.n % 25000 JOIN texts b ON b.n = (g.n * 7 + g.n / 25000 * 31) % 25000) x
		JOIN t ON t.n = x.n % 40000 JOIN contacts c ON c.workspace_id = $1 AND c.id = t.contact_id`
	summarySQL = `
		UPDATE threads t SET subject = m.subject, last_message_id = m.id, message_count = 2
		FROM (SELECT DISTINCT ON (thread_id) thread_id, id, subject FROM messages WHERE workspace_id = $1 ORDER BY thread_id, sent_at DESC) m
		WHERE t.workspace_id = $1 AND t.id = m.thread_id`
	addressesSQL = `
		INSERT INTO message_addresses (workspace_id, message_id, position, kind, name, address, address_key, contact_id, sent_at)
		SELECT $1, id, 0, 'from', from_name, from_address, from_key, contact_id, sent_at FROM messages WHERE workspace_id = $1
		UNION ALL SELECT $1, id, 1, 'to', 'Bench Owner', 'owner@bench.example', 'owner@bench.example', NULL, sent_at FROM messages WHERE workspace_id = $1`
	attachmentsSQL = `
		INSERT INTO attachments (workspace_id, id, message_id, position, filename, size)
		SELECT $1, gen_random_uuid(), id, 0, 'invoice-' || identity_key || '.pdf', 1000 FROM messages WHERE workspace_id = $1 AND identity_key::int % 9 = 0`
)

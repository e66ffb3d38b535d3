package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/app"
	"rapport/internal/platform/embedded"
	"rapport/internal/platform/id"
)

const (
	workspaces  = 50
	contactsPer = 2000
	loopback    = "127.0.0.9" // where nothing else listens
)

// database is a private PostgreSQL with fsync on, and its contacts.
type database struct {
	server     *embedded.Server
	workspaces []string
}

// contacts returns the database with 100,000 contacts in 50 workspaces, made
// when first asked for. More connections than Rapport's own are allowed for
// what it is compared with.
func (b *bench) contacts(ctx context.Context) (*database, error) {
	if b.db != nil {
		return b.db, nil
	}
	s, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(b.dir, "contacts"), MaxConnections: 120, Loopback: loopback, Logger: b.log})
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
	b.report.Postgres = s.Version()
	if err := app.Migrate(ctx, s.URL(), slog.New(slog.DiscardHandler), false); err != nil {
		return nil, err
	}
	d := &database{server: s}
	return d, b.seed(ctx, d)
}

func (b *bench) seed(ctx context.Context, d *database) error {
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	org := id.New()
	if _, err := conn.Exec(ctx, `INSERT INTO identity.organizations (id, name) VALUES ($1, 'Bench')`, org); err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range workspaces {
		ws := id.New()
		d.workspaces = append(d.workspaces, ws)
		_, err := conn.Exec(ctx, `INSERT INTO identity.workspaces (id, organization_id, slug, name) VALUES ($1, $2, $3, $3)`, ws, org, "bench-"+strconv.Itoa(i))
		if err != nil {
			return err
		}
		if err := fill(ctx, conn, ws, rnd); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	if _, err := conn.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CHECKPOINT`)
	b.db = d
	return err
}

// people are the columns of contacts that a workspace is filled with.
type people struct {
	ids, names, emails, titles, phones, statuses []string
	companies                                    []*string
	scores                                       []*int32
	touched                                      []*time.Time
	created                                      []time.Time
}

func fill(ctx context.Context, conn *pgx.Conn, ws string, rnd *rand.Rand) error {
	var companyIDs, companyNames, domains []string
	for i := range contactsPer / 10 {
		name := companyWords[rnd.IntN(len(companyWords))] + " " + companyKinds[rnd.IntN(len(companyKinds))]
		companyIDs, companyNames = append(companyIDs, id.New()), append(companyNames, name)
		domains = append(domains, fmt.Sprintf("%s-%d.example", strings.ToLower(strings.ReplaceAll(name, " ", "-")), i))
	}
	_, err := conn.Exec(ctx, `
		INSERT INTO companies (workspace_id, id, name, domain)
		SELECT $1, i, n, d FROM unnest($2::uuid[], $3::text[], $4::text[]) AS t (i, n, d)`, ws, companyIDs, companyNames, domains)
	if err != nil {
		return err
	}
	p := invent(rnd, companyIDs, domains)
	_, err = conn.Exec(ctx, `
		INSERT INTO contacts (workspace_id, id, name, email, title, phone, status, company_id, score, last_interaction_at, created_at, updated_at, source)
		SELECT $1, i, n, e, t, f, s, c, o, l, a, a, 'import'
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::integer[], $10::timestamptz[], $11::timestamptz[])
			AS u (i, n, e, t, f, s, c, o, l, a)`,
		ws, p.ids, p.names, p.emails, p.titles, p.phones, p.statuses, p.companies, p.scores, p.touched, p.created)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key)
		SELECT $1, gen_random_uuid(), i, e, e FROM unnest($2::uuid[], $3::text[]) AS t (i, e)`, ws, p.ids, p.emails)
	return err
}

func invent(rnd *rand.Rand, companies, domains []string) people {
	var p people
	day := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range contactsPer {
		first, last := firstNames[rnd.IntN(len(firstNames))], lastNames[rnd.IntN(len(lastNames))]
		domain := "mail.example"
		var company *string
		if i%2 == 0 {
			k := rnd.IntN(len(companies))
			company, domain = &companies[k], domains[k]
		}
		var score *int32
		var touched *time.Time
		if i%3 != 0 {
			score, touched = new(int32(rnd.IntN(101))), new(day.Add(-time.Duration(rnd.IntN(400*86400))*time.Second))
		}
		p.ids, p.names = append(p.ids, id.New()), append(p.names, first+" "+last)
		p.emails = append(p.emails, fmt.Sprintf("%s.%s.%d@%s", strings.ToLower(first), strings.ToLower(last), i, domain))
		p.titles = append(p.titles, titles[rnd.IntN(len(titles))])
		p.phones = append(p.phones, fmt.Sprintf("+1 555 01%02d %04d", rnd.IntN(100), rnd.IntN(10000)))
		p.statuses = append(p.statuses, statuses[rnd.IntN(len(statuses))])
		p.companies, p.scores, p.touched = append(p.companies, company), append(p.scores, score), append(p.touched, touched)
		p.created = append(p.created, day.Add(-time.Duration(rnd.Int64N(int64(500*24*time.Hour)))).Truncate(time.Microsecond))
	}
	return p
}

var (
	firstNames   = strings.Fields("Ada Ben Chidi Dana Emil Farah Gita Hugo Ines Jonas Kaya Liam Mina Noor Otto Priya Quinn Rosa Sven Tara Uma Viktor Wren Ximena Yusuf Zoë Åsa Bjørn Çelik Élodie")
	lastNames    = strings.Fields("Abara Bergman Castell Dorn Eklund Ferro Galani Hartwell Ishida Jovanov Kimura Lindqvist Moreau Nakata Okoye Pereira Quist Rahimi Sandoval Tamm Ueda Vargas Weiss Xu Yilmaz Zeller")
	titles       = []string{"Head of purchasing", "Engineer", "Managing director", "Office manager", "Product owner", "Accountant", "Head of marketing", "Consultant"}
	statuses     = []string{"prospect", "lead", "customer", "former"}
	companyWords = strings.Fields("Lumen Harbour Birch Copper Delta Ember Falcon Granite Heron Indigo Juniper Kestrel Larch Meadow Nimbus Orchard Pebble Quarry Raven Sable")
	companyKinds = []string{"Labs", "Works", "Trading", "Logistics", "Foods", "Systems", "Partners", "Energy"}
)

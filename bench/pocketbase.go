package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// measurePocketBase compares with PocketBase on the same contacts: as it comes,
// and with the collector of Rapport's settings. Its module is built when asked
// for; the first time that downloads it.
func measurePocketBase(ctx context.Context, b *bench) error {
	if _, err := os.Stat("bench/peers/pocketbase"); err != nil {
		return errors.New("run it from the root of the repository")
	}
	binary := b.folder("pocketbase")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = "bench/peers/pocketbase"
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build PocketBase: %w: %s", err, out)
	}
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, lists, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	gets := lists
	if gets.Paths, err = d.gets(ctx, "/v1/workspaces/%s/contacts/%s"); err != nil {
		return err
	}
	dir := b.folder("pb")
	if err := d.export(ctx, dir); err != nil {
		return err
	}
	for _, way := range []struct {
		name, collector string
		goal            float64
	}{{"as it comes", "", 10}, {"GOGC=400", "400", 6}} {
		if err := b.against(ctx, d, lists, gets, binary, dir, way.name, way.collector, way.goal); err != nil {
			return err
		}
	}
	return nil
}

// against measures lists and gets of both in turns.
func (b *bench) against(ctx context.Context, d *database, lists, gets load, binary, dir, way, collector string, goal float64) error {
	var env []string
	if collector != "" {
		env = append(env, "GOGC="+collector)
	}
	peer, err := launch(ctx, dir, env, binary, dir)
	if err != nil {
		return err
	}
	defer peer.stop()
	theirs := load{Addr: peer.addr(), Conns: conns, Seconds: float64(b.seconds)}
	for _, ws := range d.workspaces {
		filter := url.QueryEscape("workspace='" + ws + "'")
		theirs.Paths = append(theirs.Paths, fmt.Sprintf("/api/collections/contacts/records?perPage=%d&skipTotal=1&sort=name,id&filter=%s", pageSize, filter))
	}
	one := theirs
	if one.Paths, err = d.gets(ctx, "/api/collections/contacts/records/%[2]s"); err != nil {
		return err
	}
	for i, path := range one.Paths {
		one.Paths[i] = strings.ReplaceAll(path, "-", "")
	}
	if err := errors.Join(warm(ctx, theirs), warm(ctx, one)); err != nil {
		return err
	}
	var rates [4][]float64
	var list, get []float64
	for range b.rounds {
		for i, l := range []load{lists, theirs, gets, one} {
			o, err := l.run(ctx)
			if err != nil {
				return err
			}
			if o.failed() > 0 || o.Requests == 0 {
				return fmt.Errorf("the load fails: %v", o.Errors)
			}
			rates[i] = append(rates[i], o.rate())
		}
		n := len(rates[0]) - 1
		list, get = append(list, rates[0][n]/rates[1][n]), append(get, rates[2][n]/rates[3][n])
	}
	s := "pocketbase, " + way
	b.report.add(s, "list, Rapport uncached", "1/s", rates[0]...)
	b.report.add(s, "list, PocketBase", "1/s", rates[1]...)
	b.report.atLeast(goal, s, "list, Rapport / PocketBase", "×", list...)
	b.report.add(s, "get, Rapport uncached", "1/s", rates[2]...)
	b.report.add(s, "get, PocketBase", "1/s", rates[3]...)
	b.report.atLeast(2, s, "get, Rapport / PocketBase", "×", get...)
	return nil
}

// export writes all contacts as PocketBase shall have them. Its ids are of
// letters and digits.
func (d *database) export(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "contacts.jsonl"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = d.query(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT json_build_object('id', replace(c.id::text, '-', ''), 'workspace', c.workspace_id, 'name', c.name, 'email', c.email, 'title', c.title,
				'phone', c.phone, 'status', c.status, 'owner_id', c.owner_id, 'company_id', c.company_id, 'company_name', o.name, 'score', c.score,
				'last_interaction_at', c.last_interaction_at, 'source', c.source, 'created_at', c.created_at, 'updated_at', c.updated_at, 'version', c.version)::text
			FROM contacts c LEFT JOIN companies o ON o.workspace_id = c.workspace_id AND o.id = c.company_id`)
		if err != nil {
			return err
		}
		var line string
		_, err = pgx.ForEachRow(rows, []any{&line}, func() error {
			_, err := w.WriteString(line + "\n")
			return err
		})
		return err
	})
	return errors.Join(err, w.Flush(), f.Close())
}

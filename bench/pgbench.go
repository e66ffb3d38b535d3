package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/pg"
)

// pgbench is the floor: PostgreSQL's own client in C, which throws the rows
// away.
type pgbench struct {
	bin, script, url, password string
}

// pgbench writes the script. A pgbench variable cannot be looked up by number,
// so each client moves to another workspace every hundredth time, by a query.
func (d *database) pgbench(dir string) (*pgbench, error) {
	sql, err := listSQL(d.workspaces[0])
	if err != nil {
		return nil, err
	}
	script := fmt.Sprintf(`\set move random(1, 100)
\if :move = 1 or :fresh = 1
SELECT id AS ws FROM identity.workspaces WHERE slug LIKE 'bench-%%' ORDER BY random() LIMIT 1 \gset
\set fresh 0
\endif
\startpipeline
%s;
%s;
\endpipeline
`, strings.NewReplacer("$1", ":ws", "$2", ":timeout").Replace(pg.Bind), strings.ReplaceAll(sql, "$1", ":ws"))
	path := filepath.Join(dir, "list.pgbench")
	if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(d.server.URL())
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(d.server.Bin(), "pgbench")
	if _, err := os.Stat(bin); err != nil {
		if bin, err = exec.LookPath("pgbench"); err != nil {
			return nil, fmt.Errorf("pgbench is not installed; it comes with PostgreSQL's server programs: %w", err)
		}
	}
	return &pgbench{bin: bin, script: path, password: cfg.Password,
		url: fmt.Sprintf("host=%s port=%d user=%s dbname=%s", cfg.Host, cfg.Port, cfg.User, cfg.Database)}, nil
}

var tps = regexp.MustCompile(`tps = ([0-9.]+) \(without`)

// run returns transactions per second.
func (p *pgbench) run(ctx context.Context, seconds int) (float64, error) {
	cmd := exec.CommandContext(ctx, p.bin, "--client=16", "--jobs=2", "--protocol=prepared", "--no-vacuum",
		"--time="+strconv.Itoa(seconds), "--file="+p.script, "--define=timeout=5000", "--define=fresh=1", "--define=ws=none", p.url)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+p.password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := tps.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench did not say how fast: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// cpu is what all processes of the server have used, those that ended aside.
func (d *database) cpu() (all time.Duration) {
	for _, pid := range children(d.postmaster()) {
		all += cpu(pid)
	}
	return all
}

// spent is cpu with the forking of processes, and with those that ended.
func (d *database) spent() time.Duration {
	postmaster := d.postmaster()
	return d.cpu() + cpu(postmaster) + reaped(postmaster)
}

// postmaster finds the parent of the server's backends.
func (d *database) postmaster() int {
	var pid int
	_ = d.query(context.Background(), func(conn *pgx.Conn) error { // 0 means that nothing is measured
		f := stat(int(conn.PgConn().PID()))
		if len(f) < 2 {
			return errors.New("no such process")
		}
		var err error
		pid, err = strconv.Atoi(f[1])
		return err
	})
	return pid
}

func (d *database) query(ctx context.Context, use func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return use(conn)
}

func (d *database) do(ctx context.Context, statements ...string) error {
	return d.query(ctx, func(conn *pgx.Conn) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// ran makes sure that Rapport and pgbench were asked the same.
func (d *database) ran(ctx context.Context) error {
	want, err := listSQL(d.workspaces[0])
	if err != nil {
		return err
	}
	var n int
	err = d.query(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE query = $1`, want).Scan(&n)
	})
	if err == nil && n == 0 {
		err = errors.New("no connection of Rapport last ran the SQL that pgbench ran: mend listSQL")
	}
	return err
}

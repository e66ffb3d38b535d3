package pg_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// serverConns is the size of the pooler's own pool: small, so that our
// connections must share.
const serverConns = 4

// pooler runs a real PgBouncer in transaction mode before the database at dsn
// and returns its address.
func pooler(t *testing.T, dsn string) string {
	t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		bin = "/usr/sbin/pgbouncer"
		if _, err := os.Stat(bin); err != nil {
			t.Fatal("this test needs PgBouncer: run make setup, or install the package pgbouncer")
		}
	}
	to, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bouncer") // short: a socket's path is
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	settings := fmt.Sprintf(`[databases]
%s = host=%s port=%d user=%s password=%s
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = %s
auth_type = scram-sha-256
auth_file = %s/users
pool_mode = transaction
default_pool_size = %d
max_client_conn = 300
`, to.Database, to.Host, to.Port, to.User, to.Password, dir, dir, serverConns)
	for name, text := range map[string]string{"bouncer.ini": settings, "users": fmt.Sprintf("%q %q\n", to.User, to.Password)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "-q", filepath.Join(dir, "bouncer.ini"))
	asOwner(t, cmd, dir, to.Host)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-ended
	})
	u := url.URL{Scheme: "postgres", User: url.UserPassword(to.User, to.Password), Path: "/" + to.Database,
		RawQuery: url.Values{"host": {dir}, "port": {"6432"}, "sslmode": {"disable"}}.Encode()}
	await(t, u.String(), ended, &said)
	return u.String()
}

// asOwner lets cmd run as the user who may use the database's socket, since
// PgBouncer refuses root.
func asOwner(t *testing.T, cmd *exec.Cmd, dir, socket string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	uid, gid := 65534, 65534
	if info, err := os.Stat(socket); err == nil {
		s := info.Sys().(*syscall.Stat_t)
		uid, gid = int(s.Uid), int(s.Gid)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	for _, path := range []string{dir, filepath.Join(dir, "bouncer.ini"), filepath.Join(dir, "users")} {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

func await(t *testing.T, dsn string, ended chan error, said *strings.Builder) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err == nil {
			conn.Close(t.Context())
			return
		}
		select {
		case end := <-ended:
			ended <- end
			t.Fatalf("PgBouncer ended: %v: %s", end, said)
		case <-limit:
			t.Fatalf("PgBouncer does not answer: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func throughPooler(t *testing.T, direct, pooled string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{PoolerURL: pooled, SessionURL: direct, APIConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestAPoolerIsDetectedByWhatItDoes(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	db := throughPooler(t, direct, pooler(t, direct))
	api, work := db.Stats()[0].Server, db.Stats()[1].Server
	if !strings.HasPrefix(api, "pooler") || work != "direct" {
		t.Errorf("the servers are %q and %q, want a pooler and direct", api, work)
	}
	out, err := exec.Command("/usr/sbin/pgbouncer", "--version").Output()
	if err == nil && strings.Contains(string(out), "PgBouncer 1.18") && api != "pooler without named statements" {
		t.Errorf("PgBouncer 1.18 is taken for %q, want a pooler without named statements", api)
	}
	if err := db.Verify(t.Context()); err != nil {
		t.Errorf("Verify() = %v", err)
	}
	listen(t, db)
}

// listen needs a session, which a transaction pooler does not give.
func listen(t *testing.T, db *pg.DB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := db.Session().Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "LISTEN bell"); err != nil {
		t.Fatal(err)
	}
	if err := db.Global(ctx, func(tx *pg.Tx) error { tx.Queue(`NOTIFY bell, 'rung'`); return nil }); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Conn().WaitForNotification(ctx)
	if err != nil || n.Payload != "rung" {
		t.Errorf("the session pool heard %v, %v; want the bell", n, err)
	}
}

func TestThroughAPoolerNothingFailsAndNothingLeaks(t *testing.T) {
	t.Parallel()
	const pools, workers, transactions = 4, 16, 500
	direct := pgtest.URL(t)
	pooled := pooler(t, direct)
	var wg sync.WaitGroup
	for range pools {
		db := throughPooler(t, direct, pooled)
		ctx := tenant(t, db)
		for w := range workers {
			wg.Go(func() {
				for i := w; i < transactions; i += workers {
					if err := visit(ctx, db, i); err != nil {
						t.Errorf("transaction %d: %v", i, err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	nothingStays(t, pooled)
}

var errMeant = errors.New("meant")

// visit is one transaction, of changing kind, that looks at who it is.
func visit(ctx context.Context, db *pg.DB, i int) error {
	switch i % 5 {
	case 0: // a write with a read before it
		return db.Write(ctx, func(tx *pg.Tx) error {
			if err := onlyOwn(tx); err != nil {
				return err
			}
			tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, $3)`, tx.Workspace(), id.New(), fmt.Sprint("tag ", i))
			return nil
		})
	case 1: // a write that is rolled back
		err := db.Write(ctx, func(tx *pg.Tx) error {
			if _, err := tx.Exec(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'gone')`, tx.Workspace(), id.New()); err != nil {
				return err
			}
			return errMeant
		})
		if !errors.Is(err, errMeant) {
			return fmt.Errorf("a failing write answers %w", err)
		}
		return nil
	case 2: // without a workspace there are no rows
		return db.Global(ctx, func(tx *pg.Tx) error {
			n, err := pg.Value[int64](tx, `SELECT count(*) FROM tags`)
			if err == nil && n != 0 {
				err = fmt.Errorf("%d rows without a workspace", n)
			}
			return err
		})
	}
	return db.Read(ctx, onlyOwn)
}

type seen struct {
	Name, Setting, Role string
	Foreign, Gone       int64
}

func onlyOwn(tx *pg.Tx) error {
	s, err := pg.One[seen](tx, `
		SELECT 'me' AS name, current_setting('app.workspace_id', true) AS setting, current_user AS role,
			(SELECT count(*) FROM tags WHERE workspace_id <> $1) AS foreign, (SELECT count(*) FROM tags WHERE name = 'gone') AS gone`, tx.Workspace())
	if err == nil && (s.Setting != tx.Workspace() || s.Role != "rapport_app" || s.Foreign != 0 || s.Gone != 0) {
		err = fmt.Errorf("%+v in workspace %s", s, tx.Workspace())
	}
	return err
}

// nothingStays looks at every server connection of the pooler between
// transactions.
func nothingStays(t *testing.T, pooled string) {
	t.Helper()
	for range 5 * serverConns {
		conn, err := pgx.Connect(t.Context(), pooled)
		if err != nil {
			t.Fatal(err)
		}
		var workspace, role string
		err = conn.QueryRow(t.Context(), `SELECT coalesce(current_setting('app.workspace_id', true), ''), current_user`, pgx.QueryExecModeSimpleProtocol).Scan(&workspace, &role)
		if err != nil || workspace != "" || role == "rapport_app" {
			t.Errorf("between transactions the workspace is %q and the role %q, %v; want neither", workspace, role, err)
		}
		conn.Close(t.Context())
	}
}

package embedded

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clusterVersion returns the major version of a cluster, 0 if there is none.
func clusterVersion(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("version of the database in %s: %w", cluster, err)
		}
		return major, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("version of the database: %w", err)
	}
	err = os.Remove(cluster) // an empty folder is in the way; a filled one stays
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	return 0, fmt.Errorf("%s holds files but no database (no PG_VERSION): move it away: %w", cluster, err)
}

// initialise makes the cluster beside its final name and renames it when it is
// whole, so that a crash in the middle leaves nothing but litter.
func (s *Server) initialise(ctx context.Context, noSync bool) error {
	if err := s.place.sweep(); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "making the database", "directory", s.place.cluster(), "postgresql", s.bin.Major)
	if err := writeFile(s.place.passwordFile(), rand.Text()+"\n", 0o600); err != nil {
		return fmt.Errorf("password of the database: %w", err)
	}
	if err := s.place.runAs.own(s.place.passwordFile()); err != nil {
		return err
	}
	staging, err := s.initdb(ctx, "C.UTF-8", noSync)
	if err != nil && strings.Contains(err.Error(), "invalid locale") {
		staging, err = s.initdb(ctx, "C", noSync)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(staging, s.place.cluster()); err != nil {
		return err
	}
	return syncDir(s.place.home)
}

// sweep removes what unfinished runs of initdb have left.
func (p place) sweep() error {
	litter, err := filepath.Glob(filepath.Join(p.home, "postgres.new-*"))
	for _, dir := range litter {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return fmt.Errorf("half-made database: %w", err)
	}
	return nil
}

// initdb makes a cluster in a folder that no earlier run can still write to.
func (s *Server) initdb(ctx context.Context, locale string, noSync bool) (string, error) {
	dir, err := os.MkdirTemp(s.place.home, "postgres.new-")
	if err == nil {
		err = s.place.runAs.own(dir)
	}
	if err != nil {
		return "", fmt.Errorf("directory for the database: %w", err)
	}
	cmd := s.place.runAs.command(ctx, s.bin.path("initdb"), "--pgdata="+dir,
		"--username="+userName, "--pwfile="+s.place.passwordFile(),
		"--auth-local=scram-sha-256", "--auth-host=reject", "--data-checksums",
		"--encoding=UTF8", "--locale="+locale, "--text-search-config=simple", "--no-instructions")
	if noSync {
		cmd.Args = append(cmd.Args, "--no-sync")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	conf, err := os.OpenFile(filepath.Join(dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	_, err = conf.WriteString("\ninclude 'rapport.conf' # written at each start; ALTER SYSTEM overrides it\n")
	return dir, errors.Join(err, conf.Sync(), conf.Close())
}

// writeSettings replaces the part of the configuration that is ours.
func (p place) writeSettings(text string) error {
	path := filepath.Join(p.cluster(), "rapport.conf")
	if err := writeFile(path, text, 0o600); err != nil {
		return fmt.Errorf("settings of the database: %w", err)
	}
	return p.runAs.own(path)
}

// settings are sized for a machine with so many megabytes.
func settings(o Options, memoryMB int) string {
	buffers := memoryMB / 4
	if memoryMB < 2048 {
		buffers = memoryMB / 8
	}
	buffers = min(max(buffers, 32), 512)
	text := fmt.Sprintf(`max_connections = %d
shared_buffers = %dMB
effective_cache_size = %dMB
work_mem = 8MB
maintenance_work_mem = %dMB
`, o.MaxConnections, buffers, max(memoryMB/2, 2*buffers), max(buffers/4, 16)) + fixedSettings
	if o.NoFsync {
		text += "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
	}
	return text
}

const fixedSettings = `jit = off
random_page_cost = 1.1
wal_compression = on
min_wal_size = 128MB
max_wal_size = 1GB
checkpoint_timeout = 15min
autovacuum_naptime = 15s
autovacuum_vacuum_scale_factor = 0.05
autovacuum_vacuum_insert_scale_factor = 0.1
autovacuum_analyze_scale_factor = 0.05
autovacuum_vacuum_cost_limit = 1000
ssl = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_line_prefix = '%m [%p] %q%u@%d '
`

// memory is what this process may use, in megabytes; 1024 where nobody says.
func memory() int {
	mb := 1024
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if kb, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
				if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(kb, "kB"))); err == nil {
					mb = n / 1024
				}
				break
			}
		}
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
			mb = min(mb, int(n>>20))
		}
	}
	return mb
}

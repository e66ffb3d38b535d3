package migrate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Dump returns a database's schema as SQL, without data, owners and what
// differs between two machines. The folder bin holds pg_dump.
func Dump(ctx context.Context, url, bin string) ([]byte, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "pg_dump"), "--schema-only", "--no-owner")
	cmd.Env = append(os.Environ(), "LC_ALL=C", // arguments would show the password
		"PGHOST="+c.Host, "PGPORT="+strconv.Itoa(int(c.Port)),
		"PGUSER="+c.User, "PGPASSWORD="+c.Password, "PGDATABASE="+c.Database)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("pg_dump: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return normalise(out), nil
}

var (
	noise  = regexp.MustCompile(`(?m)^(--|-- (Name|Dumped|PostgreSQL database dump).*|SET .*;|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n`)
	blanks = regexp.MustCompile(`\n{3,}`)
)

func normalise(dump []byte) []byte {
	dump = noise.ReplaceAll(dump, nil)
	dump = blanks.ReplaceAll(dump, []byte("\n\n"))
	return append(bytes.TrimSpace(dump), '\n')
}

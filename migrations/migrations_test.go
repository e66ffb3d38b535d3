package migrations_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"rapport/internal/platform/embedded"
	"rapport/internal/platform/migrate"
	"rapport/internal/platform/pg/pgtest"
	"rapport/migrations"
)

var update = flag.Bool("update", false, "rewrite schema.sql")

func TestSchemaIsAsDumped(t *testing.T) {
	t.Parallel()
	bin, err := embedded.Find(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	got, err := migrate.Dump(t.Context(), pgtest.URL(t), bin.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.sql", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("schema.sql is not what the migrations make: read the difference after go test ./migrations -update. Got:\n%s", got)
	}
}

func TestMigrationsKeepTheRules(t *testing.T) {
	t.Parallel()
	found, err := migrate.Lint(migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

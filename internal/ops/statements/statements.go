// Package statements shows operators which statements the database spends its
// time on, without any value.
package statements

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// Service reads pg_stat_statements, where it is there.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "statement.list", Method: "GET", Cached: op.Cached{Never: "For operators: the truth, at this moment."}, Path: "/v1/ops/statements", Scope: op.Operator,
			Summary: "List the statements that the database spends its time on", Doc: "Of Rapport itself, without values, since the statistics were reset. Needs pg_stat_statements; without it the answer says how to get that."}, s.list),
	}
}

type listInput struct {
	Sort  string `query:"sort" enum:"total,mean,max,calls" default:"total"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// Statements are the slowest, or why there are none.
type Statements struct {
	Available bool        `json:"available"`
	How       string      `json:"how" doc:"How to have them, where they are not available."`
	Data      []Statement `json:"data"`
}

// Statement is one kind of statement.
type Statement struct {
	ID       string  `json:"id" doc:"Of the kind, as PostgreSQL counts it."`
	Text     string  `json:"statement" doc:"Without any value."`
	Calls    int64   `json:"calls"`
	Rows     int64   `json:"rows"`
	TotalMS  float64 `json:"total_ms"`
	MeanMS   float64 `json:"mean_ms"`
	MaxMS    float64 `json:"max_ms"`
	Share    float64 `json:"share" doc:"Of the time of all of Rapport's statements, 0 to 1."`
	HitShare float64 `json:"hit_share" doc:"Of the blocks, how many were in memory, 0 to 1."`
}

const how = "Add pg_stat_statements to shared_preload_libraries of PostgreSQL, restart it, and run CREATE EXTENSION pg_stat_statements in Rapport's database. Hosted PostgreSQL mostly has a switch for it."

var orders = map[string]string{"total": "total_exec_time", "mean": "mean_exec_time", "max": "max_exec_time", "calls": "calls"}

func (s *Service) list(ctx context.Context, in *listInput) (*op.Body[Statements], error) {
	out := Statements{How: how, Data: []Statement{}}
	err := s.db.Global(ctx, func(tx *pg.Tx) error {
		found, err := pg.Column[string](tx, `SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`)
		if err != nil || len(found) == 0 {
			return err
		}
		all, err := pg.All[Statement](tx, `
			SELECT queryid::text AS id, left(query, 4000) AS text, calls, rows, total_exec_time AS total_ms, mean_exec_time AS mean_ms, max_exec_time AS max_ms,
				coalesce(total_exec_time / nullif(sum(total_exec_time) OVER (), 0), 0) AS share,
				coalesce(shared_blks_hit::float8 / nullif(shared_blks_hit + shared_blks_read, 0), 1) AS hit_share
			FROM `+found[0]+`.pg_stat_statements
			WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
				AND query ~* '^\s*(select|with|insert|update|delete|merge)\y'
			ORDER BY `+orders[in.Sort]+` DESC LIMIT $1`, in.Limit)
		for _, st := range all {
			st.Text = Bare(st.Text)
			out.Data = append(out.Data, st)
		}
		out.Available, out.How = true, ""
		return err
	})
	if p, ok := errors.AsType[*pgconn.PgError](err); ok && (p.Code == notLoaded || p.Code == notGranted) {
		return &op.Body[Statements]{Body: Statements{How: how, Data: []Statement{}}}, nil
	}
	return &op.Body[Statements]{Body: out}, err
}

// What PostgreSQL says where the extension was made and not loaded, or is
// nobody's to read.
const (
	notLoaded  = "55000"
	notGranted = "42501"
)

// values are constants in a statement: text, dollar-quoted text, numbers.
var values = regexp.MustCompile(`(?s)[eEbBxXuU]?&?'(?:[^'\\]|\\.|'')*'?|\$([A-Za-z_]*)\$.*|/\*.*?\*/|--[^\n]*|"(?:[^"]|"")*"|\$\d+|\b[A-Za-z_][A-Za-z_0-9$]*|\d[\d.eE_]*`)

// Bare is a statement on one line, without the values that PostgreSQL left in it.
func Bare(statement string) string {
	out := values.ReplaceAllStringFunc(statement, func(s string) string {
		switch first := s[0]; {
		case first == '"', first == '$' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
			return s
		case strings.ContainsRune(s, '\''), first == '$', first >= '0' && first <= '9':
			return "?"
		case strings.HasPrefix(s, "/*"), strings.HasPrefix(s, "--"):
			return " "
		}
		return s
	})
	return strings.Join(strings.Fields(out), " ")
}

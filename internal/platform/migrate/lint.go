package migrate

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Finding is something in a migration that breaks a rule of the house.
type Finding struct {
	File    string
	Line    int
	Message string
}

// String is the finding as compilers print theirs.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message) }

// Lint reads all steps in order, so that a key to a tenant's table of an
// earlier file is recognised. It goes by patterns, not by PostgreSQL's grammar;
// the catalogue tests have the last word.
func Lint(files fs.FS) ([]Finding, error) {
	steps, err := read(files)
	if err != nil {
		return nil, err
	}
	l := &linter{tenants: map[string]bool{}}
	for _, s := range steps {
		l.file(s)
	}
	return l.found, nil
}

type linter struct {
	tenants map[string]bool // tables with a workspace_id, of all files so far
	fresh   map[string]bool // tables made by the current file
	step    step
	found   []Finding
}

func (l *linter) file(s step) {
	l.step, l.fresh = s, map[string]bool{}
	list := split(s.sql)
	for i, st := range list {
		if m := createTable.FindStringSubmatch(st.masked); m != nil {
			l.table(st, m[1], list[i+1:])
		}
		l.statement(st)
		l.online(st)
	}
}

var (
	createTable = regexp.MustCompile(`^create table\s+(?:if not exists\s+)?([\w.]+)\s*\(`)
	workspaceID = regexp.MustCompile(`[(,]\s*workspace_id\s+\w+`)
	tenantCall  = regexp.MustCompile(`(?i)^select\s+(?:public\.)?rapport_tenant\(\s*'([\w.]+)'`)
	badType     = regexp.MustCompile(`[(,]\s*(?:add column\s+(?:if not exists\s+)?)?\w+\s+(numeric|decimal|money|citext)\b|\badd (?:column\s+(?:if not exists\s+)?)?\w+\s+(numeric|decimal|money|citext)\b`)
	createEnum  = regexp.MustCompile(`^create type\s.*\sas enum`)
	foreignKey  = regexp.MustCompile(`(?:foreign key\s*\(([^)]*)\)\s*)?\breferences\s+([\w.]+)`)
	setNull     = regexp.MustCompile(`on delete set null\s*(\()?`)
	definer     = regexp.MustCompile(`\bsecurity definer\b`)
	fixedPath   = regexp.MustCompile(`\bset search_path\b`)
	createIndex = regexp.MustCompile(`^create\s+(?:unique\s+)?index\s+(concurrently\s+)?.*?\bon\s+(?:only\s+)?([\w.]+)`)
	breaking    = regexp.MustCompile(`^drop\s+(table|view|function|type|schema)\b|^alter table\b.*\b(drop column|rename|alter\s+(?:column\s+)?\w+\s+(?:set data\s+)?type|set not null)\b`)
	alterTable  = regexp.MustCompile(`^alter table\s+(?:if exists\s+)?(?:only\s+)?([\w.]+)`)
)

// table looks at a new table and at what the rest of the file does with it.
func (l *linter) table(st statement, name string, rest []statement) {
	name = bare(name)
	l.fresh[name] = true
	if !workspaceID.MatchString(st.masked) {
		return
	}
	l.tenants[name] = true
	if strings.Contains(name, ".") {
		return // a schema of its own, which only functions reach; the catalogue test looks at its grants
	}
	called := slices.ContainsFunc(rest, func(s statement) bool {
		m := tenantCall.FindStringSubmatch(s.text)
		return m != nil && bare(strings.ToLower(m[1])) == name
	})
	if !called {
		l.report(st, 0, "table %s has a workspace_id: add select rapport_tenant('%s') below", name, name)
	}
}

// statement checks types, keys and functions.
func (l *linter) statement(st statement) {
	if at := badType.FindStringIndex(st.masked); at != nil && changesTable(st) {
		l.report(st, at[1]-1, "numeric, money and citext have operators that are not leakproof: "+
			"use bigint, double precision or a normalised text column")
	}
	if createEnum.MatchString(st.masked) {
		l.report(st, 0, "an enum's operators are not leakproof: use text with CHECK")
	}
	if definer.MatchString(st.masked) && !fixedPath.MatchString(st.masked) {
		l.report(st, 0, "a SECURITY DEFINER function needs a fixed search_path")
	}
	if !changesTable(st) {
		return
	}
	for _, m := range foreignKey.FindAllStringSubmatchIndex(st.masked, -1) {
		target, columns := bare(st.masked[m[4]:m[5]]), ""
		if m[2] >= 0 {
			columns = st.masked[m[2]:m[3]]
		}
		if l.tenants[target] && !strings.Contains(columns, "workspace_id") {
			l.report(st, m[0], "a key to %s must be (workspace_id, …), or it can cross tenants", target)
		}
	}
	for _, m := range setNull.FindAllStringSubmatchIndex(st.masked, -1) {
		if m[2] < 0 && strings.Contains(st.masked, "workspace_id") {
			l.report(st, m[0], "ON DELETE SET NULL would null workspace_id too: name the column")
		}
	}
}

// online checks that a step does not stop a release that is running.
func (l *linter) online(st statement) {
	if m := createIndex.FindStringSubmatch(st.masked); m != nil && m[1] == "" && !l.fresh[bare(m[2])] {
		l.report(st, 0, "an index on the existing table %s blocks its writers: CREATE INDEX CONCURRENTLY in a no-transaction file", bare(m[2]))
	}
	if l.step.phase == contractPhase || !breaking.MatchString(st.masked) {
		return
	}
	if m := alterTable.FindStringSubmatch(st.masked); m != nil && l.fresh[bare(m[1])] {
		return
	}
	l.report(st, 0, "a running release may need what this takes away: say -- rapport: contract")
}

func (l *linter) report(st statement, offset int, format string, args ...any) {
	line := st.line + strings.Count(st.masked[:offset], "\n")
	l.found = append(l.found, Finding{File: l.step.name, Line: line, Message: fmt.Sprintf(format, args...)})
}

func changesTable(st statement) bool {
	return strings.HasPrefix(st.masked, "create table") || strings.HasPrefix(st.masked, "alter table")
}

func bare(name string) string { return strings.TrimPrefix(name, "public.") }

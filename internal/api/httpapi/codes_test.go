package httpapi_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rapport/internal/api/httpapi"
)

var update = flag.Bool("update", false, "rewrite docs/API_ERRORS.md")

// use is a problem as the source makes it.
type use struct {
	code, detail string
	status       int
}

// The document of errors is made of the problems in the source and of their
// explanations; both are complete.
func TestTheDocumentOfErrorsIsThatOfTheSource(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/API_ERRORS.md"
	found, text := problems(t)
	explained := httpapi.Explanations()
	byCode := map[string][]use{}
	for _, u := range found {
		if explained[u.code] == "" {
			t.Errorf("the code %s has no explanation in explain.go", u.code)
		}
		if !slices.ContainsFunc(byCode[u.code], func(o use) bool { return o.status == u.status }) {
			byCode[u.code] = append(byCode[u.code], u)
		}
	}
	for code := range explained {
		if !strings.Contains(text, strconv.Quote(code)) && !strings.Contains(text, "/problems/"+code) {
			t.Errorf("the code %s is explained and never used", code)
		}
	}
	got := describe(byCode, explained)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/API_ERRORS.md is not what the source says: run go test ./internal/api/httpapi -update and review the difference")
	}
}

const preface = `# Errors of the API

Made from the source by ` + "`go test ./internal/api/httpapi -update`" + `; do not edit.

Every answer that is not a success is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) of the type ` + "`application/problem+json`" + `, whatever the cause: a wrong value, a missing right, a limit, an address that does not exist, a fault of the server.

| member | meaning |
|---|---|
| ` + "`type`" + ` | the address of a page on the server that explains the code: ` + "`/problems/<code>`" + ` |
| ` + "`title`, `status`" + ` | of HTTP |
| ` + "`code`" + ` | what happened, stable, for programs. New codes come; a known one keeps its meaning |
| ` + "`detail`" + ` | what happened, for people. Its words may change |
| ` + "`errors`" + ` | what is wrong with the input, each with a ` + "`pointer`" + ` (a JSON pointer into the body, or the name of a parameter), a ` + "`code`" + `, a ` + "`message`" + ` and, where they are known, the values ` + "`allowed`" + ` |
| ` + "`request_id`, `trace_id`" + ` | to quote when you ask for help; they lead the people who run the server to its log, its traces and its errors |

Codes of ` + "`errors`" + `: ` + "`required`, `unknown_field`, `not_allowed`, `type`, `length`, `range`, `format`, `invalid`" + `, and those that a field's own rules have.

With 429 and most of 503, ` + "`Retry-After`" + ` says in how many seconds to come again. A write that was answered with 5xx, or not at all, is repeated with the same ` + "`Idempotency-Key`" + `: it is done once. What is answered with another 4xx fails in the same way when it is repeated unchanged.

Not problems: 304 (nothing has changed since the ETag), and what is said below HTTP by the server's library: 400 for what is no HTTP, 431 for headers beyond 64 KiB.
`

func describe(byCode map[string][]use, explained map[string]string) []byte {
	byStatus := map[int][]use{}
	for code, all := range byCode {
		for _, u := range all {
			u.code = code
			byStatus[u.status] = append(byStatus[u.status], u)
		}
	}
	var b bytes.Buffer
	b.WriteString(preface)
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		fmt.Fprintf(&b, "\n## %d %s\n| code | when | what it means, and what to do |\n|---|---|---|\n", status, http.StatusText(status))
		slices.SortFunc(byStatus[status], func(a, b use) int { return cmp.Compare(a.code, b.code) })
		for _, u := range byStatus[status] {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", u.code, cell(u.detail), cell(explained[u.code]))
		}
	}
	return b.Bytes()
}

var values = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

func cell(s string) string {
	if s == "" {
		s = "(varies)"
	}
	return strings.ReplaceAll(values.ReplaceAllString(s, "…"), "|", "\\|")
}

// problems are all problems in the source, in the order of files, and the text
// of all of it but explain.go.
func problems(t *testing.T) (out []use, text string) {
	t.Helper()
	kinds, all := map[string]int{}, strings.Builder{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "explain.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		all.Write(source)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		if file.Name.Name == "problem" {
			kindsOf(file, kinds)
		}
		out = append(out, usesOf(file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range out {
		out[i].status = kinds[u.detail[:strings.IndexByte(u.detail, '\n')]]
		out[i].detail = u.detail[strings.IndexByte(u.detail, '\n')+1:]
		if out[i].status == 0 {
			t.Errorf("the code %s is of a kind that is unknown", u.code)
		}
	}
	return out, all.String()
}

// kindsOf reads the statuses of kinds.
func kindsOf(file *ast.File, kinds map[string]int) {
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.INT {
			kinds[v.Names[0].Name], _ = strconv.Atoi(lit.Value)
		}
		return true
	})
}

// usesOf are the problems that a file makes; the detail begins with the kind, on
// a line of its own.
func usesOf(file *ast.File) (out []use) {
	names := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			names[v.Names[0].Name] = textOf(v.Values[0], nil)
		}
		return true
	})
	add := func(kind ast.Expr, code, detail string) {
		if k := kindName(kind); k != "" && code != "" {
			out = append(out, use{code: code, detail: k + "\n" + detail})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := x.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if (name == "New" || name == "Newf") && len(x.Args) >= 3 {
				add(x.Args[0], textOf(x.Args[1], names), textOf(x.Args[2], names))
			}
		case *ast.CompositeLit:
			fields := map[string]ast.Expr{}
			for _, e := range x.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok {
						fields[key.Name] = kv.Value
					}
				}
			}
			if fields["Kind"] != nil && fields["Code"] != nil {
				add(fields["Kind"], textOf(fields["Code"], names), textOf(fields["Detail"], names))
			}
		}
		return true
	})
	return out
}

func kindName(e ast.Expr) string {
	switch k := e.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := k.X.(*ast.Ident); ok && pkg.Name == "problem" {
			return k.Sel.Name
		}
	case *ast.Ident: // within the package itself
		if k.Name == "Invalid" || k.Name == "NotFound" {
			return k.Name
		}
	}
	return ""
}

// textOf is the text of a literal, of literals that are joined, or of a name in
// the same file; "" for what is only known at run time.
func textOf(e ast.Expr, names map[string]string) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(x.Value)
		return s
	case *ast.BinaryExpr:
		return textOf(x.X, names) + textOf(x.Y, names)
	case *ast.Ident:
		return names[x.Name]
	}
	return ""
}

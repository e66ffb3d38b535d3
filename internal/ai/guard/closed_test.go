package guard

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"
)

// house type-checks snippets of other packages against this one. What this
// package imports itself does not matter for that, and is not read.
type house struct {
	set   *token.FileSet
	guard *types.Package
}

func (h house) Import(path string) (*types.Package, error) {
	if path == "rapport/internal/ai/guard" && h.guard != nil {
		return h.guard, nil
	}
	if path == "os" || path == "fmt" {
		return importer.Default().Import(path)
	}
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

func build(t *testing.T) house {
	t.Helper()
	h := house{set: token.NewFileSet()}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			f, err := parser.ParseFile(h.set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	c := types.Config{Importer: h, IgnoreFuncBodies: true, Error: func(error) {}}
	h.guard, _ = c.Check("rapport/internal/ai/guard", h.set, files, nil) // its imports are empty
	if h.guard == nil || h.guard.Scope().Lookup("Prompt") == nil {
		t.Fatal("the package cannot be read")
	}
	return h
}

// compiles reports why a statement of another package does not compile.
func (h house) compiles(t *testing.T, statement string) error {
	t.Helper()
	text := "package other\nimport \"rapport/internal/ai/guard\"\nvar foreign string\nconst own = \"own\"\nconst typed string = \"typed\"\nvar p guard.Prompt\nfunc try() {\n" + statement + "\n}"
	f, err := parser.ParseFile(h.set, "", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&types.Config{Importer: h}).Check("other", h.set, []*ast.File{f}, nil)
	return err
}

func TestForeignTextCompilesOnlyAsAQuoteOrAQuestion(t *testing.T) {
	t.Parallel()
	h := build(t)
	for _, statement := range []string{
		`p = guard.New("a", "1", "You sort mail.")`, `p = guard.New(foreign, foreign, own)`, `p = p.Say(own + " and " + "more")`,
		`p = p.Quote("text", foreign)`, `p = p.QuoteMail(own, foreign, 100)`, `p = p.Ask(foreign)`, `p = p.Value("n", foreign)`, `p = p.Allow(foreign)`,
	} {
		if err := h.compiles(t, statement); err != nil {
			t.Errorf("%s: %v; want it to compile", statement, err)
		}
	}
	for _, statement := range []string{
		`p = guard.New("a", "1", foreign)`, `p = p.Say(foreign)`, `p = p.Say(own + foreign)`, `p = p.Say(typed)`, `p = p.Say(string(own))`,
		`p = p.Quote(foreign, "")`, `p = p.QuoteMail(foreign, "", 1)`, `p = p.Value(foreign, 1)`,
		`p = p.Say(guard.constant(foreign))`, `var c guard.constant = foreign; p = p.Say(c)`,
		`p = guard.Prompt{system: foreign}`, `p.system = foreign`, `p = p.with(guard.part{text: foreign})`, `type mine string; p = p.Say(mine(foreign))`,
		`f := func(s string) { p = p.Say(s) }; f(foreign)`, `for _, s := range []string{own} { p = p.Say(s) }`,
	} {
		if err := h.compiles(t, statement); err == nil {
			t.Errorf("%s compiles; want it refused", statement)
		}
	}
}

// The language has one way around: a function that is generic in the type of
// a method's parameter can convert to it. internal/arch_test.go sees to it that
// nobody takes these functions as values, which is what that needs.
func TestTheOneWayAroundIsTheOneThatIsWatched(t *testing.T) {
	t.Parallel()
	h := build(t)
	const around = `p = launder(p.Say, foreign) }
func launder[T ~string](say func(T) guard.Prompt, s string) guard.Prompt { return say(T(s))`
	if err := h.compiles(t, around); err != nil {
		t.Errorf("the way around is gone (%v); so may be the rule in internal/arch_test.go", err)
	}
}

package failure_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rapport/internal/platform/failure"
)

var update = flag.Bool("update", false, "rewrite words.txt")

// foreign are words of the runtime, the network, PostgreSQL and the vendors'
// libraries.
const foreign = `a abandoned abort aborted accept acquire active address again aggregate all allocate allocation already an and annotation any api application are argument
array as assertion at attempt attribute authentication auth away back bad bind block body boolean boot both bound bounds broken buffer busy by byte bytes call called cancel canceled
canceling canceled cannot cap capacity case cast certificate chan channel character check checksum class clause cleanup client close closed closing cluster code column columns command
commands commit committed concurrent condition conflict conflicting conn connect connected connecting connection connections constraint consumed context conversion convert copy
corrupt could count crash create cursor cycle data database date deadline deadlock dead deallocate decode decoding defined delete denied dependent dereference descriptor deserialize detail
detected device dial did different dimension directory disabled disk div divide division dns do does domain down driver drop due duplicate duration during early either element elements
empty enabled encode encoding encryption end ended enough eof entry enum error errors exceed exceeded exceeds exclusive exec execute executed executing exhausted exist exists exit
expected expired explicit expression extended extra fail failed failure fatal fd feature fetch field fields file files find first flag float flush for forbidden foreign format found fragment from full
function functions gateway get given goroutine got grant group growing handle handler handshake has hash have header host i id identifier if illegal implement implemented implicit
in index infinite infinity inf initialize inline input insert insufficient int integer interface internal interrupt interrupted into invalid invalidated io ip is isolation it item join json keepalive
key killed kind label large last leader leak len length level limit line link list listen listener literal local lock locked long lookup loop lost main malformed many map marshal mask match max maximum
memory message method min minimum missing mismatch mode module more multiple must name named nan network never new next nil no node non none nonexistent not notify null nul number object of off offset oid ok old on only
open operation operator option or order ordinal other out outside over overflow own owner packet page panic parameter parameters parent parse parser parsing part partition password path peer pending permission
permitted pid pipe plan point pointer policy pool port position precision prepare prepared previous primary primitive privilege process prohibited protocol proxy put query queue quota quoted range
rate raw reach reached read reading reason receive received recursion recursive redirect ref refused register reference relation release remaining remote rename replica replication request requested required
reserved reset resolve resource response restart result retry return returned returns revoked role roles rollback root route row rows runtime savepoint scan schema scheme search security
segment select semaphore send sent sequence serialization serialize server serve service session set severity shared shut shutdown shutting signal size slice slot small snapshot socket soft
space specified stack start started state statement statements status still stop stopped storage store stream string struct successful such suffix suspended swap switch syntax system table tables target tcp temporary terminate terminated terminating termination
text than that the their there this thread time timed timeout timeouts timestamp tls to token too transaction transport trailing transient trigger truncated try tuple type types udp unable unavailable unauthorized unexpected
unhandled uninitialized unique unix unknown unlock unmarshal unreachable unrecognized unsupported until up update upgrade url use used user utf uuid valid value values variable verify version view violates violation violated visible wait waiting was
was width while with within without worker write writer writing wrong xid you zero zone`

// schema are the names of tables and constraints.
var schema = regexp.MustCompile(`(?m)^(?:CREATE TABLE \w+\.|CREATE (?:UNIQUE )?INDEX |\s+ADD CONSTRAINT |\s+CONSTRAINT )(\w+)`)

var word = regexp.MustCompile(`[A-Za-z]+`)

// The vocabulary is made of the messages in the source, so that a message of
// the program is readable in a group, and nothing else is.
func TestTheProgramsOwnMessagesStayReadable(t *testing.T) {
	t.Parallel()
	messages := ownMessages(t)
	if *update {
		all := map[string]bool{}
		for _, text := range append(messages, foreign) {
			for _, w := range word.FindAllString(text, -1) {
				all[strings.ToLower(w)] = true
			}
		}
		dump, err := os.ReadFile("../../../migrations/schema.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range schema.FindAllStringSubmatch(string(dump), -1) {
			all[m[1]] = true
		}
		list := strings.Join(slices.Sorted(maps.Keys(all)), "\n") + "\n"
		if err := os.WriteFile("words.txt", []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("words.txt is written; it counts from the next run on")
	}
	unreadable := 0
	for _, m := range messages {
		if strings.Contains(failure.Ours(m), "…") {
			unreadable++
		}
	}
	if most := len(messages) / 5; unreadable > most {
		t.Errorf("of %d messages in the source %d hold words that are not known, more than %d: run go test ./internal/platform/failure -update", len(messages), unreadable, most)
	}
}

// verbs are what fmt puts values for.
var verbs = regexp.MustCompile(`"?%[-+# 0-9.]*[a-zA-Z]"?`)

// ownMessages are the texts of errors and of the log in the source.
func ownMessages(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, dir := range []string{"../..", "../../../cmd"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && speaks(call) {
					out = append(out, spoken(call)...)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// speaks reports whether a call makes an error or writes to the log.
func speaks(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains([]string{"Errorf", "New", "Newf", "ErrorContext", "WarnContext", "Error"}, f.Sel.Name)
}

func spoken(call *ast.CallExpr) (out []string) {
	for _, a := range call.Args {
		lit, ok := a.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			continue
		}
		if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, " ") {
			out = append(out, verbs.ReplaceAllString(s, ""))
		}
	}
	return out
}

// Package internal_test keeps the rules of the house: who may import whom, who
// writes which table, how large things may grow.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// order lists all packages bottom to top, ring after ring: a package imports only
// what stands before it. The list is reviewed like an interface.
var order = []string{
	"platform/problem", "platform/id", "platform/actor", "platform/run", "platform/secret", "platform/trace", "platform/trace/otlp", "platform/trace/otlp/otlptest", "platform/telemetry", "platform/failure", "platform/embedded",
	"platform/metric", "platform/oauth", "platform/migrate", "platform/redis", "platform/redis/redistest", "platform/limit", "platform/proxy", "platform/pg/pooler", "platform/pg", "platform/cache", "platform/list", "platform/series", "platform/queue", "platform/pg/pgtest", "platform/oauth/oauthtest",
	"platform/mail/charset", "platform/mail/header", "platform/mail/transfer", "platform/mail/stream", "platform/mail/segment",
	"platform/mail/clean", "platform/markdown", "platform/mail", "platform/mail/mailbox", "platform/blob", "platform/imap", "platform/imap/dovecot",
	"platform/smtp", "platform/smtp/smtptest", "platform/admit", "platform/gate", "platform/alert", "platform/alert/incident", "platform/alert/channel",
	"api/op", "api/httpapi",
	"ai/text", "ai/text/entity", "ai/text/when", "ai/guard", "ai/cite", "ai", "ai/provider/rules", "ai/catalog", "ai/policy", "ai/shape", "ai/fault", "ai/wire",
	"ai/provider/pieces", "ai/provider/anthropic", "ai/provider/gemini", "ai/provider/openrouter", "ai/signal", "ai/attempt", "ai/traffic/samples", "ai/traffic", "ai/router",
	"ai/sim/content", "ai/sim/schedule", "ai/sim/meter", "ai/sim/ask", "ai/sim/reply", "ai/sim/play", "ai/sim", "ai/provider/providertest", "ai/arena", "ai/budget", "ai/ledger",
	"crm/event", "ai/console/keys", "ai/console/policies", "ai/console/answers", "ai/console", "ai/check",
	"crm/search/query", "crm/search", "crm/letter", "crm/identity", "crm/notification", "crm/account", "crm/invitation",
	"crm/quota", "crm/idempotent", "crm/field", "crm/tag", "crm/bulk", "crm/company", "crm/contact", "crm/lead",
	"crm/grant", "crm/message", "crm/mailbox", "crm/mailbox/reading", "crm/mailbox/sync", "crm/thread",
	"crm/sender", "crm/draft", "crm/outbox", "crm/inbox", "crm/importer", "crm/about",
	"crm/note", "crm/task", "crm/activity", "crm/content/kind", "crm/content/claim", "crm/content", "crm/live", "crm/timeline", "crm/today",
	"crm/view", "crm/change",
	"agents", "agents/memory/note", "agents/memory", "agents/policy", "agents/approval/policies", "agents/approval/subject", "agents/approval", "agents/approval/lesson", "agents/approval/preview",
	"agents/lane", "agents/flow", "agents/control", "agents/schedule", "agents/orchestrator/plan", "agents/orchestrator/weekly", "agents/orchestrator/goal",
	"agents/orchestrator", "agents/contact", "agents/contact/prompt", "agents/contact/assessment", "agents/contact/standing", "agents/email/wording",
	"agents/email", "agents/email/meeting", "agents/email/prompt", "agents/email/understanding", "agents/email/reply", "agents/email/answering",
	"agents/content/brief", "agents/content/stencil", "agents/content/prompt", "agents/content", "agents/eval",
	"ops/vault", "ops/limits", "ops/overload", "ops/caches", "ops/series", "ops/board", "ops/alerts", "ops/traces", "ops/failures", "ops/profiles", "ops/statements",
	"app/demo", "app/engines", "app/meters", "app/duty", "app/pages", "app/config", "app",
}

// owners are the packages that write each table, with those inside of them;
// others read it.
var owners = map[string]string{
	"events": "crm/event", "feed": "crm/event", "idempotency_keys": "crm/idempotent",
	"notifications": "crm/notification", "notification_preferences": "crm/notification", "notification_digests": "crm/notification",
	"companies": "crm/company", "contacts": "crm/contact", "contact_emails": "crm/contact", "lead_scores": "crm/lead",
	"tags": "crm/tag", "taggings": "crm/tag", "custom_field_definitions": "crm/field", "field_values": "crm/field",
	"blobs": "crm/message", "threads": "crm/message", "messages": "crm/message", "thread_refs": "crm/message",
	"message_addresses": "crm/message", "attachments": "crm/message", "imports": "crm/importer", "import_items": "crm/importer",
	"senders": "crm/sender", "uploads": "crm/draft", "drafts": "crm/draft", "outgoing": "crm/outbox", "outgoing_attachments": "crm/outbox",
	"notes": "crm/note", "tasks": "crm/task", "activities": "crm/activity", "activity_contacts": "crm/activity",
	"content_drafts": "crm/content", "content_versions": "crm/content", "brand_voices": "crm/content",
	"mailboxes": "crm/mailbox", "mailbox_folders": "crm/mailbox", "mailbox_leases": "crm/mailbox",
	"mailbox_progress": "crm/mailbox/reading", "mailbox_messages": "crm/mailbox/reading", "mailbox_health": "crm/mailbox/sync",
	"oauth_grants": "crm/grant", "oauth_states": "crm/grant",
	"telemetry.series": "platform/series", "telemetry.series_lines": "platform/series",
	"bulk_runs": "crm/bulk", "search_rebuilds": "crm/search", "limits.workspace_limits": "crm/quota", "failures.groups": "ops/failures", "views": "crm/view", "list_columns": "crm/view",
	"ai_calls": "ai/ledger", "ai_usage": "ai/ledger", "ai_limits": "ai/console", "ai_policies": "ai/console/policies", "ai_keys": "ai/console/keys", "ai_answers": "ai/console/answers", "ai.closures": "ai/console/answers",
	"agent_runs": "agents", "agent_steps": "agents", "approvals": "agents/approval", "agent_policies": "agents/approval/policies", "agent_days": "agents/approval", "agent_memories": "agents/memory", "agent_schedules": "agents/schedule", "agent_waits": "agents", "agent_lanes": "agents/lane", "email_drains": "agents/email/understanding",
	"alerts.board": "platform/alert/incident", "alerts.incidents": "platform/alert/incident", "alerts.notices": "platform/alert/incident",
	"alerts.silences": "platform/alert/incident", "alerts.uptime": "platform/alert/incident",
	"email_triage": "agents/email/understanding", "email_intelligence": "agents/email/understanding", "intelligence_items": "agents/email/understanding",
}

// vendors stay behind the packages that are there for them.
var vendors = map[string][]string{
	"github.com/danielgtaylor/huma/v2": {"api/op", "api/httpapi"},
	"github.com/jackc/pgx/v5/pgxpool":  {"platform/pg", "platform/queue", "platform/pg/pgtest"},
	"github.com/riverqueue/river":      {"platform/queue"},
	"github.com/prometheus":            {"platform/metric"},
	"net/http": {"platform/gate", "platform/trace/otlp/otlptest", "platform/metric", "platform/alert/channel", "api/op", "api/httpapi", "app", "app/engines", "app/demo", "app/duty", "app/pages", "crm/identity", "platform/oauth", "platform/oauth/oauthtest", // identity sets cookies, the demo calls the API
		"ai/fault", "ai/wire", "ai/provider/anthropic", "ai/provider/gemini", "ai/provider/openrouter", "ai/provider/providertest",
		"ai/sim", "ai/sim/ask", "ai/sim/reply", "ai/sim/play"},
	"github.com/anthropics/anthropic-sdk-go": {"ai/provider/anthropic"},
	"github.com/openai/openai-go/v3":         {}, // tests of the simulator alone
	"google.golang.org/genai":                {},
	"go.opentelemetry.io/otel":               {"ai/signal", "ai/router", "platform/telemetry", "platform/trace/otlp", "platform/trace/otlp/otlptest"},
	"go.opentelemetry.io/proto/otlp":         {"platform/trace/otlp", "platform/trace/otlp/otlptest"},
	"github.com/emersion/go-smtp":            {"platform/smtp/smtptest"},
	"github.com/wneessen/go-mail":            {"platform/smtp"},
	"github.com/emersion/go-imap/v2":         {"platform/imap"},
	"golang.org/x/oauth2":                    {"platform/oauth"},
	"github.com/redis/rueidis":               {"platform/redis", "platform/redis/redistest", "platform/limit", "platform/limit", "platform/cache"},
	"github.com/yuin/goldmark":               {"platform/markdown"},
	"database/sql":                           {},
	"text/template":                          {}, // they call methods by name: with one of them the linker keeps every method of every type
	"html/template":                          {},
}

// words are packages so small that everybody speaks them; they do not count as
// dependencies.
var words = []string{"platform/problem", "platform/id", "platform/actor"}

const (
	maxFunction   = 60
	maxFile       = 400
	maxPackage    = 1500
	maxParameters = 5
	maxMethods    = 5
	maxImports    = 10
)

type source struct {
	path, pkg string // relative to internal
	lines     int
	file      *ast.File
	text      string
	set       *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{path: path, pkg: filepath.ToSlash(filepath.Dir(path)), lines: strings.Count(string(text), "\n"), file: file, text: string(text), set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s source) imports() []string {
	var out []string
	for _, i := range s.file.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	edges := map[string][]string{}
	for _, s := range sources(t) {
		if !slices.Contains(order, s.pkg) {
			t.Errorf("%s is not in the order of packages: say where it stands", s.pkg)
			continue
		}
		for _, path := range s.imports() {
			to, ours := strings.CutPrefix(path, "rapport/internal/")
			if !ours {
				continue
			}
			if slices.Index(order, to) >= slices.Index(order, s.pkg) {
				t.Errorf("%s imports %s, which stands above it", s.path, to)
			}
			if strings.HasPrefix(to, "api/httpapi") && s.pkg != "app" {
				t.Errorf("%s imports %s, which is for app alone", s.path, to)
			}
			if !slices.Contains(words, to) && !slices.Contains(edges[s.pkg], to) {
				edges[s.pkg] = append(edges[s.pkg], to)
			}
		}
	}
	for pkg, to := range edges {
		if len(to) > maxImports && pkg != "app" && pkg != "app/engines" && pkg != "app/config" {
			t.Errorf("%s imports %d of our packages; at most %d: %v", pkg, len(to), maxImports, to)
		}
	}
}

func TestVendorsStayBehindTheirPackages(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, path := range s.imports() {
			for vendor, allowed := range vendors {
				if (path == vendor || strings.HasPrefix(path, vendor+"/") && vendor != "net/http") && !slices.Contains(allowed, s.pkg) {
					t.Errorf("%s imports %s, which is for %v", s.path, path, allowed)
				}
			}
		}
	}
}

var writes = regexp.MustCompile(`(?i)\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE)\s+(?:ONLY\s+)?([a-z_][a-z_.]*)`)

func TestTablesAreWrittenByTheirOwners(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			for _, m := range writes.FindAllStringSubmatch(lit.Value, -1) {
				if owner, known := owners[m[1]]; known && owner != s.pkg && !strings.HasPrefix(s.pkg, owner+"/") {
					t.Errorf("%s writes %s, which is %s's", s.set.Position(lit.Pos()), m[1], owner)
				}
			}
			return true
		})
	}
}

func TestNothingGrowsTooLarge(t *testing.T) {
	t.Parallel()
	size := map[string]int{}
	for _, s := range sources(t) {
		size[s.pkg] += s.lines
		if s.lines > maxFile {
			t.Errorf("%s has %d lines; a file has at most %d", s.path, s.lines, maxFile)
		}
		for _, d := range s.file.Decls {
			s.declaration(t, d)
		}
	}
	for pkg, lines := range size {
		if lines > maxPackage {
			t.Errorf("%s has %d lines; a package has at most %d: are there two?", pkg, lines, maxPackage)
		}
	}
}

func (s source) declaration(t *testing.T, d ast.Decl) {
	t.Helper()
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return
	}
	at := s.set.Position(f.Pos())
	if n := s.set.Position(f.End()).Line - at.Line + 1; n > maxFunction {
		t.Errorf("%s: %s has %d lines; a function has at most %d", at, f.Name.Name, n, maxFunction)
	}
	if n := f.Type.Params.NumFields(); n > maxParameters {
		t.Errorf("%s: %s takes %d parameters; at most %d", at, f.Name.Name, n, maxParameters)
	}
	if f.Name.Name == "init" && f.Recv == nil {
		t.Errorf("%s: no init", at)
	}
}

func TestInterfacesStaySmall(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxMethods {
				t.Errorf("%s: an interface of %d methods; at most %d", s.set.Position(i.Pos()), i.Methods.NumFields(), maxMethods)
			}
			return true
		})
	}
}

var bannedNames = []string{"util", "utils", "common", "helpers", "models", "types", "base", "manager"}

// calls that would lead around the house.
var bannedCalls = map[string]*regexp.Regexp{
	"the environment is read by cmd and config only": regexp.MustCompile(`\bos\.(Getenv|LookupEnv)\(`),
	"nothing sleeps; wait for what is awaited":       regexp.MustCompile(`\btime\.Sleep\(`),
	"log through slog":                               regexp.MustCompile(`\bfmt\.Print(f|ln)?\(|\blog\.(Print|Fatal)`),
}

func TestWaysAroundAreClosed(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if slices.Contains(bannedNames, filepath.Base(s.pkg)) {
			t.Errorf("%s: name a package after what it keeps or does", s.pkg)
		}
		for why, pattern := range bannedCalls {
			if m := pattern.FindString(s.text); m != "" && s.pkg != "platform/pg/pgtest" {
				t.Errorf("%s: %s: %s", s.path, m, why)
			}
		}
	}
}

// sayers are the functions of ai/guard that take constants of the program.
var sayers = []string{"New", "Say", "Value", "Quote", "QuoteMail"}

// That only constants instruct a model is the compiler's to see, but for
// functions that are generic in the type of the constant, which need the
// sayers as values; and reflection.
func TestPromptsAreMadeByCallsThatCanBeRead(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.pkg == "ai/guard" || !slices.Contains(s.imports(), "rapport/internal/ai/guard") {
			continue
		}
		for _, path := range s.imports() {
			if path == "reflect" || path == "unsafe" {
				t.Errorf("%s imports %s beside ai/guard: no prompt is made that way", s.path, path)
			}
		}
		called := map[ast.Expr]bool{}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.ImportSpec:
				if x.Path.Value == `"rapport/internal/ai/guard"` && x.Name != nil {
					t.Errorf("%s: ai/guard has no other name", s.set.Position(x.Pos()))
				}
			case *ast.CallExpr:
				called[x.Fun] = true
			case *ast.SelectorExpr:
				if !called[x] && slices.Contains(sayers, x.Sel.Name) {
					t.Errorf("%s: %s is called, never passed on: see ai/guard", s.set.Position(x.Pos()), x.Sel.Name)
				}
			}
			return true
		})
	}
}

// The layers of declaring and offering operations must not become a framework.
func TestOperationsStaySmall(t *testing.T) {
	t.Parallel()
	lines := 0
	for _, s := range sources(t) {
		if strings.HasPrefix(s.pkg, "api/") && !strings.HasSuffix(s.path, "explain.go") { // which is prose
			lines += s.lines
		}
	}
	if most := 2700; lines > most {
		t.Errorf("internal/api has %d lines; at most %d", lines, most)
	}
}

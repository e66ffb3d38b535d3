package app_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/op"
	"rapport/internal/app"
	"rapport/internal/platform/id"
	"rapport/internal/platform/secret"
)

// Whatever Rapport can do passes the same door. An operation is covered from
// the moment that it is listed: one without an example or a fixture fails.
func TestNoOperationCanBeReachedAround(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ben := w.newTenant(t, "ann"), w.newTenant(t, "ben")
	ann.populate(t)
	ben.populate(t)
	for _, o := range w.app.Ops() {
		t.Run(o.Name, func(t *testing.T) {
			if o.Scope == op.Public {
				return
			}
			own, foreign := ann.example(t, o, ann), ann.example(t, o, ben)
			if res := w.do(t, own.without("Cookie")); res.status != 401 {
				t.Errorf("without a credential: %d %s, want 401", res.status, res.body)
			}
			if res := w.do(t, own.with("Cookie", "rapport_session=rs_wrong")); res.status != 401 {
				t.Errorf("with a wrong credential: %d %s, want 401", res.status, res.body)
			}
			if o.Effect != op.Read {
				if res := w.do(t, own.without("X-CSRF-Token")); res.status != 403 || res.code() != "csrf" {
					t.Errorf("without the CSRF token: %d %s, want 403 csrf", res.status, res.body)
				}
			}
			if strings.Contains(o.Scope, ":") {
				bare := ann.ids["bare_key"]
				if o.Scope == "tag:read" {
					bare = ann.ids["barer_key"]
				}
				if res := w.do(t, own.bearer(bare)); res.status != 403 || res.code() != "insufficient_scope" {
					t.Errorf("without the scope %s: %d %s, want 403 insufficient_scope", o.Scope, res.status, res.body)
				}
				if res := w.do(t, own.in(ben)); res.status != 404 {
					t.Errorf("in another tenant's place: %d %s, want 404", res.status, res.body)
				}
			}
			if own.path != foreign.path {
				if res := w.do(t, foreign); res.status != 404 {
					t.Errorf("on another tenant's record: %d %s, want 404", res.status, res.body)
				}
			}
		})
	}
}

// Each operation does what its example says, so that the contract is true.
func TestExamplesWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, o := range w.app.Ops() {
		if o.Name == "auth.register" || o.Name == "auth.login" {
			continue // they are how the tenants come in
		}
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			if o.Scope == op.Operator {
				return // for the machine's own key, which the command line's tests use
			}
			if o.Name == "import.cancel" {
				return // the fixture's import has ended; the importer's tests cancel one that runs
			}
			if o.Name == "goal.confirm" {
				return // for an approval that was given, which the tests of goals give
			}
			if o.Name == "outbox.mark_sent" {
				return // the fixture's mail waits; the outbox's tests settle one that is uncertain
			}
			n := w.newTenant(t, strings.NewReplacer(".", "-", "_", "-").Replace(o.Name))
			n.records(t)
			if concernsMail(o) {
				n.receive(t)
			}
			if strings.HasSuffix(o.Name, ".restore") {
				n.call(t, "DELETE", strings.TrimSuffix(n.example(t, o, n).path, "/restore"), nil).want(t, 204)
			}
			r := n.example(t, o, n)
			if o.Name == "content.approve" || o.Name == "content.reject" || o.Name == "content.send" {
				n.call(t, "POST", "{w}/content/"+n.ids["content"]+"/submit", nil, "If-Match", `"1"`).want(t, 200)
				r = r.with("If-Match", `"2"`)
			}
			if o.Name == "agent_policy.reset" {
				r = r.with("If-Match", n.ids["email_policy"])
			}
			if r.headers["If-Match"] != "" {
				if etag := n.call(t, "GET", r.path, nil).header.Get("ETag"); strings.Contains(etag, ".") { // of one record, with its version
					r = r.with("If-Match", etag)
				}
			}
			if keyed(o) {
				r = r.with("Idempotency-Key", "example")
			}
			read := n.remembered(t, o)
			res := w.do(t, r)
			if res.status != o.Status {
				t.Errorf("%s %s = %d %s, want %d", o.Method, o.Path, res.status, res.body, o.Status)
			}
			n.compare(t, o, read)
			if keyed(o) {
				n.again(t, o, r, res)
			}
		})
	}
}

// remembered reads everything that the cache may keep, which it does then. What
// only reads itself needs no such care.
func (n *tenant) remembered(t *testing.T, o op.Operation) []request {
	t.Helper()
	var read []request
	if o.Effect == op.Read || o.Scope == op.Public {
		return nil
	}
	for _, cached := range n.w.app.Ops() {
		if cached.Cached.On == "" || slices.ContainsFunc(slices.Collect(maps.Values(cached.Entities)), func(e string) bool { return n.ids[e] == "" }) {
			continue
		}
		r := n.example(t, cached, n)
		read = append(read, r)
		if bare, _, query := strings.Cut(r.path, "?"); query {
			r.path = bare
			read = append(read, r)
		}
	}
	read = append(read, n.lists()...)
	for _, r := range read {
		n.w.do(t, r)
	}
	return read
}

// lists are some that sort, search and filter.
func (n *tenant) lists() []request {
	headers := map[string]string{"Cookie": "rapport_session=" + n.session}
	var out []request
	for _, path := range []string{"/contacts?sort=-updated_at&limit=1", "/contacts?q=ana", "/contacts?deleted=true", "/contacts?include=fields&sort=-score&limit=2",
		"/contacts?filter=" + url.QueryEscape(`{"field":"tag","op":"eq","value":"vip"}`), "/contacts?filter=" + url.QueryEscape(`{"field":"status","op":"eq","value":"prospect"}`),
		"/companies?q=fjord", "/companies?sort=-last_interaction_at", "/threads?folder=open", "/threads?q=prices", "/tasks?sort=-priority&limit=1", "/notes?entity_id=" + n.ids["contact"]} {
		out = append(out, request{method: "GET", path: "/v1/workspaces/" + n.slug + path, headers: headers})
	}
	return out
}

// compare reads again what was remembered: it is what the database says. Jobs
// may change it between the two looks, but never for long.
func (n *tenant) compare(t *testing.T, o op.Operation, read []request) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, r := range read {
		var kept, fresh response
		for range 100 {
			kept, fresh = n.w.do(t, r), n.w.do(t, r.with("Cache-Control", "no-store"))
			if kept.same(fresh) {
				break
			}
			<-tick.C
		}
		if !kept.same(fresh) {
			t.Errorf("%s: %s is remembered as %d %s, but is %d %s: the change has no line in the log, or the operation does not name it", o.Name, r.path, kept.status, kept.body, fresh.status, fresh.body)
		}
	}
}

func (r response) same(as response) bool {
	if r.status >= 400 || as.status >= 400 {
		return r.status == as.status && r.code() == as.code()
	}
	return bytes.Equal(computed.ReplaceAll(r.body, nil), computed.ReplaceAll(as.body, nil))
}

// computed is when a score was worked out: one that stayed the same is no news.
var computed = regexp.MustCompile(`"computed_at":"[^"]*"`)

// Whether answers are remembered is decided for each operation that reads.
func TestEveryReadSaysWhetherItIsRemembered(t *testing.T) {
	t.Parallel()
	for _, o := range app.Contract().Ops() {
		decided := (o.Cached.On != "") != (o.Cached.Never != "")
		if o.Method == "GET" && !decided {
			t.Errorf("%s: say what its answer is made of (Cached.On), or why it is never remembered", o.Name)
		}
		if o.Cached.On != "" && (o.Method != "GET" || o.Effect != op.Read || o.Media != "" || o.Secret || !strings.Contains(o.Path, "{workspace}")) {
			t.Errorf("%s cannot be remembered: only what reads a workspace's records can", o.Name)
		}
	}
}

func concernsMail(o op.Operation) bool {
	for _, entity := range o.Entities {
		if slices.Contains([]string{"import", "thread", "message", "attachment", "run", "goal"}, entity) {
			return true
		}
	}
	return false
}

// example is the operation's example, acting as n, on the records of owner.
func (n *tenant) example(t *testing.T, o op.Operation, owner *tenant) request {
	t.Helper()
	path := strings.NewReplacer("{workspace}", n.slug, "{organization}", n.org).Replace(o.Path)
	for name, entity := range o.Entities {
		if name == "organization" || !strings.Contains(path, "{"+name+"}") {
			continue
		}
		record := owner.ids[entity]
		if record == "" {
			t.Fatalf("there is no fixture for the entity %s", entity)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", record)
	}
	for name, v := range o.Example {
		path = strings.ReplaceAll(path, "{"+name+"}", text(v))
	}
	if strings.Contains(path, "{") {
		t.Fatalf("%s: a parameter names no entity", path)
	}
	r := request{method: o.Method, path: path, headers: map[string]string{"Cookie": "rapport_session=" + n.session, "X-CSRF-Token": n.csrf}}
	query := []string{}
	for _, k := range slices.Sorted(maps.Keys(o.Example)) {
		v := o.Example[k]
		switch {
		case strings.Contains(o.Path, "{"+k+"}"):
		case k == "body":
			r.body = n.fill(t, v)
		case k == "If-Match":
			r.headers[k] = text(v)
		default:
			query = append(query, k+"="+text(v))
		}
	}
	if o.Stream {
		r.body = strings.NewReader(oneMail)
	}
	if len(query) > 0 {
		r.path += "?" + strings.Join(query, "&")
	}
	return r
}

// fill puts the tenant's records where an example names them.
func (n *tenant) fill(t *testing.T, v any) any {
	t.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := maps.Clone(m)
	if _, mailbox := out["imap"]; mailbox {
		out["imap"] = atHand(t)
	}
	for k, v := range out {
		switch v := v.(type) {
		case map[string]any:
			out[k] = n.fill(t, v)
		case []map[string]any:
			filled := make([]any, len(v))
			for i := range v {
				filled[i] = n.fill(t, v[i])
			}
			out[k] = filled
		case []string:
			out[k] = slices.Clone(v)
			for i := range v {
				out[k].([]string)[i] = n.name(v[i])
			}
		case string:
			out[k] = n.name(v)
		}
	}
	return out
}

// name is the tenant's record for a name such as {contact}, else the text.
func (n *tenant) name(v string) string {
	if v == "demo" {
		return n.slug
	}
	if entity, ok := strings.CutPrefix(strings.TrimSuffix(v, "}"), "{"); ok && n.ids[entity] != "" {
		return n.ids[entity]
	}
	return v
}

// populate makes a record of each entity that operations name.
func (n *tenant) populate(t *testing.T) {
	t.Helper()
	n.records(t)
	n.receive(t)
}

func (n *tenant) records(t *testing.T) {
	t.Helper()
	n.ids["trace"] = "5ca1ab1e00000000000000000000abcd"
	n.call(t, "GET", "{w}/tags", nil, "Traceparent", "00-"+n.ids["trace"]+"-00000000000000aa-01").want(t, 200)
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana Duarte", "email": "ana.duarte@lumen.example"})
	n.make(t, "company", "/companies", map[string]any{"name": "Fjord", "domain": "fjord.example"})
	n.make(t, "note", "/notes", map[string]any{"entity": "contact", "entity_id": n.ids["contact"], "body": "Prefers **calls**."})
	n.make(t, "task", "/tasks", map[string]any{"title": "Send the offer", "entity": "contact", "entity_id": n.ids["contact"], "assignee_id": n.user})
	n.make(t, "content", "/content", map[string]any{"kind": "followup", "title": "Follow-up – Ana Duarte", "contact_id": n.ids["contact"], "body": map[string]any{"subject_lines": []string{"A short call?", "Your next step", "Where we stopped"}, "tone": "friendly", "cta": "Shall we talk this week?",
		"body": "Hello Ana,\n\nthank you for your time. I would like to hear what matters most to you now.", "key_talking_points": []string{"What matters"}, "social_proof": []any{}}})
	n.call(t, "PUT", "{w}/brand-voice", map[string]any{"tone_words": []string{"calm"}, "dos": []string{}, "donts": []string{}, "facts": []any{}, "signature": "", "domains": []string{}}, "If-Match", `"0"`).want(t, 200)
	n.make(t, "activity", "/activities", map[string]any{"kind": "call", "contact_ids": []string{n.ids["contact"]}, "subject": "Prices", "at": "2026-01-31T15:00:00Z"})
	n.make(t, "view", "/views", map[string]any{"entity": "contact", "name": "Mine", "query": map[string]any{"sort": "-score"}})
	n.make(t, "memory", "/memories", map[string]any{"kind": "preference", "entity": "contact", "entity_id": n.ids["contact"], "body": "Wants prices in euros."})
	n.make(t, "schedule", "/schedules", map[string]any{"agent": "orchestrator", "title": "The week", "cron": "0 7 * * 1", "input": map[string]any{"goal": "weekly_report"}})
	n.make(t, "tag", "/tags", map[string]any{"name": "VIP"})
	var begun struct{ Run struct{ ID string } }
	n.call(t, "POST", "{w}/companies/bulk", map[string]any{"query": map[string]any{"q": "nobody"}, "set": map[string]any{"size": "1-10"}}).want(t, 200).decode(t, &begun)
	n.ids["bulk_run"] = begun.Run.ID
	n.call(t, "PUT", "{w}/views/base", map[string]any{"entity": "contact", "columns": []string{"name"}}).want(t, 200)
	n.make(t, "custom_field", "/custom-fields", map[string]any{"entity": "contact", "key": "region", "label": "Region", "type": "text"})
	var contact struct{ Emails []struct{ ID string } }
	n.call(t, "GET", "{w}/contacts/"+n.ids["contact"], nil).want(t, 200).decode(t, &contact)
	n.ids["contact_email"] = contact.Emails[0].ID
	var changes struct {
		Data []struct {
			ID    string
			Batch string `json:"batch_id"`
		}
	}
	n.call(t, "GET", "{w}/changes?entity=company", nil).want(t, 200).decode(t, &changes)
	n.ids["event"], n.ids["batch"] = changes.Data[0].ID, changes.Data[0].Batch
	n.make(t, "mailbox", "/mailboxes", map[string]any{"address": "fixture@lumen.example", "password": "app password", "imap": atHand(t)})
	n.ids["bare_key"], n.ids["barer_key"] = n.key(t, "tag:read"), n.key(t, "contact:read")
	var added struct {
		UserID string `json:"user_id"`
	}
	n.call(t, "POST", "/v1/organizations/"+n.org+"/members", map[string]any{"email": "m-" + n.email, "password": "correct horse battery", "name": "Mia", "role": "member"}).want(t, 201).decode(t, &added)
	n.ids["user"] = added.UserID
	n.call(t, "PUT", "{w}/notifications/preferences", map[string]any{"kinds": map[string]any{"mention": map[string]any{"app": true, "mail": false}}}).want(t, 200)
	n.invitations(t)
	n.asksModels(t)
	n.asksPeople(t)
	var demo struct{ ID string }
	n.call(t, "POST", "/v1/organizations/"+n.org+"/demos", nil).want(t, 202).decode(t, &demo)
	n.ids["demo"] = demo.ID
	n.writes(t)
	n.signInAgain(t)
}

// asksPeople leaves something to allow, and a policy.
func (n *tenant) asksPeople(t *testing.T) {
	t.Helper()
	var made struct{ ID, Hash string }
	n.call(t, "POST", "{w}/approvals", map[string]any{"operation": "note.create", "title": "Write it down",
		"args": map[string]any{"entity": "contact", "entity_id": n.ids["contact"], "body": "Prefers calls."}}).want(t, 201).decode(t, &made)
	n.ids["approval"], n.ids["approval_hash"] = made.ID, made.Hash
	var rules struct {
		Agents map[string]struct{ Version int64 }
	}
	n.call(t, "PUT", "{w}/agent-policy", map[string]any{"agent": "email", "enabled": true, "autonomy": "low", "operations": nil, "daily_actions": 10, "daily_nano": 0,
		"asks": []string{}, "links": []string{}, "pause_on_high": false, "hours_from": 0, "hours_to": 24, "weekends": true}, "If-Match", `"0"`).want(t, 200).decode(t, &rules)
	n.ids["error"], n.ids["profile"] = "0198f3a0-1111-8000-8000-123456789abc", "0198f3a0-1111-8000-8000-123456789abd" // of operators, who read it in the tests of ops/failures
	n.ids["email_policy"] = fmt.Sprintf(`"%d"`, rules.Agents["email"].Version)
}

// invitations makes one, and the links that travel by mail.
func (n *tenant) invitations(t *testing.T) {
	t.Helper()
	var made struct{ ID, Link string }
	n.call(t, "POST", "/v1/organizations/"+n.org+"/invitations", map[string]any{"email": "i-" + n.email, "role": "viewer"}).want(t, 201).decode(t, &made)
	n.ids["invitation"], n.ids["invitation_token"] = made.ID, made.Link[strings.LastIndex(made.Link, "/")+1:]
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, n.w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, kind := range []string{"reset", "verify"} {
		n.ids[kind+"_token"] = secret.Token("")
		if _, err := conn.Exec(ctx, `INSERT INTO identity.links (id, kind, user_id, address, address_key, token_hash, expires_at) VALUES ($1, $2, $3, $4, $4, $5, now() + interval '1 hour')`,
			id.New(), kind, n.user, n.email, secret.Digest(n.ids[kind+"_token"])); err != nil {
			t.Fatal(err)
		}
	}
	n.ids["program_run"] = id.New()
	if _, err := conn.Exec(ctx, `
		WITH r AS (
			INSERT INTO agent_runs (workspace_id, id, agent, version, state, subject_entity, subject_id, input_hash, actor, program, started_at, error)
			VALUES ($1, $2, 'contact', 'fixture/1', 'paused', 'workspace', $1, 'x', '{}', true, now(), 'Somebody has to look.')
		)
		UPDATE events SET run_id = $2 WHERE workspace_id = $1 AND entity = 'note'`, n.workspace, n.ids["program_run"]); err != nil {
		t.Fatal(err)
	}
	n.ids["join_token"] = secret.Token("")
	if _, err := conn.Exec(ctx, `INSERT INTO identity.invitations (id, organization_id, email, email_key, role, token_hash, mailed, expires_at) VALUES ($1, $2, $3, $3, 'viewer', $4, true, now() + interval '1 hour')`,
		id.New(), n.org, n.email, secret.Digest(n.ids["join_token"])); err != nil {
		t.Fatal(err)
	}
}

// asksModels leaves a trace in each table of the gateway to models, as calls
// to providers do, which no test makes.
func (n *tenant) asksModels(t *testing.T) {
	t.Helper()
	n.make(t, "ai_key", "/ai/keys", map[string]any{"provider": "openrouter", "secret": "sk-or-v1-0123456789abcdef", "private": true})
	ctx, callID := t.Context(), id.New()
	conn, err := pgx.Connect(ctx, n.w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	n.ids["ai_call"] = callID
	for _, sql := range []string{
		`INSERT INTO ai_calls (workspace_id, id, task, class, interactive, outcome, engine, model, attempts, cost_nano, started_at, duration_ms)
			SELECT $1, $2, 'person.ask', 'standard', true, 'answered', 'openrouter', 'm', '[{"engine": "openrouter", "model": "m", "billed": "yes"}]', 3000000, now(), 2100`,
		`INSERT INTO ai_usage (workspace_id, day, provider, model, task, agent, person, calls, cost_nano) SELECT $1, current_date, 'openrouter', 'm', 'person.ask', '', $2::uuid::text, 1, 3000000`,
		`INSERT INTO ai_spend (workspace_id, scope, subject, period, starts_on, spent_nano) SELECT $1, 'agent', $2::uuid::text, 'day', current_date, 3000000`,
		`INSERT INTO ai_leases (workspace_id, id, agent, person, starts_on, held_nano, expires_at) VALUES ($1, $2, '', '', current_date, 0, now() + interval '1 hour')`,
		`INSERT INTO agent_waits (workspace_id, agent, subject_id, subject_at, since, due_at) SELECT $1, 'nobody', $2::uuid, now(), now(), now() + interval '1 day'`,
		`INSERT INTO agent_days (workspace_id, agent, day, taken) SELECT $1, 'email', current_date, ARRAY[$2::uuid::text]`,
		`INSERT INTO email_drains (workspace_id, wanted_at) SELECT $1, now() FROM (SELECT $2::uuid) t`,
		`INSERT INTO ai_answers (workspace_id, key, response, expires_at) SELECT $1, uuid_send($2::uuid), '{}', now() + interval '1 hour'`,
	} {
		if _, err := conn.Exec(ctx, sql, n.workspace, callID); err != nil {
			t.Fatal(err)
		}
	}
}

const oneMail = "From: Ben Ode <ben.ode@fjord.example>\r\nTo: ana@lumen.example\r\nSubject: Prices\r\nMessage-ID: <one@fjord.example>\r\n" +
	"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nHello Ana,\r\ncould you send me your prices for 40 seats by Friday?\r\nBen\r\n" +
	"--b\r\nContent-Type: text/csv; name=seats.csv\r\nContent-Disposition: attachment; filename=seats.csv\r\n\r\na,b\r\n--b--\r\n"

// receive imports one mail, and waits until it is understood.
func (n *tenant) receive(t *testing.T) {
	t.Helper()
	var imported struct{ ID, State string }
	n.call(t, "POST", "{w}/imports?filename=one.eml", strings.NewReader(oneMail)).want(t, 202).decode(t, &imported)
	n.ids["import"] = imported.ID
	eventually(t, "the import is done", func() bool {
		n.call(t, "GET", "{w}/imports/"+imported.ID, nil).want(t, 200).decode(t, &imported)
		return imported.State == "done"
	})
	var threads struct{ Data []struct{ ID string } }
	n.call(t, "GET", "{w}/threads?folder=all", nil).want(t, 200).decode(t, &threads)
	n.ids["thread"] = threads.Data[0].ID
	var thread struct {
		Messages []struct {
			ID          string
			Attachments []struct{ ID string }
		}
	}
	n.call(t, "GET", "{w}/threads/"+n.ids["thread"], nil).want(t, 200).decode(t, &thread)
	n.ids["message"] = thread.Messages[0].ID
	n.ids["attachment"] = thread.Messages[0].Attachments[0].ID
	var runs struct{ Data []struct{ ID string } }
	n.call(t, "GET", "{w}/runs?message_id="+n.ids["message"], nil).want(t, 200).decode(t, &runs)
	n.ids["run"] = runs.Data[0].ID
	var goal struct {
		RunID string `json:"run_id"`
	}
	n.call(t, "POST", "{w}/goals", map[string]any{"goal": "weekly_report"}).want(t, 202).decode(t, &goal)
	n.ids["goal"] = goal.RunID
}

func (n *tenant) make(t *testing.T, entity, path string, body any) {
	t.Helper()
	var made struct{ ID string }
	n.call(t, "POST", "{w}"+path, body).want(t, 201).decode(t, &made)
	n.ids[entity] = made.ID
}

// signInAgain opens a second session, one that may be ended.
func (n *tenant) signInAgain(t *testing.T) {
	t.Helper()
	n.w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": n.email, "password": "correct horse battery"}}).want(t, 200)
	var sessions struct {
		Data []struct {
			ID      string
			Current bool
		}
	}
	n.call(t, "GET", "/v1/me/sessions", nil).want(t, 200).decode(t, &sessions)
	for _, s := range sessions.Data {
		if !s.Current {
			n.ids["session"] = s.ID
		}
	}
}

func (r request) without(header string) request {
	r.headers = maps.Clone(r.headers)
	delete(r.headers, header)
	return r
}

func (r request) with(header, value string) request {
	r.headers = maps.Clone(r.headers)
	r.headers[header] = value
	return r
}

func (r request) bearer(key string) request {
	r.headers = map[string]string{"Authorization": "Bearer " + key, "If-Match": r.headers["If-Match"]}
	return r
}

// in moves the request into another tenant's workspace or organization.
func (r request) in(n *tenant) request {
	parts := strings.Split(r.path, "/")
	if len(parts) > 3 && parts[2] == "workspaces" {
		parts[3] = n.slug
	}
	if len(parts) > 3 && parts[2] == "organizations" {
		parts[3] = n.org
	}
	r.path = strings.Join(parts, "/")
	return r
}

package app

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/contact/assessment"
	"rapport/internal/agents/contact/standing"
	writing "rapport/internal/agents/content"
	"rapport/internal/agents/control"
	"rapport/internal/agents/email/answering"
	"rapport/internal/agents/email/understanding"
	"rapport/internal/agents/eval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/agents/orchestrator"
	"rapport/internal/agents/schedule"
	"rapport/internal/ai/console/keys"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/app/demo"
	"rapport/internal/app/engines"
	"rapport/internal/app/meters"
	"rapport/internal/crm/account"
	"rapport/internal/crm/activity"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/change"
	"rapport/internal/crm/company"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/content"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/field"
	"rapport/internal/crm/grant"
	"rapport/internal/crm/idempotent"
	"rapport/internal/crm/identity"
	"rapport/internal/crm/importer"
	"rapport/internal/crm/inbox"
	"rapport/internal/crm/invitation"
	"rapport/internal/crm/lead"
	"rapport/internal/crm/letter"
	"rapport/internal/crm/live"
	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/mailbox/sync"
	"rapport/internal/crm/message"
	"rapport/internal/crm/note"
	"rapport/internal/crm/notification"
	"rapport/internal/crm/outbox"
	"rapport/internal/crm/quota"
	"rapport/internal/crm/search"
	"rapport/internal/crm/sender"
	"rapport/internal/crm/tag"
	"rapport/internal/crm/task"
	"rapport/internal/crm/thread"
	"rapport/internal/crm/timeline"
	"rapport/internal/crm/today"
	"rapport/internal/crm/view"
	"rapport/internal/ops/alerts"
	"rapport/internal/ops/caches"
	"rapport/internal/ops/failures"
	"rapport/internal/ops/limits"
	"rapport/internal/ops/overload"
	"rapport/internal/ops/profiles"
	"rapport/internal/ops/statements"
	"rapport/internal/ops/traces"
	"rapport/internal/ops/vault"
	"rapport/internal/platform/admit"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/cache"
	"rapport/internal/platform/gate"
	"rapport/internal/platform/id"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/proxy"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
	"rapport/internal/platform/trace"
)

// parts are the features.
type parts struct {
	auth      *identity.Auth
	identity  *identity.Service
	accounts  *account.Service
	invites   *invitation.Service
	fields    *field.Service
	tags      *tag.Service
	companies *company.Service
	contacts  *contact.Service
	search    *search.Service
	rebuilds  *search.Rebuilder
	views     *view.Service
	bulk      *bulk.Service
	changes   *change.Service
	timelines *timeline.Service
	leads     *lead.Service
	grants    *grant.Service
	messages  *message.Service
	mailboxes *mailbox.Service
	syncing   *sync.Service
	threads   *thread.Service
	notes     *note.Service
	tasks     *task.Service
	activity  *activity.Service
	today     *today.Service
	imports   *importer.Service
	inbox     *inbox.Service
	live      *live.Service
	notices   *notification.Service
	engines   *engines.Engines
	runs      *agents.Runner
	mail      *understanding.Service
	demo      *demo.Service
	letters   *letter.Post
	senders   *sender.Service
	drafts    *draft.Service
	outbox    *outbox.Service
	content   *content.Service
	writer    *writing.Service
	vault     *vault.Service
	approvals *approval.Service
	allowed   *policies.Service
	inside    *late
	flow      *flow.Engine
	goals     *orchestrator.Service
	control   *control.Service
	assess    *assessment.Service
	standing  *standing.Service
	memories  *memory.Service
	schedules *schedule.Service
	replies   *answering.Service
	cases     *eval.Service
	quotas    *quota.Service
	limits    *limits.Service
	store     *limit.Store
	load      *overload.Service
	keys      *idempotent.Store
	cache     *cache.Cache
	caches    *caches.Service
	failures  *failures.Service
	profiles  *profiles.Service
	slow      *statements.Service
	meters    *meters.Meters
	watch     *incident.Watch
	alerts    *alerts.Service
	traces    *traces.Service
}

func (a *App) build(local string) error {
	now := time.Now
	p := &parts{auth: identity.NewAuth(a.DB, local)}
	letters, err := a.Config.Letters()
	if err != nil {
		return err
	}
	letters.Mailed = a.metrics.Mailed
	p.letters = letter.New(a.DB, a.Queue, letters, a.log, now)
	p.identity = identity.New(a.DB, p.auth, secret.NewHasher(a.Config.PasswordMemory, 2), now)
	mail := account.NewMail(p.letters, a.Config.PublicURL())
	p.accounts = account.New(a.DB, a.Queue, p.identity, mail, account.Options{Open: a.Config.Registration == "open", Now: now})
	p.invites = invitation.New(a.DB, a.Queue, p.identity, p.accounts, mail)
	p.fields = field.New(a.DB)
	p.tags = tag.New(a.DB)
	p.companies = company.New(a.DB, now)
	p.contacts = contact.New(a.DB, now)
	p.search = search.New(a.DB)
	p.timelines = timeline.New(a.DB)
	p.leads = lead.New(a.DB, a.Queue, now)
	blobs := blob.New(filepath.Join(a.Config.Data, "blobs"))
	a.buildMail(p, blobs, now)
	p.threads = thread.New(a.DB, a.Queue, now)
	p.notes = note.New(a.DB, now)
	p.tasks = task.New(a.DB, a.Queue, now)
	p.activity = activity.New(a.DB, a.Queue, now)
	p.today = today.New(a.DB, now)
	p.imports = importer.New(a.DB, a.Queue, p.messages, blobs, filepath.Join(a.Config.Data, "uploads"))
	p.inbox = inbox.New(a.DB, blobs)
	p.live = live.New(a.DB, a.log)
	p.notices = notification.NewService(a.DB, p.letters, a.Config.PublicURL())
	p.demo = demo.New(a.DB, a.Queue, p.identity, blobs)
	if p.engines, err = engines.New(a.Config.Config, engines.Parts{DB: a.DB, Secrets: a.secrets, Log: a.log, Metrics: a.metrics}); err != nil {
		return err
	}
	p.runs = agents.New(a.DB, p.engines.Gateway, now)
	p.mail = understanding.New(a.DB, a.Queue, p.runs, now)
	p.content = content.New(a.DB, a.post, now)
	a.buildOver(p, now)
	a.buildAgents(p, now)
	a.buildLimits(p)
	p.vault = vault.New(a.DB, a.secrets, sealed()...)
	a.buildRoom(p)
	p.meters = meters.New(meters.Parts{Metrics: a.metrics, DB: a.DB, Queue: a.Queue, Cache: p.cache, Admit: a.admit, Gate: a.gate, Traces: a.traces, Closed: p.engines.Closed,
		Daily: a.Config.AIDaily, Monthly: a.Config.AIMonthly, Dir: a.Config.Data, Log: a.log}, Version)
	a.buildWatch(p)
	a.parts = p
	all := p.ops()
	p.identity.Offer(op.Scopes(all))
	p.live.Offer(op.Scopes(all))
	p.approvals.Offer(all)
	if err := p.flow.Offer(all); err != nil {
		return err
	}
	return a.offer(all)
}

// offer puts the operations behind the door.
func (a *App) offer(all []op.Operation) error {
	p := a.parts
	proxies, err := proxy.Parse(a.Config.TrustedProxies)
	if err != nil {
		return err
	}
	a.door = op.Door{Auth: p.auth, Limit: p.quotas, Proxies: proxies, Cache: p.cache, Admit: a.admit, Idempotency: p.keys}
	a.API = httpapi.New(all, a.door, a.log)
	a.API.Trace = a.traces
	p.inside.API = a.API
	if err := a.routes(); err != nil {
		return err
	}
	a.API.Measure(a.metrics)
	return nil
}

// buildWatch builds what tells operators that something is wrong.
func (a *App) buildWatch(p *parts) {
	p.watch = a.Config.Watch(a.DB, a.Config.AlertLetters(), a.traces, incident.Options{Source: p.meters.History, Version: Version, URL: a.Config.URL, Log: a.log})
	p.alerts = alerts.New(a.DB, p.watch)
}

// buildRoom builds what keeps the server from more than it can do.
func (a *App) buildRoom(p *parts) {
	a.admit = admit.New(admit.Options{Connections: int(a.Config.APIConnections), Most: a.Config.MostCalls, Held: pg.Joins, Log: a.log})
	a.gate = gate.New(a.Config.MostClients)
	p.failures = failures.New(a.DB, a.seen, Version, a.log)
	p.profiles, p.slow = profiles.New(Version), statements.New(a.DB)
	p.load, p.keys = overload.New(a.DB, a.admit, a.gate), idempotent.New(a.DB)
	p.traces = traces.New(a.traces, a.exported)
}

// buildMail builds what brings mail in and out.
func (a *App) buildMail(p *parts, blobs *blob.Store, now func() time.Time) {
	p.grants = grant.New(a.DB, a.secrets, p.auth, a.Config.Providers(), now)
	p.messages = message.New(a.DB, a.Queue, blobs, now)
	p.mailboxes = mailbox.New(a.DB, a.secrets, &imap.Dialer{PublicOnly: a.Config.MailPublicOnly, Plaintext: a.Config.MailPlaintext}, p.grants.Token, now)
	p.syncing = sync.New(p.mailboxes, a.DB, p.messages, blobs, sync.Options{Poll: a.Config.MailboxPoll, Rate: a.Config.MailboxRate,
		MaxMessage: a.Config.MailboxMaxMB << 20, Sole: a.postgres != nil, Logger: a.log})
	p.senders = sender.New(a.DB, a.secrets, lend(p.mailboxes), a.Config.MailPublicOnly, now)
	p.mailboxes.Sends(accompany(p.senders))
	a.metrics.Allow("emails_sent_total", "outcome", smtp.Sent, smtp.Failed, smtp.Uncertain, smtp.Deferred)
	p.drafts = draft.New(a.DB, blobs)
	p.outbox = outbox.New(outbox.Parts{DB: a.DB, Queue: a.Queue, Messages: p.messages, Senders: p.senders, Blobs: blobs, Append: p.mailboxes.Append, SentIn: p.mailboxes.Sent, Tell: tellAuthor, Mailed: a.metrics.Mailed, Log: a.log}, now)
}

// buildLimits builds what callers are held to.
func (a *App) buildLimits(p *parts) {
	var shared *limit.Shared
	if a.redis != nil {
		shared = limit.NewShared(a.redis, id.New())
	}
	p.store = limit.New(shared)
	p.quotas = quota.New(a.DB, p.store, quota.Options{Tier: cmp.Or(a.Config.Tier, limit.Enterprise), Auth: max(a.Config.AuthRate, 1), Shadow: a.Config.LimitsShadow, Log: a.log, Refused: a.metrics.Limited})
	p.limits = limits.New(a.DB, p.quotas)
	names := limit.Names()
	a.metrics.Allow("rate_limit_hits_total", "policy", strings.Fields(strings.ToLower(strings.Join(quota.Policies(), " "))+" credential")...)
	a.metrics.Allow("rate_limit_hits_total", "window", append(names[:], "concurrent")...)
}

// buildOver builds what spans the records: what is remembered of them, views,
// undo, the words of search.
func (a *App) buildOver(p *parts, now func() time.Time) {
	a.remember(p)
	p.views = view.New(a.DB, now, map[string]view.Listing{
		"contact": {Spec: contact.Listing, Fields: true, Columns: []string{"company_name"}},
		"task":    {Spec: task.Listing},
		"company": {Spec: company.Listing, Fields: true, Columns: []string{"contact_count"}},
		"thread":  {Spec: inbox.Listing, Folders: inbox.Folders()},
	})
	p.bulk = bulk.New(a.DB, a.Queue)
	p.contacts.Bulk(p.bulk)
	p.companies.Bulk(p.bulk)
	p.tasks.Bulk(p.bulk)
	p.threads.Bulk(p.bulk, inbox.Listing, inbox.Folder)
	p.changes = change.New(a.DB, map[string]change.Target{"contact": p.contacts, "company": p.companies, "thread": p.threads, "view": p.views,
		"note": p.notes, "task": p.tasks, "activity": p.activity, "content": p.content})
	p.rebuilds = search.NewRebuilder(a.DB, a.Queue, now, search.Source{Kind: "contact", Reindex: p.contacts.Reindex},
		search.Source{Kind: "company", Reindex: p.companies.Reindex},
		search.Source{Kind: "task", Reindex: p.tasks.Reindex}, search.Source{Kind: "note", Reindex: p.notes.Reindex},
		search.Source{Kind: "thread", Reindex: p.messages.Reindex})
	p.companies.OnRename(func(ctx context.Context, tx *pg.Tx, id string) error {
		return a.Queue.Add(ctx, tx, contact.Renamed{Workspace: tx.Workspace(), CompanyID: id})
	})
}

// sealed lists every column that holds sealed values, for rotation.
func sealed() []secret.Column {
	return slices.Concat(grant.Sealed(), mailbox.Sealed(), sender.Sealed(), keys.Sealed())
}

// ops lists every operation of Rapport, in the order of the contract.
func (p *parts) ops() []op.Operation {
	var all []op.Operation
	for _, feature := range []interface{ Ops() []op.Operation }{
		p.accounts, p.identity, p.invites, p.fields, p.tags, p.companies, p.contacts, p.timelines, p.changes, p.search, p.rebuilds, p.views, p.bulk,
		p.leads, p.grants, p.threads, p.mailboxes, p.inbox, p.senders, p.drafts, p.outbox, p.notes, p.tasks, p.activity, p.today,
		p.imports, p.mail, p.engines, p.vault, p.load, p.caches, p.meters, p.alerts, p.failures, p.profiles, p.slow, p.traces, p.demo, p.live, p.notices, p.quotas, p.limits,
		p.standing, p.replies, p.cases, p.content, p.writer,
		p.runs, p.goals, p.control, p.approvals, p.allowed, p.memories, p.schedules,
	} {
		all = append(all, feature.Ops()...)
	}
	return all
}

// Ops lists every operation.
func (a *App) Ops() []op.Operation { return a.parts.ops() }

// Contract builds the operations over nothing, for those who only want to list
// or describe them.
func Contract() *App {
	a := &App{log: slog.New(slog.DiscardHandler), traces: trace.New(trace.Options{})}
	_ = a.build("") // builds without asking anything
	return a
}

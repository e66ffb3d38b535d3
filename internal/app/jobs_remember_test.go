package app_test

import (
	"strings"
	"testing"

	"rapport/internal/api/op"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// What jobs change has a line in the log as well: after mail has come in and is
// understood, a company was renamed, scores were counted anew and old things
// swept, every answer that is remembered is what the database says.
func TestWhatJobsChangeIsNotRememberedAsItWas(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.populate(t)
	n.idle(t)
	all := op.Operation{Meta: op.Meta{Name: "jobs", Effect: op.Write, Scope: "contact:write"}}
	for _, does := range []func(){
		func() {
			n.call(t, "PATCH", "{w}/companies/"+n.ids["company"], map[string]any{"name": "Skerry"}, "If-Match", "*").want(t, 200)
		},
		func() {
			reply := strings.NewReplacer("<one@", "<two@", "Subject: Prices", "Subject: Re: Prices\r\nIn-Reply-To: <one@fjord.example>").Replace(oneMail)
			n.call(t, "POST", "{w}/imports?filename=two.eml", strings.NewReader(reply)).want(t, 202)
		},
		func() { n.enqueue(t, lead.Nightly{}) },
		func() {
			if err := n.w.app.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		read := n.remembered(t, all)
		does()
		n.idle(t)
		n.compare(t, all, read)
	}
}

// idle waits until no job is left to be done now.
func (n *tenant) idle(t *testing.T) {
	t.Helper()
	eventually(t, "no job is left", func() bool {
		var left int
		err := n.w.app.DB.Session().QueryRow(t.Context(), `SELECT count(*) FROM river.river_job WHERE state IN ('available', 'running', 'pending', 'retryable')`).Scan(&left)
		return err == nil && left == 0
	})
}

func (n *tenant) enqueue(t *testing.T, job queue.Args) {
	t.Helper()
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: n.workspace})
	if err := n.w.app.DB.Write(ctx, func(tx *pg.Tx) error { return n.w.app.Queue.Add(ctx, tx, job) }); err != nil {
		t.Fatal(err)
	}
}

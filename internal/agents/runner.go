package agents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// A gateway answers requests; ai.Gateway does.
type gateway interface {
	Do(ctx context.Context, r ai.Request) (ai.Response, error)
}

// Runner runs agents.
type Runner struct {
	db      *pg.DB
	gateway gateway
	now     func() time.Time
}

// New returns a runner that keeps its runs in db and asks g.
func New(db *pg.DB, g gateway, now func() time.Time) *Runner {
	return &Runner{db: db, gateway: g, now: now}
}

// Run takes a batch through its steps: intents are committed, then the engine
// is asked with no transaction open, then the results are committed together
// with what Apply makes of them. A work that fails is a failed run; an error is
// returned only when the batch must come again, which then goes on where this
// one stopped.
func (r *Runner) Run(ctx context.Context, b Batch) ([]Result, error) {
	if len(b.Works) == 0 {
		return nil, nil
	}
	var tasks []*task
	err := r.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if tasks, err = r.open(ctx, tx, b); err != nil {
			return err
		}
		return r.intend(tx, b, tasks)
	})
	if err != nil {
		return nil, fmt.Errorf("begin runs of %s: %w", b.Agent.Name, err)
	}
	open := unfinished(tasks)
	if err := r.work(ctx, b, open); err != nil {
		return nil, err
	}
	return resultsOf(tasks), deferred(open)
}

// often is how long answers are kept before they are stored: what a model was
// paid for shall not be lost with a process.
const often = time.Second

// hurry is the patience with engines that let the same batch down before.
const hurry = 2 * time.Second

// work asks about tasks and stores what comes of them. When ctx ends, what was
// answered until then is stored.
func (r *Runner) work(ctx context.Context, b Batch, tasks []*task) error {
	var asked []*task
	stored := time.Now()
	for len(tasks) > 0 {
		n := min(max(b.Flight, 1), len(tasks))
		err := r.askAll(ctx, b, tasks[:n])
		for _, t := range tasks[:n] {
			if t.model != nil {
				asked = append(asked, t)
			}
		}
		tasks = tasks[n:]
		if b.Patience > hurry && slices.ContainsFunc(asked, func(t *task) bool { return t.until > 0 }) {
			b.Patience = hurry // engines are away, and rules answer at once
		}
		if err == nil && len(tasks) > 0 && time.Since(stored) < often {
			continue
		}
		if err := r.settle(context.WithoutCancel(ctx), b, asked); err != nil {
			return fmt.Errorf("end runs of %s: %w", b.Agent.Name, err)
		}
		if err != nil {
			return err
		}
		asked, stored = nil, time.Now()
	}
	return nil
}

// askAll asks about all tasks at once.
func (r *Runner) askAll(ctx context.Context, b Batch, tasks []*task) error {
	if len(tasks) == 1 {
		return r.ask(ctx, b, tasks[0])
	}
	errs := make([]error, len(tasks))
	var all sync.WaitGroup
	for i, t := range tasks {
		all.Go(func() { errs[i] = r.ask(ctx, b, t) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Prepare makes the runs of a batch within tx and returns their ids and
// whether any of them is still to be run, for a job to do with Run.
func (r *Runner) Prepare(ctx context.Context, tx *pg.Tx, b Batch) (ids []string, waiting bool, err error) {
	tasks, err := r.open(ctx, tx, b)
	for _, t := range tasks {
		ids = append(ids, t.run.ID)
	}
	return ids, len(unfinished(tasks)) > 0, err
}

// task is a work on its way.
type task struct {
	work   Work
	run    run
	seq    int // of the model step that this process has begun
	began  time.Time
	ended  time.Time
	model  []byte // the model step's output
	ticket *ai.Ticket
	// verified is false when the answer itself is missing.
	verified bool
	// upgrade says that a degraded answer stands; it is result if no better one
	// comes, and then stands is set.
	upgrade bool
	stands  bool
	noRules bool
	result  Result
	// until is when to ask again; 0: not.
	until time.Duration
	fault string // of the model step
}

func unfinished(tasks []*task) []*task {
	var open []*task
	for _, t := range tasks {
		if t.result.State == Running {
			open = append(open, t)
		}
	}
	return open
}

func resultsOf(tasks []*task) []Result {
	out := make([]Result, len(tasks))
	for i, t := range tasks {
		out[i] = t.result
	}
	return out
}

// deferred is a DeferredError if a task has a ticket.
func deferred(tasks []*task) error {
	var after time.Duration
	for _, t := range tasks {
		if t.ticket != nil && (after == 0 || t.ticket.After < after) {
			after = t.ticket.After
		}
	}
	if after == 0 {
		return nil
	}
	return &DeferredError{After: after}
}

// ask has the engine answer one task. An error means that nobody can say
// whether it would have: the process is stopping.
func (r *Runner) ask(ctx context.Context, b Batch, t *task) error {
	t.began = r.now()
	bounded, cancel := ctx, func() {}
	if b.Patience > 0 {
		bounded, cancel = context.WithTimeout(ctx, b.Patience)
	}
	res, err := r.gateway.Do(bounded, request(b.Agent, t))
	cancel()
	t.ended = r.now()
	if ctx.Err() != nil && (err != nil || res.Deferred != nil) {
		return ctx.Err()
	}
	if t.ticket = res.Deferred; t.ticket == nil && t.upgrade && (errors.Is(err, ai.ErrBudget) || problem.KindOf(err) == problem.Unavailable) {
		t.ticket = &ai.Ticket{After: patience, Reason: err.Error()}
	}
	if t.ticket != nil {
		t.wait(b)
		return t.record(res)
	}
	if err == nil {
		t.result.Engine, t.result.Version, t.result.Degraded = res.Engine, res.Version, res.Degraded
		t.result.Output, err = verify(b.Agent, t.work, res.Output)
		t.verified = true
	}
	switch {
	case err != nil && t.upgrade:
		t.stand(err.Error())
	case err != nil:
		t.fail(err)
	default:
		t.result.State = Done
		if res.Degraded && !b.Last {
			t.until = max(res.Upgrade, time.Second)
		}
	}
	return t.record(res)
}

// patience is when to ask again where nobody says.
const patience = time.Hour

// wait leaves the task for later. The last time nothing is left for later.
func (t *task) wait(b Batch) {
	switch {
	case !b.Last:
		t.until = max(t.ticket.After, time.Second)
		if t.upgrade {
			t.stand(t.ticket.Reason)
			return
		}
		t.fault = clip(t.ticket.Reason)
		t.result.Error = t.fault
	case t.upgrade:
		t.stand(t.ticket.Reason)
	default:
		why := t.ticket.Reason
		t.ticket = nil
		t.fail(fmt.Errorf("no engine answered in time: %s", why))
	}
}

// stand keeps the degraded answer.
func (t *task) stand(why string) {
	t.fault, t.stands, t.verified = clip(why), true, false
	row := t.run
	t.result = Result{RunID: row.ID, SubjectID: t.work.SubjectID, State: Done, Stored: true, Engine: row.Engine, Version: row.Version, Degraded: true, Output: t.result.Output}
}

// request is a task as the gateway is asked it.
func request(a Definition, t *task) ai.Request {
	q := a.Request(t.work)
	q.NoRules, q.RunID, q.IdempotencyKey = t.noRules, t.run.ID, fmt.Sprintf("%s/%d", t.run.ID, t.seq)
	return q
}

func verify(a Definition, w Work, output json.RawMessage) (json.RawMessage, error) {
	if a.Verify == nil {
		return output, nil
	}
	return a.Verify(w, output)
}

func (t *task) fail(err error) {
	t.result.State, t.result.Output = Failed, nil
	t.result.Error = clip(err.Error())
	t.fault = t.result.Error
}

// answer is the output of a model step.
type answer struct {
	Engine   string          `json:"engine,omitempty"`
	Model    string          `json:"model,omitempty"`
	Version  string          `json:"version,omitempty"`
	Degraded bool            `json:"degraded,omitempty"`
	Usage    ai.Usage        `json:"usage"`
	Attempts []ai.Attempt    `json:"attempts"`
	Answer   json.RawMessage `json:"answer,omitempty"`
}

func (t *task) record(res ai.Response) (err error) {
	t.model, err = json.Marshal(answer{Engine: res.Engine, Model: res.Model, Version: res.Version, Degraded: res.Degraded,
		Usage: res.Usage, Attempts: res.Attempts, Answer: res.Output})
	return err
}

// settle stores what the tasks have become. If the database refuses the batch,
// they go one by one, so that one odd answer is one failed run.
func (r *Runner) settle(ctx context.Context, b Batch, tasks []*task) error {
	if len(tasks) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *pg.Tx) error { return r.end(tx, b, tasks) })
	if err == nil || ctx.Err() != nil || passing(err) {
		return err
	}
	if len(tasks) > 1 {
		for _, t := range tasks {
			if err := r.settle(ctx, b, []*task{t}); err != nil {
				return err
			}
		}
		return nil
	}
	t := tasks[0]
	if t.result.State == Failed || t.stands {
		return err
	}
	t.fail(errors.Join(errUnstorable, err))
	t.model = []byte(`{}`)
	return r.settle(ctx, b, tasks)
}

// passing reports whether err says nothing about what was to be stored.
func passing(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || problem.KindOf(err) == problem.Unavailable || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

var errUnstorable = errors.New("the answer cannot be stored")

const maxError = 500

// clip bounds what is stored of an error.
func clip(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > maxError {
		s = strings.ToValidUTF8(s[:maxError], "") + "…"
	}
	return s
}

func newIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = id.New()
	}
	return ids
}

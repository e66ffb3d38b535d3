package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// errand is what an agent is to do at the command line.
type errand struct {
	agent, workspace, input    string
	as                         string        // address of the person that it is for
	patience                   time.Duration // how long runs are watched; 0 for as long as they go on
	contacts, threads          []string
	kind, instructions, topic  string
	limit                      int
	once, watch, again, assure bool
	cl                         *client
	place                      string // path of the workspace
	out                        io.Writer
	seen                       map[string]time.Time // what was worked on, and as of when
}

// piece is one run to be started.
type piece struct {
	title string
	input any
	id    string    // of the contact or thread; "" where there is none
	as    time.Time // when something last happened there
}

func agentRunEmail(env map[string]string) *cobra.Command {
	e := &errand{agent: "email"}
	cmd := e.command(env, "email", "Draft answers to mail that awaits one",
		"Drafts an answer to each thread that awaits one, or to those that --thread names. Nothing is sent before a person allows it.")
	cmd.Flags().StringSliceVar(&e.threads, "thread", nil, "id of a thread to answer; several by commas")
	e.searches(cmd, "threads")
	return cmd
}

func agentRunContact(env map[string]string) *cobra.Command {
	e := &errand{agent: "contact"}
	cmd := e.command(env, "contact", "Assess contacts, the highest scores first",
		"Assesses the contacts with the highest scores, or those that --contact names.")
	cmd.Flags().StringSliceVar(&e.contacts, "contact", nil, "id of a contact to assess; several by commas")
	e.searches(cmd, "contacts")
	return cmd
}

func agentRunContent(env map[string]string) *cobra.Command {
	e := &errand{agent: "content"}
	cmd := e.command(env, "content", "Write a draft of a kind, such as followup or social_post", "Writes a draft, for each contact that --contact names. Nothing is sent or published.")
	f := cmd.Flags()
	f.StringVar(&e.kind, "kind", "", "kind of content, such as followup, proposal or social_post")
	f.StringVar(&e.topic, "topic", "", "what it is about")
	f.StringSliceVar(&e.contacts, "contact", nil, "id of the contact it is for; several by commas")
	f.StringSliceVar(&e.threads, "thread", nil, "id of the thread that it goes on from; several by commas")
	f.BoolVar(&e.assure, "confirm", false, "write also to contacts with a low score")
	return cmd
}

func (e *errand) command(env map[string]string, use, short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: none,
		Long: long + "\nThe runs are the server's: Ctrl-C leaves them going on there. It fails when a run fails; a run that waits for a person has not.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.start(cmd.Context(), env, cmd.OutOrStdout(), e.work)
		},
	}
	f := cmd.Flags()
	e.common(cmd)
	f.StringVar(&e.input, "input", "", "input of one run, as JSON, in place of the other flags")
	f.StringVar(&e.instructions, "instructions", "", "what it should say or keep to, in your words")
	return cmd
}

// common are the flags of everything that has an agent work.
func (e *errand) common(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.workspace, "workspace", "", "slug or id, where there are several")
	f.StringVar(&e.as, "as", "", "email of the person that it is for; the owner, where there is one only")
	f.DurationVar(&e.patience, "timeout", 15*time.Minute, "how long to watch; the server goes on with the runs, 0 waits for ever")
}

// searches offers to look for work where none is named.
func (e *errand) searches(cmd *cobra.Command, what string) {
	f := cmd.Flags()
	f.IntVar(&e.limit, "limit", 10, "at most so many "+what+" at a time")
	f.BoolVar(&e.again, "again", false, "also those that had a run since anything happened")
	f.BoolVar(&e.once, "once", false, "work on what is there, and end; so it is unless --watch is said")
	f.BoolVar(&e.watch, "watch", false, "keep going, as new work comes")
	cmd.MarkFlagsMutuallyExclusive("once", "watch")
}

// start finds the server and the workspace, and does it there.
func (e *errand) start(ctx context.Context, env map[string]string, out io.Writer, do func(context.Context) error) error {
	return inWorkspace(ctx, env, e.workspace, func(cl *client, id string) error {
		if err := cl.actFor(ctx, id, e.as); err != nil {
			return err
		}
		e.cl, e.place, e.out, e.seen = cl, "/v1/workspaces/"+id, out, map[string]time.Time{}
		return do(ctx)
	})
}

// looks is how often --watch asks for new work.
const looks = 5 * time.Second

// work does what there is, and with --watch what comes.
func (e *errand) work(ctx context.Context) error {
	if e.watch && e.named() {
		return errors.New("--watch looks for work by itself: leave out --input, --thread and --contact")
	}
	tick := time.NewTicker(looks)
	defer tick.Stop()
	for first := true; ; first = false {
		pieces, err := e.pieces(ctx)
		if err != nil {
			return err
		}
		if len(pieces) == 0 && first {
			fmt.Fprintln(e.out, "There is nothing to do now.")
		}
		if len(pieces) > 0 {
			err = e.carry(ctx, pieces)
		}
		if !e.watch {
			return err
		}
		if err != nil && !errors.Is(err, errRunFailed) && !errors.Is(err, errTooLong) {
			return err
		}
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-tick.C:
		}
	}
}

func (e *errand) named() bool { return e.input != "" || len(e.threads)+len(e.contacts) > 0 }

// carry starts the runs and watches them to their ends.
func (e *errand) carry(ctx context.Context, pieces []piece) error {
	var jobs []*job
	for _, p := range pieces {
		j, err := e.begin(ctx, p)
		if err != nil {
			return errors.Join(err, e.show(jobs)) // what had begun goes on
		}
		e.seen[p.id] = p.as
		jobs = append(jobs, j)
	}
	return e.follow(ctx, jobs)
}

func (e *errand) begin(ctx context.Context, p piece) (*job, error) {
	var made struct {
		RunID string `json:"run_id"`
	}
	err := e.cl.call(ctx, "POST", e.place+"/agents/"+e.agent+"/runs", map[string]any{"title": clipped(p.title, 200), "input": p.input}, &made)
	return &job{id: made.RunID, title: p.title}, err
}

// pieces are the runs to start: what was named, else what there is.
func (e *errand) pieces(ctx context.Context) ([]piece, error) {
	switch {
	case e.input != "":
		if !json.Valid([]byte(e.input)) {
			return nil, errors.New("--input is not JSON")
		}
		return []piece{{title: "From the command line", input: json.RawMessage(e.input)}}, nil
	case e.agent == "content" && e.kind == "":
		return nil, errors.New("say what to write with --kind, such as followup, proposal or social_post, or give --input")
	case len(e.contacts) > 0:
		return e.each("contact_id", e.contacts), nil
	case len(e.threads) > 0:
		return e.each("thread_id", e.threads), nil
	case e.agent == "content":
		return e.each("", []string{""}), nil
	case e.agent == "contact":
		return e.topContacts(ctx)
	}
	return e.awaiting(ctx)
}

func (e *errand) each(field string, ids []string) []piece {
	var out []piece
	for _, id := range ids {
		p := e.piece(field, id)
		p.title = strings.TrimSpace(map[string]string{"email": "Answer", "contact": "Assess"}[e.agent] + e.kind + " " + id)
		out = append(out, p)
	}
	return out
}

// piece is a run over one record.
func (e *errand) piece(field, id string) piece {
	in := map[string]any{}
	for name, value := range map[string]string{field: id, "kind": e.kind, "topic": e.topic, "instructions": e.instructions} {
		if value != "" {
			in[name] = value
		}
	}
	if task := map[string]string{"email": "reply", "contact": "assess"}[e.agent]; task != "" {
		in["task"] = task
	}
	if e.assure {
		in["confirm"] = true
	}
	return piece{input: in, id: id}
}

// awaiting are the threads that await an answer, the latest first.
func (e *errand) awaiting(ctx context.Context) ([]piece, error) {
	var all struct {
		Data []struct {
			ID, Subject   string
			FromName      string    `json:"from_name"`
			FromAddress   string    `json:"from_address"`
			LastMessageAt time.Time `json:"last_message_at"`
		}
	}
	if err := e.cl.call(ctx, "GET", e.place+"/threads?folder=needs_reply&limit=200", nil, &all); err != nil {
		return nil, err
	}
	var out []piece
	for _, t := range all.Data {
		from := t.FromName
		if from == "" {
			from = t.FromAddress
		}
		p := e.piece("thread_id", t.ID)
		p.title, p.as = "Answer "+from+": "+t.Subject, t.LastMessageAt
		out = append(out, p)
	}
	return e.fresh(ctx, out)
}

// topContacts are those with the highest scores.
func (e *errand) topContacts(ctx context.Context) ([]piece, error) {
	if e.instructions != "" {
		return nil, errors.New("an assessment takes no --instructions")
	}
	var all struct {
		Data []struct {
			ID, Name string
			Last     *time.Time `json:"last_interaction_at"`
		}
	}
	if err := e.cl.call(ctx, "GET", e.place+"/contacts?sort=-score&limit=200", nil, &all); err != nil {
		return nil, err
	}
	var out []piece
	for _, c := range all.Data {
		p := e.piece("contact_id", c.ID)
		p.title = "Assess " + c.Name
		if c.Last != nil {
			p.as = *c.Last
		}
		out = append(out, p)
	}
	return e.fresh(ctx, out)
}

// fresh are the first that had no run since anything happened there.
func (e *errand) fresh(ctx context.Context, all []piece) ([]piece, error) {
	var runs struct {
		Data []struct {
			SubjectID string    `json:"subject_id"`
			StartedAt time.Time `json:"started_at"`
		}
	}
	if err := e.cl.call(ctx, "GET", e.place+"/runs?limit=200&program=true&agent="+url.QueryEscape(e.agent), nil, &runs); err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	for _, p := range all {
		at, ok := e.seen[p.id]
		begun[p.id] = ok && !p.as.After(at)
		for _, r := range runs.Data {
			begun[p.id] = begun[p.id] || !e.again && r.SubjectID == p.id && r.StartedAt.After(p.as)
		}
	}
	var out []piece
	for _, p := range all {
		if !begun[p.id] && len(out) < e.limit {
			out = append(out, p)
		}
	}
	return out, nil
}

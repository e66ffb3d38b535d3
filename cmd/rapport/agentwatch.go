package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/orchestrator"
	"rapport/internal/ai"
)

// job is a run or a goal that is watched.
type job struct {
	id, title string
	goal      bool
	said      map[string]bool // steps whose end was told
	state     string
	result    string
	page      string // a report that a goal has made
	cost      int64
	later     time.Time // until when it was put off
	told      time.Time // that it was
	asks      []asks    // what waits for a person
	parked    bool      // nothing goes on before a person decides
	failures  int       // of a goal's steps
}

type asks struct{ id, title string }

func (j *job) over() bool {
	return j.parked || slices.Contains([]string{"done", "failed", "cancelled", "dead", "paused"}, j.state)
}

func (j *job) failed() bool { return j.failures > 0 || j.over() && !j.parked && j.state != "done" }

var (
	errRunFailed = errors.New("a run has failed")
	errTooLong   = errors.New("the runs take longer than --timeout")
)

// follow tells of each step as it ends, until all have ended or wait for a
// person, and then what came of them.
func (e *errand) follow(ctx context.Context, jobs []*job) error {
	tick := time.NewTicker(redraws)
	defer tick.Stop()
	var late <-chan time.Time
	if e.patience > 0 {
		late = time.After(e.patience)
	}
	for {
		open := 0
		for _, j := range jobs {
			if j.over() {
				continue
			}
			if err := e.look(ctx, j); err != nil {
				if ctx.Err() != nil {
					return e.leave()
				}
				return err
			}
			if !j.over() {
				open++
			}
		}
		if open == 0 {
			return e.show(jobs)
		}
		select {
		case <-ctx.Done():
			return e.leave()
		case <-late:
			return errors.Join(fmt.Errorf("%w (%v): the server goes on with %d of them", errTooLong, e.patience, open), e.show(jobs))
		case <-tick.C:
		}
	}
}

func (e *errand) leave() error {
	if e.cl.own {
		return fmt.Errorf("%w: the runs go on when a server runs again", errInterrupted)
	}
	return fmt.Errorf("%w: the server goes on with the runs", errInterrupted)
}

func (e *errand) look(ctx context.Context, j *job) error {
	if j.said == nil {
		j.said = map[string]bool{}
	}
	if j.goal {
		return e.lookAtGoal(ctx, j)
	}
	var r agents.Trail
	if err := e.cl.call(ctx, "GET", e.place+"/runs/"+j.id, nil, &r); err != nil {
		return err
	}
	j.asks = nil
	for _, s := range r.Steps {
		if s.State == "done" || s.State == "failed" {
			e.tell(j, s.Key, s.Key, s.State, s.Error)
		}
		if s.State == "waiting" && s.ApprovalID != nil {
			j.asks = append(j.asks, asks{*s.ApprovalID, j.title})
		}
	}
	var said struct{ Summary string }
	_ = json.Unmarshal(r.Output, &said) // null until it is over
	j.state, j.cost, j.result = string(r.State), r.CostNano, said.Summary
	if r.Error != "" {
		j.result = r.Error
	}
	j.parked = j.state == "waiting" && len(j.asks) > 0
	j.later = time.Time{}
	if r.State == "queued" {
		j.later = r.RunAt
	}
	e.tellLater(j)
	return nil
}

// soon is how far off a turn may be without a word.
const soon = 3 * time.Second

// tellLater says once for each time that a run was put off, as it is when no
// provider answers.
func (e *errand) tellLater(j *job) {
	if time.Until(j.later) < soon || j.later.Equal(j.told) {
		return
	}
	j.told = j.later
	fmt.Fprintf(e.out, "%s: put off until %s; it goes on by itself then\n", clipped(j.title, 50), j.later.Local().Format(time.TimeOnly))
}

func (e *errand) lookAtGoal(ctx context.Context, j *job) error {
	var g orchestrator.Detail
	if err := e.cl.call(ctx, "GET", e.place+"/goals/"+j.id, nil, &g); err != nil {
		return err
	}
	j.asks, j.failures = nil, 0
	for _, a := range g.Approvals {
		j.asks = append(j.asks, asks{a.ID, a.Title})
	}
	j.parked = g.State == "waiting" && len(j.asks) > 0
	for _, s := range g.Plan {
		switch s.State {
		case "done", "failed", "cancelled", "dead", "skipped":
			text := s.Error
			if text == "" {
				text = s.Summary
			}
			e.tell(j, s.ID, s.Title, s.State, text)
			if s.State != "done" && s.State != "skipped" {
				j.failures++
			}
		case "queued", "running":
			j.parked = false
		case "waiting":
			j.parked = j.parked && s.Approvals > 0
		}
	}
	var said struct{ Summary, Page string }
	_ = json.Unmarshal(g.Result, &said) // null until it is over
	j.state, j.cost, j.result, j.page = g.State, g.CostNano, said.Summary, said.Page
	if g.Error != "" {
		j.result = g.Error
	}
	return nil
}

// tell says once that a step has ended.
func (e *errand) tell(j *job, key, step, state, text string) {
	if j.said[key] {
		return
	}
	j.said[key] = true
	line := fmt.Sprintf("%s: %s %s", clipped(j.title, 50), step, state)
	if text != "" {
		line += ": " + clipped(text, 120)
	}
	fmt.Fprintln(e.out, line)
}

// show is the table of what came of the runs, with what waits for a person.
func (e *errand) show(jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\nRUN\tABOUT\tSTATE\tCOST\tRESULT")
	failed := 0
	for _, j := range jobs {
		state := j.state
		if j.parked {
			state = "waits for a person"
		}
		if !j.over() && time.Until(j.later) > soon {
			state = "put off until " + j.later.Local().Format(time.TimeOnly)
		}
		if j.failed() {
			failed++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", j.id, clipped(j.title, 40), state, dollars(j.cost), clipped(j.result, 100))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, j := range jobs {
		for _, a := range j.asks {
			fmt.Fprintf(e.out, "\nWaits for a person: %s\n  approval %s at %s\n", a.title, a.id, e.address(a.id))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d of %d", errRunFailed, failed, len(jobs))
	}
	return nil
}

func dollars(nano int64) string { return fmt.Sprintf("$%.4f", float64(nano)/float64(ai.Dollar)) }

// address is where a person decides. A server of this process is gone by then.
func (e *errand) address(approval string) string {
	base := e.cl.base
	if e.cl.own {
		base = ""
	}
	return base + "/w/" + strings.TrimPrefix(e.place, "/v1/workspaces/") + "/approvals?id=" + approval
}

// clipped is text on one line, cut where it is too long.
func clipped(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

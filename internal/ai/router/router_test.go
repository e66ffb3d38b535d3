package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/platform/problem"
)

func TestWithoutVendorRulesAreTheEngine(t *testing.T) {
	t.Parallel()
	res, err := gateway(local()).Do(t.Context(), what())
	if err != nil || res.Engine != "rules" || res.Version != "colour/1" || res.Degraded {
		t.Errorf("Do() = %+v, %v; want rules, colour/1, not degraded", res, err)
	}
}

func TestWithoutAPromptOnlyRulesAreAsked(t *testing.T) {
	t.Parallel()
	e := &engine{name: "a", answer: takes(0)}
	r := ai.Request{Task: "colour", Class: ai.Fast, Input: json.RawMessage(`{}`), Schema: colour}
	res, err := gateway(e, local()).Do(t.Context(), r)
	if err != nil || res.Engine != "rules" || e.calls() != 0 {
		t.Errorf("Do() = %+v, %v with %d calls; want rules alone", res, err, e.calls())
	}
}

func TestAModelsAnswerIsPricedAndNotDegraded(t *testing.T) {
	t.Parallel()
	res, err := gateway(&engine{name: "a", answer: takes(0)}, local()).Do(t.Context(), what())
	if err != nil || res.Engine != "a" || res.Model != "m" || res.Degraded || string(res.Output) != `{"name":"blue"}` {
		t.Fatalf("Do() = %+v, %v; want the model's answer", res, err)
	}
	if want := int64(10*1000 + 2*5000); res.Usage.CostNano != want || res.Attempts[0].Billed != ai.BilledYes {
		t.Errorf("usage %+v; want a cost of %d", res.Usage, want)
	}
}

func TestABadAnswerOfRulesNamesEachViolationWithoutTheValue(t *testing.T) {
	t.Parallel()
	r := what()
	r.Task = "broken"
	res, err := gateway(local()).Do(t.Context(), r)
	var bad *ai.Refused
	if !errors.Is(err, ai.ErrBadOutput) || !errors.As(err, &bad) || len(bad.Violations) != 2 || res.Output != nil {
		t.Fatalf("Do() = %+v, %v; want two violations and no output", res, err)
	}
	if strings.Contains(err.Error(), "xxx") {
		t.Errorf("the error repeats the answer: %v", err)
	}
}

func TestNobodyConfiguredIsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := gateway().Do(t.Context(), what())
	if !errors.Is(err, ai.ErrNoProvider) || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("Do() = %v, want ErrNoProvider", err)
	}
}

func TestWhenAllAreAwayAPersonIsToldWhenAndAJobWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gateway(&engine{name: "a", answer: fails(0, limited(2*time.Minute))}, local())
		r := which()
		r.Task = "unruly"
		_, err := g.Do(within(t, 20*time.Second), r)
		var p *problem.Error
		if !errors.Is(err, ai.ErrNoProvider) || !errors.As(err, &p) || p.RetryAfter != 2*time.Minute {
			t.Errorf("interactive Do() = %v, want ErrNoProvider with the time", err)
		}
		r.Interactive = false
		res, err := g.Do(within(t, 20*time.Second), r)
		if err != nil || res.Deferred == nil || res.Deferred.After != 2*time.Minute || res.Output != nil {
			t.Errorf("background Do() = %+v, %v; want a ticket", res, err)
		}
	})
}

func TestTaskWithoutRulesIsAnExplicitError(t *testing.T) {
	t.Parallel()
	r := what()
	r.Task = "unruly"
	if _, err := gateway(local()).Do(t.Context(), r); !errors.Is(err, rules.ErrUnknownTask) {
		t.Errorf("Do() = %v, want ErrUnknownTask", err)
	}
}

func TestAPanicOfRulesIsAFailureOfOneRequest(t *testing.T) {
	t.Parallel()
	r := what()
	r.Task = "panics"
	if _, err := gateway(local()).Do(t.Context(), r); err == nil || !strings.Contains(err.Error(), "odd input") {
		t.Errorf("Do() = %v, want an error that names the panic", err)
	}
}

func TestACancelledRequestIsNotAFailureOfTheProvider(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gateway(local()).Do(ctx, what()); !errors.Is(err, context.Canceled) {
		t.Errorf("Do() = %v, want Canceled", err)
	}
}

func TestASchemaStaysAtHome(t *testing.T) {
	t.Parallel()
	if _, err := ai.Compile("far", "1", []byte(`{"$ref":"https://example.com/x.json"}`)); err == nil {
		t.Error("Compile() took a reference to another host")
	}
}

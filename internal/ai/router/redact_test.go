package router_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/router"
)

var quoting = ai.MustCompile("quoting", "1", []byte(`{"type":"object","required":["quote"],"additionalProperties":false,"properties":{"quote":{"type":"string"}}}`))

// A model cites what it was shown; what is verified and returned is the text.
func TestWhatCitesARedactedTextIsWholeAgain(t *testing.T) {
	t.Parallel()
	e := &engine{name: "a", answer: func(_ context.Context, _ int, c ai.Call) (ai.Answer, error) {
		if strings.Contains(c.User, "555") {
			t.Errorf("a model is shown %q", c.User)
		}
		return ai.Answer{Text: `{"quote":"Call [phone-1]."}`}, nil
	}}
	o := options(e)
	rules := *inOrder(e)(t.Context())
	rules.Redact = guard.Redaction{Phones: true}
	o.Policy = func(context.Context) *policy.Policy { return &rules }
	verified := ""
	r := ai.Request{Task: "cite", Class: ai.Fast, Schema: quoting, Prompt: guard.New("cite", "1", "Cite.").Quote("text", "Call +1 202 555 0143."),
		Verify: func(output json.RawMessage) (json.RawMessage, error) { verified = string(output); return output, nil }}
	res, err := router.New(o).Do(t.Context(), r)
	const want = `{"quote":"Call +1 202 555 0143."}`
	if err != nil || string(res.Output) != want || verified != want {
		t.Errorf("Do() = %s, %v, verified %s; want %s", res.Output, err, verified, want)
	}
}

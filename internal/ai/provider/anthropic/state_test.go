package anthropic_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/wire"
)

// A model that thinks before it uses a tool is shown its thinking with the
// result. In another conversation the thinking is refused, and goes.
func TestThinkingIsShownAgain(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, err := sim.New(sim.Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			p := anthropic.New(wire.New(s), "")
			c := call()
			c.Key.Secret, c.Model, c.Params.Effort, c.Params.MaxTokens = "sim-1", "claude-opus-5-5", ai.MidEffort, 1200
			c.Tools = []ai.Tool{{Name: "find", Schema: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}`)}}
			a, _, err := ask(t.Context(), p, c, stream)
			if err != nil || len(a.Calls) != 1 || a.State == nil || a.State.Model != c.Model || a.Usage.ThinkingTokens == 0 {
				t.Fatalf("got %+v, %v; want a call of a tool, after thinking", a, err)
			}
			c.Turns = []ai.Turn{{Text: c.User}, {Assistant: true, Text: a.Text, Calls: a.Calls, State: a.State}, {Results: []ai.ToolResult{{ID: a.Calls[0].ID, Text: "Ada"}}}}
			c.User = ""
			if a, _, err = ask(t.Context(), p, c, stream); err != nil || a.Text == "" {
				t.Errorf("after the result: %+v, %v", a, err)
			}
			c.Turns = slices.Clone(c.Turns)
			c.Turns[0].Text = "Something else?"
			_, _, err = ask(t.Context(), p, c, stream)
			if f := ai.FaultOf(err); f == nil || f.Kind != ai.StateRejected || f.Repair != ai.StripState {
				t.Errorf("in another conversation: %v, want the state refused", err)
			}
			c.Mended = []ai.Repair{ai.StripState}
			if a, _, err = ask(t.Context(), p, c, stream); err != nil || a.Text == "" {
				t.Errorf("without the state: %+v, %v", a, err)
			}
		})
	}
}

func TestUsageIsBelievedWithinReason(t *testing.T) {
	t.Parallel()
	plain := ai.Usage{InputTokens: 11, OutputTokens: 25}
	for name, tc := range map[string]struct {
		said      string
		want      ai.Usage
		estimated bool
	}{
		"two terms":                    {`{"input_tokens":11,"output_tokens":25}`, plain, false},
		"a total of what is kept":      {`{"input_tokens":11,"output_tokens":25,"cache_creation_input_tokens":9}`, ai.Usage{InputTokens: 11, OutputTokens: 25, CacheWriteTokens: 9}, false},
		"a total that the parts miss":  {`{"input_tokens":11,"output_tokens":25,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":0}}`, ai.Usage{InputTokens: 11, OutputTokens: 25, CacheWriteTokens: 9}, false},
		"all of the prompt was kept":   {`{"input_tokens":0,"output_tokens":25,"cache_read_input_tokens":900}`, ai.Usage{OutputTokens: 25, CachedTokens: 900}, false},
		"more thought than said":       {`{"input_tokens":11,"output_tokens":25,"output_tokens_details":{"thinking_tokens":90}}`, plain, false},
		"nothing said":                 {``, ai.Usage{}, true},
		"null":                         {`null`, ai.Usage{}, true},
		"zero":                         {`{"input_tokens":0,"output_tokens":0}`, ai.Usage{}, true},
		"negative":                     {`{"input_tokens":-11,"output_tokens":25}`, ai.Usage{OutputTokens: 25}, true},
		"negative output":              {`{"input_tokens":11,"output_tokens":-25}`, ai.Usage{InputTokens: 11}, true},
		"a negative cache":             {`{"input_tokens":11,"output_tokens":25,"cache_creation_input_tokens":-9}`, ai.Usage{OutputTokens: 25}, true},
		"more than any context":        {`{"input_tokens":987654321,"output_tokens":25}`, ai.Usage{OutputTokens: 25}, true},
		"more output than was allowed": {`{"input_tokens":11,"output_tokens":987654321}`, ai.Usage{InputTokens: 11}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"It is me."}],"stop_reason":"end_turn"`
			if tc.said != "" {
				body += `,"usage":` + tc.said
			}
			a := serve(t, status(200, body+"}"))
			got, _, err := ask(t.Context(), provider(t, a.URL), call(), false)
			if err != nil {
				t.Fatal(err)
			}
			u := got.Usage
			if u.Estimated != tc.estimated || !tc.estimated && u != tc.want {
				t.Errorf("got %+v, want %+v, estimated %v", u, tc.want, tc.estimated)
			}
			if tc.estimated && (u.InputTokens <= 0 || u.InputTokens > 1000 || u.OutputTokens <= 0 || u.OutputTokens > 1000 || u.CachedTokens < 0 || u.CacheWriteTokens < 0) {
				t.Errorf("the estimate is %+v", u)
			}
			if tc.want.InputTokens > 0 && u.InputTokens != tc.want.InputTokens || tc.want.OutputTokens > 0 && u.OutputTokens != tc.want.OutputTokens {
				t.Errorf("got %+v, want what makes sense of %+v", u, tc.want)
			}
		})
	}
}

func TestToolsAreCalledOnce(t *testing.T) {
	t.Parallel()
	open := `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"find","input":{}}}`
	input := `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"name\":\"Ada\"}"}}`
	again := func(s string) string { return strings.Replace(s, `"index":0`, `"index":1`, 1) }
	a := serve(t, sse(begins, open, input, closes, again(open), again(input), again(closes), ends, stops))
	got, _, err := ask(t.Context(), provider(t, a.URL), call(), true)
	if err != nil || len(got.Calls) != 1 || string(got.Calls[0].Input) != `{"name":"Ada"}` || got.Calls[0].ID != "t1" {
		t.Errorf("got %+v, %v; want one call of find", got.Calls, err)
	}
}

func TestWhatIsInFlightIsApart(t *testing.T) {
	t.Parallel()
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status(200, strings.Replace(message, "It is me", r.Header.Get("X-Api-Key"), 1))(w, r)
	})
	p := provider(t, a.URL)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c := call()
			c.Key.Secret = "key-" + string(rune('a'+i))
			if got, err := p.Call(t.Context(), c); err != nil || !strings.HasPrefix(got.Text, c.Key.Secret) {
				t.Errorf("%s: got %q, %v", c.Key.Secret, got.Text, err)
			}
		})
	}
	all.Wait()
}

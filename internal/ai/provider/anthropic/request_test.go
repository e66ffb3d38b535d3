package anthropic_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"rapport/internal/ai"
)

var update = flag.Bool("update", false, "write the golden requests; review them")

const golden = "testdata/requests.txt"

var answerSchema = ai.MustCompile("answer", "1", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"why":{"type":"string","minLength":3},"score":{"type":"integer","minimum":0,"maximum":9}},"required":["why","score"],"additionalProperties":false}`))

// asked are calls by name.
func asked() map[string]ai.Call {
	with := func(change func(*ai.Call)) ai.Call {
		c := call()
		change(&c)
		return c
	}
	model := func(name string, effort ai.Effort) ai.Call {
		return with(func(c *ai.Call) { c.Model, c.Params.Effort, c.Params.MaxTokens = name, effort, 5000 })
	}
	half := 0.5
	out := map[string]ai.Call{
		"plain":             call(),
		"no system":         with(func(c *ai.Call) { c.System = "" }),
		"kept for minutes":  with(func(c *ai.Call) { c.Params.Cache = "5m" }),
		"kept for an hour":  with(func(c *ai.Call) { c.Params.Cache = "1h" }),
		"temperature":       with(func(c *ai.Call) { c.Model, c.Params.Temperature = "claude-haiku-4-5", &half }),
		"schema":            with(func(c *ai.Call) { c.Schema = answerSchema }),
		"schema and effort": with(func(c *ai.Call) { c.Schema, c.Params.Effort = answerSchema, ai.LowEffort }),
		"plainest schema":   with(func(c *ai.Call) { c.Schema, c.Mended = answerSchema, []ai.Repair{ai.LowerSchema} }),
		"better answer": with(func(c *ai.Call) {
			c.Schema, c.Previous, c.Mended = answerSchema, `{"score":10}`, []ai.Repair{ai.FixOutput}
			c.Violations = []ai.Violation{{Pointer: "/score", Rule: "maximum"}, {Pointer: "/", Rule: "missing property 'why'"}}
		}),
		"better answer to nothing": with(func(c *ai.Call) { c.Violations = []ai.Violation{{Pointer: "/", Rule: "is not JSON"}} }),
		"tools":                    with(conversation(true)),
		"tools, state dropped":     with(func(c *ai.Call) { conversation(true)(c); c.Mended = []ai.Repair{ai.StripState} }),
		"tools, another model":     with(func(c *ai.Call) { conversation(true)(c); c.Model = "claude-sonnet-5-5" }),
		"tools restated":           with(conversation(false)),
		"foreign ids":              with(foreign),
		"no thinking of an old turn": with(func(c *ai.Call) {
			conversation(true)(c)
			c.Model, c.Params = "claude-haiku-4-5", ai.Params{MaxTokens: 5000, Effort: ai.MidEffort}
		}),
		"request bounds":          with(func(c *ai.Call) { c.MaxTokens = 100 }),
		"request bounds, raised":  with(func(c *ai.Call) { c.MaxTokens, c.Mended = 100, []ai.Repair{ai.RaiseMax} }),
		"nothing bounds":          with(func(c *ai.Call) { c.Params.MaxTokens = 0 }),
		"request's effort counts": with(func(c *ai.Call) { c.Effort, c.Params.Effort = ai.LowEffort, ai.HighEffort }),
	}
	for _, m := range []string{"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-6", "claude-opus-4-5", "claude-haiku-4-5", "claude-3-haiku"} {
		for _, e := range []ai.Effort{ai.NoThinking, ai.LowEffort, ai.HighEffort} {
			out[m+" "+string(e)] = model(m, e)
		}
	}
	return out
}

func conversation(tools bool) func(*ai.Call) {
	return func(c *ai.Call) {
		c.Turns = []ai.Turn{
			{Text: "Find Ada."},
			{Assistant: true, Text: "I look.", Calls: []ai.ToolCall{{ID: "toolu_1", Name: "find", Input: json.RawMessage(`{"name":"Ada"}`)}},
				State: &ai.State{Provider: "anthropic", Model: "claude-haiku-5-5", Raw: json.RawMessage(`[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"find","input":{"name":"Ada"}}]`)}},
			{Results: []ai.ToolResult{{ID: "toolu_1", Text: "Ada, of Example Ltd", Error: false}}},
		}
		c.User = ""
		if tools {
			c.Tools = []ai.Tool{{Name: "find", Description: "Finds people.", Schema: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}`)}}
		}
	}
}

// foreign is a conversation that was begun with another provider.
func foreign(c *ai.Call) {
	conversation(true)(c)
	c.Turns[1].State = &ai.State{Provider: "gemini", Model: "gemini-4-argon", Raw: json.RawMessage(`"?"`)}
	c.Turns[1].Calls = []ai.ToolCall{{ID: "call:1/a", Name: "find", Input: json.RawMessage(`{}`)}, {ID: "", Name: "find"}, {ID: "call:1:a", Name: "find", Input: json.RawMessage(`not JSON`)}}
	c.Turns[2].Results = []ai.ToolResult{{ID: "call:1/a", Text: "one"}, {ID: "", Text: " "}, {ID: "call:1:a", Text: "no such person", Error: true}}
	c.User = "And now?"
}

func TestEachCallIsTheRequestThatWasReviewed(t *testing.T) {
	t.Parallel()
	a := serve(t, status(529, ""))
	p := provider(t, a.URL)
	calls := asked()
	var got bytes.Buffer
	for _, n := range slices.Sorted(maps.Keys(calls)) {
		before := a.requests.Load()
		_, err := p.Call(t.Context(), calls[n])
		got.WriteString("== " + n + "\n")
		if a.requests.Load() == before {
			got.WriteString("not sent: " + err.Error() + "\n")
			continue
		}
		var body map[string]json.RawMessage
		if err := json.Unmarshal(a.last.Load().body, &body); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(body)) {
			got.WriteString(name + " " + string(body[name]) + "\n")
		}
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		for i, g := range strings.Split(got.String(), "== ") {
			if all := strings.Split(string(want), "== "); i >= len(all) || all[i] != g {
				t.Fatalf("the requests differ from %s, first:\n== %s", golden, g)
			}
		}
	}
}

// What the API would refuse is not sent, and costs nothing.
func TestARequestThatWouldBeRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	hot, odd := 0.7, 2.0
	for name, tc := range map[string]struct {
		change func(*ai.Call)
		want   ai.Kind
	}{
		"no key":                         {func(c *ai.Call) { c.Key.Secret = "" }, ai.Credential},
		"a key with a line's end":        {func(c *ai.Call) { c.Key.Secret = "key\n" }, ai.Credential},
		"a key with a space":             {func(c *ai.Call) { c.Key.Secret = "a key" }, ai.Credential},
		"a key that is no ASCII":         {func(c *ai.Call) { c.Key.Secret = "schlüssel" }, ai.Credential},
		"an address without https":       {func(c *ai.Call) { c.Key.BaseURL = "http://api.example.com" }, ai.CallerFault},
		"an address of a file":           {func(c *ai.Call) { c.Key.BaseURL = "file:///etc" }, ai.CallerFault},
		"no model":                       {func(c *ai.Call) { c.Model = "" }, ai.CallerFault},
		"nothing asked":                  {func(c *ai.Call) { c.User = " " }, ai.CallerFault},
		"prefill":                        {func(c *ai.Call) { c.User, c.Turns = "", []ai.Turn{{Text: "a"}, {Assistant: true, Text: "b"}} }, ai.CallerFault},
		"temperature of the 5 series":    {func(c *ai.Call) { c.Params.Temperature = &hot }, ai.CallerFault},
		"temperature out of range":       {func(c *ai.Call) { c.Model, c.Params.Temperature = "claude-haiku-4-5", &odd }, ai.CallerFault},
		"temperature and thinking":       {func(c *ai.Call) { *c = old(*c, 8000); c.Params.Temperature = &hot }, ai.CallerFault},
		"a budget too small":             {func(c *ai.Call) { *c = old(*c, 2047) }, ai.CallerFault},
		"an effort that is none":         {func(c *ai.Call) { c.Params.Effort = "heroic" }, ai.CallerFault},
		"a cache for a week":             {func(c *ai.Call) { c.Params.Cache = "168h" }, ai.CallerFault},
		"a tool whose schema is no JSON": {func(c *ai.Call) { c.Tools = []ai.Tool{{Name: "t", Schema: json.RawMessage(`{`)}} }, ai.CallerFault},
		"a tool without a schema":        {func(c *ai.Call) { c.Tools = []ai.Tool{{Name: "t"}} }, ai.CallerFault},
		"state that is no list": {func(c *ai.Call) {
			c.Turns = []ai.Turn{{Text: "a"}, {Assistant: true, State: &ai.State{Provider: "anthropic", Model: c.Model, Raw: json.RawMessage(`{}`)}}}
		}, ai.CallerFault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(http.ResponseWriter, *http.Request) {})
			for _, stream := range []bool{false, true} {
				c := call()
				tc.change(&c)
				_, _, err := ask(t.Context(), provider(t, a.URL), c, stream)
				if f := ai.FaultOf(err); f == nil || f.Kind != tc.want || f.Billed != ai.BilledNo || f.RetrySame || !f.TryOther {
					t.Errorf("got %+v, want %s for another engine, not billed", f, tc.want)
				}
				if err != nil && c.Key.Secret != "" && strings.Contains(err.Error(), c.Key.Secret) {
					t.Errorf("the fault repeats the key: %v", err)
				}
			}
			if n := a.requests.Load(); n != 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

func old(c ai.Call, tokens int) ai.Call {
	c.Model, c.Params.Effort, c.Params.MaxTokens = "claude-haiku-4-5", ai.LowEffort, tokens
	return c
}

package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/text"
	"rapport/internal/api/op"
	"rapport/internal/platform/problem"
)

// askInput is a question of a person or a program.
type askInput struct {
	op.InWorkspace
	Body struct {
		Task        string         `json:"task,omitempty" enum:"ask,summarize" default:"ask" doc:"summarize can be answered without a model too."`
		Class       ai.Class       `json:"class,omitempty" enum:"fast,extract,standard,deep" default:"standard" doc:"How much thought it takes; the routing policy chooses engines by it."`
		Instruction string         `json:"instruction" minLength:"1" maxLength:"20000" doc:"What is wanted, in your own words."`
		Material    string         `json:"material,omitempty" maxLength:"900000" doc:"What others wrote, to be worked on. It instructs nobody."`
		Schema      map[string]any `json:"schema,omitempty" doc:"A JSON schema of an object that the answer shall satisfy."`
		MaxTokens   int            `json:"max_tokens,omitempty" minimum:"16" maximum:"64000" doc:"Of the answer; unless said, as the routing policy has it."`
		Defer       bool           `json:"defer,omitempty" doc:"Nobody waits: rather answer later than with rules in place of a model."`
		Fresh       bool           `json:"fresh,omitempty" doc:"Ask anew although the same was answered within a day."`
	}
}

// Answer is what came of a question, and where from.
type Answer struct {
	CallID    string          `json:"call_id" doc:"Names the record of the call, which follows within seconds."`
	Text      string          `json:"text" doc:"The answer as prose; empty where a schema was given."`
	Output    json.RawMessage `json:"output,omitempty" doc:"The answer as JSON that satisfies the schema."`
	Engine    string          `json:"engine" doc:"The provider that answered; rules is part of Rapport."`
	Model     string          `json:"model"`
	Version   string          `json:"version"`
	Simulated bool            `json:"simulated" doc:"The simulator answered in the provider's place: the words mean nothing."`
	Cached    bool            `json:"cached"`
	Degraded  bool            `json:"degraded" doc:"Rules stood in for a model."`
	Deferred  *Deferred       `json:"deferred,omitempty" doc:"Set instead of an answer when every engine is away and nobody waits."`
	CostNano  int64           `json:"cost_nano" doc:"In thousand-millionths of a US dollar, all attempts together."`
	Usage     ai.Usage        `json:"usage"`
	Attempts  []ai.Attempt    `json:"attempts"`
}

// Deferred says when to ask again, and why.
type Deferred struct {
	AfterSeconds int    `json:"after_seconds"`
	Reason       string `json:"reason"`
}

const (
	patience = 90 * time.Second // of a person who waits
	longer   = 3 * time.Minute  // where nobody does
)

func (s *Service) complete(ctx context.Context, in *askInput) (*op.Body[Answer], error) {
	r, err := in.request()
	if err != nil {
		return nil, err
	}
	r.IdempotencyKey = op.Key(ctx)
	ctx, cancel := context.WithTimeout(ctx, in.patience())
	defer cancel()
	res, err := s.Gateway.Do(ctx, r)
	if err != nil {
		return nil, explain(err, res)
	}
	return &op.Body[Answer]{Body: s.answer(in, res)}, nil
}

func (in *askInput) patience() time.Duration {
	if in.Body.Defer {
		return longer
	}
	return patience
}

// taskSummarize is the one task of people that rules can do.
const taskSummarize = "person.summarize"

// request puts the question into the words of the gateway.
func (in *askInput) request() (ai.Request, error) {
	b := in.Body
	r := ai.Request{Task: "person." + b.Task, Class: b.Class, Interactive: !b.Defer, Fresh: b.Fresh, NoRules: b.Defer, MaxTokens: b.MaxTokens, Prompt: in.prompt()}
	var f problem.Fields
	f.Check(strings.TrimSpace(b.Instruction) != "", "/instruction", "required", "Say what is wanted.")
	f.Check(b.Task != "summarize" || strings.TrimSpace(b.Material) != "", "/material", "required", "Give the text that is to be summed up.")
	if err := f.Err(); err != nil {
		return r, err
	}
	switch {
	case b.Schema != nil:
		schema, err := compile(b.Schema)
		if err != nil {
			return r, err
		}
		r.Schema = schema
	case b.Material != "":
		r.Schema = proseSchema()
	}
	if b.Task == "summarize" && b.Schema == nil {
		input, err := json.Marshal(map[string]string{"material": b.Material})
		if err != nil {
			return r, err
		}
		r.Input, r.NoRules = input, false
	}
	return r, nil
}

func (in *askInput) prompt() guard.Prompt {
	p := guard.New("person", "1", "You help somebody who works with a CRM. Do what they ask, in the language in which they ask it. Be brief and exact. Say so where you do not know.").Ask(in.Body.Instruction)
	if in.Body.Material == "" {
		return p
	}
	return p.Quote("material", in.Body.Material)
}

// prose is the schema of an answer in words to a question that quotes others.
const prose = `{"type":"object","properties":{"text":{"type":"string","maxLength":100000}},"required":["text"],"additionalProperties":false}`

func proseSchema() *ai.Schema { return ai.MustCompile("person.prose", "1", []byte(prose)) }

const (
	maxSchema      = 64 << 10
	maxSchemaDepth = 24
	maxSchemaNodes = 2000
)

// compile reads a schema that came from outside.
func compile(schema map[string]any) (*ai.Schema, error) {
	var f problem.Fields
	body, err := json.Marshal(schema)
	f.Check(err == nil && len(body) <= maxSchema, "/schema", "too_long", "A schema has at most 64 KiB.")
	nodes := 0
	f.Check(depth(schema, &nodes) <= maxSchemaDepth, "/schema", "too_deep", "A schema nests at most 24 deep.")
	f.Check(nodes <= maxSchemaNodes, "/schema", "too_long", "A schema has at most 2,000 parts.")
	f.Check(schema["type"] == "object", "/schema/type", "unsupported", "The schema describes an object: give it the type object.", "object")
	if err := f.Err(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	out, err := ai.Compile("person.answer", hex.EncodeToString(sum[:6]), body)
	f.Check(err == nil, "/schema", "invalid", "This is no JSON schema that can be used: a keyword has a wrong value, a pattern is none, or it refers to another document.")
	return out, f.Err()
}

func depth(v any, nodes *int) int {
	*nodes++
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			deepest = max(deepest, depth(child, nodes))
		}
	case []any:
		for _, child := range v {
			deepest = max(deepest, depth(child, nodes))
		}
	}
	return deepest + 1
}

// answer is a response as people see it.
func (s *Service) answer(in *askInput, res ai.Response) Answer {
	out := Answer{CallID: res.CallID, Engine: res.Engine, Model: res.Model, Version: res.Version, Cached: res.Cached, Degraded: res.Degraded,
		Simulated: s.Simulated && res.Engine != "" && res.Engine != "rules", CostNano: res.Usage.CostNano, Usage: res.Usage, Attempts: res.Attempts}
	if out.Attempts == nil {
		out.Attempts = []ai.Attempt{}
	}
	switch {
	case res.Deferred != nil:
		out.Deferred = &Deferred{AfterSeconds: int(res.Deferred.After.Seconds() + 0.999), Reason: "Every engine that may answer this is away."}
	case in.Body.Schema != nil:
		out.Output = res.Output
	case in.Body.Material != "":
		var wrapped struct{ Text string }
		if json.Unmarshal(res.Output, &wrapped) == nil {
			out.Text = wrapped.Text
		}
	default:
		out.Text = spoken(res.Output)
	}
	return out
}

// spoken is the prose in a JSON string.
func spoken(output json.RawMessage) string {
	var words string
	if json.Unmarshal(output, &words) != nil {
		return string(output)
	}
	return words
}

var (
	errNotConfigured = problem.New(problem.Conflict, "ai_not_configured", "No model is configured that could answer this. An admin enters a key of a provider under AI; summarize works without one.")
	errNoAnswer      = problem.New(problem.Unavailable, "ai_bad_output", "No engine gave an answer that can be used. Nothing was stored.")
	errDeclined      = problem.New(problem.Invalid, "ai_declined", "The models that were asked decline to answer this.")
	errRefused       = problem.New(problem.Invalid, "ai_refused", "The providers refuse this question as it is. Make it shorter, or its schema simpler.")
	errTooLate       = problem.New(problem.Timeout, "ai_deadline_past", "No engine answered in time.")
)

// explain turns a failure into what the caller may see of it.
func explain(err error, res ai.Response) error {
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	asked := false
	for _, a := range res.Attempts {
		asked = asked || a.Engine != "rules"
	}
	f := ai.FaultOf(err)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return errTooLate.Because(err)
	case !asked:
		return errNotConfigured.Because(err)
	case errors.Is(err, ai.ErrBadOutput), f != nil && (f.Kind == ai.BadOutput || f.Kind == ai.Truncated):
		return errNoAnswer.Because(err)
	case f != nil && f.Kind == ai.PolicyRefused:
		return errDeclined.Because(err)
	case f != nil && (f.Kind == ai.CallerFault || f.Kind == ai.ContextTooLong):
		return errRefused.Because(err)
	}
	return ai.ErrNoProvider.Because(err)
}

// RulesVersion is stored with what the rules for people's questions answer.
const RulesVersion = "person-1"

// RulesTasks are what people may ask that needs no model.
func RulesTasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){taskSummarize: summarize}
}

// summarize gives the sentences that stand for the material.
func summarize(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	var in struct{ Material string }
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	doc := text.Parse(in.Material)
	var sentences []string
	for _, i := range text.Summary(doc, nil, 2) {
		sentences = append(sentences, strings.Join(strings.Fields(doc.Text[doc.Sentences[i].Start:doc.Sentences[i].End]), " "))
	}
	if len(sentences) == 0 {
		return nil, errors.New("there is no sentence in it")
	}
	return json.Marshal(map[string]string{"text": strings.Join(sentences, " ")})
}

package anthropic

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"rapport/internal/ai"
	"rapport/internal/ai/shape"
)

// usualTokens bound an answer of which nothing is said.
const usualTokens = 4096

// limit is how many tokens the answer of c may have. The smaller bound counts,
// unless a cut answer is asked for again.
func limit(c ai.Call) int {
	asked, given := c.MaxTokens, c.Params.MaxTokens
	switch {
	case asked <= 0 || given <= 0:
		return cmp.Or(max(asked, given), usualTokens)
	case c.Mends(ai.RaiseMax):
		return max(asked, given)
	}
	return min(asked, given)
}

// request puts c in the words of the API.
func request(c ai.Call) (sdk.MessageNewParams, error) {
	messages, err := conversation(c)
	if err != nil {
		return sdk.MessageNewParams{}, err
	}
	params := sdk.MessageNewParams{Model: sdk.Model(c.Model), MaxTokens: int64(limit(c)), Messages: messages}
	if c.System != "" {
		system := sdk.TextBlockParam{Text: c.System}
		if system.CacheControl, err = cache(c.Params.Cache); err != nil {
			return sdk.MessageNewParams{}, err
		}
		params.System = []sdk.TextBlockParam{system}
	}
	if t := c.Params.Temperature; t != nil {
		params.Temperature = param.NewOpt(*t)
	}
	for _, t := range c.Tools {
		tool := sdk.ToolParam{Name: t.Name, InputSchema: param.Override[sdk.ToolInputSchemaParam](t.Schema)}
		if t.Description != "" {
			tool.Description = param.NewOpt(t.Description)
		}
		if !json.Valid(t.Schema) {
			return sdk.MessageNewParams{}, fmt.Errorf("%w of tool %s", errSchema, t.Name)
		}
		params.Tools = append(params.Tools, sdk.ToolUnionParam{OfTool: &tool})
	}
	f, effort := familyOf(c.Model), cmp.Or(c.Effort, c.Params.Effort)
	if f.budget && !f.adaptive && effort != "" && restated(c) {
		effort = ai.NoThinking
	}
	if err = think(&params, f, effort); err != nil {
		return sdk.MessageNewParams{}, err
	}
	if c.Schema == nil {
		return params, nil
	}
	schema, err := lower(c)
	if err != nil {
		return sdk.MessageNewParams{}, fmt.Errorf("%w: %w", errSchema, err)
	}
	params.OutputConfig.Format = param.Override[sdk.JSONOutputFormatParam](json.RawMessage(`{"type":"json_schema","schema":` + string(schema) + `}`))
	return params, nil
}

// lower puts the schema into what the API accepts. In its plainest form it has
// closed objects all the same: others are not accepted.
func lower(c ai.Call) (json.RawMessage, error) {
	text := c.Schema.Text
	if c.Mends(ai.LowerSchema) {
		var err error
		if text, err = shape.Lower(text, shape.Plain, c.Schema.Name); err != nil {
			return nil, err
		}
	}
	return shape.Lower(text, shape.Anthropic, c.Schema.Name)
}

var (
	errSchema = errors.New("no schema")
	errCache  = errors.New(`the system prompt is kept for "5m" or "1h"`)
)

func cache(for_ string) (sdk.CacheControlEphemeralParam, error) {
	switch for_ {
	case "":
		return sdk.CacheControlEphemeralParam{}, nil
	case "5m", "1h":
		c := sdk.NewCacheControlEphemeralParam()
		c.TTL = sdk.CacheControlEphemeralTTL(for_)
		return c, nil
	}
	return sdk.CacheControlEphemeralParam{}, errCache
}

// conversation is what was said before, what is asked now, and, for a repair,
// what was answered and is wrong with it.
func conversation(c ai.Call) ([]sdk.MessageParam, error) {
	var out dialogue
	ids := names{}
	for i, t := range c.Turns {
		blocks, err := turn(c, t, ids, i)
		if err != nil {
			return nil, err
		}
		out.add(t.Assistant, blocks...)
	}
	if strings.TrimSpace(c.User) != "" {
		out.add(false, sdk.NewTextBlock(c.User))
	}
	if len(c.Violations) > 0 {
		if strings.TrimSpace(c.Previous) != "" {
			out.add(true, sdk.NewTextBlock(c.Previous))
		}
		out.add(false, sdk.NewTextBlock(amend(c.Violations)))
	}
	return out, nil
}

// amend asks for a better answer. It holds no words but our own and the names
// of fields.
func amend(violations []ai.Violation) string {
	var b strings.Builder
	b.WriteString("Your answer does not satisfy the schema. Answer again, in full, with these corrected:")
	for _, v := range violations {
		b.WriteString("\n- " + v.String())
	}
	return b.String()
}

// dialogue is messages of which no two in a row have the same role.
type dialogue []sdk.MessageParam

func (d *dialogue) add(assistant bool, blocks ...sdk.ContentBlockParamUnion) {
	if len(blocks) == 0 {
		return
	}
	role := sdk.MessageParamRoleUser
	if assistant {
		role = sdk.MessageParamRoleAssistant
	}
	if n := len(*d); n > 0 && (*d)[n-1].Role == role {
		(*d)[n-1].Content = append((*d)[n-1].Content, blocks...)
		return
	}
	*d = append(*d, sdk.MessageParam{Role: role, Content: blocks})
}

// turn is what one side said. A model is shown its own words as it said them,
// with its thinking; those of another are restated.
func turn(c ai.Call, t ai.Turn, ids names, at int) ([]sdk.ContentBlockParamUnion, error) {
	if t.Assistant && own(c, t) {
		return echo(t.State.Raw)
	}
	var out []sdk.ContentBlockParamUnion
	for i, r := range t.Results {
		if len(c.Tools) == 0 {
			out = append(out, sdk.NewTextBlock("Result of a tool: "+r.Text))
			continue
		}
		out = append(out, sdk.NewToolResultBlock(ids.of(r.ID, at-1, i), cmp.Or(strings.TrimSpace(r.Text), "(nothing)"), r.Error))
	}
	if strings.TrimSpace(t.Text) != "" {
		out = append(out, sdk.NewTextBlock(t.Text))
	}
	for i, call := range t.Calls {
		input := call.Input
		if len(input) == 0 || !json.Valid(input) {
			input = json.RawMessage("{}")
		}
		if len(c.Tools) == 0 {
			out = append(out, sdk.NewTextBlock("Use of the tool "+call.Name+": "+string(input)))
			continue
		}
		out = append(out, sdk.NewToolUseBlock(ids.of(call.ID, at, i), input, call.Name))
	}
	return out, nil
}

// own reports whether t is of the model that is asked, and can be shown to it
// as it was. Without tools it cannot be shown that it used some.
func own(c ai.Call, t ai.Turn) bool {
	return t.State != nil && t.State.Provider == Name && t.State.Model == c.Model && !c.Mends(ai.StripState) && (len(c.Tools) > 0 || len(t.Calls) == 0)
}

// restated reports whether tools were used in a turn whose thinking is not
// shown. A model that is given a budget could not go on to think after it.
func restated(c ai.Call) bool {
	return slices.ContainsFunc(c.Turns, func(t ai.Turn) bool { return t.Assistant && len(t.Calls) > 0 && !own(c, t) })
}

var errState = errors.New("the state of a turn is not readable")

func echo(raw json.RawMessage) ([]sdk.ContentBlockParamUnion, error) {
	var blocks []json.RawMessage
	if json.Unmarshal(raw, &blocks) != nil {
		return nil, errState
	}
	out := make([]sdk.ContentBlockParamUnion, len(blocks))
	for i, b := range blocks {
		out[i] = param.Override[sdk.ContentBlockParamUnion](b)
	}
	return out, nil
}

// names are the ids of calls by those that another provider gave them, which
// may be none, or hold what is not accepted here.
type names map[string]string

func (n names) of(id string, turn, i int) string {
	if id == "" {
		return fmt.Sprintf("call_%d_%d", turn, i)
	}
	if clean, ok := n[id]; ok {
		return clean
	}
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, id)
	if clean != id {
		clean = fmt.Sprintf("%s_%d", clean, len(n)) // two may look alike now
	}
	n[id] = clean
	return clean
}

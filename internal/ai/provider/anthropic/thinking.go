package anthropic

import (
	"errors"
	"strings"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"rapport/internal/ai"
)

// family is what a line of models accepts of how it is to think. A request that
// asks for something else is answered with status 400.
type family struct {
	always   bool // thinks, and cannot be told not to
	between  bool // is told so by "between_tools"
	adaptive bool // decides by itself how much
	budget   bool // takes a number of tokens instead
	effort   bool // takes an effort
	fixed    bool // takes no temperature
	unforced bool // cannot be forced to use a tool
}

// familyOf returns the family of a model. One that nobody knows yet is taken
// for one of the latest.
func familyOf(model string) family {
	latest := family{adaptive: true, effort: true, fixed: true}
	for _, f := range []struct {
		prefix string
		family family
	}{
		{"claude-opus-5-5", family{always: true, adaptive: true, effort: true, fixed: true, unforced: true}},
		{"claude-fable-5-1", family{always: true, adaptive: true, effort: true, fixed: true, unforced: true}},
		{"claude-mythos-5-1", family{always: true, adaptive: true, effort: true, fixed: true, unforced: true}},
		{"claude-sonnet-5-5", family{between: true, adaptive: true, effort: true, fixed: true, unforced: true}},
		{"claude-opus-4-8", family{adaptive: true, effort: true}},
		{"claude-opus-4-7", family{adaptive: true, effort: true}},
		{"claude-opus-4-6", family{adaptive: true, effort: true, budget: true}},
		{"claude-sonnet-4-6", family{adaptive: true, effort: true, budget: true}},
		{"claude-opus-4-5", family{budget: true, effort: true}},
		{"claude-sonnet-4", family{budget: true}},
		{"claude-haiku-4", family{budget: true}},
		{"claude-opus-4", family{budget: true}},
		{"claude-3", family{}},
	} {
		if strings.HasPrefix(model, f.prefix) {
			return f.family
		}
	}
	return latest
}

// The budgets of thinking, in tokens, for models that are given one. The answer
// has at least as many.
const (
	leastBudget = 1024
	lowBudget   = 2048
	midBudget   = 8192
	highBudget  = 24_000
)

var errEffort = errors.New("no such effort")

// think asks for as much thinking as effort says; none of it for "" leaves it
// to the model. A model that always thinks is asked to do so briefly where it
// should not.
func think(params *sdk.MessageNewParams, f family, effort ai.Effort) error {
	budget := int64(highBudget)
	level := sdk.OutputConfigEffortHigh
	switch effort {
	case "":
		return nil
	case ai.NoThinking:
		quiet(params, f)
		return nil
	case ai.LowEffort:
		budget, level = lowBudget, sdk.OutputConfigEffortLow
	case ai.MidEffort:
		budget, level = midBudget, sdk.OutputConfigEffortMedium
	case ai.HighEffort:
	default:
		return errEffort
	}
	if f.effort {
		params.OutputConfig.Effort = level
	}
	switch {
	case f.adaptive: // a summary shows that it goes on
		params.Thinking.OfAdaptive = &sdk.ThinkingConfigAdaptiveParam{Display: sdk.ThinkingConfigAdaptiveDisplaySummarized}
	case f.budget:
		params.Thinking = sdk.ThinkingConfigParamOfEnabled(min(budget, params.MaxTokens/2))
	}
	return nil
}

func quiet(params *sdk.MessageNewParams, f family) {
	switch {
	case f.always:
		params.OutputConfig.Effort = sdk.OutputConfigEffortLow
	case f.between:
		off := sdk.NewThinkingConfigBetweenToolsParam()
		params.Thinking.OfBetweenTools = &off
	case f.adaptive:
		off := sdk.NewThinkingConfigDisabledParam()
		params.Thinking.OfDisabled = &off
	}
}

// What would be answered with status 400, and is not sent.
var (
	errModel       = errors.New("no model is named")
	errNothing     = errors.New("nothing is asked")
	errPrefill     = errors.New("the last word is the model's own")
	errMaxTokens   = errors.New("an answer needs at least one token")
	errAlways      = errors.New("this model always thinks")
	errAdaptive    = errors.New("this model does not decide how much to think")
	errBetween     = errors.New("this model does not think between tools alone")
	errNoBudget    = errors.New("this model takes no budget for thinking")
	errBudget      = errors.New("the budget for thinking is at least 1024 tokens and below those of the answer")
	errTemperature = errors.New("this model, or one that thinks, takes no temperature")
	errRange       = errors.New("a temperature is between 0 and 1")
	errForced      = errors.New("this model, or one that thinks, cannot be forced to use a tool")
)

// check returns why the API would refuse params.
func check(params sdk.MessageNewParams) error {
	switch {
	case params.Model == "":
		return errModel
	case len(params.Messages) == 0:
		return errNothing
	case params.Messages[len(params.Messages)-1].Role == sdk.MessageParamRoleAssistant:
		return errPrefill
	case params.MaxTokens < 1:
		return errMaxTokens
	}
	f := familyOf(string(params.Model))
	if err := checkThinking(params, f); err != nil {
		return err
	}
	thinks := f.always || params.Thinking.OfEnabled != nil || params.Thinking.OfAdaptive != nil
	if t := params.Temperature; !param.IsOmitted(t) {
		switch {
		case !(t.Value >= 0 && t.Value <= 1):
			return errRange
		case t.Value != 1 && (f.fixed || thinks):
			return errTemperature
		}
	}
	if forced := params.ToolChoice.OfAny != nil || params.ToolChoice.OfTool != nil; forced && (f.unforced || thinks) {
		return errForced
	}
	return nil
}

func checkThinking(params sdk.MessageNewParams, f family) error {
	t := params.Thinking
	switch {
	case f.always && (t.OfDisabled != nil || t.OfEnabled != nil || t.OfBetweenTools != nil):
		return errAlways
	case t.OfAdaptive != nil && !f.adaptive:
		return errAdaptive
	case t.OfBetweenTools != nil && !f.between:
		return errBetween
	case t.OfEnabled != nil && !f.budget:
		return errNoBudget
	case t.OfEnabled != nil && (t.OfEnabled.BudgetTokens < leastBudget || t.OfEnabled.BudgetTokens >= params.MaxTokens):
		return errBudget
	}
	return nil
}

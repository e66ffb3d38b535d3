package anthropic

import (
	"errors"
	"math"
	"strings"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"rapport/internal/ai/catalog"
)

func TestTheShapeOfARequestIsThatOfItsModel(t *testing.T) {
	t.Parallel()
	disabled, between := sdk.NewThinkingConfigDisabledParam(), sdk.NewThinkingConfigBetweenToolsParam()
	off := sdk.ThinkingConfigParamUnion{OfDisabled: &disabled}
	tools := sdk.ThinkingConfigParamUnion{OfBetweenTools: &between}
	adaptive := sdk.ThinkingConfigParamUnion{OfAdaptive: &sdk.ThinkingConfigAdaptiveParam{}}
	forced := sdk.ToolChoiceUnionParam{OfAny: &sdk.ToolChoiceAnyParam{}}
	for _, tc := range []struct {
		name, model string
		thinking    sdk.ThinkingConfigParamUnion
		choice      sdk.ToolChoiceUnionParam
		temperature float64
		want        error
	}{
		{"always, disabled", "claude-opus-5-5", off, sdk.ToolChoiceUnionParam{}, 1, errAlways},
		{"always, budget", "claude-fable-5-1", sdk.ThinkingConfigParamOfEnabled(2000), sdk.ToolChoiceUnionParam{}, 1, errAlways},
		{"always, between", "claude-opus-5-5-20261010", tools, sdk.ToolChoiceUnionParam{}, 1, errAlways},
		{"always, adaptive", "claude-opus-5-5", adaptive, sdk.ToolChoiceUnionParam{}, 1, nil},
		{"between", "claude-sonnet-5-5", tools, sdk.ToolChoiceUnionParam{}, 1, nil},
		{"between, elsewhere", "claude-haiku-5-5", tools, sdk.ToolChoiceUnionParam{}, 1, errBetween},
		{"disabled", "claude-opus-5", off, sdk.ToolChoiceUnionParam{}, 1, nil},
		{"budget of the 5 series", "claude-sonnet-5", sdk.ThinkingConfigParamOfEnabled(2000), sdk.ToolChoiceUnionParam{}, 1, errNoBudget},
		{"adaptive of 4.5", "claude-haiku-4-5", adaptive, sdk.ToolChoiceUnionParam{}, 1, errAdaptive},
		{"adaptive of 3", "claude-3-haiku", adaptive, sdk.ToolChoiceUnionParam{}, 1, errAdaptive},
		{"budget", "claude-sonnet-4-5", sdk.ThinkingConfigParamOfEnabled(1024), sdk.ToolChoiceUnionParam{}, 1, nil},
		{"budget below the least", "claude-sonnet-4-5", sdk.ThinkingConfigParamOfEnabled(1023), sdk.ToolChoiceUnionParam{}, 1, errBudget},
		{"budget of the whole answer", "claude-sonnet-4-5", sdk.ThinkingConfigParamOfEnabled(4000), sdk.ToolChoiceUnionParam{}, 1, errBudget},
		{"budget below the answer", "claude-sonnet-4-5", sdk.ThinkingConfigParamOfEnabled(3999), sdk.ToolChoiceUnionParam{}, 1, nil},
		{"forced", "claude-haiku-5-5", off, forced, 1, nil},
		{"forced, always thinking", "claude-opus-5-5", sdk.ThinkingConfigParamUnion{}, forced, 1, errForced},
		{"forced, sonnet", "claude-sonnet-5-5", tools, sdk.ToolChoiceParamOfTool("find"), 1, errForced},
		{"forced and thinking", "claude-haiku-4-5", sdk.ThinkingConfigParamOfEnabled(2000), forced, 1, errForced},
		{"temperature of 4.5", "claude-haiku-4-5", sdk.ThinkingConfigParamUnion{}, sdk.ToolChoiceUnionParam{}, 0.2, nil},
		{"temperature of the 5 series", "claude-opus-5", sdk.ThinkingConfigParamUnion{}, sdk.ToolChoiceUnionParam{}, 0.2, errTemperature},
		{"temperature of one that nobody knows", "claude-novel-7", sdk.ThinkingConfigParamUnion{}, sdk.ToolChoiceUnionParam{}, 0.2, errTemperature},
		{"temperature and thinking", "claude-opus-4-6", adaptive, sdk.ToolChoiceUnionParam{}, 0.2, errTemperature},
		{"temperature that is no number", "claude-haiku-4-5", sdk.ThinkingConfigParamUnion{}, sdk.ToolChoiceUnionParam{}, math.NaN(), errRange},
	} {
		p := sdk.MessageNewParams{Model: sdk.Model(tc.model), MaxTokens: 4000, Messages: []sdk.MessageParam{sdk.NewUserMessage(sdk.NewTextBlock("?"))},
			Thinking: tc.thinking, ToolChoice: tc.choice, Temperature: param.NewOpt(tc.temperature)}
		if got := check(p); !errors.Is(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestNoAnswerIsLessThanAToken(t *testing.T) {
	t.Parallel()
	p := sdk.MessageNewParams{Model: "claude-haiku-5-5", Messages: []sdk.MessageParam{sdk.NewUserMessage(sdk.NewTextBlock("?"))}}
	if got := check(p); !errors.Is(got, errMaxTokens) {
		t.Errorf("got %v, want %v", got, errMaxTokens)
	}
}

// The catalog says the same of the models as the rules here.
func TestTheCatalogAgreesAboutFamilies(t *testing.T) {
	t.Parallel()
	n := 0
	for _, m := range catalog.Default().Models {
		if m.Provider != Name {
			continue
		}
		n++
		f := familyOf(m.ID)
		if f.always != (m.Thinking == "always") || f.adaptive != (m.Thinking == "always" || m.Thinking == "adaptive") || f.fixed != m.FixedSampling || f.unforced != m.NoForcedTool {
			t.Errorf("%s is %+v here and %+v in the catalog", m.ID, f, m)
		}
	}
	if n == 0 {
		t.Error("the catalog has no model of ours")
	}
}

// run passes pieces through the filter.
func run(words string) (string, bool) {
	var s pairs
	var out []string
	take := func(p []piece, ok bool) bool {
		for _, x := range p {
			out = append(out, x.text)
		}
		return ok
	}
	for w := range strings.FieldsSeq(words) {
		if !take(s.add(piece{"text_delta", w})) {
			return strings.Join(out, " "), false
		}
	}
	ok := take(s.end())
	return strings.Join(out, " "), ok
}

func TestWhatIsSaidTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                "",
		"a":               "a",
		"a b":             "a b",
		"a a b":           "a a b",
		"a a b c":         "a a b c",
		"a b b c c":       "a b b c c",
		"a b a b":         "a b a b",
		"a a b b":         "a b",
		"a a b b c c d d": "a b c d",
		"a a b b b b":     "a b b",
		"a a b c c":       "a a b c c",
	} {
		if got, ok := run(in); got != want || !ok {
			t.Errorf("%q becomes %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"a a b b c", "a a b b c d"} {
		if _, ok := run(in); ok {
			t.Errorf("%q is taken for whole", in)
		}
	}
}

package sim

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
	"google.golang.org/genai"
)

// The vendors' own clients are the judges of whether it speaks as they do.
func TestTheVendorsOwnClientsUnderstand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Scale: 1, Prices: cheap})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c := &http.Client{Transport: s}
		for name, said := range map[string]string{"anthropic": throughAnthropic(ctx, t, c), "gemini": throughGemini(ctx, t, c), "openrouter": throughOpenRouter(ctx, t, c)} {
			if strings.Count(said, "Hello Ada") != 2 {
				t.Errorf("%s said %q, want its greeting whole and in pieces", name, said)
			}
		}
	})
}

func throughAnthropic(ctx context.Context, t *testing.T, c *http.Client) string {
	a := anthropic.NewClient(anthropicoption.WithAPIKey("sim-1"), anthropicoption.WithHTTPClient(c), anthropicoption.WithMaxRetries(0))
	p := anthropic.MessageNewParams{Model: "claude-opus-5-5", MaxTokens: 1000, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hello Ada."))}}
	m, err := a.Messages.New(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	said := m.Content[len(m.Content)-1].Text
	stream := a.Messages.NewStreaming(ctx, p)
	var whole anthropic.Message
	for stream.Next() {
		if err := whole.Accumulate(stream.Current()); err != nil {
			t.Error(err)
		}
	}
	if stream.Err() != nil || whole.StopReason != "end_turn" || whole.Content[0].Signature == "" {
		t.Errorf("stream: %v, stop %q, content %+v", stream.Err(), whole.StopReason, whole.Content)
	}
	p.Messages = append(p.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewTextBlock("Again.")))
	if _, err := a.Messages.New(ctx, p); err != nil {
		t.Errorf("with its own thoughts: %v", err)
	}
	if n, err := a.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: "claude-opus-5-5", Messages: p.Messages}); err != nil || n.InputTokens == 0 {
		t.Errorf("count: %v", err)
	}
	p.Messages[0] = anthropic.NewUserMessage(anthropic.NewTextBlock("Something else."))
	if _, err := a.Messages.New(ctx, p); err == nil || !strings.Contains(err.Error(), "prefix") {
		t.Errorf("thoughts after other words: %v", err)
	}
	if list, err := a.Models.List(ctx, anthropic.ModelListParams{}); err != nil || len(list.Data) == 0 {
		t.Errorf("models: %v", err)
	}
	return said + whole.Content[len(whole.Content)-1].Text
}

func throughGemini(ctx context.Context, t *testing.T, c *http.Client) string {
	g, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: "sim-1", Backend: genai.BackendGeminiAPI, HTTPClient: c})
	if err != nil {
		t.Fatal(err)
	}
	r, err := g.Models.GenerateContent(ctx, "gemini-3.8-flash", genai.Text("Hello Ada."), nil)
	if err != nil {
		t.Fatal(err)
	}
	said := r.Text()
	for r, err := range g.Models.GenerateContentStream(ctx, "gemini-3.8-flash", genai.Text("Hello Ada."), nil) {
		if err != nil {
			t.Fatal(err)
		}
		said += r.Text()
	}
	if _, err := g.Models.GenerateContent(ctx, "gemini-0", genai.Text("Hello."), nil); err == nil || !strings.Contains(err.Error(), "NOT_FOUND") {
		t.Errorf("a model that is not there: %v", err)
	}
	if page, err := g.Models.List(ctx, nil); err != nil || len(page.Items) == 0 {
		t.Errorf("models: %v", err)
	}
	return said
}

func throughOpenRouter(ctx context.Context, t *testing.T, c *http.Client) string {
	o := openai.NewClient(openaioption.WithAPIKey("sim-1"), openaioption.WithBaseURL("https://openrouter.ai/api/v1"), openaioption.WithHTTPClient(c), openaioption.WithMaxRetries(0))
	p := openai.ChatCompletionNewParams{Model: "openai/gpt-6-luna", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello Ada.")}}
	r, err := o.Chat.Completions.New(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	stream := o.Chat.Completions.NewStreaming(ctx, p)
	var whole openai.ChatCompletionAccumulator
	for stream.Next() {
		whole.AddChunk(stream.Current())
	}
	if stream.Err() != nil || whole.Usage.CompletionTokens == 0 {
		t.Errorf("stream: %v, usage %+v", stream.Err(), whole.Usage)
	}
	return r.Choices[0].Message.Content + whole.Choices[0].Message.Content
}

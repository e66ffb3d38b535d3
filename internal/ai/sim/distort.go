package sim

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"

	"rapport/internal/ai/sim/content"
	"rapport/internal/ai/sim/reply"
)

// distort makes the model itself fail: what it says is wrong, cut, declined,
// obedient, or meant for somebody else.
func (c *call) distort(r *reply.Reply, q content.Question, dice *rand.Rand) {
	if c.obeys() && len(r.Calls) == 0 {
		for _, text := range append(texts(q.Quotes), q.User) {
			if said, ok := content.Obey(json.RawMessage(r.Text), text); ok {
				r.Text = said
				break
			}
		}
	}
	for _, h := range c.hits {
		what := h.Params.What
		switch h.Fault {
		case "F39":
			if what == "" {
				what = "invalid"
			}
			r.Text = content.Spoil(json.RawMessage(r.Text), what)
		case "F40":
			r.Text = content.Invent(json.RawMessage(r.Text), dice)
		case "F41":
			r.Text, r.Stop, r.Calls = half(r.Text), reply.MaxTokens, nil
		case "F42":
			r.Text, r.Calls, r.Stop = "", nil, reply.Refusal
			if what == "prompt" {
				r.Stop = reply.Blocked
			}
		case "F43":
			if !c.ask.Resumes && r.Text != "" {
				r.Stop = reply.Pause
			}
		case "F45":
			if what == "tool_ids" && len(r.Calls) > 0 {
				r.Calls = append(r.Calls, r.Calls[0])
			}
		case "F55":
			c.mixUp(r, q, dice)
		}
	}
}

func half(text string) string { return strings.ToValidUTF8(text[:len(text)/2], "") }

// mixUp gives the answer to another question: the last one that the provider
// gave, or, to its first, one with a mark that is not that of the prompt.
func (c *call) mixUp(r *reply.Reply, q content.Question, dice *rand.Rand) {
	c.mu.Lock()
	last, ok := c.previous[c.provider]
	c.mu.Unlock()
	if ok {
		r.ID, r.Model, r.Text, r.Calls, r.Stop = last.id, last.model, last.text, nil, reply.Finished
		return
	}
	mark := make([]byte, max(len(q.Nonce)/2, 8))
	for i := range mark {
		mark[i] = byte(dice.Uint32())
	}
	if q.Nonce != "" && strings.Contains(r.Text, q.Nonce) {
		r.Text = strings.ReplaceAll(r.Text, q.Nonce, hex.EncodeToString(mark))
		return
	}
	if content.Spoil(json.RawMessage(r.Text), "invalid") == r.Text { // prose
		r.Text = "This is a simulated answer to another question, " + hex.EncodeToString(mark) + "."
	}
}

package arena

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
)

// question is one request, and when it comes.
type question struct {
	ticket      int
	at          time.Duration // after the start
	class       ai.Class
	interactive bool
}

// The time that a person waits, and that a job has.
const (
	patience = 20 * time.Second
	leisure  = 2 * time.Minute
)

func (q question) deadline() time.Duration {
	if q.interactive {
		return patience
	}
	return leisure
}

// questions come by chance, on average rate a second; 40 % are a person's. The
// classes are asked 70, 20 and 10 % of the time, so that the default policy
// takes them to the large, the middle and the small provider.
func questions(seed uint64, rate float64, length time.Duration) []question {
	r := rand.New(rand.NewPCG(seed, 0xa5c))
	var list []question
	for at := time.Duration(0); ; {
		at += time.Duration(r.ExpFloat64() / rate * float64(time.Second))
		if at >= length {
			return list
		}
		q := question{ticket: len(list) + 1, at: at, class: ai.Standard, interactive: r.Float64() < 0.4}
		switch part := r.Float64(); {
		case part < 0.1:
			q.class = ai.Deep
		case part < 0.2:
			q.class = ai.Fast
		case part < 0.3:
			q.class = ai.Extract
		}
		list = append(list, q)
	}
}

var schema = ai.MustCompile("arena", "1", []byte(`{"type":"object","required":["ticket","label"],"additionalProperties":false,
"properties":{"ticket":{"type":"integer"},"label":{"enum":["order","question","thanks","complaint"]}}}`))

// truth is the only right answer to a question.
func truth(ticket int) string {
	return [...]string{"order", "question", "thanks", "complaint"}[ticket*7%4]
}

var errOther = errors.New("this is the answer to another ticket")

type verdict struct {
	Ticket int    `json:"ticket"`
	Label  string `json:"label"`
}

// request is the question as the gateway is asked it. All policies have its
// schema and its verifier.
func (q question) request() ai.Request {
	return ai.Request{
		Task: "arena", Class: q.class, Input: fmt.Appendf(nil, `{"ticket":%d}`, q.ticket),
		Prompt: guard.New("arena", "1", "Sort the letter under one of four labels.").Quote("letter", "We should like to know when our lamps will come."),
		Schema: schema, Interactive: q.interactive,
		Verify: func(output json.RawMessage) (json.RawMessage, error) {
			var v verdict
			if err := json.Unmarshal(output, &v); err != nil || v.Ticket != q.ticket {
				return nil, errOther
			}
			return output, nil
		},
	}
}

// right reports whether an answer that a policy took is the right one.
func (q question) right(output json.RawMessage) bool {
	var v verdict
	return json.Unmarshal(output, &v) == nil && v == verdict{q.ticket, truth(q.ticket)}
}

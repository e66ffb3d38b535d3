// Package pieces puts texts together that models send in pieces.
package pieces

import (
	"bytes"
	"errors"
	"iter"

	"rapport/internal/ai"
)

var errOpen = errors.New("the stream ended without its answer")

// Last is the answer with which a stream ends.
func Last(stream iter.Seq2[ai.Event, error]) (ai.Answer, error) {
	for e, err := range stream {
		if err != nil {
			return ai.Answer{}, err
		}
		if e.Answer != nil {
			return *e.Answer, nil
		}
	}
	return ai.Answer{}, &ai.Fault{Kind: ai.StreamBroken, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Err: errOpen}
}

// Text is a text that comes in pieces. Its zero value is empty. Beside the whole
// it keeps every other piece, for a stream in which each comes twice.
type Text struct {
	all, half bytes.Buffer
	n         int
	last      string
	differs   bool
}

// Add adds a piece.
func (t *Text) Add(s string) {
	if s == "" {
		return
	}
	t.n++
	t.all.WriteString(s)
	switch {
	case t.differs:
	case t.n%2 == 1:
		t.half.WriteString(s)
		t.last = s
	case s != t.last:
		t.differs = true
		t.half.Reset()
	}
}

// Len is the number of bytes that came.
func (t *Text) Len() int { return t.all.Len() }

// Since is what came after the first n bytes.
func (t *Text) Since(n int) string { return string(t.all.Bytes()[n:]) }

// String is the text. A few equal pairs may be meant so; if there are more and
// nothing else, each piece came twice.
func (t *Text) String() string {
	const few = 4
	if t.n >= 2*few && t.twice() {
		return t.half.String()
	}
	return t.all.String()
}

// Valid is the text if it is one by valid, and otherwise what it is if each of
// its pieces came twice.
func (t *Text) Valid(valid func([]byte) bool) string {
	if !valid(t.all.Bytes()) && t.twice() {
		return t.half.String()
	}
	return t.all.String()
}

func (t *Text) twice() bool { return !t.differs && t.n > 0 && t.n%2 == 0 }

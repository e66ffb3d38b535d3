package trace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"

	"rapport/internal/platform/problem"
)

// Attr is something that is noted about a span. It is written down as it is
// only if the trace is kept.
type Attr struct {
	key, text string
	number    int64
	kind      kind
}

type kind uint8

const (
	word kind = iota
	whole
	decimal
	truth
	statement
)

// Word notes a constant of the program, or the name of something that the
// operator set up. What looks like an address is withheld.
func Word(key, v string) Attr { return Attr{key: key, text: v} }

// Int notes a number.
func Int[T ~int | ~int32 | ~int64](key string, v T) Attr {
	return Attr{key: key, number: int64(v), kind: whole}
}

// Float notes a number.
func Float(key string, v float64) Attr {
	return Attr{key: key, number: int64(math.Float64bits(v)), kind: decimal}
}

// Bool notes whether something is so.
func Bool(key string, v bool) Attr {
	if v {
		return Attr{key: key, number: 1, kind: truth}
	}
	return Attr{key: key, kind: truth}
}

// SQL notes a statement by its name: what it does to which table. One span may
// have several.
func SQL(text string) Attr { return Attr{key: statements, text: text, kind: statement} }

const statements = "db.statements"

// Value is what is written down: a string, int64, float64 or bool.
func (a Attr) value() any {
	switch a.kind {
	case whole:
		return a.number
	case decimal:
		return math.Float64frombits(uint64(a.number))
	case truth:
		return a.number == 1
	case statement:
		return statementName(a.text)
	}
	return withheld(a.text)
}

// withheld is v, unless it may name a person: whoever noted it erred.
func withheld(v string) string {
	if strings.ContainsAny(v, "@\n") || len(v) > 120 {
		return "(withheld)"
	}
	return v
}

// statementName is what a statement does to which table: the verb, and the
// first name behind FROM, INTO or UPDATE. Nothing else of it is shown.
func statementName(sql string) string {
	if name, ok := strings.CutPrefix(sql, "-- name: "); ok { // the queue names its own
		name, _, _ = strings.Cut(name, " ")
		return clip(name)
	}
	verb, table, next := "", "", false
	for token := range strings.FieldsSeq(clipTo(sql, 4096)) {
		up := strings.ToUpper(token)
		switch {
		case next:
			table, next = strings.TrimLeft(token, "("), false
		case verb == "":
			verb = up
		case up == "FROM", up == "INTO", verb == "UPDATE" && table == "":
			next = up != "ONLY"
			if verb == "UPDATE" && up != "FROM" && up != "INTO" {
				table, next = token, false
			}
		}
		if table != "" && !strings.EqualFold(table, "SELECT") {
			break
		}
	}
	return clip(strings.TrimSpace(letters(verb) + " " + letters(table)))
}

// letters is the name at the beginning of a token.
func letters(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '.'
	})
	if end >= 0 {
		s = s[:end]
	}
	return s
}

func clip(s string) string { return clipTo(s, 60) }

func clipTo(s string, n int) string { return s[:min(len(s), n)] }

// hash stands for a workspace where it must not be named.
func hash(workspace string) string {
	if workspace == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(workspace))
	return hex.EncodeToString(sum[:6])
}

// classOf names the class of an error, and says whether the fault is ours. The
// text of an error may hold anything, so it is never shown.
func classOf(err error) (class string, ours bool) {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Code, p.Kind >= problem.Internal
	}
	var state interface{ SQLState() string }
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled", false
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline", true
	case errors.As(err, &state): // classes 22 and 23 are about what was sent
		code := state.SQLState()
		return "sql " + code, !strings.HasPrefix(code, "22") && !strings.HasPrefix(code, "23")
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return clip(fmt.Sprintf("%T", err)), true
		}
		err = inner
	}
}

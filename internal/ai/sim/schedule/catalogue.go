package schedule

import "slices"

// Fault is an entry of the catalogue of what goes wrong with providers.
type Fault struct {
	ID    string
	About string
	// Providers are those to which it happens; none: to all.
	Providers []string
	// Forms is "unary" or "stream" where it happens to one of them only.
	Forms string
	// Variants are what Params.What may be; the first is the default.
	Variants []string
	// Kills says that it is a fault of the whole provider.
	Kills bool
	// Not says why it cannot be simulated here.
	Not string
}

// Of reports whether the fault happens to a provider. A server of local models
// fails as the others do.
func (f Fault) Of(provider string) bool {
	return len(f.Providers) == 0 || slices.Contains(f.Providers, provider)
}

// In reports whether it happens to a streamed answer, or to a whole one.
func (f Fault) In(stream bool) bool { return f.Forms == "" || (f.Forms == "stream") == stream }

// Find returns the fault of that id.
func Find(id string) (Fault, bool) {
	i := slices.IndexFunc(catalogue, func(f Fault) bool { return f.ID == id })
	if i < 0 {
		return Fault{}, false
	}
	return catalogue[i], true
}

// Catalogue lists all faults.
func Catalogue() []Fault { return slices.Clone(catalogue) }

var (
	a   = []string{"anthropic"}
	g   = []string{"gemini"}
	or  = []string{"openrouter"}
	aor = []string{"anthropic", "openrouter", "compatible"}
	gor = []string{"gemini", "openrouter", "compatible"}
)

var catalogue = []Fault{
	{ID: "F01", About: "429 with Retry-After in seconds", Providers: aor},
	{ID: "F02", About: "429 with Retry-After in fractions, or in milliseconds", Providers: aor, Variants: []string{"fraction", "ms"}},
	{ID: "F03", About: "429 with Retry-After as a date of a clock that is off", Providers: aor},
	{ID: "F04", About: "429 without a hint"},
	{ID: "F05", About: "429 with an hour to wait"},
	{ID: "F06", About: "429 with a hint that is nonsense", Variants: []string{"0", "-5", "soon", "1e12"}},
	{ID: "F07", About: "429 for the spend limit of the month", Providers: a},
	{ID: "F08", About: "429 by the minute, with RetryInfo in the body", Providers: g},
	{ID: "F09", About: "429 by the day, or with a limit of 0", Providers: g},
	{ID: "F10", About: "402 for the calls in flight", Providers: or},
	{ID: "F11", About: "402 for want of credit", Providers: []string{"openrouter", "anthropic"}, Variants: []string{"openrouter_credits", "openrouter_key_limit"}},
	{ID: "F12", About: "529 overloaded", Providers: a, Kills: true},
	{ID: "F13", About: "503 overloaded", Providers: gor, Kills: true},
	{ID: "F14", About: "500 with a body of JSON", Kills: true},
	{ID: "F15", About: "502 or 504 with a page of HTML", Variants: []string{"502", "504"}, Kills: true},
	{ID: "F16", About: "408 or 409", Providers: a, Variants: []string{"408", "409"}},
	{ID: "F17", About: "the key is refused"},
	{ID: "F18", About: "403 for the region or by a guardrail", Providers: gor, Variants: []string{"region", "guardrail"}},
	{ID: "F19", About: "404, the model is retired"},
	{ID: "F20", About: "400, the prompt is too long"},
	{ID: "F21", About: "400, thoughts bound to another prefix", Providers: a},
	{ID: "F22", About: "400, a signature of thoughts is missing or invalid", Providers: g, Variants: []string{"missing", "invalid"}},
	{ID: "F23", About: "400, a keyword of the schema is not supported", Providers: gor},
	{ID: "F24", About: "413, the request is too large", Providers: a},
	{ID: "F25", About: "connection refused", Kills: true},
	{ID: "F26", About: "no connection", Variants: []string{"dns", "tls", "certificate"}, Kills: true},
	{ID: "F27", About: "reset before the headers", Kills: true},
	{ID: "F28", About: "reset in the body, or a connection that was closed while idle", Variants: []string{"body", "stale"}},
	{ID: "F29", About: "the headers never come", Kills: true},
	{ID: "F30", About: "one byte a second"},
	{ID: "F31", About: "silence after the first part"},
	{ID: "F32", About: "nothing but signs of life", Providers: []string{"openrouter", "anthropic"}, Forms: "stream"},
	{ID: "F33", About: "a clean end before the end", Forms: "stream"},
	{ID: "F34", About: "an error event after 200", Forms: "stream", Variants: []string{"overloaded", "internal", "rate_limit"}},
	{ID: "F35", About: "a stream that is odd or broken", Variants: []string{"garbage", "utf8", "giant", "crlf", "bom"}},
	{ID: "F36", About: "200 with an error in it", Variants: []string{"overloaded", "internal", "rate_limit"}},
	{ID: "F37", About: "200 with nothing in it", Variants: []string{"zero", "empty"}},
	{ID: "F38", About: "a body that is cut", Variants: []string{"json", "length", "gzip"}},
	{ID: "F39", About: "an answer that does not satisfy its schema", Variants: []string{"invalid", "fenced", "prose", "enum", "null", "cut"}},
	{ID: "F40", About: "ids and quotes that do not exist"},
	{ID: "F41", About: "cut by the limit of tokens"},
	{ID: "F42", About: "declined by the model or its provider", Variants: []string{"refusal", "prompt"}},
	{ID: "F43", About: "paused, to be resumed", Providers: []string{"anthropic", "gemini"}},
	{ID: "F44", About: "usage that is not told, or nonsense", Variants: []string{"missing", "zero", "absurd", "negative"}},
	{ID: "F45", About: "events or ids of calls that are doubled", Variants: []string{"terminal", "start", "deltas", "tool_ids"}},
	{ID: "F46", About: "eight times slower"},
	{ID: "F47", About: "30 % errors, for 5 seconds of every 10"},
	{ID: "F48", About: "a limit of acceleration after a pause", Providers: a},
	{ID: "F49", About: "other prices and models from one moment on", Providers: or},
	{ID: "F50", About: "the answer obeys what it reads"},
	{ID: "F51", About: "tools are called for ever"},
	{ID: "F52", Not: "the death of our own process is not a provider's doing"},
	{ID: "F53", Not: "a database that is down is not a provider's doing"},
	{ID: "F54", About: "nobody is there", Variants: []string{"refused", "overloaded"}, Kills: true},
	{ID: "F55", About: "the answer to another question"},
}

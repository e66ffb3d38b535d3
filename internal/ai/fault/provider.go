package fault

import (
	"regexp"
	"strings"
	"time"

	"rapport/internal/ai"
)

func anthropic(e Evidence, s said) ai.Fault {
	kind := ai.Unknown
	switch s.kind {
	case "invalid_request_error":
		return invalid(e, s)
	case "authentication_error":
		kind = ai.Credential
	case "billing_error":
		kind = ai.AccountMoney
	case "permission_error":
		kind = ai.ModelAccess
	case "not_found_error":
		kind = ai.ModelGone
	case "conflict_error", "api_error", "timeout_error":
		kind = ai.Transient
	case "request_too_large":
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact)
	case "rate_limit_error":
		if s.code == "enforced_spend_limit_reached" {
			return spent(e, month(e))
		}
		kind = ai.RateLimited
	case "overloaded_error":
		kind = ai.Overloaded
	default:
		kind = byStatus(s.status)
	}
	return of(kind, scope(e.Provider, kind), "")
}

// spent is a quota that lasts for long, and its key is useless until then.
func spent(e Evidence, wait time.Duration) ai.Fault {
	f := of(ai.QuotaExhausted, ai.ScopeKey, "")
	f.RetrySame = false
	f.Wait, f.WaitFrom = wait, "default"
	return f
}

// regain is the day from which an account may be used again.
var regain = regexp.MustCompile(`access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d))?`)

// invalid tells the requests apart that Anthropic calls invalid: some are not.
func invalid(e Evidence, s said) ai.Fault {
	switch {
	case s.mentions("usage limit", "spend limit", "spending limit"):
		f := spent(e, month(e))
		if m := regain.FindStringSubmatch(s.text); m != nil {
			at := strings.TrimSpace(m[1] + " " + m[2])
			day, err := time.Parse("2006-01-02 15:04", at)
			if err != nil {
				day, err = time.Parse("2006-01-02", m[1])
			}
			if wait := day.Sub(now(e)); err == nil && wait > 0 && wait < 366*Longest && !now(e).IsZero() {
				f.Wait, f.WaitFrom = wait, "body"
			}
		}
		return f
	case s.mentions("content filtering"):
		return of(ai.PolicyRefused, ai.ScopeRequest, "")
	case s.mentions("credit balance", "billing"):
		return of(ai.AccountMoney, ai.ScopeKey, "")
	case s.long():
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact)
	case s.mentions("signature", "redacted_thinking", "block_binding", "prefix mismatch", "thinking block", "`thinking` block", "cannot be modified"):
		return mend(of(ai.StateRejected, ai.ScopeRequest, ""), ai.StripState)
	case s.schema():
		return mend(of(ai.CallerFault, ai.ScopeRequest, ""), ai.LowerSchema)
	}
	return of(ai.CallerFault, ai.ScopeRequest, "")
}

// long reports whether the text says that the prompt is too long.
func (s said) long() bool {
	return s.mentions("prompt is too long", "context length", "context window", "context_length", "maximum context",
		"exceeds the maximum number of tokens", "input is too long", "too many tokens", "input length and `max_tokens` exceed",
		"exceed context limit", "larger than the maximum context")
}

// schema reports whether the text complains about a schema of ours.
func (s said) schema() bool {
	return s.mentions("output_config.format", "response_json_schema", "responsejsonschema", "response_schema", "responseschema",
		"json_schema", "invalid schema", "schema keyword", "unsupported schema", "input_schema", "function_declarations")
}

func gemini(e Evidence, s said) ai.Fault {
	kind := ai.Unknown
	switch s.kind {
	case "INVALID_ARGUMENT", "OUT_OF_RANGE":
		return argument(s)
	case "FAILED_PRECONDITION":
		kind = ai.ModelAccess
		if s.mentions("billing") {
			kind = ai.AccountMoney
		}
	case "UNAUTHENTICATED":
		kind = ai.Credential
	case "PERMISSION_DENIED":
		kind = ai.Credential
		if s.mentions("location", "region", "country") {
			kind = ai.ModelAccess
		}
	case "NOT_FOUND":
		kind = ai.ModelGone
	case "RESOURCE_EXHAUSTED":
		return exhausted(e, s)
	case "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN", "CANCELLED":
		kind = ai.Transient
	case "UNAVAILABLE":
		kind = ai.Overloaded
	default:
		kind = byStatus(s.status)
	}
	return of(kind, scope(e.Provider, kind), "")
}

func argument(s said) ai.Fault {
	signature := s.mentions("thought_signature", "thoughtsignature", "thought signature")
	switch {
	case s.code == "API_KEY_INVALID", s.mentions("api key not valid", "api key expired"):
		return of(ai.Credential, ai.ScopeKey, "")
	case signature && s.mentions("missing", "must include", "required"):
		return mend(of(ai.StateRejected, ai.ScopeRequest, ""), ai.EchoSignature)
	case signature:
		return mend(of(ai.StateRejected, ai.ScopeRequest, ""), ai.StripState)
	case s.long(), s.mentions("token count"):
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact)
	case s.schema():
		return mend(of(ai.CallerFault, ai.ScopeRequest, ""), ai.LowerSchema)
	case s.mentions("location is not supported"):
		return of(ai.ModelAccess, ai.ScopeModel, "")
	}
	return of(ai.CallerFault, ai.ScopeRequest, "")
}

// exhausted tells a full minute from an empty day.
func exhausted(e Evidence, s said) ai.Fault {
	detail := s.quota
	switch {
	case strings.Contains(s.quota, "PerDay") || s.zero || s.mentions("per day", "perday"):
		f := of(ai.QuotaExhausted, ai.ScopeModel, detail)
		f.RetrySame = !s.zero
		f.Wait, f.WaitFrom = midnight(e), "default"
		return f
	case s.mentions("spend", "rolling"):
		f := of(ai.QuotaExhausted, ai.ScopeKey, detail)
		f.Wait, f.WaitFrom = rolling, "default"
		if s.waits && s.wait > rolling {
			f.Wait, f.WaitFrom = s.wait, "body"
		}
		return f
	}
	return of(ai.RateLimited, scope(e.Provider, ai.RateLimited), detail)
}

// openai judges for OpenRouter and for what speaks like it.
func openai(e Evidence, s said) ai.Fault {
	f, ok := typed(e, s)
	if !ok {
		f, ok = coded(e, s)
	}
	if !ok {
		f = unnamed(e, s)
	}
	if s.retryable == nil {
		return f
	}
	if *s.retryable && !f.RetrySame && (f.Kind == ai.AccountMoney || f.Kind == ai.CallerFault && f.Repair == "") {
		f = of(ai.Transient, ai.ScopeModel, f.Detail)
	}
	f.RetrySame = *s.retryable && f.Repair == ""
	return f
}

// typed judges by the types of OpenRouter.
func typed(e Evidence, s said) (ai.Fault, bool) {
	plain := func(kind ai.Kind) (ai.Fault, bool) { return of(kind, scope(e.Provider, kind), ""), true }
	switch s.kind {
	case "rate_limit_exceeded":
		if s.upstream != "" {
			return of(ai.RateLimited, ai.ScopeModel, ""), true
		}
		return plain(ai.RateLimited)
	case "provider_overloaded":
		return plain(ai.Overloaded)
	case "provider_unavailable", "timeout", "server", "unmapped":
		return plain(ai.Transient)
	case "payment_required":
		return money(s), true
	case "authentication":
		return plain(ai.Credential)
	case "permission_denied":
		return plain(ai.ModelAccess)
	case "context_length_exceeded", "token_limit_exceeded", "payload_too_large":
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact), true
	case "max_tokens_exceeded", "invalid_request", "unprocessable":
		return wrong(s), true
	case "content_policy_violation", "refusal":
		return plain(ai.PolicyRefused)
	case "not_found":
		return plain(ai.ModelGone)
	}
	return ai.Fault{}, false
}

// money tells what is bound by calls in flight from what is gone.
func money(s said) ai.Fault {
	if s.source == "openrouter_in_flight_budget" {
		return of(ai.RateLimited, ai.ScopeKey, s.source)
	}
	return of(ai.AccountMoney, ai.ScopeKey, s.source)
}

// coded judges by the codes of OpenAI, which others copy.
func coded(e Evidence, s said) (ai.Fault, bool) {
	plain := func(kind ai.Kind) (ai.Fault, bool) { return of(kind, scope(e.Provider, kind), ""), true }
	switch s.code {
	case "rate_limit_exceeded", "rate_limit_error":
		return plain(ai.RateLimited)
	case "insufficient_quota", "billing_hard_limit_reached":
		return plain(ai.AccountMoney)
	case "invalid_api_key":
		return plain(ai.Credential)
	case "model_not_found":
		return plain(ai.ModelGone)
	case "context_length_exceeded", "string_above_max_length":
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact), true
	case "content_filter", "content_policy_violation":
		return plain(ai.PolicyRefused)
	case "invalid_json_schema":
		return mend(of(ai.CallerFault, ai.ScopeRequest, ""), ai.LowerSchema), true
	}
	return ai.Fault{}, false
}

// unnamed judges by status and by what is known of the words.
func unnamed(e Evidence, s said) ai.Fault {
	kind := byStatus(s.status)
	switch {
	case kind == ai.CallerFault || kind == ai.ContextTooLong:
		return wrong(s)
	case kind == ai.AccountMoney && s.source != "":
		return money(s)
	case kind == ai.RateLimited && s.upstream != "":
		return of(ai.Overloaded, ai.ScopeModel, "")
	case kind == ai.ModelAccess && s.mentions("moderation", "flagged"):
		return of(ai.PolicyRefused, ai.ScopeRequest, "")
	}
	return of(kind, scope(e.Provider, kind), "")
}

// wrong tells the requests apart that are called invalid.
func wrong(s said) ai.Fault {
	switch {
	case s.long() || s.status == 413:
		return mend(of(ai.ContextTooLong, ai.ScopeRequest, ""), ai.Compact)
	case s.mentions("signature", "reasoning_details", "thinking block", "`thinking` block"):
		return mend(of(ai.StateRejected, ai.ScopeRequest, ""), ai.StripState)
	case s.schema(), s.mentions("response_format", "grammar"):
		return mend(of(ai.CallerFault, ai.ScopeRequest, ""), ai.LowerSchema)
	case s.mentions("is not a valid model", "model not found"):
		return of(ai.ModelGone, ai.ScopeModel, "")
	}
	return of(ai.CallerFault, ai.ScopeRequest, "")
}

package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"rapport/internal/ai"
)

// Limit is the error of an attempt that ran into one of our own limits.
type Limit string

// The limits of ai/wire.
const (
	ConnectLimit   Limit = "connect"
	TLSLimit       Limit = "tls"
	FirstByteLimit Limit = "first_byte"
	IdleLimit      Limit = "idle"     // the connection is silent
	SemanticLimit  Limit = "semantic" // it speaks, and says nothing
	SizeLimit      Limit = "size"
)

// Error names the limit.
func (l Limit) Error() string { return "limit reached: " + string(l) }

// Timeout reports whether it is a limit of time.
func (l Limit) Timeout() bool { return l != SizeLimit }

// Temporary is Timeout; net.Error asks for it.
func (l Limit) Temporary() bool { return l.Timeout() }

// ErrBlocked says that an address is none that may be called.
var ErrBlocked = errors.New("the address is not public")

// Causes whose words are ours. Those of decoders and of libraries may repeat
// what they read.
var (
	errGone       = fmt.Errorf("nobody waits for the answer: %w", context.Canceled)
	errLate       = fmt.Errorf("the time is up: %w", context.DeadlineExceeded)
	errUnreadable = errors.New("the answer cannot be read")
	errHTTP2      = errors.New("the stream of HTTP/2 was closed")
	errReset      = errors.New("the connection was closed")
	errNoName     = errors.New("the name is not known")
	errNoTrust    = errors.New("the certificate is not accepted")
	errTLS        = errors.New("no TLS")
	errCut        = errors.New("the answer ended early")
)

// carried judges an attempt that the transport, or the decoder, gave up.
func carried(e Evidence) ai.Fault {
	if l, ok := errors.AsType[Limit](e.Err); ok {
		return limited(e, l)
	}
	if errors.Is(e.Err, context.Canceled) {
		return ended(Evidence{Ended: Left})
	}
	_, lookup := errors.AsType[*net.DNSError](e.Err)
	if timeout, ok := errors.AsType[net.Error](e.Err); ok && timeout.Timeout() && !lookup {
		f := of(ai.TimedOut, ai.ScopeModel, "timeout")
		if unsent(e.Err) {
			f.Scope, f.Billed = ai.ScopeProvider, ai.BilledNo
		}
		return f
	}
	detail, cause := describe(e.Err)
	f := of(ai.Network, ai.ScopeProvider, detail)
	f.Err = cause
	switch {
	case e.Streaming && e.Started:
		f.Kind, f.Scope = ai.StreamBroken, ai.ScopeModel
	case detail == "blocked":
		f.RetrySame = false
		f.Billed = ai.BilledNo
	case detail == "certificate":
		f.RetrySame = false // it stays as it is until somebody acts
		f.Billed = ai.BilledNo
	case unsent(e.Err), detail == "tls" && e.Status == 0:
		f.Billed = ai.BilledNo
	case e.Status == 200 && errors.Is(e.Err, io.EOF) && len(e.Body) == 0: // it came, and was nothing
		f.Kind, f.Scope, f.Detail = ai.Transient, ai.ScopeModel, "empty"
	case e.Status == 200 && detail == "unreadable" && html(e.Body):
		f.Kind, f.Detail = ai.Transient, "html"
	case e.Status == 200 && e.Streaming && detail == "unreadable":
		f.Kind, f.Scope = ai.StreamBroken, ai.ScopeModel
	case e.Status != 0 && e.Status != 200: // the status is known, its body is lost
		f = numbered(e)
		f.Err = cause
	}
	return f
}

func limited(e Evidence, l Limit) ai.Fault {
	f := of(ai.TimedOut, ai.ScopeModel, string(l))
	switch {
	case l == ConnectLimit || l == TLSLimit:
		f.Scope, f.Billed = ai.ScopeProvider, ai.BilledNo
	case l == SizeLimit && e.Streaming, l == IdleLimit && e.Streaming && e.Started:
		f.Kind = ai.StreamBroken
	case l == SizeLimit:
		f.Kind = ai.BadOutput
	}
	f.Err = l
	return f
}

// describe names a failure of the transport in words of our own.
func describe(err error) (detail string, cause error) {
	if errors.Is(err, ErrBlocked) {
		return "blocked", ErrBlocked
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "dns", errNoName
	}
	if untrusted(err) {
		return "certificate", errNoTrust
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return named(errno), errno
	}
	text := err.Error()
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case record, alert, strings.HasPrefix(text, "tls: "), strings.Contains(text, ": tls: "), strings.Contains(text, "remote error: tls"):
		return "tls", errTLS
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "cut", errCut
	case strings.Contains(text, "stream error: stream ID"), strings.HasPrefix(text, "http2: "), strings.Contains(text, ": http2: "):
		return "http2", errHTTP2
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe), strings.Contains(text, "server closed idle connection"):
		return "closed", errReset
	}
	return "unreadable", errUnreadable
}

func named(errno syscall.Errno) string {
	switch errno {
	case syscall.ECONNREFUSED:
		return "refused"
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return "reset"
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN:
		return "unreachable"
	}
	return "network"
}

func untrusted(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	return verify || invalid || host || authority
}

// unsent reports whether err happened before a request could be written.
func unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, name := errors.AsType[*net.DNSError](err)
	return name || errors.Is(err, syscall.ECONNREFUSED) || untrusted(err)
}

// stopped judges an answer of status 200 without an error in it.
func stopped(e Evidence) ai.Fault {
	if f, ok := byStop(e); ok {
		return f
	}
	switch {
	case html(e.Body):
		return of(ai.Transient, ai.ScopeProvider, "html")
	case e.Status == 0:
		return of(ai.Unknown, ai.ScopeProvider, "")
	case e.Streaming && !e.Finished:
		f := of(ai.StreamBroken, ai.ScopeModel, "no_end")
		f.Err = errCut
		return f
	default:
		return of(ai.Transient, ai.ScopeModel, "empty")
	}
}

// byStop judges by the provider's word for why the model stopped.
func byStop(e Evidence) (ai.Fault, bool) {
	f := of(ai.PolicyRefused, ai.ScopeRequest, e.Stop)
	switch e.Stop {
	case "refusal", "content_filter", "SAFETY", "PROHIBITED_CONTENT", "RECITATION", "SPII", "BLOCKLIST", "LANGUAGE",
		"IMAGE_SAFETY", "prompt:SAFETY", "prompt:OTHER", "prompt:BLOCKLIST", "prompt:PROHIBITED_CONTENT", "prompt:IMAGE_SAFETY",
		"prompt:BLOCK_REASON_UNSPECIFIED":
	case "max_tokens", "length", "MAX_TOKENS":
		f = mend(of(ai.Truncated, ai.ScopeRequest, e.Stop), ai.RaiseMax)
	case "model_context_window_exceeded":
		f = mend(of(ai.ContextTooLong, ai.ScopeRequest, e.Stop), ai.Compact)
	case "pause_turn", "CONTINUATION", "OTHER", "FINISH_REASON_UNSPECIFIED", "error":
		f = of(ai.Transient, ai.ScopeModel, e.Stop)
	case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
		f = of(ai.BadOutput, ai.ScopeModel, e.Stop)
	default:
		return ai.Fault{}, false
	}
	f.Billed = ai.BilledYes
	return f, true
}

package fault_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
)

var update = flag.Bool("update", false, "write the results of the golden table; review them")

const table = "testdata/golden.txt"

// row is one case of the table: a name, evidence, and what follows from it.
type row struct {
	name     string
	line     int
	evidence fault.Evidence
	want     string
}

func TestEachRowOfTheTableHasItsFault(t *testing.T) {
	t.Parallel()
	rows := read(t)
	if len(rows) < 150 {
		t.Errorf("the table has %d rows; at least 150", len(rows))
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if got := describe(fault.Classify(r.evidence)); got != r.want && !*update {
				t.Errorf("%s:%d\n got %s\nwant %s", table, r.line, got, r.want)
			}
		})
	}
	if *update {
		write(t, rows)
	}
}

func TestTheTableNamesEachKindThatAnAttemptCanHave(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range read(t) {
		kind, _, _ := strings.Cut(r.want, " ")
		seen[kind] = true
	}
	for _, k := range kinds {
		if !seen[string(k)] && k != ai.LocalLimit {
			t.Errorf("no row has the kind %s", k)
		}
	}
}

func describe(f *ai.Fault) string {
	out := []string{string(f.Kind), string(f.Scope)}
	if f.RetrySame {
		out = append(out, "same")
	}
	if f.TryOther {
		out = append(out, "other")
	}
	if f.Wait != 0 || f.WaitFrom != "" {
		out = append(out, "wait="+f.Wait.String()+"/"+f.WaitFrom)
	}
	out = append(out, "billed="+string(f.Billed))
	if f.Repair != "" {
		out = append(out, "repair="+string(f.Repair))
	}
	if f.Detail != "" {
		out = append(out, "detail="+f.Detail)
	}
	if f.RequestID != "" {
		out = append(out, "id="+f.RequestID)
	}
	return strings.Join(out, " ")
}

// read reads the table: "== name", a line of facts, headers, a body, "-> fault".
func read(t *testing.T) []row {
	t.Helper()
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var rows []row
	var r *row
	facts := false
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		name, isName := strings.CutPrefix(text, "== ")
		want, isWant := strings.CutPrefix(text, "->")
		header, value, isHeader := strings.Cut(text, ": ")
		switch {
		case isName:
			rows = append(rows, row{name: name, line: n, evidence: fault.Evidence{Header: http.Header{}, At: noon}})
			r, facts = &rows[len(rows)-1], true
		case text == "" || strings.HasPrefix(text, "#"):
		case r == nil:
			t.Fatalf("%s:%d: stands before the first name", table, n)
		case facts:
			state(t, &r.evidence, strings.Fields(text), n)
			facts = false
		case isWant:
			r.want = strings.TrimSpace(want)
		case isHeader && len(r.evidence.Body) == 0 && !strings.ContainsAny(header, `{"[<`):
			r.evidence.Header.Add(textproto.CanonicalMIMEHeaderKey(header), value)
		default:
			r.evidence.Body = append(r.evidence.Body, text...)
		}
	}
	return rows
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func state(t *testing.T, e *fault.Evidence, facts []string, line int) {
	t.Helper()
	e.Provider = facts[0]
	for _, f := range facts[1:] {
		key, value, _ := strings.Cut(f, "=")
		var err error
		switch key {
		case "streaming":
			e.Streaming = true
		case "started":
			e.Started = true
		case "finished":
			e.Finished = true
		case "empty":
			e.Empty = true
		case "unsent":
			e.Unsent = true
		case "stop":
			e.Stop = value
		case "ended":
			e.Ended = fault.End(value)
		case "mended":
			e.Mended = append(e.Mended, ai.Repair(value))
		case "lived":
			e.Lived, err = time.ParseDuration(value)
		case "typical":
			e.Typical, err = time.ParseDuration(value)
		case "at":
			e.At, err = time.Parse(time.RFC3339, value)
		case "no-clock":
			e.At = time.Time{}
		case "err":
			e.Err = broken(t, value)
		default:
			e.Status, err = strconv.Atoi(key)
		}
		if err != nil {
			t.Fatalf("%s:%d: %v", table, line, err)
		}
	}
}

// broken makes the errors that the transport has for a kind of trouble.
func broken(t *testing.T, name string) error {
	t.Helper()
	dial := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://api.example.com", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	read := func(err error) error { return &net.OpError{Op: "read", Net: "tcp", Err: err} }
	all := map[string]error{
		"refused":       dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"unreachable":   dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)),
		"dial-timeout":  dial(os.ErrDeadlineExceeded),
		"dns":           dial(&net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}),
		"dns-timeout":   dial(&net.DNSError{Err: "i/o timeout", Name: "api.example.com", IsTimeout: true}),
		"reset":         read(os.NewSyscallError("read", syscall.ECONNRESET)),
		"pipe":          read(os.NewSyscallError("write", syscall.EPIPE)),
		"expired":       &url.Error{Op: "Post", Err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}},
		"authority":     &url.Error{Op: "Post", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
		"tls-record":    tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
		"tls-alert":     &net.OpError{Op: "remote error", Err: tls.AlertError(40)},
		"eof":           &url.Error{Op: "Post", Err: io.EOF},
		"cut":           fmt.Errorf("error reading response body: %w", io.ErrUnexpectedEOF),
		"idle-closed":   errors.New("http: server closed idle connection"),
		"goaway":        errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=\"canary\""),
		"stream-reset":  errors.New("stream error: stream ID 3; INTERNAL_ERROR; received from peer"),
		"decode":        errors.New("error parsing response json: invalid character 'c' looking for beginning of value: canary"),
		"timeout":       &url.Error{Op: "Post", Err: os.ErrDeadlineExceeded},
		"canceled":      context.Canceled,
		"late":          context.DeadlineExceeded,
		"limit-connect": fmt.Errorf("dial: %w", fault.ConnectLimit),
		"limit-tls":     fault.TLSLimit,
		"first-byte":    &url.Error{Op: "Post", Err: fault.FirstByteLimit},
		"idle":          fault.IdleLimit,
		"semantic":      fault.SemanticLimit,
		"size":          fault.SizeLimit,
		"blocked":       dial(fault.ErrBlocked),
	}
	err, ok := all[name]
	if !ok {
		t.Fatalf("no error %q", name)
	}
	return err
}

func write(t *testing.T, rows []row) {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	i := -1
	for n, line := range lines {
		switch {
		case strings.HasPrefix(line, "== "):
			i++
		case strings.HasPrefix(line, "->"):
			lines[n] = "-> " + describe(fault.Classify(rows[i].evidence))
		}
	}
	if err := os.WriteFile(table, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

var kinds = []ai.Kind{
	ai.RateLimited, ai.Overloaded, ai.Transient, ai.TimedOut, ai.Network, ai.StreamBroken, ai.QuotaExhausted, ai.AccountMoney, ai.Credential, ai.ModelAccess, ai.ModelGone,
	ai.CallerFault, ai.ContextTooLong, ai.StateRejected, ai.PolicyRefused, ai.BadOutput, ai.Truncated, ai.Cancelled, ai.DeadlinePast, ai.LocalLimit, ai.Unknown,
}

// sound reports what may never be true of a fault.
func sound(t *testing.T, e fault.Evidence, f *ai.Fault) {
	t.Helper()
	if !slices.Contains(kinds, f.Kind) {
		t.Errorf("the kind %q is not known", f.Kind)
	}
	if f.Wait < 0 || f.Wait > fault.Longest && f.Kind != ai.QuotaExhausted {
		t.Errorf("%s waits %v", f.Kind, f.Wait)
	}
	if (f.Wait == 0) != (f.WaitFrom == "") {
		t.Errorf("waits %v by %q", f.Wait, f.WaitFrom)
	}
	if f.Kind == ai.RateLimited && f.Wait == 0 {
		t.Error("a full window has no wait")
	}
	if f.Repair != "" && (f.RetrySame || slices.Contains(e.Mended, f.Repair)) {
		t.Errorf("repair %s, same %v, mended %v", f.Repair, f.RetrySame, e.Mended)
	}
	if !slices.Contains([]ai.Billing{ai.BilledNo, ai.BilledMaybe, ai.BilledYes}, f.Billed) {
		t.Errorf("billed %q", f.Billed)
	}
	if e.Status >= 300 && e.Ended == fault.Running && f.Billed != ai.BilledNo {
		t.Errorf("a refused call is billed %q", f.Billed)
	}
	if strings.Contains(f.Error(), "canary") {
		t.Errorf("the fault repeats what was said: %v", f)
	}
}

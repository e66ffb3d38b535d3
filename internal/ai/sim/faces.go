package sim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"rapport/internal/ai/sim/ask"
)

// largest is the body of a request that is read; what is larger is refused.
const largest = 32 << 20

// RoundTrip answers within the process, in the time of its caller. Its errors
// are those that http.Transport would give. There is no goroutine behind the
// body: it waits when it is read, and is to be closed.
func (s *Sim) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	q, err := read(r)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil { // http.Transport would not send it
		if provider, _ := ask.Find(r.URL.Host, r.URL.Path); ctx.Err() == context.DeadlineExceeded {
			s.manners.Late(provider)
		}
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	return s.answer(q, r.URL.Host, deadline).Respond(r)
}

// ServeHTTP answers on a socket. Each provider is there under its name, as
// /anthropic/v1/messages, and /sim/state tells what happened so far. A
// connection that is refused or not to be made is one that is reset here.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/sim/state" {
		s.serveState(w)
		return
	}
	q, err := read(r)
	if err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	deadline, _ := time.Parse(time.RFC3339Nano, r.Header.Get("X-Request-Deadline")) // zero where nobody says
	s.answer(q, r.Host, deadline).Serve(w, r)
}

// read takes the request as http.Transport would send it.
func read(r *http.Request) (ask.Request, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	for name, values := range r.Header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return ask.Request{}, fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	q := ask.Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header}
	if r.Body == nil {
		return q, nil
	}
	var err error
	if n := r.ContentLength; n > 0 && n <= largest {
		q.Body = make([]byte, n)
		_, err = io.ReadFull(r.Body, q.Body)
	} else {
		q.Body, err = io.ReadAll(io.LimitReader(r.Body, largest+1))
	}
	if err != nil {
		return q, fmt.Errorf("read the request: %w", err)
	}
	return q, nil
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A server that is killed between COMMIT and its answer, or anywhere near it,
// leaves a caller who does not know. Repeating the call with its key has the
// effect once, whatever had happened.
func TestACallWhoseAnswerWasLostHasOneEffect(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	p := s.serve()
	place := p.workspace()
	for i, wait := range []func(*bufio.Reader){
		func(r *bufio.Reader) { _, _ = r.Peek(1) }, // it is committed, and the answer on its way
		func(*bufio.Reader) {},                     // it has most likely not begun
		func(r *bufio.Reader) { moment(r, 3*time.Millisecond) },
		func(r *bufio.Reader) { moment(r, 8*time.Millisecond) },
	} {
		name, key := fmt.Sprintf("Ada %d", i), fmt.Sprintf("lost-%d", i)
		body := fmt.Sprintf(`{"name":%q}`, name)
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(c, "POST %s/contacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			place, p.key, key, len(body), body)
		if err != nil {
			t.Fatal(err)
		}
		wait(bufio.NewReader(c))
		p.kill()
		_ = c.Close() // nothing of the answer was read
		p = s.serve()
		first, second := p.keyed(place+"/contacts", key, body), p.keyed(place+"/contacts", key, body)
		if first.status != http.StatusCreated || string(first.body) != string(second.body) {
			t.Errorf("round %d: %d %s, then %d %s; want the same twice", i, first.status, first.body, second.status, second.body)
		}
		var found struct{ Data []struct{ Name string } }
		p.get(place+"/contacts?limit=200", &found)
		n := 0
		for _, c := range found.Data {
			if c.Name == name {
				n++
			}
		}
		if n != 1 {
			t.Errorf("round %d: there are %d contacts, want 1", i, n)
		}
	}
}

// moment waits for a byte, but not for long.
func moment(r *bufio.Reader, d time.Duration) {
	came := make(chan struct{})
	go func() {
		_, _ = r.Peek(1) // it ends with the connection
		close(came)
	}()
	select {
	case <-came:
	case <-time.After(d):
	}
}

// keyed posts with a key; the answer must be whole.
func (p *process) keyed(path, key, body string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "POST", p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !json.Valid(text) {
		p.t.Fatalf("POST %s: %v, %s", path, err, text)
	}
	return answer{res.StatusCode, res.Header, text}
}

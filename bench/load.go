package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// load is a closed loop: each of so many connections sends its next request
// when the answer to the last has come. It runs in a process of its own.
type load struct {
	Addr    string   `json:"addr"`
	Conns   int      `json:"conns"`
	Seconds float64  `json:"seconds"`
	Cookie  string   `json:"cookie"`
	Paths   []string `json:"paths"`
	// Header is one more line of each request, such as "Cache-Control: no-cache".
	Header string `json:"header,omitempty"`
	// Rate is how many requests a second all connections send together, whatever
	// the answers; 0 is as many as are answered.
	Rate float64 `json:"rate,omitempty"`
	// Steps, if there are any, are what is asked instead of Paths.
	Steps []step `json:"steps,omitempty"`
}

// A step is a request that is made with some weight among others.
type step struct {
	Weight int    `json:"weight"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   string `json:"body,omitempty"` // JSON; # becomes a number of its own
}

// outcome is what a load saw.
type outcome struct {
	Requests int            `json:"requests"`
	Errors   map[string]int `json:"errors"`
	Seconds  float64        `json:"seconds"`
	Bytes    int64          `json:"bytes"`
	Late     int            `json:"late"` // sent after their time, of a rate
	P50      float64        `json:"p50_ms"`
	P95      float64        `json:"p95_ms"`
	P99      float64        `json:"p99_ms"`
}

func (o outcome) rate() float64 { return float64(o.Requests) / o.Seconds }

func (o outcome) failed() float64 {
	n := 0
	for _, k := range o.Errors {
		n += k
	}
	return float64(n)
}

// run has another process put the load on a server.
func (l load) run(ctx context.Context) (outcome, error) {
	self, err := os.Executable()
	if err != nil {
		return outcome{}, err
	}
	in, err := json.Marshal(l)
	if err != nil {
		return outcome{}, err
	}
	cmd := exec.CommandContext(ctx, self, "load")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return outcome{}, fmt.Errorf("load: %w", err)
	}
	var o outcome
	err = json.Unmarshal(text, &o)
	return o, err
}

// generate is the process of a load: it reads one and writes its outcome.
func generate(args []string) error {
	if err := flag.NewFlagSet("load", flag.ContinueOnError).Parse(args); err != nil {
		return err
	}
	var l load
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		return err
	}
	clients := make([]*client, l.Conns)
	var wg sync.WaitGroup
	start := time.Now()
	end := start.Add(time.Duration(l.Seconds * float64(time.Second)))
	for i := range clients {
		clients[i] = &client{load: &l, errors: map[string]int{}}
		wg.Go(func() { clients[i].loop(end) })
	}
	wg.Wait()
	return json.NewEncoder(os.Stdout).Encode(gather(clients, time.Since(start)))
}

func gather(clients []*client, took time.Duration) outcome {
	o := outcome{Errors: map[string]int{}, Seconds: took.Seconds()}
	var all []time.Duration
	for _, c := range clients {
		all = append(all, c.times...)
		o.Bytes += c.bytes
		o.Late += c.late
		for k, n := range c.errors {
			o.Errors[k] += n
		}
	}
	o.Requests = len(all)
	if len(all) == 0 {
		return o
	}
	slices.Sort(all)
	at := func(q float64) float64 { return all[int(q*float64(len(all)-1))].Seconds() * 1000 }
	o.P50, o.P95, o.P99 = at(0.50), at(0.95), at(0.99)
	return o
}

// client is one connection.
type client struct {
	load   *load
	conn   net.Conn
	in     *bufio.Reader
	times  []time.Duration
	bytes  int64
	errors map[string]int
	late   int // requests that were sent after their time
}

func (c *client) loop(end time.Time) {
	next, start := c.load.requests(), time.Now()
	if c.load.Rate > 0 { // not all at once
		start = start.Add(time.Duration(rand.Float64() * c.load.pause()))
	}
	for {
		time.Sleep(time.Until(start))
		if start.After(end) || time.Now().After(end) {
			return
		}
		begun := start
		if c.load.Rate > 0 && time.Since(start) > 10*time.Millisecond {
			c.late++
		}
		sent := time.Now()
		err := c.call(next())
		if start = time.Now(); c.load.Rate > 0 {
			start = begun.Add(time.Duration(c.load.pause()))
		}
		if err != nil {
			c.errors[kind(err)]++
			if !strings.HasPrefix(err.Error(), "status ") { // the connection is spoilt
				c.hangUp()
			}
			continue
		}
		c.times = append(c.times, time.Since(sent))
	}
}

// pause is between the requests of a connection, in nanoseconds.
func (l *load) pause() float64 { return float64(l.Conns) / l.Rate * float64(time.Second) }

// requests returns what writes the next request.
func (l *load) requests() func() []byte {
	head := fmt.Sprintf(" HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n", l.Addr, l.Cookie)
	if l.Header != "" {
		head += l.Header + "\r\n"
	}
	if len(l.Steps) > 0 {
		return func() []byte { return l.steps(head) }
	}
	all := make([][]byte, len(l.Paths))
	for i, path := range l.Paths {
		all[i] = []byte("GET " + path + head + "\r\n")
	}
	return func() []byte { return all[rand.IntN(len(all))] }
}

func (l *load) steps(head string) []byte {
	total := 0
	for _, s := range l.Steps {
		total += s.Weight
	}
	at := rand.IntN(total)
	for _, s := range l.Steps {
		if at -= s.Weight; at >= 0 {
			continue
		}
		if s.Body == "" {
			return []byte(s.Method + " " + s.Path + head + "\r\n")
		}
		body := strings.ReplaceAll(s.Body, "#", strconv.FormatUint(rand.Uint64(), 36))
		return fmt.Appendf(nil, "%s %s%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", s.Method, s.Path, head, len(body), body)
	}
	return nil
}

// kind sorts errors by what they say, without what differs in each.
func kind(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

func (c *client) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *client) call(request []byte) error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.load.Addr, 5*time.Second)
		if err != nil {
			return err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 32<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	return c.answer()
}

var okStatus = []byte("HTTP/1.1 20")

// answer reads as much of an answer as it takes to find its end, so that the
// client costs little beside the server.
func (c *client) answer() error {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	refused := error(nil)
	if !bytes.HasPrefix(line, okStatus) {
		refused = errors.New("status " + string(bytes.TrimSpace(line)))
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length >= 0 {
		err = c.skip(length)
	} else {
		err = c.chunks()
	}
	if err != nil {
		return err
	}
	return refused
}

func (c *client) skip(n int) error {
	k, err := c.in.Discard(n)
	c.bytes += int64(k)
	return err
}

func (c *client) chunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return fmt.Errorf("chunk: %w", io.ErrUnexpectedEOF)
		}
		if err := c.skip(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}

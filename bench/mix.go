package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"rapport/internal/app"
)

// everyone is how many people at once ask once in ten seconds each.
var everyone = []int{500, 1000}

// measureMix has people do what they do: 60 % read, 25 % look at Today, 10 %
// write, 5 % ask a model, which is simulated.
func measureMix(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	model, stop, err := b.models(ctx)
	if err != nil {
		return err
	}
	defer stop()
	p, l, err := b.listServer(ctx, d, "OPENROUTER_API_KEY=bench", "RAPPORT_AI_OPENROUTER_URL="+model+"/openrouter/api/v1", "RAPPORT_AI_DAILY=100000", "RAPPORT_AI_MONTHLY=1000000")
	if err != nil {
		return err
	}
	defer p.stop()
	l.Header = csrf(l.Cookie)
	if l.Steps, err = d.day(ctx); err != nil {
		return err
	}
	watch, end := context.WithCancel(ctx)
	defer end()
	most := make(chan connections, 1)
	go func() { most <- d.watch(watch) }()
	for _, people := range everyone {
		name := fmt.Sprintf("%d people, 0.1 requests/s each", people)
		l.Conns, l.Rate, l.Seconds = people, float64(people)/10, float64(max(6*b.seconds, 20))
		if err := b.mixed(ctx, l, name, people == everyone[0]); err != nil {
			return err
		}
	}
	l.Conns, l.Rate = everyone[0], float64(everyone[0]) // ten times as eager
	if err := b.mixed(ctx, l, "500 people, 1 request/s each", false); err != nil {
		return err
	}
	end()
	b.report.atMost(20, "mix", "most server connections", "", float64((<-most).open))
	var stats struct {
		Rate float64 `json:"hit_rate"`
	}
	if err := p.operator(ctx, "/v1/ops/cache", &stats); err != nil {
		return err
	}
	b.report.atLeast(0.70, "mix", "hit rate", "", stats.Rate)
	return nil
}

func (b *bench) mixed(ctx context.Context, l load, name string, judged bool) error {
	o, err := l.run(ctx)
	if err != nil {
		return err
	}
	if len(o.Errors) > 0 {
		fmt.Fprintf(os.Stderr, "mix: %s: %v\n", name, o.Errors)
	}
	b.report.add("mix", name+", answered", "1/s", o.rate())
	if judged {
		b.report.atMost(50, "mix", name+", p95", "ms", o.P95)
	} else {
		b.report.add("mix", name+", p95", "ms", o.P95)
	}
	b.report.add("mix", name+", p99", "ms", o.P99)
	b.report.add("mix", name+", sent late by the load itself", "%", 100*float64(o.Late)/float64(max(o.Requests, 1)))
	b.report.atMost(0.001, "mix", name+", errors / requests", "", o.failed()/max(float64(o.Requests)+o.failed(), 1))
	return nil
}

// day is what people do in all workspaces; the first ones are the busiest.
func (d *database) day(ctx context.Context) (steps []step, err error) {
	gets, err := d.gets(ctx, "%s %s")
	if err != nil {
		return nil, err
	}
	for i, ws := range d.workspaces {
		at := "/v1/workspaces/" + ws
		times := max(1, 20/(i+1)) // Zipf, about
		add := func(weight int, method, path, body string) {
			steps = append(steps, step{Weight: weight * times, Method: method, Path: at + path, Body: body})
		}
		add(100, "GET", "/contacts?limit=50", "")
		add(40, "GET", "/contacts?limit=50&sort=-score", "")
		add(80, "GET", "/threads", "")
		add(60, "GET", "/tasks", "")
		add(40, "GET", "/tasks/counts", "")
		add(40, "GET", "/companies", "")
		var own []string
		for _, pair := range gets {
			if of, id, _ := strings.Cut(pair, " "); of == ws {
				own = append(own, id)
			}
		}
		own = own[:min(len(own), 10)]
		if len(own) == 0 {
			return nil, errors.New("a workspace without contacts")
		}
		for _, id := range own {
			add(240/len(own), "GET", "/contacts/"+id, "")
		}
		add(250, "GET", "/today", "")
		add(50, "POST", "/tasks", `{"title":"Call #"}`)
		add(50, "POST", "/notes", `{"entity":"contact","entity_id":"`+own[0]+`","body":"They called about #"}`)
		add(50, "POST", "/ai/complete", `{"task":"summarize","instruction":"Sum up what they want.","material":"Could you send prices for 40 seats by Friday? Reference #"}`)
	}
	return steps, nil
}

// models starts the simulator of providers and returns its address.
func (b *bench) models(ctx context.Context) (url string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, b.binary, "ai", "sim", "--listen", address)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()
	}
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return "http://" + address, stop, conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the simulator does not answer")
}

// operator asks as the machine itself.
func (p *process) operator(ctx context.Context, path string, into any) error {
	key, err := app.LocalKey(p.data)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, "GET", p.base+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// folder is one of the run's own.
func (b *bench) folder(name string) string { return filepath.Join(b.dir, name) }

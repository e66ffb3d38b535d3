package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	"rapport/internal/app"
	"rapport/internal/platform/limit"
)

// measureLimiter measures what a decision costs, how often Redis is asked, and
// how near to its quota a workspace that asks for far more comes.
func measureLimiter(ctx context.Context, b *bench) error {
	out, err := exec.CommandContext(ctx, "go", "test", "rapport/internal/platform/limit", "-run", "xxx", "-bench", ".", "-benchtime", "300000x", "-cpu", "1", "-count", strconv.Itoa(b.rounds)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test: %w: %s", err, out)
	}
	if cost := column(out, "cpu-ns/op"); len(cost) > 0 { // not of the clock on the wall, which other processes turn, too
		b.report.atMost(300, "limiter", "a decision, local", "ns", cost...)
	} else {
		b.report.atMost(300, "limiter", "a decision, local (no benchmark in internal/platform/limit)", "ns", math.Inf(1))
	}
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	if err := b.admits(ctx, d, nil, 1); err != nil {
		return err
	}
	redis, stop, err := b.redis(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return b.admits(ctx, d, []string{"REDIS_URL=" + redis}, 2)
}

// admits floods one workspace of the tier PRO from so many servers at once.
func (b *bench) admits(ctx context.Context, d *database, env []string, nodes int) error {
	env = append(env, "DATABASE_URL="+d.server.URL(), "RAPPORT_LIMITS_SHADOW=auth") // instead of all
	var loads []load
	var servers []*process
	defer func() {
		for _, p := range servers {
			p.stop()
		}
	}()
	const seconds = 20
	ws := d.workspaces[nodes]
	for i := range nodes {
		p, err := launch(ctx, b.folder("limited-"+strconv.Itoa(nodes)+strconv.Itoa(i)), env, b.binary, "serve")
		if err != nil {
			return err
		}
		servers = append(servers, p)
		cookie, err := d.signIn(ctx, p.base)
		if err != nil {
			return err
		}
		loads = append(loads, load{Addr: p.addr(), Conns: 4, Seconds: seconds, Rate: 100, Cookie: cookie, Paths: []string{"/v1/workspaces/" + ws + "/tasks/counts"}})
	}
	if nodes > 1 {
		if err := agree(ctx, servers); err != nil {
			return err
		}
		commands, err := b.steady(ctx, servers[0], loads[0], d.workspaces[0])
		if err != nil {
			return err
		}
		b.report.atMost(0.1, "limiter", "commands to Redis, steady load", "1/request", commands)
	}
	if err := servers[0].tier(ctx, ws, limit.Pro); err != nil {
		return err
	}
	err := each(ctx, servers, "holds the workspace to its tier", func(l limits) bool { // others learn of it by and by
		return slices.ContainsFunc(l.Own, func(o given) bool { return o.Workspace == ws && o.Tier == limit.Pro })
	})
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	outcomes, faults := make([]outcome, nodes), make([]error, nodes)
	for i, l := range loads {
		all.Go(func() { outcomes[i], faults[i] = l.run(ctx) })
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	admitted, length := 0, 0.0
	for _, o := range outcomes {
		admitted, length = admitted+o.Requests, max(length, o.Seconds)
	}
	var quota float64
	for _, t := range limit.Tiers() {
		if t.Name == limit.Pro {
			q := t.Quotas[limit.Minute]
			quota = float64(q.Burst) + float64(q.Tokens)*length/60
		}
	}
	most := map[int]float64{1: 1, 2: 3}[nodes]
	b.report.atMost(most, "limiter", fmt.Sprintf("admitted beside the quota, %d node(s)", nodes), "%", 100*math.Abs(float64(admitted)-quota)/quota)
	return nil
}

// limits is what a server says of them.
type limits struct {
	Sharing struct {
		Nodes    int
		Commands float64
		Redis    *struct{ Up bool }
	}
	Own []given
}

// given is the tier that a workspace has been given.
type given struct {
	Workspace string `json:"workspace_id"`
	Tier      string
}

// agree waits until servers count in one Redis, each knowing of all.
func agree(ctx context.Context, servers []*process) error {
	return each(ctx, servers, "shares Redis with the others", func(l limits) bool {
		return l.Sharing.Redis != nil && l.Sharing.Redis.Up && l.Sharing.Nodes == len(servers)
	})
}

// each waits until every server is as done wants it, half a minute at most.
func each(ctx context.Context, servers []*process, what string, done func(limits) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, p := range servers {
		for {
			var l limits
			if err := p.operator(ctx, "/v1/ops/limits", &l); err != nil {
				return fmt.Errorf("a server never %s: %w", what, err)
			}
			if done(l) {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}

// steady is how many commands a request costs a workspace of ENTERPRISE.
func (b *bench) steady(ctx context.Context, p *process, l load, ws string) (float64, error) {
	commands := func() (float64, error) {
		var l limits
		err := p.operator(ctx, "/v1/ops/limits", &l)
		return l.Sharing.Commands, err
	}
	l.Rate, l.Seconds, l.Paths = 60, 10, []string{"/v1/workspaces/" + ws + "/tasks/counts"}
	before, err := commands()
	if err != nil {
		return 0, err
	}
	o, err := l.run(ctx)
	if err != nil {
		return 0, err
	}
	after, err := commands()
	return (after - before) / float64(max(o.Requests, 1)), err
}

// tier gives a workspace one, as the machine itself.
func (p *process) tier(ctx context.Context, workspace, tier string) error {
	key, err := app.LocalKey(p.data)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"workspace": workspace, "tier": tier})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, "PUT", p.base+"/v1/ops/limits", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("set a tier: %s", res.Status)
	}
	return nil
}

// redis starts one that keeps nothing.
func (b *bench) redis(ctx context.Context) (url string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, "redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("two nodes need redis-server: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()
	}
	for range 100 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return fmt.Sprintf("redis://127.0.0.1:%d", port), stop, conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("redis-server does not answer")
}

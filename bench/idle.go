package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// settle is how long the server does nothing before its memory is read.
const settle = 5 * time.Second

// own is the environment in which Rapport runs a database of its own.
var own = []string{"DATABASE_URL=", "DATABASE_POOLER_URL=", "DATABASE_SESSION_URL=", "RAPPORT_DEMO="}

// measureIdle starts Rapport as a user does, twice.
func measureIdle(ctx context.Context, b *bench) error {
	data := filepath.Join(b.dir, "idle")
	p, err := launch(ctx, data, own, b.binary, "serve")
	if err != nil {
		return err
	}
	b.report.add("idle", "first start to ready, database made", "s", p.ready.Seconds())
	p.stop()
	if p, err = launch(ctx, data, own, b.binary, "serve"); err != nil {
		return err
	}
	defer p.stop()
	b.report.atMost(2, "idle", "second start to ready", "s", p.ready.Seconds())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settle):
	}
	b.report.atMost(60, "idle", "resident memory of rapport", "MB", memoryMB(p.cmd.Process.Pid, "VmRSS:"))
	b.report.add("idle", "proportional memory of its PostgreSQL", "MB", proportionalMB(p.cmd.Process.Pid))
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report.atMost(70, "idle", "binary"+uiNote(), "MB", float64(info.Size())/1e6)
	return firstScript(&b.report)
}

// proportionalMB sums the memory of all that a process has started, pages that
// they share counted once.
func proportionalMB(parent int) (mb float64) {
	for _, pid := range children(parent) {
		mb += float64(readKB(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:"))/1024 + proportionalMB(pid)
	}
	return mb
}

const ui = "web/dist"

func uiNote() string {
	if _, err := os.Stat(filepath.Join(ui, "index.html")); err != nil {
		return ", without UI"
	}
	return " with UI"
}

var script = regexp.MustCompile(`<script[^>]* src="/?([^"]+\.js)"`)

// firstScript measures what a browser loads before it shows anything.
func firstScript(r *report) error {
	page, err := os.ReadFile(filepath.Join(ui, "index.html"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // make bench builds the UI first; go run ./bench need not
	}
	if err != nil {
		return err
	}
	m := script.FindSubmatch(page)
	if m == nil {
		return errors.New("the page loads no script")
	}
	text, err := os.ReadFile(filepath.Join(ui, string(m[1])))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	r.atMost(200, "idle", "first script of the UI, gzip", "kB", float64(packed.Len())/1000)
	return nil
}

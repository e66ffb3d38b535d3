package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"rapport/internal/app"
	"rapport/internal/app/config"
)

// serveProfiled is Rapport with a profiler on a port of its own.
func serveProfiled([]string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	c, err := config.Load(env)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Data, "profiler"), []byte("http://"+ln.Addr().String()), 0o600); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/profile", pprof.Profile)
	mux.Handle("/allocs", pprof.Handler("allocs"))
	go func() { _ = http.Serve(ln, mux) }() // ends with the process
	a, err := app.Open(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Serve(ctx, func(string) {})
}

// profile takes a CPU profile over two rounds.
func profile(p *process, to string, seconds int) {
	base, err := os.ReadFile(filepath.Join(p.data, "profiler"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		return
	}
	for suffix, path := range map[string]string{"": fmt.Sprintf("/profile?seconds=%d", 2*seconds), ".allocs": "/allocs"} {
		if err := fetch(string(base)+path, to+suffix); err != nil {
			fmt.Fprintln(os.Stderr, "profile:", err)
		}
	}
}

func fetch(url, to string) error {
	res, err := http.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, res.Body); err != nil {
		return err
	}
	return f.Close()
}

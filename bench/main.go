// Command bench measures Rapport: the figures of docs/benchmarks.md. It starts
// everything itself, on loopback and Unix sockets, and stops it again. What
// counts are ratios within one run; absolute figures belong to the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	only    string
	seconds int
	rounds  int
	mail    string
	out     string
	profile string
	keep    bool
}

// A scenario measures one thing and adds its figures to the report.
type scenario struct {
	name, about string
	run         func(context.Context, *bench) error
}

var scenarios = []scenario{
	{"list", "contact list through the whole stack against pgbench", measureList},
	{"list500", "the same at 500 connections", measureList500},
	{"chain", "what stands before an operation, alone", measureChain},
	{"get", "a contact by its id", measureGet},
	{"cached", "a list that is remembered against one that is read", measureCached},
	{"limiter", "what the limiter costs, and how exact it is on one node and on two", measureLimiter},
	{"mix", "what 500 and 1,000 people do in 50 workspaces", measureMix},
	{"overload", "three times as much as can be done", measureOverload},
	{"pocketbase", "list and get against PocketBase", measurePocketBase},
	{"connect", "against a connection per request", measureConnect},
	{"rls", "row-level security on and off", measureRLS},
	{"clients", "server connections at 500 clients", measureClients},
	{"idle", "memory when idle, sizes, time to ready", measureIdle},
	{"search", "search and screens of 100,000 contacts and 100,000 messages", measureSearch},
	{"live", "memory and connections of open event streams", measureLive},
	{"mail", "import and triage of a mailbox", measureMail},
	{"imap", "first sync of a mailbox from Dovecot", measureIMAP},
	{"arrival", "from delivery at Dovecot to the screen", measureArrival},
	{"agents", "runs of agents: how soon, at what cost, how fair", measureAgents},
	{"ai", "the AI router against other policies, in virtual time", measureAI},
}

// limit ends a run that hangs.
const limit = 20 * time.Minute

func main() {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok { // a part of the bench that runs in a process of its own
			exit(role(os.Args[2:]))
		}
	}
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	exit(run(ctx, o))
}

// roles are the processes that the bench makes of itself.
var roles = map[string]func([]string) error{"load": generate, "naive": serveNaive, "bare": serveBare, "profiled": serveProfiled}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func flags() options {
	var o options
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	flag.StringVar(&o.only, "only", "", "comma-separated scenarios: "+strings.Join(names, ", "))
	flag.IntVar(&o.seconds, "seconds", 5, "length of each measurement")
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds; the median counts")
	flag.StringVar(&o.mail, "mail", "", "mailbox to import (mbox, mbox.gz); a generated one if empty")
	flag.StringVar(&o.out, "out", "bench/out", "folder for results")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of the server in scenario list to this file")
	flag.BoolVar(&o.keep, "keep", false, "keep the temporary folder")
	flag.Parse()
	return o
}

func run(ctx context.Context, o options) error {
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer b.close()
	var failed error
	for _, s := range scenarios {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+s.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, s.about)
		start := time.Now()
		if err := s.run(ctx, b); err != nil { // the figures of the others still count
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.name, err))
		}
		fmt.Fprintf(os.Stderr, "%s: took %.0f s\n", s.name, time.Since(start).Seconds())
	}
	return errors.Join(failed, b.report.write(o.out, os.Stdout))
}

// bench is what scenarios share: a folder, the built binary, a database with
// contacts once one is asked for, and the report.
type bench struct {
	options
	report  report
	dir     string
	binary  string
	log     *slog.Logger
	db      *database
	closers []func()
}

func newBench(o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "rapport-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user must pass
		return nil, err
	}
	b := &bench{options: o, dir: dir, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if !o.keep {
		b.closers = append(b.closers, func() { _ = os.RemoveAll(dir) })
	}
	b.report.machine()
	if b.binary, err = build(dir); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	for i := len(b.closers) - 1; i >= 0; i-- {
		b.closers[i]()
	}
}

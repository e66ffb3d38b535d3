package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/internal/platform/mail/mailbox"
)

func importCmd(env map[string]string) *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring data in"}
	cmd.AddCommand(importMail(env))
	return cmd
}

type mailImport struct {
	workspace, report string
	own               []string
}

func importMail(env map[string]string) *cobra.Command {
	var m mailImport
	cmd := &cobra.Command{
		Use:   "mail PATH",
		Short: "Import mail: mbox, mbox.gz, .eml, a directory of .eml, or a Maildir",
		Long: "Import mail. Each message is imported, found to be a duplicate, or refused with a reason.\n" +
			"The import is the server's work: Ctrl-C leaves it running there. Importing again makes no duplicates.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			return m.run(cmd.Context(), cl, args[0], cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&m.workspace, "workspace", "", "slug or id of the workspace, if there are several")
	cmd.Flags().StringSliceVar(&m.own, "own", nil, "addresses that are yours, beside those of the workspace")
	cmd.Flags().StringVar(&m.report, "report", "", "write what became of each message to this file (.csv or .json)")
	return cmd
}

// progress is an import as far as the bar shows it.
type progress struct {
	ID, State, Error                        string
	Total                                   *int64
	Imported, Duplicates, Refused           int64
	Triaged, Personal, Bulk, Automatic, Own int64
	Analyzed                                int64
	AnalysisSkipped                         int64    `json:"analysis_skipped"`
	BytesTotal                              int64    `json:"bytes_total"`
	BytesDone                               int64    `json:"bytes_done"`
	Rate                                    *float64 `json:"rate"`
	ETA                                     *int64   `json:"eta_seconds"`
}

func (m mailImport) run(ctx context.Context, cl *client, path string, out io.Writer) error {
	_, ws, err := cl.workspace(ctx, m.workspace)
	if err != nil {
		return err
	}
	body, name, err := source(path)
	if err != nil {
		return err
	}
	defer body.Close()
	query := url.Values{"filename": {name}}
	if len(m.own) > 0 {
		query.Set("own", strings.Join(m.own, ","))
	}
	var p progress
	base := "/v1/workspaces/" + ws + "/imports"
	if err := cl.send(ctx, "POST", base+"?"+query.Encode(), body, "application/octet-stream", &p); err != nil {
		return err
	}
	if err := p.follow(ctx, cl, base, out); err != nil {
		return err
	}
	p.summary(out)
	if m.report != "" {
		if err := saveReport(ctx, cl, base+"/"+p.ID, m.report); err != nil {
			return err
		}
	}
	if p.State != "done" {
		return fmt.Errorf("the import %s: %s", p.State, p.Error)
	}
	return nil
}

// source opens what is uploaded: a file as it is, a directory as one mailbox.
func source(path string) (io.ReadCloser, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", err
	}
	if !info.IsDir() {
		f, err := os.Open(path)
		return f, filepath.Base(path), err
	}
	box, err := mailbox.Open(path)
	if err != nil {
		return nil, "", err
	}
	r, w := io.Pipe()
	go func() {
		defer box.Close()
		w.CloseWithError(mailbox.WriteMbox(w, box))
	}()
	return r, filepath.Base(path) + ".mbox", nil
}

// follow shows the bar until the import has ended.
func (p *progress) follow(ctx context.Context, cl *client, base string, out io.Writer) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := cl.call(ctx, "GET", base+"/"+p.ID, nil, p); err != nil {
			return err
		}
		fmt.Fprint(out, "\r\x1b[K", p.line())
		switch p.State {
		case "done", "failed", "cancelled":
			fmt.Fprintln(out)
			return nil
		}
		select {
		case <-ctx.Done():
			fmt.Fprintf(out, "\nThe server goes on with import %s.\n", p.ID)
			return ctx.Err()
		case <-tick.C:
		}
	}
}

const width = 30

func (p *progress) line() string {
	done := 0.0
	doing := "reading "
	switch {
	case p.State == "understanding" && p.Imported > 0:
		doing, done = "understanding ", float64(p.Triaged)/float64(p.Imported)
	case p.State == "done":
		doing, done = "", 1
	case p.BytesTotal > 0:
		done = float64(p.BytesDone) / float64(p.BytesTotal)
	}
	full := int(min(done, 1) * width)
	line := fmt.Sprintf("%s[%s%s] %3.0f%%  %d messages", doing, strings.Repeat("=", full), strings.Repeat(" ", width-full), min(done, 1)*100, p.seen())
	if p.Rate != nil && p.State != "done" {
		line += fmt.Sprintf("  %.0f/s", *p.Rate)
	}
	if p.ETA != nil && p.State != "done" {
		line += fmt.Sprintf("  %s left", time.Duration(*p.ETA)*time.Second)
	}
	return line
}

func (p *progress) seen() int64 { return p.Imported + p.Duplicates + p.Refused }

func (p *progress) summary(out io.Writer) {
	total := p.seen()
	if p.Total != nil {
		total = *p.Total
	}
	fmt.Fprintf(out, "%d of %d messages accounted for: %d imported, %d duplicates, %d refused\n", p.seen(), total, p.Imported, p.Duplicates, p.Refused)
	fmt.Fprintf(out, "triage: %d personal, %d bulk, %d automatic, %d own · intelligence: %d analysed, %d skipped\n",
		p.Personal, p.Bulk, p.Automatic, p.Own, p.Analyzed, p.AnalysisSkipped)
	if p.Error != "" {
		fmt.Fprintln(out, p.Error)
	}
}

func saveReport(ctx context.Context, cl *client, base, path string) error {
	format := "csv"
	if strings.HasSuffix(path, ".json") {
		format = "json"
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := cl.call(ctx, "GET", base+"/report?format="+format, nil, f); err != nil {
		_ = f.Close() // the call's error says more
		return err
	}
	return f.Close()
}

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
	return group("import", "Bring data in", importMail(env))
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
		Args: one,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err != nil {
				return err
			}
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
		if ctx.Err() != nil {
			return fmt.Errorf("%w before the file had arrived: nothing was imported", errInterrupted)
		}
		return err
	}
	if err := p.follow(ctx, cl, base, newScreen(out)); err != nil {
		return err
	}
	p.summary(out)
	if m.report != "" {
		if err := saveReport(ctx, cl, base+"/"+p.ID, m.report); err != nil {
			return err
		}
	}
	switch {
	case p.State != "done":
		return fmt.Errorf("the import %s: %s", p.State, p.Error)
	case p.Error != "":
		return fmt.Errorf("the import is not complete: %s", p.Error)
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

// follow shows how far the import is until it has ended.
func (p *progress) follow(ctx context.Context, cl *client, base string, to *screen) error {
	tick := time.NewTicker(redraws)
	defer tick.Stop()
	for {
		err := cl.call(ctx, "GET", base+"/"+p.ID, nil, p)
		switch {
		case ctx.Err() != nil:
			to.leave()
			return fmt.Errorf("%w: %s", errInterrupted, cl.goesOn(p.ID))
		case err != nil:
			to.leave()
			return fmt.Errorf("%w\n%s", err, cl.goesOn(p.ID))
		}
		to.show(p)
		if p.ended() {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (p *progress) ended() bool {
	return p.State == "done" || p.State == "failed" || p.State == "cancelled"
}

func (p *progress) doing() string {
	switch p.State {
	case "understanding":
		return "understanding "
	case "done", "failed", "cancelled":
		return ""
	}
	return "reading "
}

// part is how much of the present state is done, from 0 to 1.
func (p *progress) part() float64 {
	part := 0.0
	switch {
	case p.State == "understanding" && p.Imported > 0:
		part = float64(p.Triaged) / float64(p.Imported)
	case p.State == "done":
		part = 1
	case p.BytesTotal > 0:
		part = float64(p.BytesDone) / float64(p.BytesTotal)
	}
	return min(part, 1)
}

func (p *progress) figures() string {
	text := fmt.Sprintf("  %d messages", p.seen())
	if p.Rate != nil && !p.ended() {
		text += fmt.Sprintf("  %.0f/s", *p.Rate)
	}
	if p.ETA != nil && !p.ended() {
		text += fmt.Sprintf("  %s left", time.Duration(*p.ETA)*time.Second)
	}
	return text
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

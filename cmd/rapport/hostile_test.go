package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// mostMemory bounds what a server may ever have held, in kB. The race detector
// multiplies what a program takes.
func mostMemory() int {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				return 600 << 10
			}
		}
	}
	return 250 << 10
}

// highWater is the most memory that the server has held, in kB; 0 where the
// system does not tell.
func (p *process) highWater() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// monsters is a mailbox of what mail should not be, written as it is read.
func monsters() io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		head := func(name, subject, more string) {
			fmt.Fprintf(out, "From x@harbour.example Mon Mar  2 10:00:00 2026\nFrom: Bea Holm <bea@harbour.example>\nTo: Ana <ana@lumen.example>\n"+
				"Message-ID: <%s@harbour.example>\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nSubject: %s\n%s", name, subject, more)
		}
		head("big", "Big", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the film.\n"+
			"--b\nContent-Type: video/mp4; name=film.mp4\nContent-Disposition: attachment; filename=film.mp4\nContent-Transfer-Encoding: base64\n\n")
		line := strings.Repeat("QUJD", 19) + "\n" // 57 bytes
		for range 100 << 20 / 57 {
			out.WriteString(line)
		}
		out.WriteString("--b--\n\n")

		var crowd strings.Builder
		for n := range 10_000 {
			fmt.Fprintf(&crowd, "Cc: Guest %d <guest%d@crowd.example>\n", n, n)
		}
		head("crowd", "Crowd", crowd.String()+"\nHello all.\n\n")

		head("deep", "Deep", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0\n\n")
		for n := range 1000 {
			fmt.Fprintf(out, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", n, n+1)
		}
		out.WriteString("--b1000\nContent-Type: text/plain\n\nThe bottom.\n--b1000--\n\n")

		head("inject", "=?utf-8?q?Hi=0D=0ABcc:_all@crowd.example=0D=0A=0D=0A<script>alert(1)</script>?=", "\nHello.\n\n")
		head("last", "Still here", "\nThe last one.\n")
		w.CloseWithError(out.Flush())
	}()
	return r
}

func TestMonstrousMailHarmsNothing(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	p := s.serve()
	got := p.finished(p.upload("monsters.mbox", monsters()))
	if got.State != "done" || got.Imported != 5 || got.Triaged != 5 {
		t.Errorf("the import ends as %+v, want 5 imported", got)
	}
	if most := p.highWater(); most > mostMemory() {
		t.Errorf("the server held %d kB, want at most %d", most, mostMemory())
	} else {
		t.Logf("the server held %d kB at most", most)
	}
	mails := p.messages()
	if a := mails["Big"].Attachments; len(a) != 1 || a[0].Filename != "film.mp4" || !strings.Contains(a[0].Note, "50") || !strings.Contains(mails["Big"].Text, "See the film.") {
		t.Errorf("the message with a large attachment is %+v", mails["Big"])
	}
	if m := mails["Crowd"]; len(m.To)+len(m.CC) == 0 || !strings.Contains(m.Text, "Hello all.") {
		t.Errorf("the message to a crowd has %d recipients and says %q", len(m.To)+len(m.CC), m.Text)
	}
	if m := mails["Deep"]; len(m.Problems) == 0 {
		t.Errorf("the nested message names no problem: %+v", m)
	}
	for subject, m := range mails {
		if strings.ContainsAny(subject, "\r\n") {
			t.Errorf("the subject %q breaks lines", subject)
		}
		if strings.Contains(subject, "script") && (len(m.CC) != 0 || m.Text != "Hello.\n" && strings.TrimSpace(m.Text) != "Hello.") {
			t.Errorf("the subject added to the message: %+v", m)
		}
	}
	if len(mails) != 5 {
		t.Errorf("%d messages are shown, want 5: %v", len(mails), mails)
	}
}

type shown struct {
	Subject, Text string
	To, CC        []struct{ Address string }
	Problems      []string
	Attachments   []struct{ Filename, Note string }
}

// messages reads every message of the workspace through the API, by subject.
func (p *process) messages() map[string]shown {
	p.t.Helper()
	place := p.workspace()
	var threads struct{ Data []struct{ ID string } }
	p.get(place+"/threads?folder=all", &threads)
	all := map[string]shown{}
	for _, t := range threads.Data {
		var one struct{ Messages []shown }
		p.get(place+"/threads/"+t.ID, &one)
		for _, m := range one.Messages {
			all[m.Subject] = m
		}
	}
	return all
}

package mailbox_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rapport/internal/platform/mail/mailbox"
)

func TestADirectoryBecomesOneMailboxAndBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mails := []string{
		"From: a@x.example\nSubject: one\n\nFrom here on\n>From there\nend\n",
		"From: b@x.example\nSubject: two\n\nno line end",
	}
	for i, m := range mails {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".eml"), []byte(m), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := mailbox.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var box bytes.Buffer
	if err := mailbox.WriteMbox(&box, r); err != nil {
		t.Fatal(err)
	}
	back, err := mailbox.New(bytes.NewReader(box.Bytes()), "x.mbox", int64(box.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range mails {
		item, err := back.Next()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(item.Reader())
		if err != nil || string(bytes.TrimRight(got, "\n")) != string(bytes.TrimRight([]byte(want), "\n")) {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := back.Next(); err != io.EOF {
		t.Errorf("then %v, want the end", err)
	}
}

package imap

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Folder is a mailbox in the sense of the protocol.
type Folder struct {
	Name string
	// Kind is inbox, sent, drafts, trash, junk, archive, all (a view over the
	// others) or other.
	Kind string
}

// maxFolders bounds what is looked at.
const maxFolders = 5000

// Folders lists those that can be selected, the inbox first.
func (c *Conn) Folders(ctx context.Context) (out []Folder, err error) {
	err = c.do(ctx, commandTime, small, func() error {
		list, err := c.client.List("", "*", nil).Collect()
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, l := range list {
			if !selectable(l) || seen[l.Mailbox] || len(out) == maxFolders || !printable(l.Mailbox) {
				continue
			}
			seen[l.Mailbox] = true
			out = append(out, Folder{Name: l.Mailbox, Kind: kindOf(l)})
		}
		return nil
	})
	settle(out)
	slices.SortStableFunc(out, func(a, b Folder) int { return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind) })
	return out, err
}

var kinds = []string{"inbox", "sent", "archive", "other", "drafts", "junk", "trash", "all"}

func selectable(l *imap.ListData) bool {
	return !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(l.Attrs, imap.MailboxAttrNonExistent)
}

// printable leaves out names that neither a database nor a person can hold.
func printable(name string) bool {
	return name != "" && len(name) <= 1000 && name == strings.ToValidUTF8(name, "") && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
}

// kindOf goes by the special use that the server declares, else "named:" with
// what the name suggests.
func kindOf(l *imap.ListData) string {
	if strings.EqualFold(l.Mailbox, "INBOX") {
		return "inbox"
	}
	for _, a := range l.Attrs {
		for attr, kind := range uses {
			if strings.EqualFold(string(a), string(attr)) {
				return kind
			}
		}
	}
	name := l.Mailbox
	if l.Delim != 0 {
		name = name[strings.LastIndex(name, string(l.Delim))+1:]
	}
	name = strings.ToLower(strings.TrimSpace(name))
	for kind, names := range usual {
		if slices.Contains(names, name) {
			return "named:" + kind
		}
	}
	return "other"
}

// settle believes a name only where the server declares no folder for the use.
func settle(folders []Folder) {
	declared := map[string]bool{}
	for _, f := range folders {
		declared[f.Kind] = true
	}
	for i, f := range folders {
		kind, named := strings.CutPrefix(f.Kind, "named:")
		if !named {
			continue
		}
		folders[i].Kind = kind
		if declared[kind] {
			folders[i].Kind = "other"
		}
	}
}

var uses = map[imap.MailboxAttr]string{
	imap.MailboxAttrSent: "sent", imap.MailboxAttrDrafts: "drafts", imap.MailboxAttrTrash: "trash", imap.MailboxAttrJunk: "junk",
	imap.MailboxAttrArchive: "archive", imap.MailboxAttrAll: "all", imap.MailboxAttrFlagged: "all", imap.MailboxAttrImportant: "all",
}

// usual are names that folders have where servers declare nothing.
var usual = map[string][]string{
	"sent": {"sent", "sent items", "sent mail", "sent messages", "gesendet", "gesendete elemente", "gesendete objekte", "envoyés", "éléments envoyés",
		"messages envoyés", "enviados", "elementos enviados", "itens enviados", "inviati", "posta inviata", "verzonden", "verzonden items", "skickat", "wysłane"},
	"drafts":  {"drafts", "draft", "entwürfe", "brouillons", "borradores", "rascunhos", "bozze", "concepten", "utkast", "szkice"},
	"trash":   {"trash", "deleted", "deleted items", "deleted messages", "bin", "papierkorb", "gelöschte elemente", "corbeille", "papelera", "lixo", "lixeira", "cestino", "prullenbak", "papperskorgen", "kosz"},
	"junk":    {"junk", "spam", "junk e-mail", "junk email", "bulk mail", "unerwünscht", "courrier indésirable", "correo no deseado", "lixo eletrónico", "posta indesiderata", "ongewenste e-mail", "skräppost"},
	"archive": {"archive", "archives", "archiv", "archivo", "arquivo", "archivio", "archief", "arkiv"},
}

// State is what a folder says of itself.
type State struct {
	Validity, Next, Exists uint32
	ModSeq                 uint64 // 0 where the server has none
}

// Status asks for the state of a folder without opening it.
func (c *Conn) Status(ctx context.Context, folder string) (s State, err error) {
	err = c.do(ctx, commandTime, small, func() error {
		o := &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true, HighestModSeq: c.caps.Has(imap.CapCondStore)}
		d, err := c.client.Status(folder, o).Wait()
		if err != nil {
			return err
		}
		s = State{Validity: d.UIDValidity, Next: uint32(d.UIDNext), ModSeq: d.HighestModSeq}
		if d.NumMessages != nil {
			s.Exists = *d.NumMessages
		}
		return nil
	})
	return s, err
}

// Open selects a folder, for reading alone unless write.
func (c *Conn) Open(ctx context.Context, folder string, write bool) (s State, err error) {
	err = c.do(ctx, commandTime, small, func() error {
		d, err := c.client.Select(folder, &imap.SelectOptions{ReadOnly: !write, CondStore: c.caps.Has(imap.CapCondStore)}).Wait()
		if err != nil {
			return err
		}
		s = State{Validity: d.UIDValidity, Next: uint32(d.UIDNext), Exists: d.NumMessages, ModSeq: d.HighestModSeq}
		return nil
	})
	return s, err
}

// Holds reports whether a folder has a message with this Message-ID, given
// without its brackets. The folder is open afterwards, for reading.
func (c *Conn) Holds(ctx context.Context, folder, messageID string) (there bool, err error) {
	if messageID == "" {
		return false, nil
	}
	if _, err := c.Open(ctx, folder, false); err != nil {
		return false, err
	}
	err = c.do(ctx, commandTime, small, func() error {
		d, err := c.client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<" + messageID + ">"}}}, nil).Wait()
		if err != nil {
			return err
		}
		there = len(d.AllUIDs()) > 0
		return nil
	})
	return there, err
}

// Append adds a message to a folder, marked as read.
func (c *Conn) Append(ctx context.Context, folder string, raw []byte, at time.Time) error {
	return c.do(ctx, 5*commandTime, small, func() error {
		cmd := c.client.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: at})
		_, err := cmd.Write(raw)
		if e := cmd.Close(); err == nil {
			err = e
		}
		if _, e := cmd.Wait(); e != nil { // the server's answer says more than a broken pipe
			return e
		}
		return err
	})
}

// Idle waits until the server reports a change in the open folder, until most
// has passed, or ctx ends, and says whether there was one.
func (c *Conn) Idle(ctx context.Context, most time.Duration) (changed bool, err error) {
	err = c.do(ctx, most+commandTime, small, func() error {
		cmd, err := c.client.Idle()
		if err != nil {
			return err
		}
		c.meter.quiet()
		timer := time.NewTimer(most)
		defer timer.Stop()
		select {
		case <-c.signals:
			changed = true
		case <-timer.C:
		case <-ctx.Done():
		case <-c.client.Closed():
		}
		c.meter.begin(small)
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
	return changed, err
}

package outbox

import (
	"bytes"
	"encoding/json"
	"time"

	"rapport/internal/crm/draft"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Shown is a mail as message.send would send it.
type Shown struct {
	draft.Letter
	HTML, ThreadID string // the thread is that of the message that it answers or forwards
	Sender         sender.Sender
	Files          []draft.File
	Format         string
	Given          bool // as HTML
}

// Show reads what message.send would send, with the problems that it would meet.
func Show(tx *pg.Tx, args json.RawMessage, now time.Time) (Shown, error) {
	in := &submission{}
	d := json.NewDecoder(bytes.NewReader(args))
	d.DisallowUnknownFields()
	if err := d.Decode(&in.Body); err != nil {
		return Shown{}, problem.New(problem.Invalid, "bad_arguments", "These are not the arguments of a mail.").Because(err)
	}
	out := Shown{Letter: in.letter(), Format: in.Body.Format, Given: in.Body.HTML != ""}
	out.Text, out.HTML = draft.Render(out.Text, in.Body.HTML, in.Body.Format)
	faults := in.check(out.Letter, now)
	x, err := in.find(tx, out.Letter, &faults) // the text alone may be at fault already
	if err != nil {
		return out, err
	}
	if len(x.answered) > 0 {
		out.ThreadID = x.answered[0].ThreadID
	}
	if len(x.answered) > 0 && in.Body.Subject == nil {
		out.Subject = subjectOf(out.Mode, x.answered[0].Subject)
	}
	out.Sender, out.Files = x.sender, append(inOrder(in.Body.Attachments, x.files), x.forwarded...)
	return out, nil
}

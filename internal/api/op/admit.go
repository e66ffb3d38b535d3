package op

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// Class is how much a call matters when there is more to do than can be done.
type Class int

// The classes, the first that is let in first.
const (
	Vital       Class = iota + 1 // health, signing in and out, what operators need to help
	Interactive                  // a person's write: it would be lost
	Browsing                     // a person's read: it can be asked again
	Background                   // bulk, exports, batches of AI
)

// An Admitter lets calls in as long as the server keeps up. It answers how to
// say that the call has ended, or a problem of kind Unavailable.
type Admitter interface {
	Admit(ctx context.Context, c Class) (done func(), err error)
}

// admitted calls next when there is room for it.
func (d *Door) admitted(hc huma.Context, m Meta, next func(huma.Context)) {
	if d.Admit == nil {
		next(hc)
		return
	}
	done, err := d.Admit.Admit(hc.Context(), m.Class)
	if err != nil {
		d.Fail(hc, err)
		return
	}
	defer done()
	next(hc)
}

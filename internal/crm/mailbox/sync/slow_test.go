package sync_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// Eight servers that answer a byte now and then take all the places of those
// who read, and hold up nobody.
func TestSlowServersHoldUpNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.options.Budget = 20 * time.Millisecond
	over := make(chan struct{})
	reading := make(chan struct{}, 100)
	slow := &rogue{n: 3, command: func(w io.Writer, line string) bool {
		if !strings.Contains(line, "FETCH ") {
			return false
		}
		reading <- struct{}{}
		for tick := time.NewTicker(200 * time.Millisecond); ; {
			select {
			case <-over:
				return true
			case <-tick.C:
				fmt.Fprint(w, "* OK patience\r\n")
				if out, ok := w.(*bufio.Writer); !ok || out.Flush() != nil {
					return true
				}
			}
		}
	}}
	t.Cleanup(func() { close(over) })
	port := slow.open(t)
	for i := range 8 {
		d.connect(port, fmt.Sprintf("slow%d", i), nil)
	}
	d.run()
	for range 8 {
		<-reading
	}
	quick := d.connect((&rogue{n: 120}).open(t), "quick", nil)
	d.until("the quick account is read", d.live(quick))
	if got := d.stored(); got != 120 {
		t.Errorf("%d messages are stored, want the 120 of the quick account", got)
	}
}

package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// stream writes what a subscriber hears.
type stream struct {
	*Service
	sub   *subscriber
	w     io.Writer
	told  time.Time // the last time
	timer *time.Timer
}

// run tells until the client, the credential or the process goes. The error is
// of the connection.
func (s *stream) run(ctx context.Context, since string) error {
	beat, recheck := time.NewTicker(s.pace.beat), time.NewTicker(s.pace.recheck)
	defer beat.Stop()
	defer recheck.Stop()
	s.timer = time.NewTimer(time.Hour)
	defer s.timer.Stop()
	if err := s.hello(ctx, since); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-s.hub.closed:
			return s.bye("shutdown")
		case <-s.sub.wake:
			err = s.soon()
		case <-s.timer.C:
			err = s.tell()
		case <-beat.C:
			err = s.beat()
		case <-recheck.C:
			if s.ended(ctx, s.sub) {
				return s.bye("credential")
			}
		}
		if err != nil {
			return err
		}
	}
}

// hello begins, and goes on where the stream before had ended.
func (s *stream) hello(ctx context.Context, since string) error {
	id := s.sub.begun
	if since != "" {
		if err := s.resume(ctx, s.sub, since); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "retry: %d\n", later(1000, 4000))
	if since != "" {
		id = "" // the old place holds until what was missed has been told
	}
	put(&b, "hello", id, map[string]string{"cursor": s.sub.begun})
	_, err := s.w.Write(b.Bytes())
	return err
}

// beat is a sign of life. It moves the place on where others' changes do.
func (s *stream) beat() error {
	sign := ": still here\n"
	if cursor := s.sub.idle(); cursor != "" {
		sign += "id: " + cursor + "\n"
	}
	_, err := io.WriteString(s.w, sign+"\n")
	return err
}

// soon tells now, or when the time has come again.
func (s *stream) soon() error {
	if wait := s.pace.flush - time.Since(s.told); wait > 0 {
		s.timer.Reset(wait)
		return nil
	}
	return s.tell()
}

// tell writes all that is pending at once. Only the last event carries the
// place where it leads: who breaks off before goes on from the one before.
func (s *stream) tell() error {
	told, cursor, lost := s.sub.take()
	s.told = time.Now()
	var b bytes.Buffer
	if lost {
		put(&b, "resync", cursor, struct{}{})
	} else {
		for i, c := range told {
			id := ""
			if i == len(told)-1 {
				id = cursor
			}
			put(&b, "change", id, c)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := s.w.Write(b.Bytes())
	return err
}

// bye says why a stream ends, and when to come back.
func (s *stream) bye(reason string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "retry: %d\n", later(1000, 6000))
	put(&b, "bye", "", map[string]string{"reason": reason})
	_, err := s.w.Write(b.Bytes())
	return err
}

// put writes one event.
func put(b *bytes.Buffer, name, id string, data any) {
	fmt.Fprintf(b, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(b, "id: %s\n", id)
	}
	b.WriteString("data: ")
	_ = json.NewEncoder(b).Encode(data) // strings and lists of them
	b.WriteString("\n")
}

package sim

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"rapport/internal/ai/sim/ask"
	"rapport/internal/ai/sim/schedule"
)

// What http.Transport returns for connections that fail.
var (
	errReset   = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	errStale   = errors.New("http: server closed idle connection")
	errTLS     = &net.OpError{Op: "remote error", Err: tls.AlertError(40)} // handshake failure
	errExpired = &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "current time is after 2026-01-01T00:00:00Z"}}
)

// first is the script of a connection that comes to nothing, or nil.
func (c *call) first() *script {
	for _, h := range c.hits {
		if sc := c.failBy(h); sc != nil {
			if h.Params.Billed {
				const likely = 200
				c.spend(c.usage(likely))
				sc.made = likely
			}
			return sc
		}
	}
	return nil
}

func (c *call) failBy(h schedule.Hit) *script {
	what := h.Params.What
	switch {
	case h.Fault == "F25", h.Fault == "F54" && what != "overloaded":
		return &script{fail: errRefused}
	case h.Fault == "F26" && what == "tls":
		return &script{fail: errTLS}
	case h.Fault == "F26" && what == "certificate":
		return &script{fail: errExpired}
	case h.Fault == "F26":
		return &script{fail: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: c.provider + ".example", IsNotFound: true}}}
	case h.Fault == "F27":
		return &script{fail: errReset, wait: c.pace().first}
	case h.Fault == "F28" && what == "stale":
		return &script{fail: errStale}
	case h.Fault == "F29":
		return &script{end: never}
	}
	return nil
}

// refusal is the script of a call that is refused, or nil: for its key, its
// model, its form, by a fault or for want of room.
func (c *call) refusal(trouble *ask.Trouble) *script {
	if t := c.access(); t != nil {
		return c.refuse(*t)
	}
	if trouble != nil {
		trouble.ID = c.id
		return c.refuse(*trouble)
	}
	if c.model.Family == "" || c.retired(c.ask.Model) {
		return c.refuse(ask.Trouble{Sort: ask.NoModel, Detail: c.ask.Model, ID: c.id})
	}
	for _, h := range c.hits {
		if sc := c.refuseBy(h); sc != nil {
			return sc
		}
	}
	c.input = c.tokens()
	if c.input > c.model.Context {
		return c.refuse(ask.Trouble{Sort: ask.TooLong, ID: c.id, Detail: strconv.FormatInt(c.input, 10) + " tokens > " + strconv.FormatInt(c.model.Context, 10) + " maximum"})
	}
	return nil
}

func (c *call) refuse(t ask.Trouble) *script {
	t.ID = c.id
	r := c.form.Refuse(t)
	c.tell(t.Wait)
	return whole(r)
}

// tell notes how long the caller was told to stay away.
func (c *call) tell(seconds string) {
	if f, err := strconv.ParseFloat(seconds, 64); err == nil && f > 0 && f < 1e8 {
		c.manners.Close(c.provider, c.key, c.model.Family, c.at.Add(time.Duration(f*float64(time.Second))))
	}
}

// refuseBy is the refusal that a fault makes, or nil for one that makes none.
func (c *call) refuseBy(h schedule.Hit) *script {
	seconds := func(otherwise string) string {
		if h.Params.Seconds != "" {
			return h.Params.Seconds
		}
		return otherwise
	}
	switch h.Fault {
	case "F02":
		if h.Params.What != "ms" {
			return c.refuse(ask.Trouble{Sort: ask.RateLimit, Wait: seconds("1.5")})
		}
		f, _ := strconv.ParseFloat(seconds("1.5"), 64) // nonsense is told as 0
		sc := c.refuse(ask.Trouble{Sort: ask.RateLimit})
		c.tell(seconds("1.5"))
		sc.header["Retry-After-Ms"] = []string{strconv.FormatFloat(f*1000, 'f', -1, 64)}
		return sc
	case "F03":
		f, _ := strconv.ParseFloat(seconds("7"), 64)
		now := c.at.Add(h.Params.Skew.Duration).UTC()
		sc := c.refuse(ask.Trouble{Sort: ask.RateLimit})
		c.tell(seconds("7"))
		sc.header["Date"] = []string{now.Format(http.TimeFormat)}
		sc.header["Retry-After"] = []string{now.Add(time.Duration(f * float64(time.Second))).Format(http.TimeFormat)}
		return sc
	case "F15":
		return c.page(h)
	case "F48":
		if !c.tooFast(h) {
			return nil
		}
		return c.refuse(ask.Trouble{Sort: ask.RateLimit, Wait: "1", Text: "This request would exceed your organization's maximum usage increase rate. Please scale up your input more gradually."})
	}
	t, ok := c.trouble(h, seconds)
	if !ok {
		return nil
	}
	if h.Params.Status != 0 {
		t.Status = h.Params.Status
	}
	return c.refuse(t)
}

// trouble words the faults that are a refusal and nothing else.
func (c *call) trouble(h schedule.Hit, seconds func(string) string) (ask.Trouble, bool) {
	what := h.Params.What
	t := ask.Trouble{Sort: ask.RateLimit}
	switch h.Fault {
	case "F01":
		t.Wait = seconds("7")
	case "F04":
	case "F05":
		t.Wait = seconds("3600")
	case "F06":
		t.Wait = "0"
		if what != "" {
			t.Wait = what
		}
	case "F07":
		t.Sort = ask.SpendLimit
	case "F08":
		t.Wait = seconds("37")
	case "F09":
		t.Sort, t.Wait = ask.DayLimit, seconds("")
	case "F10":
		t.Sort, t.Wait = ask.InFlight, seconds("5")
	case "F11":
		t.Sort, t.Detail = ask.NoCredit, what
	case "F12", "F13", "F54":
		t.Sort, t.Wait = ask.Unavailable, seconds("")
	case "F14", "F47":
		t.Sort = ask.Internal
	case "F16":
		t.Sort = ask.SlowRequest
		if what == "409" {
			t.Sort = ask.Conflict
		}
	case "F17":
		t.Sort = ask.BadKey
	case "F18":
		t.Sort = ask.Region
		if what == "guardrail" {
			t.Sort = ask.Forbidden
		}
	case "F19":
		t.Sort, t.Detail = ask.NoModel, c.ask.Model
	case "F20":
		t.Sort, t.Detail = ask.TooLong, "1048577 tokens > 1000000 maximum"
	case "F21":
		t.Sort = ask.BoundThought
	case "F22":
		t.Sort = ask.NoSignature
		if what == "invalid" {
			t.Text = "Corrupted thought signature."
		}
	case "F23":
		t.Sort, t.Detail = ask.BadSchema, "uniqueItems"
	case "F24":
		t.Sort = ask.TooLarge
	case "F42":
		t.Sort = ask.Filtered
		return t, what == "prompt" && (c.provider == "openrouter" || c.provider == "compatible")
	default:
		return t, false
	}
	return t, true
}

// page is the answer of a proxy in front of the provider, which knows nothing
// of its forms.
func (c *call) page(h schedule.Hit) *script {
	status := http.StatusBadGateway
	if h.Params.What == "504" {
		status = http.StatusGatewayTimeout
	}
	if h.Params.Status != 0 {
		status = h.Params.Status
	}
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	text := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>edge</center>\r\n</body>\r\n</html>\r\n"
	sc := &script{status: status, header: http.Header{"Content-Type": {"text/html"}, "Server": {"edge"}}, length: int64(len(text)), pieces: []piece{{data: []byte(text)}}}
	return sc
}

// inner is the refusal within an answer of 200.
func inner(h schedule.Hit, id string) ask.Trouble {
	t := ask.Trouble{Sort: ask.Unavailable, ID: id}
	switch h.Params.What {
	case "internal":
		t.Sort = ask.Internal
	case "rate_limit":
		t.Sort, t.Wait = ask.RateLimit, h.Params.Seconds
	}
	return t
}

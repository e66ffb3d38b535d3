package sim

import (
	"net/http"
	"strconv"
	"time"

	"rapport/internal/ai/sim/ask"
	"rapport/internal/ai/sim/play"
	"rapport/internal/ai/sim/schedule"
)

// first is the script of a connection that comes to nothing, or nil.
func (c *call) first() *play.Script {
	for _, h := range c.hits {
		if sc := c.failBy(h); sc != nil {
			if h.Params.Billed {
				const likely = 200
				c.spend(c.usage(likely))
				sc.Made = likely
			}
			return sc
		}
	}
	return nil
}

func (c *call) failBy(h schedule.Hit) *play.Script {
	what := h.Params.What
	switch {
	case h.Fault == "F25", h.Fault == "F54" && what != "overloaded":
		return &play.Script{Fail: play.ErrRefused}
	case h.Fault == "F26" && what == "tls":
		return &play.Script{Fail: play.ErrTLS}
	case h.Fault == "F26" && what == "certificate":
		return &play.Script{Fail: play.ErrExpired}
	case h.Fault == "F26":
		return &play.Script{Fail: play.NoHost(c.provider + ".example")}
	case h.Fault == "F27":
		return &play.Script{Fail: play.ErrReset, Wait: c.pace().first}
	case h.Fault == "F28" && what == "stale":
		return &play.Script{Fail: play.ErrStale}
	case h.Fault == "F29":
		return &play.Script{End: play.Never}
	}
	return nil
}

// refusal is the script of a call that is refused, or nil: for its key, its
// model, its form, by a fault or for want of room.
func (c *call) refusal(trouble *ask.Trouble) *play.Script {
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

func (c *call) refuse(t ask.Trouble) *play.Script {
	t.ID = c.id
	r := c.form.Refuse(t)
	c.tell(t.Wait)
	return play.Whole(r)
}

// tell notes how long the caller was told to stay away.
func (c *call) tell(seconds string) {
	if f, err := strconv.ParseFloat(seconds, 64); err == nil && f > 0 && f < 1e8 {
		c.manners.Close(c.provider, c.key, c.model.Family, c.at.Add(time.Duration(f*float64(time.Second))))
	}
}

// refuseBy is the refusal that a fault makes, or nil for one that makes none.
func (c *call) refuseBy(h schedule.Hit) *play.Script {
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
		sc.Header["Retry-After-Ms"] = []string{strconv.FormatFloat(f*1000, 'f', -1, 64)}
		return sc
	case "F03":
		f, _ := strconv.ParseFloat(seconds("7"), 64)
		now := c.at.Add(h.Params.Skew.Duration).UTC()
		sc := c.refuse(ask.Trouble{Sort: ask.RateLimit})
		c.tell(seconds("7"))
		sc.Header["Date"] = []string{now.Format(http.TimeFormat)}
		sc.Header["Retry-After"] = []string{now.Add(time.Duration(f * float64(time.Second))).Format(http.TimeFormat)}
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

// sorts are the faults that are a refusal and nothing else.
var sorts = map[string]ask.Sort{
	"F01": ask.RateLimit, "F04": ask.RateLimit, "F05": ask.RateLimit, "F06": ask.RateLimit, "F07": ask.SpendLimit, "F08": ask.RateLimit, "F09": ask.DayLimit,
	"F10": ask.InFlight, "F11": ask.NoCredit, "F12": ask.Unavailable, "F13": ask.Unavailable, "F14": ask.Internal, "F16": ask.SlowRequest, "F17": ask.BadKey,
	"F18": ask.Region, "F19": ask.NoModel, "F20": ask.TooLong, "F21": ask.BoundThought, "F22": ask.NoSignature, "F23": ask.BadSchema, "F24": ask.TooLarge,
	"F42": ask.Filtered, "F47": ask.Internal, "F54": ask.Unavailable,
}

// trouble words such a refusal.
func (c *call) trouble(h schedule.Hit, seconds func(string) string) (ask.Trouble, bool) {
	sort, ok := sorts[h.Fault]
	t, what := ask.Trouble{Sort: sort}, h.Params.What
	switch h.Fault {
	case "F01":
		t.Wait = seconds("7")
	case "F05":
		t.Wait = seconds("3600")
	case "F06":
		t.Wait = "0"
		if what != "" {
			t.Wait = what
		}
	case "F08":
		t.Wait = seconds("37")
	case "F10":
		t.Wait = seconds("5")
	case "F09", "F12", "F13", "F54":
		t.Wait = seconds("")
	case "F11":
		t.Detail = what
	case "F16":
		if what == "409" {
			t.Sort = ask.Conflict
		}
	case "F18":
		if what == "guardrail" {
			t.Sort = ask.Forbidden
		}
	case "F19":
		t.Detail = c.ask.Model
	case "F20":
		t.Detail = "1048577 tokens > 1000000 maximum"
	case "F22":
		if what == "invalid" {
			t.Text = "Corrupted thought signature."
		}
	case "F23":
		t.Detail = "uniqueItems"
	case "F42":
		return t, what == "prompt" && (c.provider == "openrouter" || c.provider == "compatible")
	}
	return t, ok
}

// page is the answer of a proxy in front of the provider, which knows nothing
// of its forms.
func (c *call) page(h schedule.Hit) *play.Script {
	status := http.StatusBadGateway
	if h.Params.What == "504" {
		status = http.StatusGatewayTimeout
	}
	if h.Params.Status != 0 {
		status = h.Params.Status
	}
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	text := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>edge</center>\r\n</body>\r\n</html>\r\n"
	sc := &play.Script{Status: status, Header: http.Header{"Content-Type": {"text/html"}, "Server": {"edge"}}, Length: int64(len(text)), Pieces: []play.Piece{{Data: []byte(text)}}}
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

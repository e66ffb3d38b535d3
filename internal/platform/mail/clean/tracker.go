package clean

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// spies reports whether a remote picture is there to tell its sender that the
// mail was opened: too small to be seen, hidden, or served by a path that only
// counts. Pictures of the mail itself never spy.
func spies(attrs []html.Attribute, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	for _, a := range attrs {
		switch a.Key {
		case "width", "height":
			if speck.MatchString(strings.TrimSpace(a.Val)) {
				return true
			}
		case "style":
			if unseen.MatchString(a.Val) {
				return true
			}
		}
	}
	return counter.MatchString(u.Path)
}

// tracker is what is left of a picture that spies.
func tracker(address string) html.Attribute {
	u, err := url.Parse(address)
	if err != nil {
		return html.Attribute{}
	}
	return html.Attribute{Key: "data-tracker", Val: strings.ToLower(u.Hostname())}
}

var (
	speck  = regexp.MustCompile(`^[012](px)?$`)
	unseen = regexp.MustCompile(`(?i)(^|[;\s])((max-)?(width|height)\s*:\s*[012](px)?\s*(!important)?\s*(;|$)|display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0\s*(;|$))`)
	// Paths under which senders of mail count openings, by whole parts.
	counter = regexp.MustCompile(`(?i)/(wf/open|track(ing)?/open|e?open(ed)?|o/open|trk/open|email[-_]?open|beacon|pixel|spacer|tracking[-_]?pixel|track\.php|open\.php)(/|\.(gif|png|jpg|aspx|php)|$)`)
)

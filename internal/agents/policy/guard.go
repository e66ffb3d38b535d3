package policy

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"rapport/internal/ai/guard"
	"rapport/internal/platform/mail"
)

// guard adds every reason not to do it at all.
func (r *Ruling) guard(p Proposal, f Facts, k kind) {
	pol := f.Charter
	r.unless(pol.Enabled, "The agent is switched off in this workspace.")
	r.unless(k.reach != rules, "No agent may do this.")
	r.unless(pol.lets(p.Operation), "The policy of this workspace does not let the agent do this.")
	if p.Typed {
		return
	}
	r.unless(!f.Capped || k.free, "The agent has proposed as much as it may today.")
	r.unless(pol.DailyNano == 0 || f.SpentToday < pol.DailyNano, "The agent has spent what it may today.")
	r.unless(!pol.PauseOnHigh || f.Warnings == 0, "Something is badly wrong with this contact, so that the agent keeps still.")
	r.unless(p.Confidence >= .5 || k.free, "The agent is less than half sure.")
	r.content(p, f)
}

// lets reports whether an agent may act with an operation at all.
func (c Charter) lets(operation string) bool {
	return c.Operations == nil || slices.Contains(c.Operations, operation)
}

func (r *Ruling) unless(fine bool, reason string) {
	if !fine && !slices.Contains(r.Blocked, reason) {
		r.Blocked = append(r.Blocked, reason)
	}
}

// content looks at recipients and words.
func (r *Ruling) content(p Proposal, f Facts) {
	supplied := addressesIn(f.Supplied)
	known := func(key string) bool { return slices.Contains(f.Known, key) || slices.Contains(supplied, key) }
	allowed := slices.Concat(f.Domains, f.Charter.Links, domainsIn(f.Supplied))
	texts := p.Texts
	if p.Mail != nil {
		for _, key := range p.Mail.Recipients {
			r.unless(known(key), "It would go to an address that is neither in the conversation nor the contact's.")
		}
		r.unless(!remoteImage().MatchString(p.Mail.HTML), "It would load a picture from elsewhere.")
	}
	for _, raw := range texts {
		text := html.UnescapeString(guard.Clean(raw))
		r.unless(!remoteImage().MatchString(text), "It would load a picture from elsewhere.")
		r.unless(guard.Secretless(text) == text, "There is something in it that looks like a secret, or the number of a card or an account.")
		for _, key := range addressesIn(text) {
			r.unless(known(key), "There is an address in it that has nothing to do with the conversation.")
		}
		for _, host := range linksIn(text) {
			r.unless(below(host, allowed), "There is a link in it to a domain that is not on the list.")
		}
	}
}

// below reports whether a host is one of the domains or below one.
func below(host string, domains []string) bool {
	return host != "" && slices.ContainsFunc(domains, func(d string) bool {
		d = strings.ToLower(strings.TrimPrefix(d, "*."))
		return d != "" && (host == d || strings.HasSuffix(host, "."+d))
	})
}

var (
	address    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\s<>()\[\]",;:|'` + "`" + `]+@[\p{L}\p{N}.-]+`) })
	withScheme = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,20}:(?://|\\\\|/\\|\\/)[^\s<>"'` + "`" + `]*|(?:=\s*["']?|\()//[^\s<>"')]+|\b(?:javascript|data|vbscript):[^\s<>"']+`)
	})
	bareHost = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?[.。])+\p{L}[\p{L}\p{N}-]{1,61}(?::\d+)?(?:/[^\s<>"']*)?`)
	})
	numericHost = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/`) })
	remoteImage = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)<(?:img|image|video|audio|source|iframe|embed|object|input|link)\b[^>]*\b(?:src|srcset|href|data|poster)\s*=\s*["']?\s*(?:[a-z]+:)?//|!\[[^\]]*\]\(\s*<?(?:[a-z]+:)?//|!\[[^\]]*\]\[|url\(\s*["']?\s*(?:https?:)?//|\bbackground\s*=\s*["']?(?:https?:)?//`)
	})
)

func addressesIn(text string) []string {
	var out []string
	for _, a := range address().FindAllString(text, -1) {
		if key := mail.AddressKey(strings.TrimRight(a, ".-")); key != "" {
			out = append(out, key)
		}
	}
	return out
}

// linksIn are the hosts that a reader's program would lead to. One that cannot
// be read is "", which is on no list.
func linksIn(text string) []string {
	var out []string
	for _, raw := range withScheme().FindAllString(text, -1) {
		at := strings.IndexAny(raw, `/\`)
		if at < 0 { // javascript: and the like
			out = append(out, "")
			continue
		}
		u, err := url.Parse("https:" + strings.TrimRight(raw[at:], ".,;:!?)]}*_"))
		if err != nil || strings.ContainsAny(raw, `\`) {
			out = append(out, "")
			continue
		}
		out = append(out, strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")))
	}
	rest := address().ReplaceAllString(withScheme().ReplaceAllString(text, " "), " ")
	for _, raw := range bareHost().FindAllString(rest, -1) {
		host, path, hasPath := strings.Cut(strings.ReplaceAll(raw, "。", "."), "/")
		host, _, _ = strings.Cut(strings.ToLower(host), ":")
		last := host[strings.LastIndexByte(host, '.')+1:]
		if !hasPath && path == "" && !named(host, last) {
			continue
		}
		out = append(out, host)
	}
	if numericHost().MatchString(rest) {
		out = append(out, "")
	}
	return out
}

// named reports whether words with points between them are a host rather than a
// file or an abbreviation.
func named(host, last string) bool {
	if strings.HasPrefix(host, "www.") {
		return true
	}
	switch last {
	case "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "csv", "txt", "png", "jpg", "jpeg", "gif", "svg", "eml", "ics", "json", "xml", "yaml", "html", "htm", "js", "ts", "go", "css", "exe":
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if len([]rune(label)) > 1 {
			continue
		}
		return strings.Count(host, ".") == 1 && len([]rune(last)) > 2 // e.g., i.e., z.B.
	}
	return true
}

// domainsIn are the domains that a person named: of links and of addresses.
func domainsIn(text string) []string {
	out := linksIn(text)
	for _, a := range address().FindAllString(text, -1) {
		if d := mail.Domain(strings.TrimRight(a, ".-")); d != "" && !mail.FreeMail(d) {
			out = append(out, d)
		}
	}
	return slices.DeleteFunc(out, func(d string) bool { return d == "" })
}

// flag is something that words can do.
type flag struct {
	code    string
	points  int
	says    string
	pattern *regexp.Regexp
}

var flags = sync.OnceValue(func() []flag {
	words := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(?:` + pattern + `)`) }
	return []flag{
		{"financial", 50, "It promises money", words(`guarantee(?:d|s)?\s+(?:returns?|profits?|savings?|income|results?|refund|roi)|(?:full|money[- ]back)\s+(?:refund|guarantee)|we\s+(?:will|'ll)\s+(?:refund|reimburse|pay\s+you|compensate)|risk[- ]free\s+(?:return|investment|profit)|double\s+your\s+(?:money|income|revenue)|garantierte[rsn]?\s+(?:rendite|gewinn|ertrag)|geld[- ]zurück[- ]garantie`)},
		{"medical", 50, "It makes a medical claim", words(`cures?\b|clinically\s+(?:proven|tested)|(?:treats?|heals?|prevents?)\s+(?:\w+\s+)?(?:disease|cancer|diabetes|depression|anxiety|pain|infection|covid)|medical(?:ly)?\s+(?:proven|advice)|heilt\b|klinisch\s+(?:bewiesen|getestet)`)},
		{"legal", 40, "It says something of legal weight", words(`legally\s+binding|legal\s+advice|(?:hereby\s+)?(?:waive|indemnify|terminate\s+the\s+contract|accept\s+liability|admit\s+(?:fault|liability))|we\s+are\s+liable|lawsuit|breach\s+of\s+contract|rechtsverbindlich|rechtlich\s+bindend|haften\s+(?:wir|für)`)},
		{"marketing", 10, "It advertises", words(`limited[- ]time|special\s+offer|buy\s+now|act\s+now|don'?t\s+miss|exclusive\s+(?:deal|offer)|\d+\s?%\s+(?:off|discount|rabatt)|jetzt\s+kaufen|sonderangebot`)},
	}
})

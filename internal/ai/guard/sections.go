package guard

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

var (
	openMark = regexp.MustCompile(`<data-([0-9A-Za-z_-]*) label=("(?:[^"\\]|\\.)*")>\n`)
	valueRow = regexp.MustCompile(`(?m)^([a-z][a-z0-9_ ]*): (.+)$`)
)

// Sections reads a rendered prompt back: what is quoted, and the JSON of the
// values, by label. It is for those that play a model. What a later part says
// under the same label is not heard.
func Sections(user string) map[string]string {
	out := map[string]string{}
	var rest strings.Builder
	for {
		m := openMark.FindStringSubmatchIndex(user)
		if m == nil {
			break
		}
		rest.WriteString(user[:m[0]])
		text, after, closed := strings.Cut(user[m[1]:], "\n</data-"+user[m[2]:m[3]]+">")
		if label, err := strconv.Unquote(user[m[4]:m[5]]); err == nil && closed {
			keep(out, label, text)
		}
		user = after
	}
	rest.WriteString(user)
	for _, m := range valueRow.FindAllStringSubmatch(rest.String(), -1) {
		if json.Valid([]byte(m[2])) {
			keep(out, m[1], m[2])
		}
	}
	return out
}

func keep(out map[string]string, label, text string) {
	if _, ok := out[label]; !ok {
		out[label] = text
	}
}

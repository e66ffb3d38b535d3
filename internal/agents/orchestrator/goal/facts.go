package goal

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	wording "rapport/internal/ai/text"
	"rapport/internal/crm/search"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Facts are what a plan is about.
type Facts struct {
	People []Person `json:"people"`
}

// Person is a contact, or whoever wrote a conversation.
type Person struct {
	ID    string `json:"id"` // "" where no contact is known
	Name  string `json:"name"`
	Score *int   `json:"score"`
	// ThreadID is their latest conversation; Waits says that it wants an answer.
	ThreadID string `json:"thread_id"`
	Waits    bool   `json:"waits"`
	Company  string `json:"company"`
}

const people = `
		SELECT c.id::text, c.name, c.score, coalesce(t.id::text, '') AS thread_id, coalesce(t.waits, false) AS waits, coalesce(k.name, '') AS company
		FROM contacts c
		LEFT JOIN companies k ON k.workspace_id = c.workspace_id AND k.id = c.company_id AND k.deleted_at IS NULL
		LEFT JOIN LATERAL (
			SELECT x.id, x.requires_response AND x.status = 'open' AS waits FROM threads x
			WHERE x.workspace_id = c.workspace_id AND x.contact_id = c.id
			ORDER BY x.last_message_at DESC, x.id DESC LIMIT 1) t ON true
		WHERE c.workspace_id = $1 AND c.deleted_at IS NULL`

func oneContact(tx *pg.Tx, a Arguments, _ time.Time) (Facts, error) {
	return some(tx, "contact", people+` AND c.id = $2::uuid`, tx.Workspace(), a.ContactID)
}

func oneThread(tx *pg.Tx, a Arguments, _ time.Time) (Facts, error) {
	return some(tx, "thread", `
		SELECT coalesce(c.id::text, '') AS id, coalesce(c.name, nullif(t.from_name, ''), t.from_address) AS name, c.score, t.id::text AS thread_id, true AS waits, '' AS company
		FROM threads t LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id AND c.deleted_at IS NULL
		WHERE t.workspace_id = $1 AND t.id = $2::uuid`, tx.Workspace(), a.ThreadID)
}

// some is what must be there.
func some(tx *pg.Tx, what, sql string, args ...any) (Facts, error) {
	found, err := pg.All[Person](tx, sql, args...)
	if err == nil && len(found) == 0 {
		err = problem.Missing(what)
	}
	return Facts{found}, err
}

func hotContacts(tx *pg.Tx, a Arguments, _ time.Time) (Facts, error) {
	found, err := pg.All[Person](tx, people+`
		AND c.score_key >= 70 AND c.status <> 'former'
		ORDER BY c.score_key DESC, c.id DESC LIMIT $2`, tx.Workspace(), limit(a))
	return Facts{found}, err
}

// quietContacts are those who once wrote to us, and with whom nothing happened
// since.
func quietContacts(tx *pg.Tx, a Arguments, now time.Time) (Facts, error) {
	if a.Days == 0 {
		a.Days = 60
	}
	found, err := pg.All[Person](tx, people+`
		AND c.touch_key < $3 AND c.touch_key > '-infinity' AND c.status <> 'former'
		AND EXISTS (SELECT 1 FROM messages m WHERE m.workspace_id = c.workspace_id AND m.contact_id = c.id AND m.direction = 'inbound' AND m.category = 'personal')
		ORDER BY c.score_key DESC, c.touch_key DESC, c.id DESC LIMIT $2`, tx.Workspace(), limit(a), now.AddDate(0, 0, -a.Days))
	return Facts{found}, err
}

func limit(a Arguments) int {
	if a.Limit == 0 {
		return 3
	}
	return a.Limit
}

// most is how many contacts a planner is shown.
const most = 10

// Mentioned are the contacts that a goal in free words may speak of, those
// first of whom it says most: names begin with a capital. Those that the
// arguments name come before all.
func Mentioned(tx *pg.Tx, words string, arguments map[string]any) ([]Person, error) {
	said := names(words)
	found := make([][]Person, len(said)+2)
	for i, word := range said {
		w := list.NewWhere(tx.Workspace())
		search.Filter(w, "c.id", "contact", word)
		pg.Later(tx, &found[i+2], people+w.SQL()+" ORDER BY c.score_key DESC, c.id LIMIT 5", w.Args()...)
	}
	for i, condition := range []string{"contact_id", "thread_id"} {
		id, _ := arguments[condition].(string)
		if !IDs.MatchString(id) {
			continue
		}
		column := []string{"c.id", "t.id"}[i]
		pg.Later(tx, &found[i], people+" AND "+column+" = $2::uuid", tx.Workspace(), id)
	}
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	times, out := map[string]int{}, []Person{}
	for i, some := range found {
		for _, p := range some {
			if times[p.ID] == 0 {
				out = append(out, p)
			}
			times[p.ID]++
			if i < 2 {
				times[p.ID] += len(said)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Person) int { return times[b.ID] - times[a.ID] })
	return out[:min(len(out), most)], nil
}

// IDs is what ids look like.
var IDs = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// names are the words of a text that could be somebody's, at most eight:
// addresses, words with a capital, and where there are none of these the words
// after "to", "for" and their like.
func names(text string) []string {
	said := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("'’-@._+", r)
	})
	var out []string
	add := func(word string) {
		if !slices.Contains(out, word) && len(out) < 8 {
			out = append(out, word)
		}
	}
	for i, word := range said {
		said[i] = strings.Trim(word, "'’-._+")
		first, size := utf8.DecodeRuneInString(said[i])
		switch {
		case strings.Contains(said[i], "@"):
			add(said[i])
		case unicode.IsUpper(first) && len(said[i]) > size && !ordinary(said[i]):
			add(said[i])
		}
	}
	if len(out) > 0 {
		return out
	}
	for i, word := range said {
		if !towards[word] {
			continue
		}
		for _, next := range said[i+1 : min(i+3, len(said))] {
			if ordinary(next) || next == "" {
				break
			}
			add(next)
		}
	}
	return out
}

// towards are the words after which goals in small letters name somebody.
var towards = map[string]bool{"to": true, "for": true, "with": true, "of": true, "from": true, "at": true, "an": true, "für": true, "mit": true, "von": true, "bei": true}

// ordinary reports whether a word is nobody's name: one without meaning of its
// own, or one with which people begin to say what they want.
func ordinary(word string) bool {
	w := strings.ToLower(word)
	switch w {
	case "please", "write", "send", "answer", "reply", "follow", "make", "give", "draft", "plan", "find", "look", "onboard", "win", "prepare", "create", "help",
		"bitte", "schreib", "schreibe", "sende", "antworte", "mach", "mache", "plane", "erstelle":
		return true
	}
	return wording.Stop(w)
}

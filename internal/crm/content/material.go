package content

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"rapport/internal/ai/guard"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Reader is the contact that a text is for.
type Reader struct {
	ID, Name, Title, Company, Email string
	Score                           *int
}

// readers is the query behind Reader; the workspace is $1.
const readers = `
	SELECT c.id::text, c.name, coalesce(c.title, '') AS title, coalesce(o.name, '') AS company, coalesce(c.email, '') AS email, c.score
	FROM contacts c
	LEFT JOIN companies o ON o.workspace_id = c.workspace_id AND o.id = c.company_id
	WHERE c.workspace_id = $1 AND c.deleted_at IS NULL`

// surroundings are the records that a draft names, as the database knows them.
type surroundings struct {
	readers []Reader
	threads []string
	voices  []Voice
}

// later queues the questions for the next Flush.
func (s *surroundings) later(tx *pg.Tx, contactID, threadID *string) {
	if contactID != nil {
		pg.Later(tx, &s.readers, readers+` AND c.id = $2::uuid`, tx.Workspace(), *contactID)
	}
	if threadID != nil {
		pg.LaterColumn(tx, &s.threads, `SELECT id::text FROM threads WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), *threadID)
	}
	VoiceLater(tx, &s.voices)
}

func (s *surroundings) check(d *Draft) error {
	var f problem.Fields
	f.Check(d.ContactID == nil || len(s.readers) == 1, "/contact_id", "not_found", "There is no such contact in this workspace.")
	f.Check(d.ThreadID == nil || len(s.threads) == 1, "/thread_id", "not_found", "There is no such conversation in this workspace.")
	return f.Err()
}

func (s *surroundings) reader() Reader {
	if len(s.readers) == 0 {
		return Reader{}
	}
	return s.readers[0]
}

func (s *surroundings) voice() Voice {
	if len(s.voices) == 0 {
		return Voice{}.whole()
	}
	return s.voices[0].whole()
}

// Variables are the placeholders that a kind may have, filled in when it is
// sent.
func Variables(kindName string) []string {
	if kindName == "sequence" {
		return []string{"first_name", "last_name", "company_name", "title", "sender_name"}
	}
	return nil
}

// Materials is what a text of a kind for a reader may rely on.
func Materials(kindName string, r Reader, v Voice, author string) claim.Material {
	m := claim.Material{Facts: v.Facts, Domains: v.Domains, Never: v.Donts, Variables: Variables(kindName),
		Names: []string{NameOf(r.Name), NameOf(r.Company), NameOf(r.Title), NameOf(author), NameOf(v.Signature)}}
	if r.Email != "" {
		m.Addresses = []string{strings.ToLower(r.Email)}
	}
	return m
}

// longestName bounds what counts as a name: others can write them.
const longestName = 80

// NameOf is a name as it may stand in a text: without what leads somewhere.
func NameOf(s string) string {
	s = strings.Join(strings.Fields(guard.Plain(s)), " ")
	if utf8.RuneCountInString(s) > longestName {
		s = string([]rune(s)[:longestName])
	}
	return s
}

// inspect checks a draft anew and counts how personal it is.
func (d *Draft) inspect(s *surroundings, author string) {
	k, _ := kind.Find(d.Kind)
	m := Materials(d.Kind, s.reader(), s.voice(), author)
	m.Facts = append(append([]claim.Fact{}, d.Facts...), m.Facts...)
	m.Brief = d.Brief
	d.Findings = claim.Check(k, d.Body, m)
	d.Plain, d.Tone, d.Score = k.Plain(d.Body), kind.Tone(d.Body), nil
	d.Errors = 0
	for _, f := range d.Findings {
		if f.Level == claim.Error {
			d.Errors++
		}
	}
	if k.Mail && d.ContactID != nil {
		score := Personal(d.Body, s.reader(), m)
		d.Score = &score
	}
}

// Personal is how much of a letter is about its reader: what is known of the
// reader and stands in it, and whether it uses a fact and the instructions.
func Personal(body json.RawMessage, r Reader, m claim.Material) int {
	var l kind.Letter
	if json.Unmarshal(body, &l) != nil {
		return 0
	}
	all := claim.Fold(strings.Join(append(l.SubjectLines, l.Body, l.CTA), " . "))
	first, _, _ := strings.Cut(r.Name, " ")
	points, most := 0, 0
	for _, p := range []struct {
		words  string
		points int
	}{{first, 25}, {r.Company, 20}, {r.Title, 10}} {
		if p.words == "" {
			continue
		}
		most += p.points
		if strings.Contains(all, claim.Fold(p.words)) {
			points += p.points
		}
	}
	if len(m.Facts) > 0 {
		most += 20
		if len(l.SocialProof) > 0 || shares(all, m.Facts) {
			points += 20
		}
	}
	if m.Brief != "" {
		most += 25
		if shares(all, []claim.Fact{{Text: m.Brief}}) {
			points += 25
		}
	}
	if most == 0 {
		return 0
	}
	return points * 100 / most
}

// shares reports whether a text has three long words in common with a fact.
func shares(folded string, facts []claim.Fact) bool {
	for _, f := range facts {
		n := 0
		for w := range strings.FieldsSeq(claim.Fold(f.Text)) {
			if w = strings.Trim(w, ".,;:!?()"); len(w) > 4 && strings.Contains(folded, w) {
				n++
			}
		}
		if n >= 3 {
			return true
		}
	}
	return false
}

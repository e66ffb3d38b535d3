package content

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Voice is how a workspace wants to sound, and what it may claim.
type Voice struct {
	ToneWords []string     `json:"tone_words" maxItems:"12" doc:"How it sounds: calm, precise."`
	Dos       []string     `json:"dos" maxItems:"30"`
	Donts     []string     `json:"donts" maxItems:"30" doc:"Words that it does not use."`
	Facts     []claim.Fact `json:"facts" maxItems:"100" doc:"All that texts may claim: figures, customers, terms. Each has a name, by which proofs cite it."`
	Signature string       `json:"signature" maxLength:"1000" doc:"Ends letters, as text."`
	Domains   []string     `json:"domains" maxItems:"30" doc:"Where links may lead, and below."`
	Version   int64        `json:"version,omitempty" readOnly:"true"`
}

// whole is a voice whose lists are never null.
func (v Voice) whole() Voice {
	for _, l := range []*[]string{&v.ToneWords, &v.Dos, &v.Donts, &v.Domains} {
		if *l == nil {
			*l = []string{}
		}
	}
	if v.Facts == nil {
		v.Facts = []claim.Fact{}
	}
	return v
}

// VoiceLater queues the question for the brand voice; there is none before
// somebody has written one down.
func VoiceLater(tx *pg.Tx, into *[]Voice) {
	pg.Later(tx, into, `SELECT tone_words, dos, donts, facts, signature, domains, version FROM brand_voices WHERE workspace_id = $1`, tx.Workspace())
}

var domain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

func (v Voice) check() error {
	var f problem.Fields
	for name, l := range map[string][]string{"/tone_words": v.ToneWords, "/dos": v.Dos, "/donts": v.Donts} {
		for i, s := range l {
			f.Check(strings.TrimSpace(s) != "" && len(s) <= 200, fmt.Sprintf("%s/%d", name, i), "length", "Use 1 to 200 characters.")
		}
	}
	seen := map[string]bool{}
	for i, x := range v.Facts {
		at := fmt.Sprintf("/facts/%d", i)
		f.Check(!seen[x.ID], at+"/id", "duplicate", "Another fact has this name.")
		f.Check(strings.TrimSpace(x.Text) != "", at+"/text", "required", "Say what is so.")
		seen[x.ID] = true
	}
	for i, d := range v.Domains {
		f.Check(domain.MatchString(d), fmt.Sprintf("/domains/%d", i), "format", "Give a host such as example.com, without https:// and in small letters.")
	}
	return f.Err()
}

type voiceInput struct {
	op.InWorkspace
	IfMatch string `header:"If-Match" doc:"The ETag of the brand voice that the change is based on."`
	Body    Voice
}

func (s *Service) voice(ctx context.Context, _ *op.InWorkspace) (*op.Record[Voice], error) {
	var found []Voice
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		VoiceLater(tx, &found)
		return tx.Flush()
	})
	v := (&surroundings{voices: found}).voice()
	return op.NewRecord(v, v.Version), err
}

func (s *Service) setVoice(ctx context.Context, in *voiceInput) (*op.Record[Voice], error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	v := in.Body.whole()
	if err := v.check(); err != nil {
		return nil, err
	}
	facts, err := json.Marshal(v.Facts)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[Voice](tx, `SELECT tone_words, dos, donts, facts, signature, domains, version FROM brand_voices WHERE workspace_id = $1 FOR UPDATE`, tx.Workspace())
		if err != nil {
			return err
		}
		before := (&surroundings{voices: found}).voice()
		if before.Version != version {
			return op.Stale(before.Version)
		}
		v.Version = version + 1
		tx.Queue(`
			INSERT INTO brand_voices (workspace_id, tone_words, dos, donts, facts, signature, domains, version, updated_at)
			VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)
			ON CONFLICT (workspace_id) DO UPDATE SET tone_words = $2, dos = $3, donts = $4, facts = $5::jsonb, signature = $6, domains = $7, version = $8, updated_at = $9`,
			tx.Workspace(), v.ToneWords, v.Dos, v.Donts, string(facts), v.Signature, v.Domains, v.Version, s.now().UTC())
		c := event.Changes{}
		c.Set("tone_words", before.ToneWords, v.ToneWords)
		c.Set("dos", before.Dos, v.Dos)
		c.Set("donts", before.Donts, v.Donts)
		c.Set("facts", before.Facts, v.Facts)
		c.Set("signature", before.Signature, v.Signature)
		c.Set("domains", before.Domains, v.Domains)
		return event.Record(ctx, tx, event.Happened{Entity: "brand_voice", EntityID: tx.Workspace(), Kind: event.Updated, Changes: c})
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(v, v.Version), nil
}

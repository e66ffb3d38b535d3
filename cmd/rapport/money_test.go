package main

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"rapport/internal/ai"
)

// A server that is killed while models answer books each call once, and what
// may have been paid for besides. Nothing stays reserved.
func TestKilledServerPaysOnce(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	played, env := vendors(t, 0.1)
	s := newSite(t, env...)
	s.account("Lumen")
	p := s.serve()
	const letters = 40
	p.upload("letters.mbox", strings.NewReader(mbox(letters)))
	const kills = 3
	for n := range kills {
		least := (n+1)*letters/(kills+1) + random.IntN(letters/(kills+1))
		eventually(t, "models answer", func() bool { return len(played.Meter().Lines()) >= least })
		p.kill()
		p = s.serve()
	}
	understood := `SELECT count(*) FROM email_triage WHERE state <> 'pending'`
	eventually(t, "every mail is understood", func() bool {
		return s.query(understood) == letters && s.query(`SELECT count(*) FROM agent_runs WHERE state = 'running'`) == 0
	})
	p.stop(os.Interrupt)
	s.serve() // whose beginning charges nobody: the end before it was in order
	billed := played.Meter().Total()
	spent := ai.Nano(s.query(`SELECT sum(spent_nano) FROM ai_spend WHERE scope = 'workspace' AND period = 'day'`))
	known := ai.Nano(s.query(`SELECT sum(cost_nano) FROM ai_calls`))
	if spent < billed || known > billed {
		t.Errorf("booked %s, of known calls %s, and the providers bill %s; want all of it booked and no call twice", spent, known, billed)
	}
	if n := s.query(`SELECT sum(reserved_nano) + (SELECT count(*) FROM ai_leases) FROM ai_spend`); n != 0 {
		t.Errorf("%d is still reserved", n)
	}
	twice := `SELECT count(*) FROM (SELECT a ->> 'request_id' FROM ai_calls, jsonb_array_elements(attempts) a WHERE a ->> 'request_id' <> '' GROUP BY 1 HAVING count(*) > 1) t`
	if n := s.query(twice); n != 0 {
		t.Errorf("%d calls are booked twice", n)
	}
	t.Logf("the providers bill %s for %d calls; %s is booked, %s of it for calls of dead processes", billed, len(played.Meter().Lines()), spent, spent-known)
}

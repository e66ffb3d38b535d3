package pg_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/pg"
)

// page runs a query in a workspace and returns the rows as written.
func page(t *testing.T, db *pg.DB, limit int, sql string, args ...any) (pg.Page, error) {
	t.Helper()
	p := pg.Page{Limit: limit}
	err := db.Read(tenant(t, db), func(tx *pg.Tx) error {
		pg.LaterPage(tx, &p, sql, args...)
		return tx.Flush()
	})
	return p, err
}

// encoded is what encoding/json writes without HTML escapes.
func encoded(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestRowsAreWrittenAsEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	db := open(t)
	const id = "0190f3c4-7a2b-7c3d-8e4f-00112233aaff"
	at := time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC)
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		sql  string
		want any
	}{
		{`true`, true}, {`false`, false}, {`NULL::boolean`, nil}, {`NULL::text`, nil}, {`NULL::uuid[]`, nil},
		{`(-32768)::int2`, -32768}, {`32767::int2`, 32767}, {`(-2147483648)::int4`, -2147483648}, {`2147483647::int4`, 2147483647},
		{`(-9223372036854775808)::int8`, int64(math.MinInt64)}, {`9223372036854775807::int8`, int64(math.MaxInt64)}, {`0::int8`, 0},
		{`1.5::float8`, 1.5}, {`'-0'::float8`, math.Copysign(0, -1)}, {`1e21::float8`, 1e21}, {`1e20::float8`, 1e20}, {`1e-6::float8`, 1e-6},
		{`1e-7::float8`, 1e-7}, {`1.7976931348623157e308::float8`, math.MaxFloat64}, {`5e-324::float8`, 5e-324}, {`1e-10::float8`, 1e-10},
		{`'infinity'::float8`, nil}, {`'-infinity'::float8`, nil}, {`'nan'::float8`, nil},
		{`''::text`, ""}, {`'Zoë & <b>'::text`, "Zoë & <b>"}, {`E'a"b\\c/d'::text`, `a"b\c/d`},
		{`E'\b\f\n\r\t\x01\x1f\x7f'::text`, "\b\f\n\r\t\x01\x1f\x7f"}, {`U&'\2028\2029\2027\202A'::text`, "\u2028\u2029\u2027\u202a"},
		{`'🙂 日本'::varchar(20)`, "🙂 日本"}, {`'ab'::char(4)`, "ab  "}, {`'n'::name`, "n"},
		{`U&'\FFFD'::text`, "\ufffd"}, {`repeat('x', 100000)`, strings.Repeat("x", 100000)},
		{`'` + id + `'::uuid`, id},
		{`'2026-03-29 01:59:59+00'::timestamptz`, at}, {`'2026-03-29 01:59:59.1+00'::timestamptz`, at.Add(100 * time.Millisecond)},
		{`'2026-03-29 01:59:59.000001+00'::timestamptz`, at.Add(time.Microsecond)}, {`'2026-03-29 01:59:59.123456+02'::timestamptz`, at.Add(-2*time.Hour + 123456*time.Microsecond)},
		{`'1970-01-01 00:00+00'::timestamptz`, time.Unix(0, 0).UTC()}, {`'1969-12-31 23:59:59.999999+00'::timestamptz`, time.Unix(0, -1000).UTC()},
		{`'0001-01-01 00:00+00'::timestamptz`, time.Time{}}, {`'9999-12-31 23:59:59.999999+00'::timestamptz`, time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
		{`'10000-01-01 00:00+00'::timestamptz`, nil}, {`'0002-01-01 00:00+00 BC'::timestamptz`, nil}, {`'infinity'::timestamptz`, nil}, {`'-infinity'::timestamptz`, nil},
		{`'2024-02-29'::date`, "2024-02-29"}, {`'1900-03-01'::date`, "1900-03-01"}, {`'0001-01-01'::date`, "0001-01-01"}, {`'1969-12-31'::date`, "1969-12-31"},
		{`'infinity'::date`, nil}, {`'-infinity'::date`, nil}, {`'12000-01-01'::date`, nil}, {`'0002-01-01 BC'::date`, nil},
		{`'{}'::text[]`, []string{}}, {`ARRAY['a', NULL, '', E'q"\\']`, []*string{text("a"), nil, text(""), text(`q"\`)}},
		{`ARRAY['` + id + `']::uuid[]`, []string{id}}, {`ARRAY[1, NULL, -2]::int4[]`, []*int{new(1), nil, new(-2)}}, {`ARRAY[9223372036854775807]::int8[]`, []int64{math.MaxInt64}},
		{`'[5:6]={x,y}'::text[]`, []string{"x", "y"}},
		{`'{"b":1,"a":[null,"ü"]}'::json`, json.RawMessage(`{"b":1,"a":[null,"ü"]}`)},
	} {
		p, err := page(t, db, 1, "SELECT "+c.sql+" AS v")
		if want := encoded(t, map[string]any{"v": c.want}); err != nil || string(p.Rows) != want {
			t.Errorf("%.60s is %.200s, %v; want %.200s", c.sql, p.Rows, err, want)
		}
	}
}

func TestJSONBIsWrittenWithItsMeaning(t *testing.T) {
	t.Parallel()
	p, err := page(t, open(t), 1, `SELECT '{"a": [1, {"b": null}], "z": "ü\u0001"}'::jsonb AS v`)
	var got bytes.Buffer
	if err == nil {
		err = json.Compact(&got, p.Rows)
	}
	if want := `{"v":{"a":[1,{"b":null}],"z":"ü\u0001"}}`; err != nil || got.String() != want {
		t.Errorf("jsonb is %s, %v; want %s", got.String(), err, want)
	}
}

func TestWhatHasNoJSONFormIsRefused(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, sql := range []string{`1.5::numeric`, `'\x00'::bytea`, `'1 day'::interval`, `1::float4`, `ARRAY[[1, 2], [3, 4]]::int4[]`, `ARRAY[1.5]::float8[]`, `'now'::timestamp`} {
		if p, err := page(t, db, 1, "SELECT "+sql+" AS v"); err == nil {
			t.Errorf("%s is %s, want an error", sql, p.Rows)
		}
	}
}

func TestTimesAndNumbersAreThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	const n = 20_000
	rnd := rand.New(rand.NewPCG(7, 7))
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro()
	times, floats := make([]time.Time, n), make([]float64, n)
	var want []string
	for i := range n {
		times[i] = time.UnixMicro(first + rnd.Int64N(last-first)).UTC()
		floats[i] = math.Float64frombits(rnd.Uint64())
		if i%2 == 0 {
			floats[i] = math.Round(rnd.NormFloat64()*1e6) / 100
		}
		var f any = floats[i]
		if math.IsNaN(floats[i]) || math.IsInf(floats[i], 0) {
			f = nil
		}
		day := times[i].Format(time.DateOnly)
		want = append(want, `{"t":`+encoded(t, times[i])+`,"d":`+encoded(t, day)+`,"f":`+encoded(t, f)+`}`)
	}
	p, err := page(t, open(t), n, `
		SELECT t, (t AT TIME ZONE 'UTC')::date AS d, f
		FROM unnest($1::timestamptz[], $2::float8[]) WITH ORDINALITY AS u (t, f, n) ORDER BY n`, times, floats)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.ReplaceAll(string(p.Rows), "},{", "}\n{"), "\n")
	if len(got) != n {
		t.Fatalf("%d rows, want %d", len(got), n)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("row %d is %s, want %s", i, got[i], want[i])
		}
	}
}

func TestAPageEndsAtItsLimitAndKeepsItsKeys(t *testing.T) {
	t.Parallel()
	const sql = `SELECT n AS shown, 'hidden' AS _other, CASE WHEN n <> 2 THEN n::text END AS _k1, 'id' || n AS _k2 FROM generate_series(1, $1::int) n ORDER BY n`
	db := open(t)
	p, err := page(t, db, 2, sql, 3)
	if want := `{"shown":1},{"shown":2}`; err != nil || string(p.Rows) != want || p.N != 2 || !p.More {
		t.Errorf("a page of 2 out of 3 is %s (%d, more %v), %v; want %s", p.Rows, p.N, p.More, err, want)
	}
	if len(p.Keys) != 2 || p.Keys[0] != nil || p.Keys[1] == nil || *p.Keys[1] != "id2" {
		t.Errorf("the keys are %v, want those of the second row", p.Keys)
	}
	if p, err = page(t, db, 2, sql, 2); err != nil || p.More || p.N != 2 {
		t.Errorf("a page of 2 out of 2 has more = %v, %d rows, %v", p.More, p.N, err)
	}
	if p, err = page(t, db, 2, sql, 0); err != nil || p.More || p.N != 0 || len(p.Rows) != 0 {
		t.Errorf("a page of nothing is %s, %v", p.Rows, err)
	}
}

func TestAKeyThatIsAnIDNeedsNoCast(t *testing.T) {
	t.Parallel()
	const id = "0190f3c4-7a2b-7c3d-8e4f-00112233aaff"
	p, err := page(t, open(t), 1, `SELECT 1 AS shown, $1::uuid AS _k1, NULL::uuid AS _k2`, id)
	if err != nil || len(p.Keys) != 2 || p.Keys[0] == nil || *p.Keys[0] != id || p.Keys[1] != nil {
		t.Errorf("the keys are %v, %v; want %s and none", p.Keys, err, id)
	}
}

func TestStringsAreEscapedAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 9))
	for range 5000 {
		b := make([]byte, rnd.IntN(12))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		compareString(t, b)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a\"b\\", "\x00\x1f\x7f", "\u2028\u2029", "\xe2\x80", "\xff\xfe", "\xed\xa0\x80", "🙂", "</script>&"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { compareString(t, b) })
}

func compareString(t *testing.T, b []byte) {
	t.Helper()
	if got, want := string(pg.AppendString(nil, b)), encoded(t, string(b)); got != want {
		t.Errorf("%q is %s, want %s", b, got, want)
	}
}

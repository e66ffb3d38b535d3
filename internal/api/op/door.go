package op

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/cache"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/proxy"
	"rapport/internal/platform/telemetry"
	"rapport/internal/platform/trace"
)

// Door is what every call passes before it reaches an operation: authenticate,
// workspace, scope, limit, memory, room, then bind and validate.
type Door struct {
	Auth        Authenticator
	Limit       Limiter       // nil: no limits
	Proxies     proxy.Trusted // who may say whom they call for
	Cache       *cache.Cache  // nil: nothing is remembered
	Admit       Admitter      // nil: everybody is let in
	Idempotency Idempotency   // nil: keys are ignored
	// Fail answers a call that is refused before it is bound.
	Fail func(ctx huma.Context, err error)
	// Answer turns the error of an operation into what the caller may see, and
	// logs what is our fault.
	Answer func(ctx context.Context, err error) error
}

// Credential is what a caller shows.
type Credential struct {
	Token string
	// Cookie says that a browser sent it by itself, so that CSRF must hold.
	Cookie bool
	CSRF   string
}

// Place is where a call wants to act; the parts that its path names.
type Place struct{ Workspace, Organization string }

// An Authenticator says who holds a credential and what they are in a place.
// Without such a credential it answers ErrUnauthenticated; where they are
// nobody, a NotFound.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credential, p Place) (actor.Actor, error)
}

// Attempt identifies a call that may come again.
type Attempt struct {
	Key, Operation string
	Hash           []byte
}

// Idempotency runs f at most once for an attempt, in one transaction with its
// effects, and fills out with the stored answer when it ran before.
type Idempotency interface {
	Once(ctx context.Context, a Attempt, out any, f func(context.Context) error) error
}

// ErrUnauthenticated is the answer to a missing, wrong, expired or revoked
// credential; it does not say which.
var ErrUnauthenticated = problem.New(problem.Unauthorized, "unauthenticated", "Sign in, or send an API key as a bearer token. This credential is missing, expired or revoked.")

var errCSRF = problem.New(problem.Forbidden, "csrf", "The request did not come from Rapport's own pages: send the cookie rapport_csrf again as the header X-CSRF-Token.")

// Cookie names of a browser session.
const (
	SessionCookie = "rapport_session"
	CSRFCookie    = "rapport_csrf"
)

// Register adds o to api.
func (o Operation) Register(api huma.API, d *Door) {
	h := huma.Operation{
		OperationID: strings.ReplaceAll(o.Name, ".", "-"), Method: o.Method, Path: o.Path,
		Summary: o.Summary, Description: o.Doc, DefaultStatus: o.Status,
		Tags:            []string{strings.SplitN(o.Name, ".", 2)[0]},
		MaxBodyBytes:    o.most(),
		BodyReadTimeout: -1, // it was read before
		Middlewares:     huma.Middlewares{d.middleware(o.Meta, queryNames(o.In))},
		Extensions:      map[string]any{"x-cost": o.Cost, "x-effect": string(o.Effect), "x-limit": o.limit()},
		Errors:          []int{400, 401, 403, 404, 429, 503},
	}
	if o.Scope == Public {
		h.Security = []map[string][]string{}
		h.Errors = []int{400, 429, 503}
	} else {
		h.Security = []map[string][]string{{"session": {}}, {"key": {o.Scope}}}
		h.Extensions["x-scope"] = o.Scope
		if strings.Contains(o.Scope, ":") {
			h.Extensions["x-role"] = string(leastRole(o.Scope))
		}
	}
	describe(&h, o, api.OpenAPI().Components.Schemas)
	o.register(api, d, h)
	for _, r := range h.Responses {
		delete(r.Headers, "Content-Length") // HTTP's own, not of the contract
	}
}

func (d *Door) middleware(m Meta, query []string) func(huma.Context, func(huma.Context)) {
	ids, mem := idParameters(m.Path), d.remember(m)
	return func(hc huma.Context, next func(huma.Context)) {
		ctx, err := d.enter(hc, m, ids, query)
		defer trace.From(ctx).End()
		d.limited(huma.WithContext(hc, ctx), m, err, func(hc huma.Context) {
			d.remembered(hc, mem, func(hc huma.Context) { d.admitted(hc, m, next) })
		})
	}
}

// enter says who calls and whether they may. Its context is that of the call
// even if not, for the limiter to know whom to charge.
func (d *Door) enter(hc huma.Context, m Meta, ids, query []string) (context.Context, error) {
	c := d.newCall(hc, m)
	defer func() { c.span.Serves(m.Name, c.actor.WorkspaceID) }()
	if m.Scope == Public {
		return c, known(hc, query)
	}
	if err := d.identify(hc, c); err != nil {
		return c, err
	}
	if err := authorize(c.actor, m); err != nil {
		return c, err
	}
	for _, name := range ids {
		if !id.Valid(hc.Param(name)) {
			return c, problem.Missing(strings.ReplaceAll(name, "_", " "))
		}
	}
	return c, known(hc, query)
}

// identify says who calls: whoever the credential belongs to, or the actor of a
// call from inside.
func (d *Door) identify(hc huma.Context, c *call) (err error) {
	if a, ok := c.Context.Value(insideKey{}).(actor.Actor); ok {
		c.actor, c.inside, c.known = a, true, true
		return nil
	}
	c.auth, c.shown = d.Auth, credential(hc)
	c.place = Place{Workspace: hc.Param("workspace"), Organization: hc.Param("organization")}
	if c.actor, err = c.auth.Authenticate(c, c.shown, c.place); err != nil {
		return err
	}
	if err := checkCSRF(c.shown, c.meta); err != nil {
		return err
	}
	c.known = true
	return nil
}

type insideKey struct{}

// Inside returns a context in which calls are a's, who was authenticated before
// or is the program itself. Everything else that the door asks still holds.
func Inside(ctx context.Context, a actor.Actor) context.Context {
	return context.WithValue(actor.With(ctx, a), insideKey{}, a)
}

func credential(hc huma.Context) Credential {
	if token, ok := strings.CutPrefix(hc.Header("Authorization"), "Bearer "); ok {
		return Credential{Token: strings.TrimSpace(token)}
	}
	if session := cookie(hc.Header("Cookie"), SessionCookie); session != "" {
		return Credential{Token: session, Cookie: true, CSRF: hc.Header("X-Csrf-Token")}
	}
	return Credential{}
}

// cookie is the value of the first cookie of a name. What is no token is found
// nowhere, so nothing else is looked at.
func cookie(header, name string) string {
	for part := range strings.SplitSeq(header, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), name); ok && strings.HasPrefix(value, "=") {
			return strings.Trim(value[1:], `"`)
		}
	}
	return ""
}

// checkCSRF demands that a browser's write repeats the readable cookie, which
// a foreign page cannot see.
func checkCSRF(c Credential, m Meta) error {
	if !c.Cookie || m.Effect == Read {
		return nil
	}
	if c.CSRF != CSRFToken(c.Token) {
		return errCSRF
	}
	return nil
}

// CSRFToken is the token that belongs to a session.
func CSRFToken(session string) string {
	sum := sha256.Sum256([]byte("csrf:" + session))
	return fmt.Sprintf("%x", sum[:16])
}

func idParameters(path string) []string {
	var ids []string
	for part := range strings.SplitSeq(path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		if ok && name != "workspace" && name != "code" && name != "provider" && name != "trace" {
			ids = append(ids, name)
		}
	}
	return ids
}

type callKey struct{}

// call is what the door knows of a request and the operation may need. It is
// the context of the operation, all in one: each value in a context of its own
// would cost two allocations.
type call struct {
	context.Context
	meta      Meta
	request   huma.Context // nil for what leads to no operation
	ip        string       // of such a one
	proxies   proxy.Trusted
	key, path string
	auth      Authenticator
	shown     Credential
	place     Place
	actor     actor.Actor
	span      trace.Span
	known     bool // actor is somebody
	inside    bool
	charge    Charge // nil: the call is not limited
	header    Header
}

// Value implements context.Context.
func (c *call) Value(key any) any {
	switch key {
	case callKey{}:
		return c
	case trace.Key{}:
		return &c.span
	case telemetry.OperationKey{}:
		return c.meta.Name
	case actor.Key{}:
		if c.known {
			return &c.actor
		}
	}
	return c.Context.Value(key)
}

// Again says who the caller of ctx is by now, for an operation that goes on.
func Again(ctx context.Context) (actor.Actor, error) {
	c := callFrom(ctx)
	if c.inside {
		return c.actor, nil
	}
	return c.auth.Authenticate(ctx, c.shown, c.place)
}

func (d *Door) newCall(hc huma.Context, m Meta) *call {
	c := &call{
		Context: hc.Context(), meta: m, request: hc, proxies: d.Proxies, key: hc.Header("Idempotency-Key"),
	}
	c.span = trace.From(c.Context).Child(m.Name)
	if m.trickles() {
		c.span.Waits(m.Stream || m.Media != "")
	}
	if c.key != "" {
		u := hc.URL()
		c.path = u.RequestURI()
	}
	return c
}

// client is the address of who made the call of hc.
func client(hc huma.Context, trusted proxy.Trusted) string {
	if len(trusted) == 0 {
		return trusted.Client(hc.RemoteAddr(), nil)
	}
	var forwarded []string
	hc.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			forwarded = append(forwarded, value)
		}
	})
	return trusted.Client(hc.RemoteAddr(), forwarded)
}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// hash is of everything that the caller sent: path, query and body as bound.
func (c *call) hash(in any) []byte {
	var b bytes.Buffer
	b.WriteString(c.meta.Name + " " + c.path + "\n")
	_ = json.NewEncoder(&b).Encode(in) // it came from JSON and text
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}

// Client describes the caller of ctx: address, user agent, whether over TLS.
func Client(ctx context.Context) (ip, agent string, secure bool) {
	c := callFrom(ctx)
	if c == nil {
		return "", "", false
	}
	hc := c.request
	if hc == nil {
		return c.ip, "", false
	}
	return client(hc, c.proxies), hc.Header("User-Agent"), hc.TLS() != nil || hc.Header("X-Forwarded-Proto") == "https"
}

// Key is the Idempotency-Key of the call in ctx, "" without one.
func Key(ctx context.Context) string {
	if c := callFrom(ctx); c != nil {
		return c.key
	}
	return ""
}

// NoContent is the output of an operation that answers nothing.
type NoContent struct{}

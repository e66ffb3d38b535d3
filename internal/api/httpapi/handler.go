// Package httpapi offers operations over HTTP and describes them as OpenAPI.
package httpapi

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rapport/internal/api/op"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/trace"
)

// Version is what the contract calls itself.
const Version = "1"

// API is the operations behind one HTTP handler.
type API struct {
	mux  *http.ServeMux
	huma huma.API
	log  *slog.Logger
	ops  map[string]callable
	door *op.Door
	// warned of a proxy that nobody named
	warned sync.Once
	// Trace notes what requests do; nil notes nothing.
	Trace *trace.Tracer
	// UI answers what no operation answers; nil is a plain 404.
	UI http.Handler

	contract func() ([]byte, error) // written once
	names    map[string]string      // what answers a pattern of the mux
	routes   map[string]*metric.Route
	metrics  *metric.Metrics
}

// New mounts ops behind d. How the door answers is set here.
func New(ops []op.Operation, d op.Door, log *slog.Logger) *API {
	prepareHuma()
	a := &API{mux: http.NewServeMux(), log: log, ops: callables(ops), names: map[string]string{anything: metric.Other}}
	a.contract = sync.OnceValues(a.describe)
	names := &namer{}
	a.huma = humago.New(a.mux, config(names, a.format()))
	d.Fail, d.Answer = a.fail, a.answer
	for _, o := range ops {
		names.operation = o.Name
		a.names[o.Method+" "+o.Path] = o.Name
		o.Register(a.huma, &d)
	}
	shareRefusals(a.huma.OpenAPI())
	a.Handle("GET /openapi.json", http.HandlerFunc(a.openAPI))
	a.Handle("GET /problems/{code}", http.HandlerFunc(a.problemPage))
	a.mux.HandleFunc(anything, a.other)
	a.door = &d
	return a
}

// shareRefusals writes what is answered to each refused call once, which every
// operation then names.
func shareRefusals(doc *huma.OpenAPI) {
	shared := map[string]*huma.Response{}
	for _, path := range doc.Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if o == nil {
				continue
			}
			for status, r := range o.Responses {
				if status >= "400" {
					name := "Refused" + status
					shared[name] = r
					o.Responses[status] = &huma.Response{Ref: "#/components/responses/" + name}
				}
			}
		}
	}
	doc.Components.Responses = shared
}

// Handle adds a handler beside the operations: health, the UI.
func (a *API) Handle(pattern string, h http.Handler) {
	a.mux.Handle(pattern, h)
	a.names[pattern] = pattern[strings.IndexByte(pattern, '/'):]
}

// Forward answers r as if it had asked for path with query.
func (a *API) Forward(w http.ResponseWriter, r *http.Request, path, query string) {
	to := r.Clone(r.Context())
	to.URL.Path, to.URL.RawPath, to.URL.RawQuery = path, "", query
	a.mux.ServeHTTP(w, to)
	r.Pattern = to.Pattern
}

// Refuse answers with a problem, for what is not an operation.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, err error) { a.write(w, r, err) }

// RefuseWith is Refuse with members besides those of every problem, and without
// a word in the log: for what is asked every few seconds.
func (a *API) RefuseWith(w http.ResponseWriter, r *http.Request, err error, more map[string]any) {
	d := document(r.Context(), err)
	all := map[string]any{}
	b, err := json.Marshal(d)
	if err != nil || json.Unmarshal(b, &all) != nil {
		put(w, d)
		return
	}
	maps.Copy(all, more)
	for k, v := range d.GetHeaders() {
		w.Header().Set(k, v[0])
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.Status)
	_ = json.NewEncoder(w).Encode(all) // the client has gone
}

// OpenAPI is the contract as JSON, indented, for the golden file.
func (a *API) OpenAPI() ([]byte, error) { return a.contract() }

func (a *API) describe() ([]byte, error) {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "\t")
	return append(b, '\n'), err
}

func (a *API) openAPI(w http.ResponseWriter, r *http.Request) {
	b, err := a.OpenAPI()
	if err != nil {
		a.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(b) // the client has gone; nothing to tell it
}

// Handler is the whole of it: identified, logged, recovered, answered. Pages of
// other sites may not write, where no session is asked for either.
func (a *API) Handler() http.Handler {
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.stray(w, r, errForeign) }))
	return a.observe(a.recovered(a.legible(own.Handler(a.mux))))
}

var errIllegible = problem.New(problem.BadRequest, "bad_request", "The address holds bytes that are not text.")

// legible refuses addresses that no record can be named by.
func (a *API) legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.doubt(r)
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil || !isText(r.URL.Path) || !isText(query) {
			a.stray(w, r, errIllegible)
			return
		}
		if r.RequestURI == "*" || untidy(r.URL.Path) {
			a.stray(w, r, errRoute)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// untidy reports whether p is an address that the mux would send elsewhere, with
// a page instead of a problem.
func untidy(p string) bool {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean != p
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// anything is the pattern of what no other one takes, so that the mux does not
// answer in plain text.
const anything = "/"

// other answers what no operation answers.
func (a *API) other(w http.ResponseWriter, r *http.Request) {
	if allowed := a.allowed(r); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		a.stray(w, r, errMethod)
		return
	}
	if a.UI != nil && !strings.HasPrefix(r.URL.Path, "/v1/") && !strings.HasPrefix(r.URL.Path, "/api/") {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			a.stray(w, r, errMethod)
			return
		}
		a.UI.ServeHTTP(w, r)
		return
	}
	a.stray(w, r, errRoute)
}

// stray answers what leads nowhere, which is limited as everything is.
func (a *API) stray(w http.ResponseWriter, r *http.Request, err *problem.Error) {
	rec, ok := w.(*recorder)
	if !ok {
		rec = &recorder{ResponseWriter: w}
	}
	done, refused := a.door.Stray(r, rec)
	if refused != nil {
		a.write(w, r, refused)
		return
	}
	a.write(w, r, err)
	done(int(err.Kind))
}

// doubt says once that callers may have a proxy's address.
func (a *API) doubt(r *http.Request) {
	if forwarded := r.Header["X-Forwarded-For"]; len(forwarded) > 0 && a.door.Proxies.Doubtful(r.RemoteAddr, forwarded) {
		a.warned.Do(func() {
			a.log.Warn("calls come through a proxy that RAPPORT_TRUSTED_PROXIES does not name: all who come through it share one limit of strangers", "address", r.RemoteAddr)
		})
	}
}

// allowed lists the methods that the path of r has.
func (a *API) allowed(r *http.Request) []string {
	var out []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := a.mux.Handler(probe); pattern != "" && pattern != anything {
			out = append(out, method)
		}
	}
	return out
}

func config(names *namer, json huma.Format) huma.Config {
	schemes := map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: op.SessionCookie},
		"key":     {Type: "http", Scheme: "bearer"},
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Rapport", Version: Version, Description: "The operations of Rapport. Errors are problem documents (RFC 9457)."},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", names.name),
				SecuritySchemes: schemes,
			},
		},
		Formats:          map[string]huma.Format{"application/json": json, "json": json},
		DefaultFormat:    "application/json",
		NoFormatFallback: false,
	}
}

// format writes JSON, and counts the problems among it.
func (a *API) format() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			if d, ok := v.(*Document); ok {
				a.metrics.Problem(d.Code)
			}
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(v)
		},
		Unmarshal: json.Unmarshal,
	}
}

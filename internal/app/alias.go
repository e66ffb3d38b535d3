package app

import (
	"net/http"
	"net/url"

	"rapport/internal/platform/problem"
)

// aliases answers the addresses that Rapport's users know from before: the
// workspace is a parameter there.
func (a *App) aliases() {
	for from, to := range map[string]string{"/api/contacts": "/contacts", "/api/emails": "/threads"} {
		a.API.Handle(from, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			workspace := query.Get("workspaceId")
			if workspace == "" {
				a.API.Refuse(w, r, errWhere)
				return
			}
			query.Del("workspaceId")
			a.API.Forward(w, r, "/v1/workspaces/"+url.PathEscape(workspace)+to, query.Encode())
		}))
	}
	for _, path := range []string{"/api/campaigns", "/api/dashboard"} {
		a.API.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.API.Refuse(w, r, errNotBuilt) }))
	}
}

var (
	errWhere = &problem.Error{Kind: problem.BadRequest, Code: "bad_parameter", Detail: "A parameter is missing; errors says which.",
		Fields: []problem.Field{{Pointer: "workspaceId", Code: "required", Message: "Name the workspace by id or slug."}}}
	errNotBuilt = problem.New(problem.NotBuilt, "not_built", "This is not built in this version.")
)

package duty

import (
	"html/template"
	"net/http"
	"strings"

	"rapport/docs/runbooks"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/problem"
)

var errNoRunbook = problem.New(problem.NotFound, "not_found", "There is no page about such a rule.")

// Runbook shows what an alert means and what to do. Anybody may read it:
// whoever is woken need not be signed in.
func Runbook(refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := runbooks.Files.ReadFile(r.PathValue("rule") + ".md")
		if err != nil {
			refuse(w, r, errNoRunbook)
			return
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'")
		h.Set("Cache-Control", "no-cache")
		_ = runbookPage.Execute(w, struct { // the client has gone
			Title string
			Body  template.HTML
		}{title, template.HTML(markdown.HTML(string(text)))})
	})
}

var runbookPage = template.Must(template.New("runbook").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}} – Rapport</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
code { font: .875em ui-monospace, monospace; background: color-mix(in srgb, currentColor 9%, transparent); padding: .1em .3em; border-radius: .25em; overflow-wrap: anywhere; }
li { margin: .35rem 0; }
</style>
</head>
<body>
{{.Body}}
</body>
</html>
`))

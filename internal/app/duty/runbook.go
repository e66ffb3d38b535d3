package duty

import (
	"net/http"
	"strings"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

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
		_ = runbook(title, string(text)).Render(w) // the client has gone
	})
}

func runbook(title, text string) g.Node {
	return html.Doctype(html.HTML(html.Lang("en"),
		html.Head(html.Meta(html.Charset("utf-8")), html.Meta(html.Name("viewport"), html.Content("width=device-width")), html.TitleEl(g.Text(title+" – Rapport")), html.StyleEl(g.Raw(style))),
		html.Body(g.Raw(markdown.HTML(text)))))
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
code { font: .875em ui-monospace, monospace; background: color-mix(in srgb, currentColor 9%, transparent); padding: .1em .3em; border-radius: .25em; overflow-wrap: anywhere; }
li { margin: .35rem 0; }
`

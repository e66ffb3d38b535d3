package inbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/url"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail/clean"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type htmlQuery struct {
	op.ByID
	Images string `query:"images" enum:"0,1" default:"0" doc:"1 lets remote images load; their senders learn of it."`
}

type page struct{ Subject, Body, HTML string }

type inlinePart struct{ ID, ContentID string }

// html answers a whole document without scripts, forms and foreign styles. Its
// policy forbids them once more. Cookies must reach the inline images, so the
// frame keeps its origin; without scripts nothing can use it.
func (s *Service) html(ctx context.Context, q *htmlQuery) (*op.File, error) {
	var found []page
	var parts []inlinePart
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &found, `SELECT subject, body, html FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), q.ID)
		pg.Later(tx, &parts, `
			SELECT id::text, content_id FROM attachments
			WHERE workspace_id = $1 AND message_id = $2::uuid AND content_id <> '' AND blob <> '' AND content_type LIKE 'image/%'`, tx.Workspace(), q.ID)
		return tx.Flush()
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("message")
	}
	document := found[0].document(clean.Options{Images: q.Images == "1", CID: inline(actor.Workspace(ctx), parts)})
	f := op.NewFile("text/html; charset=utf-8", "inline", func(w io.Writer) error {
		_, err := io.WriteString(w, document)
		return err
	})
	sources := "'self' data:"
	if q.Images == "1" {
		sources += " https: http:"
	}
	f.Policy = "default-src 'none'; img-src " + sources + "; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; " +
		"sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
	return f, nil
}

func inline(workspace string, parts []inlinePart) func(string) string {
	at := make(map[string]string, len(parts))
	for _, p := range parts {
		at[p.ContentID] = "/v1/workspaces/" + workspace + "/attachments/" + p.ID
	}
	return func(contentID string) string { return at[contentID] }
}

const pageHead = `<!doctype html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><base target="_blank"><title>%s</title>
<style>body{margin:16px;font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;overflow-wrap:anywhere}
img{max-width:100%%;height:auto}pre{white-space:pre-wrap;font:inherit}table{max-width:100%%}blockquote{margin:0 0 0 8px;padding-left:12px;border-left:3px solid #ccc}</style>
</head><body>
`

func (p page) document(o clean.Options) string {
	body := "<pre>" + html.EscapeString(p.Body) + "</pre>"
	if p.HTML != "" {
		body = clean.HTML(p.HTML, o)
	}
	return fmt.Sprintf(pageHead, html.EscapeString(p.Subject)) + body + "\n</body></html>\n"
}

// raw answers the message as it came.
func (s *Service) raw(ctx context.Context, in *op.ByID) (*op.File, error) {
	ref, err := s.column(ctx, `SELECT raw FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, in.ID, "message")
	if err != nil {
		return nil, err
	}
	return s.file(ctx, ref, "message/rfc822", "message-"+in.ID+".eml")
}

func (s *Service) column(ctx context.Context, sql, recordID, what string) (string, error) {
	var found []string
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.Column[string](tx, sql, tx.Workspace(), recordID)
		return err
	})
	if err == nil && len(found) == 0 {
		err = problem.Missing(what)
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

type stored struct{ Filename, ContentType, Blob, Note string }

// attachment answers a file as a download that no browser opens as a page.
func (s *Service) attachment(ctx context.Context, in *op.ByID) (*op.File, error) {
	var found []stored
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[stored](tx, `SELECT filename, content_type, blob, note FROM attachments WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		return err
	})
	if err == nil && len(found) == 0 {
		err = problem.Missing("attachment")
	}
	if err != nil {
		return nil, err
	}
	a := found[0]
	if a.Blob == "" {
		return nil, errNotStored
	}
	return s.file(ctx, a.Blob, mediaType(a.ContentType), a.Filename)
}

var (
	errNotStored = problem.New(problem.NotFound, "attachment_not_stored", "This attachment was not stored; the message says why. The source of the message has it.")
	errLost      = problem.New(problem.NotFound, "file_missing", "The file of this record is not on the server's disk.")
)

func (s *Service) file(ctx context.Context, ref, contentType, name string) (*op.File, error) {
	r, err := s.blobs.Open(actor.Workspace(ctx), ref)
	if errors.Is(err, blob.ErrNone) {
		return nil, errLost.Because(err)
	}
	if err != nil {
		return nil, err
	}
	return op.NewFile(contentType, disposition(name), func(w io.Writer) error {
		defer r.Close()
		_, err := io.Copy(w, r)
		return err
	}), nil
}

// mediaType is what may be said of foreign bytes.
func mediaType(given string) string {
	t, _, err := mime.ParseMediaType(given)
	if err != nil || strings.Count(t, "/") != 1 {
		return "application/octet-stream"
	}
	return t
}

// disposition names a download, in ASCII and in full (RFC 6266).
func disposition(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(name, ".")
	if name == "" {
		name = "attachment"
	}
	ascii := strings.Map(func(c rune) rune {
		if c > 0x7e || c == '%' || c == ';' {
			return '_'
		}
		return c
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

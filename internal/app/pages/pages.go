// Package pages serves the built UI: its files, and the page for every address
// that is not one.
package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"rapport/internal/platform/problem"
)

// asset is a file of the UI as it is sent.
type asset struct {
	contentType, etag string
	plain, zipped     []byte
	forever           bool
}

// uiPolicy lets the UI's own script run and nothing else; mail is shown in a
// frame with a stricter policy of its own.
const uiPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"

// New serves the built UI. Every address that is not a file is the UI's own:
// it gets the page.
func New(dist fs.FS, refuse func(http.ResponseWriter, *http.Request, error)) (http.Handler, error) {
	assets := map[string]asset{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		assets["/"+name], err = load(dist, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the UI: %w", err)
	}
	page, built := assets["/index.html"]
	if !built {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { refuse(w, r, errNoUI) }), nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		if !ok && strings.HasPrefix(r.URL.Path, "/assets/") {
			refuse(w, r, errAsset) // the page reloads
			return
		}
		if !ok {
			a = page
		}
		a.serve(w, r)
	}), nil
}

func load(dist fs.FS, name string) (asset, error) {
	b, err := fs.ReadFile(dist, name)
	if err != nil {
		return asset{}, err
	}
	var z bytes.Buffer
	gz, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	_, err = gz.Write(b)
	sum := sha256.Sum256(b)
	a := asset{contentType: mime.TypeByExtension(path.Ext(name)), etag: `"` + hex.EncodeToString(sum[:8]) + `"`,
		plain: b, zipped: z.Bytes(), forever: strings.HasPrefix(name, "assets/")}
	if err := errors.Join(err, gz.Close()); err != nil {
		return asset{}, err
	}
	if a.zipped = z.Bytes(); len(a.zipped) >= len(b) {
		a.zipped = nil
	}
	return a, nil
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Security-Policy", uiPolicy)
	h.Set("Cache-Control", "no-cache")
	if a.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	_, _ = w.Write(body) // the client has gone
}

var (
	errNoUI  = problem.New(problem.NotFound, "no_ui", "This binary was built without the UI. Build it with make, or use the API at /openapi.json.")
	errAsset = problem.New(problem.NotFound, "asset_gone", "This file is of another release. Load the page again.")
)

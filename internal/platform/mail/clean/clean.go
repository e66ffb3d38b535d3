// Package clean makes the HTML of strangers safe to show.
package clean

// Options say what may be loaded. The zero value loads nothing.
type Options struct {
	// Images lets remote pictures load. Without it their address is kept in
	// data-blocked-src.
	Images bool
	// CID returns the address under which an inline part is served, "" when it
	// is unknown. Without CID the reference is kept in data-cid.
	CID func(contentID string) string
	// MaxBytes bounds the result, 0 means 2 MB.
	MaxBytes int
}

// HTML returns the harmless part of a document as a fragment: no scripts,
// forms, frames, style sheets or addresses other than http, https, mailto and
// tel. Cleaning a result again, with other options, works on the same pictures.
func HTML(source string, o Options) string { return "" }

// Text returns what a reader would see, with "> " before quoted lines.
func Text(source string, max int) string { return "" }

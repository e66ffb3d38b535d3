// Package web holds the built user interface inside the binary.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var files embed.FS

// Dist is the built user interface, rooted where index.html lies.
// It holds no index.html when the interface was not built.
func Dist() fs.FS {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, so this cannot happen
	}
	return dist
}

package draft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Upload is a file that waits to be sent.
type Upload struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
}

type uploadInput struct {
	op.InWorkspace
	op.Stream
	Filename string `query:"filename" required:"true" minLength:"1" maxLength:"500" example:"offer.pdf"`
	Type     string `query:"content_type" maxLength:"200" doc:"Its media type; the name tells otherwise." example:"application/pdf"`
}

var (
	errTooLarge = problem.New(problem.TooLarge, "attachment_too_large", "A mail carries at most 25 MB. Send a link in place of the file.")
	errBroken   = problem.New(problem.BadRequest, "upload_broken", "The upload did not arrive whole.")
)

// take stores a file that is on its way in.
func (s *Service) take(ctx context.Context, in *uploadInput) (*op.Body[Upload], error) {
	u := Upload{ID: id.New(), Filename: filename(in.Filename), ContentType: mediaType(in.Type, in.Filename)}
	body := &bounded{r: in.Reader(), left: MaxSize}
	ref, size, err := s.blobs.Put(ctx, actor.Workspace(ctx), body)
	if body.err != nil {
		return nil, body.err
	}
	if err != nil {
		return nil, err
	}
	u.Size = size
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		message.Keep(tx, blob.Stored{Name: blob.File(ref), Size: size})
		tx.Queue(`INSERT INTO uploads (workspace_id, id, filename, content_type, size, blob) VALUES ($1, $2, $3, $4, $5, $6)`,
			tx.Workspace(), u.ID, u.Filename, u.ContentType, u.Size, ref)
		return nil
	})
	return &op.Body[Upload]{Body: u}, err
}

// bounded is a body of limited size. It remembers what the caller shall hear.
type bounded struct {
	r    io.Reader
	left int64
	err  error
}

// Read reads up to the limit and fails beyond it.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		b.err = errTooLarge
	case err != nil && !errors.Is(err, io.EOF):
		b.err = errBroken.Because(err)
	default:
		return n, err
	}
	return n, b.err
}

// filename is the last part of what the client calls the file.
func filename(given string) string {
	name := strings.Map(func(c rune) rune {
		if !OneLine(string(c)) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(given, "\uFFFD"))
	name = strings.TrimSpace(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == "/" || name == "" {
		name = "file"
	}
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200-len([]rune(extension(name)))]) + extension(name)
	}
	return name
}

// extension is the end of a name that tells its kind, if it is short.
func extension(name string) string {
	if e := path.Ext(name); len(e) <= 12 {
		return e
	}
	return ""
}

func mediaType(given, name string) string {
	for _, t := range []string{given, mime.TypeByExtension(path.Ext(name))} {
		if t, _, err := mime.ParseMediaType(t); err == nil && strings.Count(t, "/") == 1 {
			return t
		}
	}
	return "application/octet-stream"
}

// File is an upload with where its bytes are.
type File struct {
	Upload
	Blob string
}

// FilesLater queues the read of the files with these ids, in whatever order.
func FilesLater(tx *pg.Tx, dst *[]File, ids []string) {
	pg.Later(tx, dst, `SELECT id::text, filename, content_type, size, blob FROM uploads WHERE workspace_id = $1 AND id = ANY ($2::uuid[])`, tx.Workspace(), valid(ids))
}

// CheckFiles adds what is wrong with the files of a letter: those that are not
// there, and too much of them. more counts the bytes of other files.
func CheckFiles(f *problem.Fields, ids []string, found []File, more int64) {
	f.Check(len(ids) <= MaxFiles, "/attachments", "length", "A mail carries at most 100 files.")
	for i, want := range ids[:min(len(ids), MaxFiles)] {
		there := slices.ContainsFunc(found, func(u File) bool { return u.ID == want })
		f.Check(there, fmt.Sprintf("/attachments/%d", i), "not_found", "There is no such file; attach it again.")
	}
	for _, u := range found {
		more += u.Size
	}
	f.Check(more <= MaxSize, "/attachments", "too_large", "A mail carries at most 25 MB. Send links in place of the files.")
}

func valid(ids []string) []string {
	out := []string{}
	for _, i := range ids {
		if id.Valid(i) {
			out = append(out, i)
		}
	}
	return out
}

func idsOf(files []Upload) []string {
	out := []string{}
	for _, u := range files {
		out = append(out, u.ID)
	}
	return out
}

// ordered are the files of ids, in their order.
func ordered(ids []string, files []Upload) []Upload {
	out := []Upload{}
	for _, want := range ids {
		if i := slices.IndexFunc(files, func(u Upload) bool { return u.ID == want }); i >= 0 {
			out = append(out, files[i])
		}
	}
	return out
}

// Uploads drops where the bytes are.
func Uploads(ids []string, files []File) []Upload {
	all := []Upload{}
	for _, f := range files {
		all = append(all, f.Upload)
	}
	return ordered(ids, all)
}

// Sweep removes uploads that nobody used for a week. Call it daily in each
// workspace; their bytes follow with the sweep of package message.
func Sweep(tx *pg.Tx) {
	tx.Queue(`
		DELETE FROM uploads u
		WHERE u.workspace_id = $1 AND u.created_at < now() - interval '7 days'
			AND NOT EXISTS (SELECT FROM drafts d WHERE d.workspace_id = $1 AND u.id = ANY (d.upload_ids))
			AND NOT EXISTS (SELECT FROM outgoing o WHERE o.workspace_id = $1 AND o.state NOT IN ('sent', 'cancelled') AND u.id = ANY (o.upload_ids))`, tx.Workspace())
}

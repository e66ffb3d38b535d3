package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
)

// Post asks for what is at url, with body as JSON. It returns an answer of
// status 200; with another it returns ErrRefused, and the answer is in the
// record.
func Post(ctx context.Context, client *http.Client, url string, header http.Header, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	return do(client, r)
}

// Get asks for what is at url, as Post does, and reads it into out.
func Get(ctx context.Context, client *http.Client, url string, header http.Header, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	r.Header = header
	res, err := do(client, r)
	if err != nil {
		return err
	}
	text, err := Whole(res)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// ErrRefused says that the status is not 200.
var ErrRefused = errors.New("the request is refused")

func do(client *http.Client, r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", "Rapport")
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	if _, err = Whole(res); err != nil {
		return nil, err
	}
	return nil, ErrRefused
}

// Whole reads an answer in one piece, and closes it.
func Whole(res *http.Response) ([]byte, error) {
	defer func() { _ = res.Body.Close() }() // it is read
	text, err := io.ReadAll(res.Body)
	return bytes.TrimPrefix(bytes.TrimSpace(text), mark), err
}

// mark is that of the order of bytes, which some put before what they say.
var mark = []byte("\ufeff")

// Events are the data of the events of a stream, each to be read before the
// next. Signs of life are none. Who stops reading closes the stream.
func Events(res *http.Response) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		defer func() { _ = res.Body.Close() }() // what was wanted is read
		const longest = 32 << 20                // Limits.Body is reached before
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, longest)
		var data []byte
		for first := true; lines.Scan(); first = false {
			line := lines.Bytes()
			if first {
				line = bytes.TrimPrefix(line, mark)
			}
			if more, ok := bytes.CutPrefix(line, []byte("data:")); ok {
				data = append(append(data, bytes.TrimPrefix(more, []byte(" "))...), '\n')
			}
			if len(line) > 0 || len(data) == 0 {
				continue
			}
			if !yield(bytes.TrimSpace(data), nil) {
				return
			}
			data = data[:0]
		}
		if err := lines.Err(); err != nil {
			yield(nil, err)
		} else if data = bytes.TrimSpace(data); len(data) > 0 {
			yield(data, nil)
		}
	}
}

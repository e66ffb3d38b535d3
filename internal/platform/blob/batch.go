package blob

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// small is the size in bytes up to which a blob goes into the pack.
const small = 128 << 10

// Batch stores blobs that become durable together. It is safe for concurrent
// use until Sync or Discard, one of which must end it.
type Batch struct {
	store     *Store
	workspace string

	mu     sync.Mutex
	places map[string]place // by hash of the content
	pack   *file
	out    *bufio.Writer
	sum    hash.Hash
	size   int64
	refs   map[string]string
	files  []Stored
}

// Stored is a file of a batch, with the bytes of its blobs (of a pack,
// compressed).
type Stored struct {
	Name string
	Size int64
}

// place is where a blob lies; length 0 means in a file of its own.
type place struct{ offset, length int64 }

// Batch begins a batch of blobs in a workspace.
func (s *Store) Batch(workspace string) *Batch {
	return &Batch{store: s, workspace: workspace, places: map[string]place{}}
}

// Put stores what r holds and returns its hash, by which Ref finds it after
// Sync. When r fails nothing is stored.
func (b *Batch) Put(r io.Reader) (sum string, size int64, err error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, small+1)
	if err == nil {
		return b.large(io.MultiReader(&head, r))
	}
	if !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("store a blob: %w", err)
	}
	digest := sha256.Sum256(head.Bytes())
	sum = fmt.Sprintf("%x", digest)
	if b.has(sum) {
		return sum, n, nil
	}
	var z bytes.Buffer
	if _, err := b.store.compress(&z, &head); err != nil {
		return "", 0, fmt.Errorf("store a blob: %w", err)
	}
	return sum, n, b.add(sum, z.Bytes())
}

func (b *Batch) has(sum string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.places[sum]
	return ok
}

// large stores a blob in a file of its own, at once.
func (b *Batch) large(r io.Reader) (string, int64, error) {
	f, err := b.store.create(b.workspace)
	if err != nil {
		return "", 0, err
	}
	name, size, err := f.take(r)
	if err != nil {
		return "", 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.places[name]; !ok {
		b.places[name] = place{}
		b.files = append(b.files, Stored{name, size})
	}
	return name, size, nil
}

// add appends a compressed blob to the pack.
func (b *Batch) add(sum string, z []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.places[sum]; ok {
		return nil
	}
	if b.pack == nil {
		f, err := b.store.create(b.workspace)
		if err != nil {
			return err
		}
		b.pack, b.sum = f, sha256.New()
		b.out = bufio.NewWriterSize(io.MultiWriter(f, b.sum), 64<<10)
	}
	if _, err := b.out.Write(z); err != nil {
		return fmt.Errorf("store a blob: %w", err)
	}
	b.places[sum] = place{b.size, int64(len(z))}
	b.size += int64(len(z))
	return nil
}

// Sync puts everything on disk. Only then may a transaction that refers to it
// be committed.
func (b *Batch) Sync() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pack := ""
	if b.pack != nil {
		f := b.pack
		b.pack = nil
		if err := b.out.Flush(); err != nil {
			f.discard()
			return fmt.Errorf("store a blob: %w", err)
		}
		pack = nameOf(b.sum)
		if err := f.keep(pack); err != nil {
			return err
		}
		b.files = append(b.files, Stored{pack, b.size})
	}
	b.refs = make(map[string]string, len(b.places))
	for sum, p := range b.places {
		b.refs[sum] = sum
		if p.length > 0 {
			b.refs[sum] = fmt.Sprintf("%s/%d-%d", pack, p.offset, p.length)
		}
	}
	return nil
}

// Ref is the reference of a blob by its hash, "" before Sync or for another.
func (b *Batch) Ref(sum string) string { return b.refs[sum] }

// Files lists the files that the batch lies in, after Sync.
func (b *Batch) Files() []Stored { return b.files }

// Discard gives up what has not been synced. After Sync it does nothing.
func (b *Batch) Discard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pack != nil {
		b.pack.discard()
		b.pack = nil
	}
}

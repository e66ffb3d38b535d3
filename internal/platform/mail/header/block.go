// Package header reads the fields of a message's header, as they are rather
// than as they should be. Nothing here fails: what cannot be read is kept as
// text, and no result contains a line break or a control character.
package header

import (
	"strings"

	"rapport/internal/platform/mail/charset"
)

// Field is one field: its name as written, its value unfolded but not decoded.
type Field struct {
	Name, Value string
}

// Block is the header of a message or part, in the order of its fields.
type Block []Field

// Get returns the first value of the field called name, in any case.
func (b Block) Get(name string) string {
	for i := range b {
		if len(b[i].Name) == len(name) && strings.EqualFold(b[i].Name, name) {
			return b[i].Value
		}
	}
	return ""
}

// All returns every value of the field called name, in order.
func (b Block) All(name string) []string {
	var all []string
	for i := range b {
		if len(b[i].Name) == len(name) && strings.EqualFold(b[i].Name, name) {
			all = append(all, b[i].Value)
		}
	}
	return all
}

// Text returns the first value of name, decoded.
func (b Block) Text(name string) string { return Decode(b.Get(name)) }

// ParseLine divides a line into name and value; ok is false when it is not the
// beginning of a field.
func ParseLine(line string) (name, value string, ok bool) {
	i := strings.IndexByte(line, ':')
	if i <= 0 {
		return "", "", false
	}
	name = strings.TrimRight(line[:i], " \t")
	if name == "" || len(name) > 200 {
		return "", "", false
	}
	for j := range len(name) {
		if name[j] <= ' ' || name[j] >= 0x7f {
			return "", "", false
		}
	}
	return name, strings.Trim(line[i+1:], " \t\r\n"), true
}

// IDs returns the message ids in a value, without <>. A value with no <> at
// all is taken word by word, if the words look like ids.
func IDs(value string) []string {
	var ids []string
	if strings.IndexByte(value, '<') < 0 {
		for word := range strings.FieldsSeq(value) {
			if at := strings.IndexByte(word, '@'); at > 0 && at < len(word)-1 {
				ids = appendID(ids, word)
			}
		}
		return ids
	}
	for {
		open := strings.IndexByte(value, '<')
		if open < 0 {
			return ids
		}
		value = value[open+1:]
		end := strings.IndexAny(value, "<>")
		if end < 0 {
			return appendID(ids, value)
		}
		if value[end] == '>' {
			ids = appendID(ids, value[:end])
			value = value[end+1:]
		} else {
			value = value[end:]
		}
	}
}

func appendID(ids []string, id string) []string {
	id = strings.ReplaceAll(Plain(charset.Repair([]byte(id))), " ", "")
	if id == "" || len(id) > 998 || len(ids) >= 1000 {
		return ids
	}
	return append(ids, id)
}
